"""The same questions as one would put them to Oxus's own tables in SQL, in this process: the least they can cost.

Every question is written in several ways (from each of its filters; along the order), of which the quickest counts,
as someone who knows the database would tune it. Ids come first, from what indexes hold; stored rows after.
"""

import math
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .data import NOW
from .questions import Question

ORDER_INDEX = "ix_event_version_sort_date_id"
EARTH_RADIUS_KM = 6371.0088
FIRST, SLOWEST = 3, 60  # seconds that a way may take, at first and if no way took less
AGAIN = 0.5  # seconds: what takes longer is not tried twice
Rows = list[tuple[Any, ...]]


class Bare(Protocol):
    """A connection to Oxus's own tables."""

    kind: str

    def hurry(self) -> None:
        """Go as fast as can be while ways are compared."""

    def rows(self, sql: str, values: Sequence[Any], seconds: float = 60) -> Rows:
        """What a statement gives. Raises TooSlowError."""


class TooSlowError(Exception):
    """A statement took longer than it may."""


def great_circle_km(a_lon: float, a_lat: float, b_lon: float | None, b_lat: float | None) -> float | None:
    """Great-circle distance (haversine formula)."""
    if b_lon is None or b_lat is None:
        return None
    one, other = math.radians(a_lat), math.radians(b_lat)
    half = math.sin((other - one) / 2) ** 2
    half += math.cos(one) * math.cos(other) * math.sin(math.radians(b_lon - a_lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


class SQLite:
    """Oxus's SQLite database, opened for reading."""

    kind = "sqlite"

    def __init__(self, file: str) -> None:
        self.connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)
        self.connection.create_function("great_circle_km", 4, great_circle_km, deterministic=True)

    def hurry(self) -> None:
        """Read pages from memory: only to compare ways with each other sooner."""
        self.connection.execute(f"PRAGMA mmap_size = {2**34}")

    def rows(self, sql: str, values: Sequence[Any], seconds: float = 60) -> Rows:
        """What a statement gives. Raises TooSlowError."""
        deadline = time.monotonic() + seconds
        self.connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooSlowError from None
            raise

    def close(self) -> None:
        """Close it."""
        self.connection.close()


class PostgreSQL:
    """Oxus's PostgreSQL database."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)
        self.seconds = 0.0

    def hurry(self) -> None:
        """Nothing: the server has its own memory."""

    def rows(self, sql: str, values: Sequence[Any], seconds: float = 60) -> Rows:
        """What a statement gives. Raises TooSlowError."""
        import psycopg

        if seconds != self.seconds:
            self.connection.execute(f"SET statement_timeout = {max(1, int(seconds * 1000))}".encode())
            self.seconds = seconds
        try:
            return self.connection.execute(sql.replace("?", "%s").encode(), values).fetchall()
        except psycopg.errors.QueryCanceled:
            raise TooSlowError from None

    def close(self) -> None:
        """Close it."""
        self.connection.close()


def opened(kind: str, database: str) -> "SQLite | PostgreSQL":
    """A connection to a database of this kind."""
    return SQLite(database) if kind == "sqlite" else PostgreSQL(database)


@dataclass(frozen=True)
class Part:
    """One filter: a condition on a view `v`, and, where another table knows the events, what gives their pks."""

    where: str
    values: tuple[Any, ...]
    events: str | None = None
    members: str | None = None
    """The same events, asked for one by one."""


def parts_of(question: Question, kind: str) -> list[Part]:
    """The filters of a question, as SQL."""
    return [_part(name, dict(pairs), kind) for name, pairs in question.parts]


def _part(name: str, given: dict[str, str], kind: str) -> Part:
    if name == "status":
        return Part("v.status = ?", (given["status"],))
    if name == "datetime":
        first, last = given["datetime"].split("/")
        # Whatever begins up to a day is sorted up to it, unless its begin is not known: those are few.
        where = (
            "v.sort_date > '0001-01-01' AND (v.sort_date <= ? OR v.earliest IS NULL) "
            "AND (v.latest IS NULL OR v.latest >= ?)"
        )
        return Part(where, (last, first))
    if name == "deaths":
        compared = [f"coalesce(v.deaths_best, v.deaths_low) {'>=' if one == 'deaths_min' else '<='} ?" for one in given]
        return Part(" AND ".join(compared), tuple(map(int, given.values())))
    if name == "bbox":
        west, south, east, north = map(float, given["bbox"].split(","))
        return Part("v.latitude BETWEEN ? AND ? AND v.longitude BETWEEN ? AND ?", (south, north, west, east))
    if name == "near":
        return _near(given)
    return _linked(name, given[name], kind)


def _near(given: dict[str, str]) -> Part:
    longitude, latitude = map(float, given["near"].split(","))
    radius = float(given["radius_km"])
    reach = math.degrees(radius / EARTH_RADIUS_KM) * 1.000001
    width = math.degrees(math.asin(math.sin(math.radians(reach)) / math.cos(math.radians(latitude))))
    box = (latitude - reach, latitude + reach, longitude - width, longitude + width)
    where = (
        "v.latitude BETWEEN ? AND ? AND v.longitude BETWEEN ? AND ? "
        "AND great_circle_km(?, ?, v.longitude, v.latitude) <= ?"
    )
    return Part(where, (*box, longitude, latitude, radius))


def _linked(name: str, value: str, kind: str) -> Part:
    """A filter on what an event refers to, through the table that links them."""
    if name == "q":
        match = "event_text MATCH ?" if kind == "sqlite" else "body @@ CAST(? AS tsquery)"
        events = f"SELECT rowid FROM event_text WHERE {match}"
        return Part(f"v.event_pk IN ({events})", (f'"{value}"' if kind == "sqlite" else f"'{value}'",), events)
    if name == "place":
        events = (
            "SELECT p.event_pk FROM location_ancestor a JOIN event_location p ON p.location_id = a.location_id "
            "WHERE a.ancestor_id = ?"
        )
        one = (
            "EXISTS (SELECT 1 FROM event_location p CROSS JOIN location_ancestor a "
            "WHERE p.event_pk = v.event_pk AND a.location_id = p.location_id AND a.ancestor_id = ?)"
        )
        return Part(f"v.event_pk IN ({events})", (value,), events, one)
    if name == "source":
        events = "SELECT c.event_pk FROM claim_hop h JOIN claim c ON c.pk = h.claim_pk WHERE h.source_id = ?"
        one = (
            "EXISTS (SELECT 1 FROM claim c CROSS JOIN claim_hop h "
            "WHERE c.event_pk = v.event_pk AND h.claim_pk = c.pk AND h.source_id = ?)"
        )
        return Part(f"v.event_pk IN ({events})", (value,), events, one)
    # What is part of the actor counts in the days in which it is.
    part_of = "FROM actor_ancestor b JOIN event_actor e ON e.actor_id = b.actor_id"
    in_time = (
        "(b.starts_on = '0001-01-01' OR v.latest IS NULL OR v.latest >= b.starts_on) "
        "AND (b.ends_on = '9999-12-31' OR v.earliest IS NULL OR v.earliest <= b.ends_on)"
    )
    one = (
        "EXISTS (SELECT 1 FROM event_actor e CROSS JOIN actor_ancestor b "
        f"WHERE e.event_pk = v.event_pk AND b.actor_id = e.actor_id AND b.ancestor_id = ? AND {in_time})"
    )
    events = f"SELECT e.event_pk {part_of} WHERE b.ancestor_id = ?"
    return Part(one, (value,), events, one)


def ways(question: Question, kind: str, limit: int) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """The ways to write a question: their names, statements, and values."""
    parts = parts_of(question, kind)
    now = f"v.known_until = '{NOW}'"
    plain = [part.where for part in parts]
    values = tuple(value for part in parts for value in part.values)
    yield "planner", _fetched("event_version v", [now, *plain], limit), values
    members = [part.members or part.where for part in parts]
    if kind == "sqlite":
        yield "along the order", _fetched(f"event_version v INDEXED BY {ORDER_INDEX}", [now, *members], limit), values
    if members != plain:
        yield "one by one", _fetched("event_version v", [now, *members], limit), values
    for at, part in enumerate(parts):
        if part.events is None:
            continue
        listed = f"(SELECT DISTINCT event_pk FROM ({part.events}) found)" if kind == "sqlite" else "listed"
        source = f"{listed} l CROSS JOIN event_version v"
        # The driving filter is asked again only where being among its events is not all of it (actors in time).
        checks = [other.where for other in parts if other is not part]
        again = [part.where] if part.where == part.members else []
        joined = "v.event_pk = l.event_pk"
        sql = _fetched(source, [joined, now, *checks, *again], limit)
        if kind != "sqlite":
            name = "rowid" if "rowid" in part.events else "e.event_pk"
            listing = (
                part.events.replace("SELECT rowid", "SELECT rowid AS event_pk") if name == "rowid" else part.events
            )
            sql = f"WITH listed AS MATERIALIZED (SELECT DISTINCT event_pk FROM ({listing}) found) {sql}"
        elif "rowid" in part.events:
            sql = sql.replace("SELECT rowid FROM event_text", "SELECT rowid AS event_pk FROM event_text", 1)
        rest = tuple(value for other in parts if other is not part for value in other.values)
        yield f"from {question.parts[at][0]}", sql, (*part.values, *rest, *(part.values if again else ()))
    return


def _fetched(source: str, conditions: Sequence[str], limit: int) -> str:
    """Ids first, then the stored rows of those on the page."""
    met = " AND ".join(conditions)
    return (
        "SELECT t.id, r.row FROM (SELECT v.pk, v.sort_date, v.id FROM "
        f"{source} WHERE {met} ORDER BY v.sort_date DESC, v.id LIMIT {limit}) t "
        "CROSS JOIN event_version r WHERE r.pk = t.pk ORDER BY t.sort_date DESC, t.id"
    )


@dataclass(frozen=True)
class Way:
    """The quickest way to write a question, and the ids that it gives."""

    name: str
    sql: str
    values: tuple[Any, ...]
    ids: list[str]
    seconds: float


def _likely(question: Question, way: str) -> int:
    """Ways in the order in which they are tried: from what few events have; else along the order; else as planned."""
    for (kind, _), stratum in zip(question.parts, question.strata, strict=True):
        if way == f"from {kind}":
            return {"rare": 0, "medium": 1, "frequent": 5}[stratum]
    rarest = min(("rare", "medium", "frequent").index(stratum) for stratum in question.strata)
    return {"along the order": 2 if rarest == 2 else 6, "planner": 3}.get(way, 4)


def _timed(bare: Bare, sql: str, values: Sequence[Any], longest: float) -> tuple[Rows, float]:
    """What a way gives, and how long it takes; the first time warms."""
    for _ in range(2):
        start = time.perf_counter()
        found = bare.rows(sql, values, longest)
        if (seconds := time.perf_counter() - start) > AGAIN:
            break
    return found, seconds


def quickest(bare: Bare, question: Question, limit: int) -> Way:
    """Try all ways, each cut off once it is clearly slower than the best."""
    best: Way | None = None
    failed = ""
    tried = sorted(ways(question, bare.kind, limit), key=lambda way: _likely(question, way[0]))
    for longest in (FIRST, SLOWEST):
        for name, sql, values in tried:
            try:
                found, seconds = _timed(bare, sql, values, longest if best is None else max(0.05, best.seconds * 2))
            except (TooSlowError, sqlite3.OperationalError) as error:  # such as an index that is not there
                failed = f"{name}: {error}"
                continue
            if best is None or seconds < best.seconds:
                best = Way(name, sql, values, [row[0] for row in found], seconds)
        if best is not None:
            break
    if best is None:
        raise TooSlowError(f"no way to ask {question} in {SLOWEST} s; {failed}")
    return best
