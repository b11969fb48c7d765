"""200 questions drawn by seed: rare, medium and frequent values of nine filters, alone and in pairs."""

import json
import math
import random
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .data import NOW
from .databases import Folder

COUNT = 200
STRATA = ("rare", "medium", "frequent")
RARE, FREQUENT = 20, 0.01  # up to so many events; more than such a share of all
KINDS = ("place", "actor", "source", "bbox", "near", "datetime", "status", "deaths", "q")
REACH = {"rare": 0.02, "medium": 0.5, "frequent": 5.0}  # of a box, in degrees to each side
RADIUS_KM = {"rare": 2, "medium": 50, "frequent": 500}
DAYS = {"rare": 0, "medium": 15, "frequent": 900}  # to each side
KM_A_DEGREE = 111.2

COUNTED = {
    "place": "SELECT a.ancestor_id, count(DISTINCT p.event_pk) FROM event_location p "
    "JOIN location_ancestor a ON a.location_id = p.location_id GROUP BY 1",
    "actor": "SELECT actor_id, count(DISTINCT event_pk) FROM event_actor GROUP BY 1",
    "source": "SELECT h.source_id, count(DISTINCT c.event_pk) FROM claim_hop h "
    "JOIN claim c ON c.pk = h.claim_pk GROUP BY 1",
    "status": "SELECT status, count(*) FROM event_version WHERE known_until = '9999-12-31' GROUP BY 1",
    "q": "SELECT term, doc FROM temp.terms WHERE doc > 0 AND term NOT GLOB '*[^a-z]*' AND length(term) > 2",
    "deaths": "SELECT coalesce(deaths_best, deaths_low), count(*) FROM event_version "
    "WHERE known_until = '9999-12-31' AND coalesce(deaths_best, deaths_low) IS NOT NULL GROUP BY 1",
}


@dataclass(frozen=True)
class Question:
    """One question: parts by kind, each the parameters as Oxus takes them, and how frequent their values are."""

    parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    strata: tuple[str, ...]

    @property
    def params(self) -> list[tuple[str, str]]:
        """The parameters."""
        return [pair for _, pairs in self.parts for pair in pairs]

    def path(self, limit: int) -> str:
        """The address."""
        return f"/v1/events?{urlencode([*self.params, ('limit', limit)])}"

    def __str__(self) -> str:
        named = "&".join(f"{name}={value}" for name, value in self.params)
        return f"{named} ({', '.join(self.strata)})"


class Drawing:
    """Draws questions from the SQLite database of Oxus, each around an event that answers it."""

    def __init__(self, folder: Folder, database: Path, seed: int) -> None:
        self.connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        self.connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab('main', 'event_text', 'row')")
        self.chance = random.Random(seed)  # noqa: S311 - drawn again by the same seed
        # Counting takes long; what was counted goes with the database.
        if "strata" not in folder.kept:
            folder.said("counting how frequent values are")
            folder.kept["strata"] = {kind: self.connection.execute(sql).fetchall() for kind, sql in COUNTED.items()}
            folder.keep()
        self.counts = {kind: dict(map(tuple, pairs)) for kind, pairs in folder.kept["strata"].items()}
        self.deaths = sorted(self.counts["deaths"].items())
        self.last = int(self.connection.execute("SELECT max(pk) FROM event_version").fetchone()[0])
        self.total = sum(self.counts["status"].values())

    def stratum(self, count: int) -> str:
        """Whether a value of so many events is rare, medium or frequent."""
        return "rare" if count <= RARE else "frequent" if count > FREQUENT * self.total else "medium"

    def questions(self, count: int = COUNT) -> list[Question]:
        """So many questions: each kind alone in each stratum, then the pairs of kinds in turn."""
        found: dict[tuple[Any, ...], Question] = {}
        turns = self._turns()
        while len(found) < count:
            kinds, strata = next(turns)
            question = self._question(kinds, strata)
            if question:
                found.setdefault(question.parts, question)
        return list(found.values())

    def _turns(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        for kind in KINDS:
            for stratum in STRATA:
                yield from [((kind,), (stratum,))] * 2
        while True:
            for pair in combinations(KINDS, 2):
                yield pair, (self.chance.choice(STRATA), self.chance.choice(STRATA))

    def _question(self, kinds: tuple[str, ...], strata: tuple[str, ...]) -> Question | None:
        """A question around an event that has a value of each kind, in the strata if that can be."""
        best: tuple[int, Question] | None = None
        for _ in range(60):
            event = self._event(kinds[0], strata[0])
            if event is None:
                return None
            parts, met, told = [], 0, []
            for kind, stratum in zip(kinds, strata, strict=True):
                values = self._values(event, kind)
                if not values:
                    break
                fitting = [value for value in values if value[0] == stratum] or values
                got, pairs = self.chance.choice(fitting)
                parts.append((kind, pairs))
                told.append(got)
                met += got == stratum
            if len(parts) == len(kinds) and (best is None or met > best[0]):
                best = met, Question(tuple(parts), tuple(told))
            if best and best[0] == len(kinds):
                break
        return best[1] if best else None

    def _event(self, kind: str, stratum: str) -> dict[str, Any] | None:
        """An event, drawn so that the value of the kind is of the stratum where values are counted."""
        sql = {
            "place": "SELECT p.event_pk FROM location_ancestor a JOIN event_location p "
            "ON p.location_id = a.location_id WHERE a.ancestor_id = ? LIMIT 50",
            "actor": "SELECT event_pk FROM event_actor WHERE actor_id = ? LIMIT 50",
            "source": "SELECT c.event_pk FROM claim_hop h JOIN claim c ON c.pk = h.claim_pk "
            "WHERE h.source_id = ? LIMIT 50",
            "status": f"SELECT event_pk FROM event_version WHERE status = ? AND known_until = '{NOW}' LIMIT 50",
            "q": "SELECT rowid FROM event_text WHERE event_text MATCH '\"' || ? || '\"' LIMIT 50",
        }
        if kind in sql:
            fitting = [value for value, count in self.counts[kind].items() if self.stratum(count) == stratum]
            if not fitting:
                return None
            weights = [math.sqrt(self.counts[kind][value]) for value in fitting]
            value = self.chance.choices(fitting, weights)[0]
            pks = [row[0] for row in self.connection.execute(sql[kind], (value,))]
            chosen = self._view("event_pk = ?", self.chance.choice(pks)) if pks else None
            return chosen | {"given": (kind, value)} if chosen else None
        return self._view("pk >= ?", self.chance.randrange(1, self.last + 1))

    def _view(self, where: str, value: int) -> dict[str, Any] | None:
        names = ("event_pk", "latitude", "longitude", "earliest", "status", "deaths", "row")
        found = self.connection.execute(
            "SELECT event_pk, latitude, longitude, earliest, status, coalesce(deaths_best, deaths_low), row "
            f"FROM event_version WHERE {where} AND known_until = '{NOW}' ORDER BY pk LIMIT 1",
            (value,),
        ).fetchone()
        return dict(zip(names, found, strict=True)) if found else None

    def _values(self, event: dict[str, Any], kind: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """What may be asked so that the event answers, with how frequent each is."""
        if event.get("given", ("",))[0] == kind:
            value = event["given"][1]
            return [(self.stratum(self.counts[kind][value]), ((kind, str(value)),))]
        made = {"bbox": _boxes, "near": _circles, "datetime": _windows}
        if kind in made:
            return made[kind](event)
        if kind == "deaths":
            return self._deaths(event["deaths"])
        return [(self.stratum(self.counts[kind].get(value, 1)), ((kind, value),)) for value in self._own(event, kind)]

    def _own(self, event: dict[str, Any], kind: str) -> list[str]:
        if kind == "status":
            return [event["status"]]
        if kind == "q":
            row = json.loads(event["row"])
            words = f"{row['title']} {row['summary']}".lower().replace(",", " ").replace(":", " ").split()
            return sorted({word for word in words if word in self.counts["q"]})
        sql = {
            "place": "SELECT DISTINCT a.ancestor_id FROM event_location p "
            "JOIN location_ancestor a ON a.location_id = p.location_id WHERE p.event_pk = ?",
            "actor": "SELECT DISTINCT actor_id FROM event_actor WHERE event_pk = ?",
            "source": "SELECT DISTINCT h.source_id FROM claim c JOIN claim_hop h ON h.claim_pk = c.pk "
            "WHERE c.event_pk = ?",
        }
        return sorted(row[0] for row in self.connection.execute(sql[kind], (event["event_pk"],)))

    def _deaths(self, deaths: int | None) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        if deaths is None:
            return []
        at = bisect_left([number for number, _ in self.deaths], deaths)
        above, below = sum(n for _, n in self.deaths[at:]), sum(n for _, n in self.deaths[: at + 1])
        exactly = self.deaths[at][1]
        low, high = ("deaths_min", str(deaths)), ("deaths_max", str(deaths))
        return [
            (self.stratum(above), (low,)),
            (self.stratum(below), (high,)),
            (self.stratum(exactly), (low, high)),
        ]


def _boxes(event: dict[str, Any]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    latitude, longitude = event["latitude"], event["longitude"]
    if latitude is None or abs(latitude) > 80 or abs(longitude) > 170:
        return []
    found = []
    for stratum, reach in REACH.items():
        box = (longitude - reach, latitude - reach, longitude + reach, latitude + reach)
        found.append((stratum, (("bbox", ",".join(f"{number:.4f}" for number in box)),)))
    return found


def _circles(event: dict[str, Any]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    latitude, longitude = event["latitude"], event["longitude"]
    if latitude is None or abs(latitude) > 80 or abs(longitude) > 170:
        return []
    # Off the point itself, so that no row lies on the circle by an accident of rounding.
    near = ("near", f"{longitude + 0.0013:.4f},{latitude + 0.0007:.4f}")
    return [(stratum, (near, ("radius_km", str(radius)))) for stratum, radius in RADIUS_KM.items()]


def _windows(event: dict[str, Any]) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    if not event["earliest"]:
        return []
    middle = date.fromisoformat(event["earliest"])
    found = []
    for stratum, reach in DAYS.items():
        first, last = middle - timedelta(days=reach), middle + timedelta(days=reach)
        found.append((stratum, (("datetime", f"{first}/{last}"),)))
    return found
