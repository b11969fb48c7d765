"""One example of each filter of events."""

from typing import Any

FILTERS: list[dict[str, Any]] = [
    {},
    {"place": "balkh"},
    {"actor": "afghan-government"},
    {"datetime": "2021-06-21/2021-06-30", "date_match": "certain"},
    {"datetime": "2021-06-29"},
    {"status": "disputed,unconfirmed"},
    {"known_by": "2021-07-04"},
    {"source": "eurasianet", "category": "movement,other,control_change"},
    {"q": "hairatan"},
    {"bbox": "66,36,69,38"},
    {"near": "67.53,37.13", "radius_km": "50"},
    {"country": "UZB,TJK"},
    {"bbox": "60,29,75,39", "q": "hairatan"},
    {"near": "67.53,37.13", "radius_km": "500", "source": "eurasianet"},
    {"bbox": "60,29,75,39", "actor": "taliban", "known_by": "2021-07-05"},
    {"min_origins": 2},
    {"actor": "taliban", "actor_role": "initiator", "place": "afghanistan"},
]
