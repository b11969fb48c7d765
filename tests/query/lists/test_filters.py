"""Every filter of every list: what it finds, exactly; and how many rows it could not judge."""

import pytest

from app.resources import STORED_LISTS
from query.lists.filter_cases import CHANGES, MOVES, GetOk, Params, ids_of

STEERING = {"cursor", "f", "fields", "limit", "sort", "count"}

KALDAR = "kaldar-captured-2021-06 kaldar-lost-again-2021-06-30 kaldar-recaptured-2021-06-29"
KALDAR_CLAIMS = (
    "kaldar-captured-2021-06-p17 kaldar-lost-again-2021-06-30-p16 kaldar-lost-again-2021-06-30-p17 "
    "kaldar-recaptured-2021-06-29-p17"
)
FOURTH_OF_JULY = (  # two spans touch the day: the flight and a visit
    "flight-to-tajikistan-2021 ghor-women-take-up-arms-2021-07-04 khwahan-crossing-2021-07-04 "
    "komilov-us-visit-2021 tajik-afghan-presidents-call-2021-07-04"
)
CROSSING_CLAIMS = (
    "hairatan-crossing-captured-2021-p16 hairatan-crossing-captured-2021-p29 hairatan-crossing-captured-2021-p6"
)
CROSSING = "hairatan-crossing-captured-2021"
HAIRATAN = f"{CROSSING} hairatan-entered-2021 hairatan-surroundings-taken-2021"  # the crossing lies in the town
UZBEK_SIDE = "bne-intellinews-border-visit-2020 kurbanmuradov-visit-2021-07-03"
BALKH = (
    f"balkh-captured-2021 balkh-districts-taken-2021 balkh-offensive-2021 {HAIRATAN} {KALDAR} "
    "mazar-e-sharif-threatened-2021"
)
REFUGE = (
    "us-asks-central-asia-for-refuge-2021 us-asks-kazakhstan-for-refuge-2021 us-asks-tajikistan-for-refuge-2021 "
    "us-asks-uzbekistan-for-refuge-2021"
)
PAJHWOK = (
    "dostum-evacuated-2021 dostum-medical-examination-2021 dostum-regular-examinations dostum-visits-turkey-2021 "
    "dostum-wounded-2021"
)
HELMAND = (
    "garmsir-clashes-2021 grishk-clashes-2021 lashkargah-clashes-2021 marjah-clashes-2021 nad-ali-clashes-2021 "
    "nawa-clashes-2021"
)
GOING_ON = (  # spans with an open begin, which end on the day of the article
    f"central-asia-crisis-2021 china-russia-against-us-base-2021 citizens-take-up-arms-2021 civil-war-fears-2021 "
    f"{HELMAND} hairatan-entered-2021 tajik-border-fighting-2021 taliban-reach-uzbek-border-2021 "
    "us-seeks-central-asia-base-2021 uzbekistan-bars-troops-2021"
)
IN_AMERICA = "komilov-us-visit-2021 komilov-washington-talks-2021 pentagon-on-authority-2021 pentagon-on-bagram-2021"
LONG_AGO = "bne-intellinews-border-visit-2020 dostum-fought-taliban-1990s soviet-invasion-1980s"
PERHAPS_LONG_AGO = f"{GOING_ON} special-visa-applications-2021 us-war-in-afghanistan"
FLIGHT = "flight-to-tajikistan-2021"
ATTEMPTS = "uzbek-border-crossing-attempts-2021"
SPOKESMAN = "uzbek-spokesman-statement-2021-06-28"
PENTAGON_CLAIMS = "pentagon-on-authority-2021-p48 pentagon-on-authority-2021-p49 pentagon-on-bagram-2021-p48"
TASHKENT_CLAIMS = f"{ATTEMPTS}-p30 {SPOKESMAN}-p30"
MINISTRY_CLAIMS = "aman-statement-2021-06-30-p18 taliban-pushed-back-2021-06-p18"
FLIGHT_CLAIMS = " ".join(
    f"{FLIGHT}-{part}" for part in ("p1", "p3", "p5", "p21", "p23-week", "p23-total", "p23-badakhshan", "p25")
)
FLIGHT_FIGURES = " ".join(f"{FLIGHT}-{part}-f1" for part in ("p5", "p21", "p23-week", "p23-total", "p25"))
KHWAHAN_FIGURE = "khwahan-crossing-2021-07-04-p24-f1"
WOMEN_FIGURE = "ghor-women-take-up-arms-2021-07-04-p20-f1"
BLOOMBERG_FIGURE = "us-asks-central-asia-for-refuge-2021-p36-f1"
ATTEMPTS_FIGURE = f"{ATTEMPTS}-p30-f1"
AFGHAN_ACTORS = "afghan-government afghan-ministry-of-defence andsf fawad-aman"
AMERICAN_ACTORS = "joe-biden john-kirby pentagon us-forces us-government"

FOUND: list[tuple[str, Params, str]] = [
    # datetime and date_match: a day, open ends, a bare T, instants; possible (the default) and certain
    ("events", {"datetime": "2021-07-04", "date_match": "certain"}, FOURTH_OF_JULY),
    ("events", {"datetime": "2021-07-04T", "date_match": "certain"}, FOURTH_OF_JULY),
    ("events", {"datetime": "2021-07-04T00:00:00Z", "date_match": "certain"}, FOURTH_OF_JULY),
    ("events", {"datetime": "2021-07-05T02:00:00.250+04:30", "date_match": "certain"}, FOURTH_OF_JULY),
    ("events", {"datetime": "2021-07-03T23:30:00-01:00/2021-07-04T", "date_match": "certain"}, FOURTH_OF_JULY),
    ("events", {"datetime": "../2021-06-20", "date_match": "certain"}, LONG_AGO),
    ("events", {"datetime": "/2021-06-20", "date_match": "certain"}, LONG_AGO),
    ("events", {"datetime": "../2021-06-20"}, f"{LONG_AGO} {PERHAPS_LONG_AGO}"),
    ("events", {"datetime": "../2021-06-20", "date_match": "possible"}, f"{LONG_AGO} {PERHAPS_LONG_AGO}"),
    ("events", {"datetime": "2000-01-01/2021-06-20"}, f"bne-intellinews-border-visit-2020 {PERHAPS_LONG_AGO}"),
    ("events", {"datetime": "1979-12-31"}, PERHAPS_LONG_AGO),
    (
        "events",
        {"datetime": "2021-07-05/..", "date_match": "certain"},
        f"{GOING_ON} {FLIGHT} mazar-e-sharif-threatened-2021",
    ),
    (CHANGES, {"datetime": "2021-06-29", "date_match": "certain"}, "kaldar-recaptured-2021-06-29"),
    (CHANGES, {"datetime": "2021-06-29", "kind": "district", "place": "kaldar"}, "kaldar-recaptured-2021-06-29"),
    (CHANGES, {"datetime": "2021-06-28", "kind": "district", "place": "kaldar"}, "kaldar-captured-2021-06"),
    (CHANGES, {"datetime": "2021-06-28", "kind": "district", "place": "kaldar", "date_match": "certain"}, ""),
    (
        CHANGES,
        {"datetime": "2021-06-21/2021-06-28", "kind": "district", "place": "kaldar", "date_match": "certain"},
        "kaldar-captured-2021-06",
    ),
    (MOVES, {"datetime": "2021-06-23", "date_match": "certain"}, "refuge-in-uzbekistan-2021-06-23"),
    (MOVES, {"datetime": "2021-07-04", "date_match": "certain"}, f"{FLIGHT} khwahan-crossing-2021-07-04"),
    (MOVES, {"datetime": "2021-07-06/.."}, "dostum-returns-with-turkish-equipment-2021"),
    (
        "claims",
        {"datetime": "2021-06-29", "date_match": "certain"},
        f"{FLIGHT}-p23-total {FLIGHT}-p23-week {FLIGHT}-p25 kaldar-recaptured-2021-06-29-p17 komilov-us-visit-2021-p35",
    ),
    (
        "claims",
        {"datetime": "../2021-06-20", "date_match": "certain"},
        "bne-intellinews-border-visit-2020-p31 dostum-fought-taliban-1990s-p41 soviet-invasion-1980s-p28",
    ),
    # known_by, and reported on the clock of reports
    ("events", {"known_by": "2021-06-27"}, ""),
    ("events", {"known_by": "2021-06-28"}, f"{ATTEMPTS} {SPOKESMAN}"),
    (
        "events",
        {"known_by": "2021-07-02"},
        f"aman-statement-2021-06-30 taliban-pushed-back-2021-06 {ATTEMPTS} {SPOKESMAN} {REFUGE}",
    ),
    (CHANGES, {"known_by": "2021-07-03"}, ""),
    (CHANGES, {"known_by": "2021-07-04"}, "hairatan-crossing-captured-2021 hairatan-surroundings-taken-2021"),
    (MOVES, {"known_by": "2021-07-04"}, ATTEMPTS),
    ("claims", {"known_by": "2021-06-30"}, f"{MINISTRY_CLAIMS} {TASHKENT_CLAIMS}"),
    ("claims", {"reported": "2021-06-28"}, TASHKENT_CLAIMS),
    ("claims", {"reported": "../2021-06-30"}, f"{MINISTRY_CLAIMS} {TASHKENT_CLAIMS}"),
    ("claims", {"reported": "2021-06-29/2021-07-01"}, MINISTRY_CLAIMS),
    ("claims", {"reported": "2021-06-30T"}, MINISTRY_CLAIMS),
    ("claims", {"reported": "2021-07-06/.."}, ""),
    # bbox; west > east crosses the antimeridian and holds the United States, but nothing in Asia
    ("events", {"bbox": "170,25,-70,45"}, IN_AMERICA),
    ("events", {"bbox": "67.5,37.1,67.6,37.2"}, KALDAR),
    ("events", {"bbox": "-180,-90,180,-60"}, ""),
    (CHANGES, {"bbox": "69.2,34.9,69.3,35.0"}, "bagram-handed-over-2021"),
    (MOVES, {"bbox": "69.2,34.9,70.4,37.9"}, f"{FLIGHT} khwahan-crossing-2021-07-04 last-plane-leaves-bagram-2021-07"),
    ("claims", {"bbox": "67.5,37.1,67.6,37.2"}, KALDAR_CLAIMS),
    ("locations", {"bbox": "170,25,-70,45"}, "united-states washington"),
    ("locations", {"bbox": "67.4196,37.2215,67.428,37.229"}, "hairatan hairatan-crossing"),
    # near and radius_km
    ("events", {"near": "67.53,37.13", "radius_km": "5"}, KALDAR),
    ("events", {"near": "67.53,37.13", "radius_km": "15"}, f"{HAIRATAN} {KALDAR}"),
    (CHANGES, {"near": "69.265,34.941", "radius_km": "0.1"}, "bagram-handed-over-2021"),
    (MOVES, {"near": "69.265,34.941", "radius_km": "1"}, "last-plane-leaves-bagram-2021-07"),
    ("claims", {"near": "67.53,37.13", "radius_km": "5"}, KALDAR_CLAIMS),
    (
        "locations",
        {"near": "67.428,37.229", "radius_km": "2"},
        "hairatan hairatan-crossing hairatan-crossing-uzbek-side",
    ),
    ("locations", {"near": "67.428,37.229", "radius_km": "0.5"}, "hairatan-crossing"),
    # place: id, name, alias, spelling, hyphen, accent, script, code; with everything inside
    ("events", {"place": "balkh"}, BALKH),
    ("events", {"place": "BALKH"}, BALKH),
    ("events", {"place": "بلخ"}, BALKH),
    ("events", {"place": "ocha-cod-ab:AF21"}, BALKH),
    ("events", {"place": "OCHA-COD-AB:af21"}, BALKH),
    ("events", {"place": "Hairaton"}, HAIRATAN),
    ("events", {"place": "Hayratan"}, HAIRATAN),
    ("events", {"place": "hairaton border outpost"}, CROSSING),
    ("events", {"place": "Friendship-Bridge"}, CROSSING),
    ("events", {"place": "mazār e sharīf"}, "mazar-e-sharif-threatened-2021"),
    ("events", {"place": "Mazar-el-sharif"}, "mazar-e-sharif-threatened-2021"),
    ("events", {"place": "SHER-KHAN BANDAR"}, "sherkhan-bandar-captured-2021-06-21"),
    ("events", {"place": "Kunduz"}, "sherkhan-bandar-captured-2021-06-21"),
    ("events", {"place": "qatar,armenia,AZERBAIJAN"}, "azerbaijan-armenia-drone-war doha-talks turkey-arms-azerbaijan"),
    ("events", {"place": "badakhshan"}, "khwahan-crossing-2021-07-04"),
    # a border, river or region with what it covers
    (CHANGES, {"place": "Afghan-Tajik border"}, "sherkhan-bandar-captured-2021-06-21"),
    ("events", {"place": "amu-darya"}, f"{HAIRATAN} {KALDAR} {UZBEK_SIDE}"),
    ("events", {"place": "caucasus"}, "azerbaijan-armenia-drone-war turkey-active-in-caucasus turkey-arms-azerbaijan"),
    (MOVES, {"place": "afghan-tajik-border"}, f"{FLIGHT} khwahan-crossing-2021-07-04"),
    (MOVES, {"place": "northern-afghanistan"}, "khwahan-crossing-2021-07-04"),
    (MOVES, {"from": "northern-afghanistan"}, "khwahan-crossing-2021-07-04"),
    (MOVES, {"to": "central-asia", "outcome": "admitted"}, f"{FLIGHT} khwahan-crossing-2021-07-04"),
    ("figures", {"place": "northern-afghanistan"}, f"balkh-districts-taken-2021-p18-f1 {KHWAHAN_FIGURE}"),
    ("locations", {"place": "caucasus"}, "armenia azerbaijan baku caucasus"),
    ("events", {"place": "helmand", "category": "clash"}, HELMAND),
    (CHANGES, {"place": "balkh", "kind": "district"}, KALDAR),
    (CHANGES, {"place": "ocha-cod-ab:AF0302"}, "bagram-handed-over-2021"),
    # movements by their from, to and via
    (MOVES, {"place": "khwahan"}, "khwahan-crossing-2021-07-04"),
    (MOVES, {"place": "tajikistan"}, "flight-to-tajikistan-2021 khwahan-crossing-2021-07-04"),
    (
        MOVES,
        {"place": "uzbekistan"},
        f"dostum-evacuated-2021 refuge-in-uzbekistan-2021-06-23 {ATTEMPTS}",
    ),
    (
        MOVES,
        {"place": "Türkiye"},
        "dostum-evacuated-2021 dostum-returns-with-turkish-equipment-2021 dostum-visits-turkey-2021",
    ),
    (MOVES, {"from": "badakhshan"}, "khwahan-crossing-2021-07-04"),
    (MOVES, {"from": "turkey,parwan"}, "dostum-returns-with-turkish-equipment-2021 last-plane-leaves-bagram-2021-07"),
    (MOVES, {"to": "tajikistan"}, "flight-to-tajikistan-2021 khwahan-crossing-2021-07-04"),
    (MOVES, {"to": "Turkey"}, "dostum-evacuated-2021 dostum-visits-turkey-2021"),
    (MOVES, {"to": "khatlon"}, ""),
    (MOVES, {"via": "uzbekistan"}, "dostum-evacuated-2021"),
    (MOVES, {"via": "afghanistan"}, ""),
    ("claims", {"place": "kunduz"}, "sherkhan-bandar-captured-2021-06-21-p22"),
    ("claims", {"place": "ocha-cod-ab:AF2113", "category": "control_change"}, KALDAR_CLAIMS),
    # claims and figures of movements too
    ("claims", {"place": "tajikistan", "category": "movement"}, f"{FLIGHT_CLAIMS} khwahan-crossing-2021-07-04-p24"),
    ("claims", {"place": "khatlon"}, f"{FLIGHT}-p23-total"),
    (
        "claims",
        {"place": "uzbekistan", "category": "movement"},
        f"dostum-evacuated-2021-p42 dostum-evacuated-2021-p43 refuge-in-uzbekistan-2021-06-23-p30 {ATTEMPTS}-p30",
    ),
    ("figures", {"place": "tajikistan"}, f"{FLIGHT_FIGURES} {KHWAHAN_FIGURE}"),
    (
        "figures",
        {"place": "uzbekistan", "category": "movement"},
        f"refuge-in-uzbekistan-2021-06-23-p30-f1 {ATTEMPTS_FIGURE}",
    ),
    ("locations", {"place": "balkh"}, "balkh hairatan hairatan-crossing kaldar mazar-e-sharif"),
    ("locations", {"place": "Qatar,ocha-cod-ab:AF2707"}, "doha khakrez qatar"),
    # country
    ("events", {"country": "QAT,aze"}, "azerbaijan-armenia-drone-war doha-talks turkey-arms-azerbaijan"),
    ("events", {"country": "TJK"}, "tajik-afghan-presidents-call-2021-07-04 us-asks-tajikistan-for-refuge-2021"),
    (CHANGES, {"country": "UZB"}, ""),
    (CHANGES, {"country": "AFG", "place": "kaldar"}, KALDAR),
    (MOVES, {"country": "TUR"}, "dostum-returns-with-turkish-equipment-2021"),
    ("claims", {"country": "QAT"}, "doha-talks-p51"),
    ("locations", {"country": "QAT"}, "doha qatar"),
    ("locations", {"country": "UZB,TJK"}, "hairatan-crossing-uzbek-side khatlon tajikistan tashkent termez uzbekistan"),
    ("actors", {"country": "USA"}, AMERICAN_ACTORS),
    ("actors", {"country": "TUR,tjk"}, "recep-tayyip-erdogan tajikistan-government turkey-government"),
    # actor and actor_role: parts are included, allies never
    ("events", {"actor": "balkh-militia"}, "kaldar-recaptured-2021-06-29"),
    ("events", {"actor": "Atta Mohammad-Noor"}, "kaldar-recaptured-2021-06-29"),
    ("events", {"actor": "ghor-women"}, "ghor-women-take-up-arms-2021-07-04"),
    ("events", {"actor": "afghan-government", "place": "ghor"}, ""),
    ("events", {"actor": "afghan-government", "actor_role": "ally"}, "citizens-take-up-arms-2021"),
    ("events", {"actor": "afghan-government", "actor_role": "speaker"}, "aman-statement-2021-06-30"),
    (
        "events",
        {"actor": "andsf", "actor_role": "initiator"},
        "kaldar-recaptured-2021-06-29 taliban-pushed-back-2021-06",
    ),
    ("events", {"actor": "ucdp-actor:303", "place": "kaldar"}, KALDAR),
    ("events", {"actor": "طالبان", "place": "kaldar"}, KALDAR),
    (
        "events",
        {"actor": "pentagon,zabihullah-mujahid"},
        "pentagon-on-authority-2021 pentagon-on-bagram-2021 taliban-on-withdrawal-2021",
    ),
    ("events", {"actor_role": "ally"}, "citizens-take-up-arms-2021 kaldar-recaptured-2021-06-29"),
    (
        CHANGES,
        {"actor": "andsf", "actor_role": "target"},
        "kaldar-lost-again-2021-06-30 northern-provinces-captured-2021 sherkhan-bandar-captured-2021-06-21",
    ),
    (CHANGES, {"actor": "taliban", "actor_role": "loses"}, "kaldar-recaptured-2021-06-29"),
    (CHANGES, {"actor_role": "ally"}, "kaldar-recaptured-2021-06-29"),
    (MOVES, {"actor": "us-government"}, "last-plane-leaves-bagram-2021-07 us-withdrawal-2021-07-02"),
    (
        MOVES,
        {"actor": "Dostum", "actor_role": "mover"},
        "dostum-evacuated-2021 dostum-returns-with-turkish-equipment-2021 dostum-visits-turkey-2021",
    ),
    (
        MOVES,
        {"actor_role": "host"},
        "dostum-visits-turkey-2021 flight-to-tajikistan-2021 khwahan-crossing-2021-07-04 "
        "refuge-in-uzbekistan-2021-06-23",
    ),
    ("claims", {"actor": "balkh-militia"}, "kaldar-recaptured-2021-06-29-p17"),
    (
        "claims",
        {"actor": "pentagon", "actor_role": "speaker"},
        PENTAGON_CLAIMS,
    ),
    ("claims", {"actor_role": "ally", "place": "balkh"}, "kaldar-recaptured-2021-06-29-p17"),
    ("sources", {"actor": "zabihullah-mujahid"}, "zabihullah-mujahid"),
    ("sources", {"actor": "uzbek-government"}, "uzbek-government"),
    ("actors", {"actor": "afghan-government"}, AFGHAN_ACTORS),
    ("actors", {"actor": "taliban,us-government"}, f"{AMERICAN_ACTORS} taliban zabihullah-mujahid"),
    # source: any hop of the chain, or the document
    ("events", {"source": "pajhwok"}, PAJHWOK),
    ("events", {"source": "Pazhvak,bloomberg"}, f"{PAJHWOK} {REFUGE}"),
    ("events", {"source": "farangis-najibullah"}, "flight-to-tajikistan-2021"),
    (
        "events",
        {"source": "bne-intellinews-2021-07-05", "place": "kaldar", "min_origins": "1", "category": "control_change"},
        KALDAR,
    ),
    ("events", {"source": "peter-leonard", "known_by": "2021-07-04"}, ""),
    (CHANGES, {"source": "peter-leonard"}, "hairatan-crossing-captured-2021 kaldar-lost-again-2021-06-30"),
    (MOVES, {"source": "tajik-president-website"}, "khwahan-crossing-2021-07-04"),
    # with all of the organisation
    ("events", {"source": "RFE/RL"}, FLIGHT),
    (MOVES, {"source": "tajikistan-government"}, "khwahan-crossing-2021-07-04"),
    ("figures", {"source": "rfe-rl"}, f"{FLIGHT}-p25-f1"),
    ("claims", {"source": "Ministry of Defence"}, MINISTRY_CLAIMS),
    ("claims", {"source": "pentagon"}, f"bagram-handed-over-2021-p48 {PENTAGON_CLAIMS}"),
    ("claims", {"source": "farangis-najibullah"}, "flight-to-tajikistan-2021-p25"),
    ("claims", {"source": "Pazhvak", "stance": "denies"}, "dostum-evacuated-2021-p43 dostum-wounded-2021-p43"),
    ("claims", {"source": "reuters"}, "pentagon-on-authority-2021-p49"),
    # category, status, min_origins, kinds and other codes
    (
        "events",
        {"category": "mobilisation"},
        "citizens-take-up-arms-2021 dostum-may-return-2021 ghor-women-take-up-arms-2021-07-04",
    ),
    ("events", {"category": "clash,control_change", "place": "helmand,kaldar"}, f"{HELMAND} {KALDAR}"),
    (CHANGES, {"category": "movement"}, ""),
    (CHANGES, {"category": "control_change", "place": "kaldar"}, KALDAR),
    (MOVES, {"category": "movement", "place": "khwahan"}, "khwahan-crossing-2021-07-04"),
    ("claims", {"category": "control_change", "place": "kaldar"}, KALDAR_CLAIMS),
    ("events", {"status": "disputed"}, "dostum-evacuated-2021 dostum-wounded-2021"),
    (CHANGES, {"status": "denied"}, "hairatan-entered-2021"),
    (
        CHANGES,
        {"status": "unconfirmed,denied"},
        "balkh-captured-2021 hairatan-crossing-captured-2021 hairatan-entered-2021",
    ),
    (MOVES, {"status": "disputed"}, "dostum-evacuated-2021"),
    ("events", {"min_origins": "3"}, ""),
    ("events", {"min_origins": "2"}, "termez-tent-camp-2021"),
    ("events", {"min_origins": "0", "place": "kaldar", "category": "control_change"}, KALDAR),
    # narration adds no origin to the source that it retells
    (CHANGES, {"min_origins": "2"}, ""),
    (CHANGES, {"min_origins": "1", "place": "balkh", "kind": "district"}, KALDAR),
    (MOVES, {"min_origins": "2"}, ""),
    (MOVES, {"min_origins": "1", "to": "tajikistan"}, f"{FLIGHT} khwahan-crossing-2021-07-04"),
    (CHANGES, {"gained_by": "afghan-government"}, "bagram-handed-over-2021 kaldar-recaptured-2021-06-29"),
    (CHANGES, {"gained_by": "andsf"}, ""),
    (CHANGES, {"lost_by": "taliban,US government"}, "bagram-handed-over-2021 kaldar-recaptured-2021-06-29"),
    (CHANGES, {"extent": "surroundings"}, "hairatan-surroundings-taken-2021"),
    (
        CHANGES,
        {"extent": "partial,surroundings"},
        "balkh-districts-taken-2021 hairatan-surroundings-taken-2021 northern-provinces-captured-2021",
    ),
    (CHANGES, {"means": "recaptured"}, "kaldar-lost-again-2021-06-30 kaldar-recaptured-2021-06-29"),
    (CHANGES, {"kind": "district"}, f"{KALDAR} khakrez-captured-2021"),
    (
        CHANGES,
        {"kind": "airbase,border_crossing"},
        "bagram-handed-over-2021 hairatan-crossing-captured-2021 sherkhan-bandar-captured-2021-06-21",
    ),
    (MOVES, {"population": "mixed"}, "refuge-in-uzbekistan-2021-06-23"),
    (MOVES, {"outcome": "expelled,barred"}, f"refuge-in-uzbekistan-2021-06-23 {ATTEMPTS}"),
    (MOVES, {"cross_border": "false"}, "last-plane-leaves-bagram-2021-07 us-withdrawal-2021-07-02"),
    (
        MOVES,
        {"cross_border": "true", "population": "troops"},
        f"{FLIGHT} khwahan-crossing-2021-07-04 {ATTEMPTS}",
    ),
    (
        "claims",
        {"event": "kaldar-lost-again-2021-06-30"},
        "kaldar-lost-again-2021-06-30-p16 kaldar-lost-again-2021-06-30-p17",
    ),
    (
        "claims",
        {"event": "dostum-evacuated-2021,khwahan-crossing-2021-07-04"},
        "dostum-evacuated-2021-p42 dostum-evacuated-2021-p43 khwahan-crossing-2021-07-04-p24",
    ),
    (
        "claims",
        {"document": "bne-intellinews-2021-07-05", "paragraph": "17"},
        "kaldar-captured-2021-06-p17 kaldar-lost-again-2021-06-30-p17 kaldar-recaptured-2021-06-29-p17",
    ),
    ("claims", {"document": "bne IntelliNews, 5 July 2021", "paragraph": "25"}, f"{FLIGHT}-p25"),
    ("claims", {"paragraph": "52"}, ""),
    ("claims", {"document": "eurasianet"}, ""),  # an outlet that the article quotes
    ("claims", {"stance": "denies"}, "dostum-evacuated-2021-p43 dostum-wounded-2021-p43 hairatan-entered-2021-p29"),
    (
        "claims",
        {"modality": "possible", "place": "hairatan-crossing"},
        CROSSING_CLAIMS,
    ),
    (
        "claims",
        {"modality": "planned,possible", "place": "turkey"},
        "dostum-medical-examination-2021-p43 dostum-returns-with-turkish-equipment-2021-p44 "
        "turkish-equipment-for-dostum-2021-p44",
    ),
    ("sources", {"kind": "agency"}, "bloomberg pajhwok reuters"),
    ("sources", {"kind": "article,website"}, "bne-intellinews-2021-07-05 tajik-president-website wiki"),
    ("sources", {"organisation": "Eurasianet"}, "peter-leonard"),
    ("sources", {"organisation": "rfe-rl,pentagon"}, "farangis-najibullah john-kirby"),
    ("actors", {"kind": "rebel_group"}, "taliban"),
    ("actors", {"kind": "state_forces,international_forces"}, "andsf us-forces"),
    ("locations", {"kind": "town"}, "hairatan"),
    ("locations", {"kind": "airbase,border_crossing"}, "bagram-air-base hairatan-crossing sherkhan-bandar"),
    # figures, by what their claims and events are
    (
        "figures",
        {"datetime": "2021-07-04", "date_match": "certain"},
        f"{WOMEN_FIGURE} {KHWAHAN_FIGURE} {FLIGHT}-p5-f1 {FLIGHT}-p23-week-f1 {FLIGHT}-p23-total-f1 {FLIGHT}-p25-f1",
    ),
    ("figures", {"known_by": "2021-07-02"}, f"{BLOOMBERG_FIGURE} {ATTEMPTS_FIGURE}"),
    ("figures", {"reported": "2021-07-02"}, BLOOMBERG_FIGURE),
    ("figures", {"bbox": "70.3,37.5,70.5,38"}, KHWAHAN_FIGURE),
    ("figures", {"near": "70.39,37.84", "radius_km": "5"}, KHWAHAN_FIGURE),
    ("figures", {"place": "badakhshan"}, KHWAHAN_FIGURE),
    ("figures", {"country": "UZB"}, "termez-tent-camp-2021-p34-empty-f1 termez-tent-camp-2021-p7-f1"),
    ("figures", {"actor": "ghor-women"}, WOMEN_FIGURE),
    ("figures", {"actor_role": "host", "place": "khwahan"}, KHWAHAN_FIGURE),
    ("figures", {"source": "bloomberg"}, BLOOMBERG_FIGURE),
    ("figures", {"category": "control_change"}, "balkh-districts-taken-2021-p18-f1"),
    ("figures", {"event": "khwahan-crossing-2021-07-04"}, KHWAHAN_FIGURE),
    ("figures", {"document": "bne-intellinews-2021-07-05", "paragraph": "24"}, KHWAHAN_FIGURE),
    ("figures", {"paragraph": "17"}, ""),
    ("figures", {"stance": "denies"}, ""),
    ("figures", {"stance": "asserts", "place": "khwahan"}, KHWAHAN_FIGURE),
    ("figures", {"modality": "planned"}, ""),
    ("figures", {"modality": "fact", "place": "khwahan"}, KHWAHAN_FIGURE),
    ("figures", {"measure": "attempts,persons_mobilised"}, f"{ATTEMPTS_FIGURE} {WOMEN_FIGURE}"),
    ("figures", {"count_kind": "capacity"}, BLOOMBERG_FIGURE),
    ("figures", {"q": "Khwahan"}, KHWAHAN_FIGURE),
    # deaths: the article counts none, and unknown is neither few nor many
    ("events", {"deaths_min": "0"}, ""),
    ("events", {"deaths_max": "10000000"}, ""),
    (CHANGES, {"deaths_min": "0"}, ""),
    (CHANGES, {"deaths_max": "0"}, ""),
    (MOVES, {"deaths_min": "0"}, ""),
    (MOVES, {"deaths_max": "10000000"}, ""),
    # q: all words, phrases, any script and accent, every name of actors and places, no operators
    # and the claims' summaries and printed tokens
    ("events", {"q": "Hairaton"}, f"{HAIRATAN} kaldar-lost-again-2021-06-30 kurbanmuradov-visit-2021-07-03"),
    ("events", {"q": "18,000"}, "special-visa-applications-2021"),
    ("claims", {"q": "Mazar-el-sharif"}, "mazar-e-sharif-threatened-2021-p12"),
    ("figures", {"q": "several hundred"}, f"{FLIGHT}-p23-week-f1"),
    ("events", {"q": "کلدار"}, KALDAR),
    ("events", {"q": "ANDSF kaldar"}, "kaldar-lost-again-2021-06-30 kaldar-recaptured-2021-06-29"),
    ("events", {"q": "kaldar again"}, "kaldar-lost-again-2021-06-30"),
    ("events", {"q": "again KALDAR"}, "kaldar-lost-again-2021-06-30"),
    ("events", {"q": '"take Kaldar again"'}, "kaldar-lost-again-2021-06-30"),
    ("events", {"q": '"Kaldar take again"'}, ""),
    ("events", {"q": '"take Kaldar'}, "kaldar-captured-2021-06 kaldar-lost-again-2021-06-30"),
    ("events", {"q": "kald"}, ""),
    ("events", {"q": "Kaldar OR Khwahan"}, ""),
    ("events", {"q": "Kaldar AND Taliban NOT Khwahan"}, ""),
    ("events", {"q": "Kald*"}, ""),
    ("events", {"q": "NEAR(Kaldar Taliban, 5)"}, ""),
    ("events", {"q": "body:Kaldar"}, ""),
    ("events", {"q": "-Kaldar"}, KALDAR),
    ("events", {"q": "^kaldar:*&|!()<->'\\"}, KALDAR),
    ("events", {"q": "erdogan CAUCASUS"}, "turkey-active-in-caucasus"),
    ("events", {"q": "Erdoğan Caucasus"}, "turkey-active-in-caucasus"),
    (CHANGES, {"q": "Bandar"}, "sherkhan-bandar-captured-2021-06-21"),
    (MOVES, {"q": "Khwahan"}, "khwahan-crossing-2021-07-04"),
    (MOVES, {"q": "helicopter"}, "dostum-evacuated-2021"),
    ("claims", {"q": "Kaldar"}, KALDAR_CLAIMS),
    ("claims", {"q": "545"}, "flight-to-tajikistan-2021-p25"),
    ("sources", {"q": "pazhvak"}, "pajhwok"),
    ("sources", {"q": "Radio Liberty"}, "rfe-rl"),
    ("actors", {"q": "taleban"}, "taliban"),
    ("actors", {"q": '"Uzbek Foreign"'}, "uzbek-foreign-ministry"),
    ("locations", {"q": "hayratan"}, "hairatan"),
    ("locations", {"q": "Turkiye"}, "turkey"),
    ("locations", {"q": "bandar shir"}, "sherkhan-bandar"),
]


@pytest.mark.parametrize(("name", "params", "expected"), FOUND, ids=lambda part: str(part)[:60])
def test_a_filter_finds_exactly(get_ok: GetOk, name: str, params: Params, expected: str) -> None:
    found = get_ok(f"/v1/{name}", **params, sort="id", limit=1000, count="exact")
    assert ids_of(found) == sorted(expected.split())
    assert found["matched"] == found["returned"] == len(expected.split())


def test_no_parameter_of_any_list_is_missing_from_the_table() -> None:
    asked = {(name, parameter) for name, params, _ in FOUND for parameter in params}
    offered = {(name, parameter) for name, resource in STORED_LISTS.items() for parameter in resource.listing.params}
    assert asked == {(name, parameter) for name, parameter in offered if parameter not in STEERING}


def test_every_filter_that_is_not_about_deaths_finds_something_somewhere_in_the_table() -> None:
    finding = {(name, parameter) for name, params, expected in FOUND if expected for parameter in params}
    asked = {(name, parameter) for name, params, _ in FOUND for parameter in params}
    assert {parameter for _, parameter in asked - finding} == {"deaths_min", "deaths_max"}


def test_an_alias_that_holds_a_comma_can_be_asked_for(get_ok: GetOk) -> None:
    washington = get_ok("/v1/events", place="washington", sort="id")
    assert ids_of(washington) == ["komilov-washington-talks-2021"]
    assert ids_of(get_ok("/v1/events", place="Washington, D.C.", sort="id")) == ids_of(washington)


def test_a_zero_width_non_joiner_inside_a_name_makes_no_difference(get_ok: GetOk) -> None:
    spelt = "کل\N{ZERO WIDTH NON-JOINER}دار"
    assert ids_of(get_ok("/v1/locations", q=spelt)) == ["kaldar"]
    assert ids_of(get_ok("/v1/locations", place=spelt, kind="district")) == ["kaldar"]


def test_several_values_mean_any_and_several_parameters_mean_all(get_ok: GetOk) -> None:
    one, other = "kaldar", "khwahan"
    either = ids_of(get_ok("/v1/events", place=f"{one},{other}", sort="id"))
    assert either == sorted(ids_of(get_ok("/v1/events", place=one)) + ids_of(get_ok("/v1/events", place=other)))
    assert ids_of(get_ok("/v1/events", place=f"{one},{other}", category="movement")) == ["khwahan-crossing-2021-07-04"]
