"""Answers about everything: the last page, counts, groups, exports; and what they leave in memory."""

import csv
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from .arithmetic import Line, Target, middle, milliseconds, timed
from .client import Connection, connected
from .data import NOW
from .environment import Environment
from .handwritten_sql import opened
from .processes import oxus_serving, resident_bytes, watched
from .query_latency import client_cost

NOW_IS = f"known_until = '{NOW}'"
PAGES = 30  # asked at each end
ENOUGH_SECONDS = 0.002  # an answer from a cache takes no longer, whatever it took at first


def pages(environment: Environment) -> Iterator[Line]:
    """Pages at the far end and at the near one, in turn, each with another limit so that none is asked twice."""
    if not environment.selected("cursor"):
        return
    cost = client_cost(environment)
    with oxus_serving(environment.databases.full, environment.log) as server, connected(server.port) as connection:
        steps, last = _walked(connection)
        for name, first_path, last_path, what in (
            (
                "cursor",
                "/v1/events?limit={}",
                f"/v1/events?limit={{}}&cursor={last}",
                f"the last page after {steps} steps",
            ),
            (
                "cursor/ged",
                "/compat/ucdp/api/gedevents/25.1?pagesize={}&page=0",
                f"/compat/ucdp/api/gedevents/25.1?pagesize={{}}&page={environment.folder.kept['rows'] // 100 - 2}",
                "the last numbered page in UCDP's shape",
            ),
        ):
            times: dict[str, list[float]] = {"first": [], "last": []}
            for limit in range(100, 100 - PAGES, -1):
                for end, path in (("first", first_path), ("last", last_path)):
                    answered = connection.get(path.format(limit))
                    if answered.status != 200:
                        raise RuntimeError(f"{path.format(limit)} is answered with {answered.status}")
                    times[end].append(answered.seconds - cost.of(len(answered.body)))
            near, far = middle(times["first"]), middle(times["last"])
            target = Target(at_most=1.3) if name == "cursor" else None
            shown = f"the first: {milliseconds(near)}"
            yield environment.line(name, f"{what}, of 100 rows", milliseconds(far), shown, far / near, target=target)


def _walked(connection: Connection) -> tuple[int, str]:
    """The cursor of the last page but one, of 1000 rows, by following `next` from the start."""
    path, steps = "/v1/events?limit=1000&fields=id", 0
    cursors = [""]
    while path:
        answered = connection.get(path).json()
        path = answered["next"] or ""
        path = path[path.index("/v1/") :] if path else ""
        if path:
            cursors.append(path.partition("cursor=")[2].partition("&")[0])
        steps += 1
    return steps, cursors[-2 if len(cursors) > 2 else -1]


def groups(kind: str) -> dict[str, str]:
    """The counts of `/v1/stats`, as bare SQL."""
    week, month = "date({0}, 'weekday 0', '-6 days')", "substr({0}, 1, 7)"
    if kind == "postgresql":
        week, month = "date_trunc('week', {0})::date", "to_char({0}, 'YYYY-MM')"

    def by(bucket: str) -> str:
        first, last = bucket.format("earliest"), bucket.format("latest")
        return (
            f"SELECT CASE WHEN {first} = {last} THEN {first} END, count(*) FROM event_version WHERE {NOW_IS} GROUP BY 1"
        )

    return {
        **{
            name: f"SELECT {name}, count(*) FROM event_version WHERE {NOW_IS} GROUP BY 1"
            for name in ("category", "status", "country")
        },
        "day": by("{0}"),
        "week": by(week),
        "month": by(month),
        "province": "SELECT a.ancestor_id, sum(n) FROM "
        f"(SELECT location_id, count(*) AS n FROM event_version WHERE {NOW_IS} GROUP BY 1) counted "
        "JOIN location_ancestor a ON a.location_id = counted.location_id "
        "JOIN location l ON l.id = a.ancestor_id AND l.kind = 'province' GROUP BY 1",
        "actor": "SELECT actor_id, count(*) FROM "
        "(SELECT DISTINCT event_pk, actor_id FROM event_actor) pairs GROUP BY 1",
        "source": "SELECT source_id, count(*) FROM (SELECT DISTINCT c.event_pk, h.source_id FROM claim_hop h "
        "JOIN claim c ON c.pk = h.claim_pk) pairs GROUP BY 1",
    }


def counts(environment: Environment) -> Iterator[Line]:
    """Each question is the first of its kind that a new server is asked, and then asked again."""
    asked = {"count": ("/v1/events?count=exact&limit=1", f"SELECT count(*) FROM event_version WHERE {NOW_IS}")}
    asked |= {
        f"stats {name}": (f"/v1/stats?group_by={name}", sql) for name, sql in groups(environment.databases.kind).items()
    }
    asked = {name: told for name, told in asked.items() if environment.selected(name.partition(" ")[0])}
    if not asked:
        return
    times: dict[str, dict[str, list[float]]] = {name: {"first": [], "again": [], "bare": []} for name in asked}
    faults: dict[str, str] = {}
    _warm(environment, [sql for _, sql in asked.values()])
    for _ in range(environment.rounds):
        with oxus_serving(environment.databases.full, environment.log) as server, connected(server.port) as connection:
            connection.get("/v1/events?limit=2")
            for name, (path, sql) in asked.items():
                first, again = connection.get(path), connection.get(path)
                if first.status != 200:
                    faults[name] = f"answered with {first.status} after {milliseconds(first.seconds)}"
                with closing(opened(environment.databases.kind, environment.databases.full)) as bare:
                    bare.rows("SELECT count(*) FROM pack", ())
                    seconds, rows = timed(lambda bare=bare, sql=sql: bare.rows(sql, ()))
                if first.status == 200 and not _same_counts(name, first.json(), rows):
                    faults[name] = "OTHER COUNTS"
                times[name]["first"].append(first.seconds)
                times[name]["again"].append(again.seconds)
                times[name]["bare"].append(seconds)
    told = {name: {part: middle(values) for part, values in parts.items()} for name, parts in times.items()}
    for kind in ("count", "stats"):
        if chosen := {name: one for name, one in told.items() if name.startswith(kind)}:
            yield from _counted(
                environment, kind, chosen, {name: why for name, why in faults.items() if name in chosen}
            )


def _warm(environment: Environment, statements: Iterable[str]) -> None:
    """Have the machine read what all sides will read, so that none of them pays for the disk."""
    with closing(opened(environment.databases.kind, environment.databases.full)) as bare:
        for sql in statements:
            bare.rows(sql, ())


def _counted(
    environment: Environment, kind: str, told: dict[str, dict[str, float]], faults: dict[str, str]
) -> Iterator[Line]:
    ratios = {name: one["first"] / one["bare"] for name, one in told.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    again = max(told, key=lambda name: told[name]["again"])
    whole = "; ".join(f"{name} {why}" for name, why in faults.items())
    what = (
        "count=exact of all events" if kind == "count" else f"/v1/stats over all events, worst of {len(told)}: {worst}"
    )
    yield environment.line(
        kind,
        f"{what}{'; ' + whole if whole else ''}",
        milliseconds(told[worst]["first"]),
        f"bare SQL: {milliseconds(told[worst]['bare'])}",
        None if faults else ratios[worst],
        target=Target(at_most=2),
        detail={name: one | {"ratio": ratios[name]} for name, one in told.items()},
    )
    if kind == "stats":
        middle_of = sorted(ratios, key=lambda name: ratios[name])[len(ratios) // 2]
        yield environment.line(
            "stats/median",
            f"/v1/stats over all events, median of {len(told)}: {middle_of}",
            milliseconds(told[middle_of]["first"]),
            f"bare SQL: {milliseconds(told[middle_of]['bare'])}",
            ratios[middle_of],
            target=Target(at_most=2),
        )
    first, second = told[again]["first"], told[again]["again"]
    cached = second <= ENOUGH_SECONDS
    yield environment.line(
        f"{kind}/again",
        f"the slowest of them asked again: from a cache is a tenth, or under {milliseconds(ENOUGH_SECONDS)}",
        milliseconds(second),
        f"at first: {milliseconds(first)}",
        min(second / first, 0.1) if cached else second / first,
        target=Target(at_most=0.1),
    )


def _same_counts(name: str, answered: dict[str, Any], rows: list[tuple[Any, ...]]) -> bool:
    if name == "count":
        return bool(answered["matched"] == rows[0][0])
    shown = {row["group"]: row["count"] for row in answered["items"] if row["group"] is not None}
    return shown == {_label(name, group): count for group, count in rows if group is not None}


def _label(name: str, group: Any) -> str:
    if name == "stats week":
        return "{}-W{:02}".format(*date.fromisoformat(str(group)).isocalendar()[:2])
    return str(group)


COLUMNS = (
    "id, category, title, summary, date_earliest, date_latest, date_precision, date_printed, date_edtf, location, "
    "location_precision, actors, status, documents, origins, unattributed, asserting, denying, deaths, control_change, "
    "movement, figures, part_of, packs, revision"
)
"""The columns of the plain table that Oxus serves too."""


def _written(environment: Environment) -> float:
    """How long all rows of the plain table take through Python's csv writer, in no order."""
    wanted = f"SELECT {COLUMNS} FROM event"
    with Path(os.devnull).open("w", encoding="utf-8", newline="") as nowhere:
        writer = csv.writer(nowhere)
        if environment.databases.kind == "sqlite":
            with closing(sqlite3.connect(f"file:{environment.databases.plain}?mode=ro", uri=True)) as connection:
                return timed(lambda: writer.writerows(connection.execute(wanted)))[0]
        import psycopg

        with psycopg.connect(environment.databases.plain) as server, server.cursor("rows") as cursor:
            cursor.itersize = 1000
            return timed(lambda: writer.writerows(cursor.execute(wanted.encode())))[0]


def exports(environment: Environment) -> Iterator[Line]:
    """All events as csv and ndjson, sent to a client that throws them away."""
    if not environment.selected("export"):
        return
    rounds = min(2, environment.rounds)
    _warm(environment, ["SELECT sum(length(row)) FROM event_version"])
    _written(environment)
    grown: dict[str, int] = {}
    times: dict[str, list[float]] = {"csv": [], "ndjson": [], "plain": []}
    sizes: dict[str, int] = {}
    whole = True
    for _ in range(rounds):
        times["plain"].append(_written(environment))
        with oxus_serving(environment.databases.full, environment.log) as server:
            with connected(server.port) as connection:
                for limit in range(1, 101):
                    connection.get(f"/v1/events?limit={limit}")
            for format_ in ("csv", "ndjson"):
                before = resident_bytes(server.pid)
                with watched(server.pid) as peak:
                    status, sizes[format_], seconds = Connection(server.port).drained(
                        f"/v1/events?limit=all&f={format_}"
                    )
                whole &= status == 200
                times[format_].append(seconds)
                grown[format_] = max(grown.get(format_, 0), peak.bytes - before)
    plain = min(times["plain"])
    for format_ in ("csv", "ndjson"):
        seconds = middle(times[format_])
        yield environment.line(
            f"export/{format_}",
            f"all events as {format_} ({sizes[format_] / 1e6:.0f} MB)",
            milliseconds(seconds),
            f"plain rows through csv.writer: {milliseconds(plain)}",
            seconds / plain if whole else None,
            target=Target(at_most=3),
        )
    worst = max(grown.values()) / 1e6
    told = ", ".join(f"{format_} {size / 1e6:.1f} MB" for format_, size in grown.items())
    yield environment.line(
        "export/memory", "memory that the server grows by while it sends them", told, "-", worst,
        target=Target(at_most=64, unit="MB"),
    )  # fmt: skip
