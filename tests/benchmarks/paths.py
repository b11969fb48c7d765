"""Questions for the rates: thousands of them, none twice, each with a full page to give; the same for every server."""

import random
import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

PAGE = 100
DATASETTE = "/plain/{table}.json?_size=100&_nocount=1&_nofacet=1&_nosuggest=1&"
HIDDEN = [("_nocol", name) for name in ("names", "country", "latitude", "longitude")]
Asked = dict[str, str | int]


@dataclass(frozen=True)
class Kind:
    """One kind of question, how it is put to each server, and how often the rate of each Oxus is to reach."""

    name: str
    what: str
    oxus: Callable[[Asked], str]
    plain: Callable[[Asked], str]
    datasette: Callable[[Asked], str]
    target: float | None = None
    datasette_target: float | None = None


def _query(path: str, **values: object) -> str:
    return f"{path}?{urlencode(values)}"


def _v1(asked: Asked) -> str:
    given = {name: value for name, value in asked.items() if name in ("country", "bbox", "q")}
    days = {"datetime": f"{asked['start']}/{asked['end']}"} if "start" in asked else {}
    return _query("/v1/events", limit=PAGE, **given, **days)


def _v1_datasette(asked: Asked) -> str:
    given = [("country", asked["country"])] if "country" in asked else []
    given += [("_search", asked["q"])] if "q" in asked else []
    if "start" in asked:
        given += [("sort_date__lte", asked["end"]), ("date_latest__gte", asked["start"])]
    if "bbox" in asked:
        given += _box(asked)
    return DATASETTE.format(table="event") + urlencode([*given, ("_sort_desc", "sort_date"), *HIDDEN])


def _box(asked: Asked) -> list[tuple[str, str | int]]:
    west, south, east, north = str(asked["bbox"]).split(",")
    return [("latitude__gte", south), ("latitude__lte", north), ("longitude__gte", west), ("longitude__lte", east)]


def _ged(asked: Asked) -> str:
    given = {}
    if "bbox" in asked:
        west, south, east, north = str(asked["bbox"]).split(",")
        given["Geography"] = f"{south} {west},{north} {east}"
    else:
        given = {"Country": asked["country"], "StartDate": asked["start"], "EndDate": asked["end"]}
    return _query("/compat/ucdp/api/gedevents/25.1", pagesize=PAGE, **given)


def _ged_datasette(asked: Asked) -> str:
    if "bbox" in asked:
        given = _box(asked)
    else:
        given = [("country_id", asked["country"]), ("date_end__gte", asked["start"]), ("date_end__lte", asked["end"])]
    return DATASETTE.format(table="ged") + urlencode([*given, ("_sort", "id")])


def _plain(route: str) -> Callable[[Asked], str]:
    return lambda asked: _query(route, **asked)


V1 = (_v1, _plain("/events"), _v1_datasette)
GED = (_ged, _plain("/ged"), _ged_datasette)
KINDS = (
    Kind("page", "page of 100 events, country and dates, never asked before", *V1, 10, 8),
    Kind("page-ged", "page of 100 whole GED rows, country and dates, never asked before", *GED, 10, 8),
    Kind("bbox", "page of 100 events in a box", *V1, 5),
    Kind("bbox-ged", "page of 100 whole GED rows in a box", *GED, 5),
    Kind("text", "page of 100 events with a word (in 100 events to 1 % of all) and dates", *V1, 5),
    Kind("text-frequent", "page of 100 events with a word (in more than 5 % of all) and dates", *V1, 5),
)


class Universe:
    """The plain tables, from which questions are drawn."""

    def __init__(self, plain: Path, seed: int) -> None:
        self.connection = sqlite3.connect(f"file:{plain}?mode=ro", uri=True)
        self.seed = seed
        self.rows = int(self.connection.execute("SELECT count(*) FROM event").fetchone()[0])

    def draw(self, kind: str, count: int) -> list[Asked]:
        """So many questions of a kind, all different."""
        chance = random.Random(f"{self.seed}:{kind}")  # noqa: S311 - drawn again by the same seed
        found: dict[tuple[str | int, ...], Asked] = {}
        drawn = self._draw(kind, chance)
        for _ in range(count * 4):
            asked = next(drawn)
            found.setdefault(tuple(asked.values()), asked)
            if len(found) == count:
                break
        return list(found.values())

    def _draw(self, kind: str, chance: random.Random) -> Iterator[Asked]:
        if kind.startswith("page"):
            table = ("ged", "country_id", "date_end") if kind.endswith("ged") else ("event", "country", "sort_date")
            return self._by_country(chance, *table)
        if kind.startswith("bbox"):
            return self._boxes(chance, "ged" if kind.endswith("ged") else "event")
        low, high = (0.05, 1.0) if kind.endswith("frequent") else (0.0, 0.01)
        return self._by_word(chance, low, high)

    def _by_country(self, chance: random.Random, table: str, column: str, day: str) -> Iterator[Asked]:
        days: dict[str | int, list[str]] = {}
        dated = f"SELECT {column}, {day} FROM {table} WHERE {day} > '0002' AND {column} IS NOT NULL ORDER BY {day}"
        for country, when in self.connection.execute(dated):
            days.setdefault(country, []).append(when)
        yield from _windows(chance, "country", days)

    def _by_word(self, chance: random.Random, low: float, high: float) -> Iterator[Asked]:
        words = self.words(max(int(low * self.rows), PAGE + 20), max(int(high * self.rows), PAGE * 3))
        days: dict[str | int, list[str]] = {}
        for word in chance.sample(words, min(len(words), 300)):
            found = self.connection.execute(
                "SELECT sort_date FROM event WHERE pk IN (SELECT rowid FROM event_fts WHERE event_fts MATCH ?) "
                "AND sort_date > '0002' ORDER BY sort_date",
                (f'"{word}"',),
            )
            days[word] = [row[0] for row in found]
        yield from _windows(chance, "q", days, even=True)

    def words(self, least: int, most: int) -> list[str]:
        """Words of letters that so many events hold, in alphabetical order."""
        self.connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'event_fts', 'row')"
        )
        found = self.connection.execute(
            "SELECT term FROM temp.terms WHERE doc BETWEEN ? AND ? AND term NOT GLOB '*[^a-z]*' AND length(term) > 2",
            (least, most),
        )
        return sorted(row[0] for row in found)

    def _boxes(self, chance: random.Random, table: str) -> Iterator[Asked]:
        """Boxes around places where something happened, wide enough for a page, up to four times as wide."""
        spots = self.connection.execute(
            f"SELECT latitude, longitude FROM {table} WHERE abs(latitude) < 75 AND abs(longitude) < 165"
        ).fetchall()
        centres = []
        for latitude, longitude in chance.choices(spots, k=200):
            reach = 0.05
            while reach < 8 and not self._enough(table, latitude, longitude, reach):
                reach *= 1.6
            if reach < 8:
                centres.append((latitude, longitude, reach))
        while True:
            latitude, longitude, reach = chance.choice(centres)
            west, south = longitude - reach * chance.uniform(1, 4), latitude - reach * chance.uniform(1, 4)
            east, north = longitude + reach * chance.uniform(1, 4), latitude + reach * chance.uniform(1, 4)
            box = (max(west, -180), max(south, -90), min(east, 180), min(north, 90))
            yield {"bbox": ",".join(f"{number:.4f}" for number in box)}

    def _enough(self, table: str, latitude: float, longitude: float, reach: float) -> bool:
        found = self.connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE latitude BETWEEN ? AND ? AND longitude BETWEEN ? AND ? "
            f"LIMIT {PAGE})",
            (latitude - reach, latitude + reach, longitude - reach, longitude + reach),
        )
        return bool(found.fetchone()[0] == PAGE)


def _windows(chance: random.Random, name: str, days: dict[str | int, list[str]], even: bool = False) -> Iterator[Asked]:
    """Windows of time in which a value has at least a page of rows; values by how many rows they have, or evenly."""
    long = {value: dates for value, dates in days.items() if len(dates) > PAGE + 10}
    if not long:
        raise ValueError(f"no {name} has a page of rows: take more --rows")
    values, weights = list(long), [1 if even else len(dates) for dates in long.values()]
    while True:
        value = chance.choices(values, weights)[0]
        dates = long[value]
        first = chance.randrange(len(dates) - PAGE)
        widest = min(len(dates) - 1, first + PAGE * 20)
        last = chance.randrange(first + PAGE - 1, widest + 1)
        assert bisect_right(dates, dates[last]) - first >= PAGE
        yield {name: value, "start": dates[first], "end": dates[last]}
