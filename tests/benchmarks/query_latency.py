"""The 200 questions: over HTTP on one connection, against the same question as bare SQL in this process."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from .arithmetic import Line, Overhead, Target, middle, milliseconds, overhead, percentile, timed
from .client import Connection, connected
from .environment import Environment
from .handwritten_sql import Way, opened, quickest
from .processes import app_serving, oxus_serving
from .questions import Drawing, Question

LIMIT = 100
SMALL, LARGE = 1_000, 150_000
SLOW = 1.0  # seconds: what takes longer is measured once
FLOOR = 10e-6  # seconds: nothing is said to take less


def measure(environment: Environment) -> Iterator[Line]:
    """The lines about the 200 questions, and about how their times grow with the data."""
    if not (environment.selected("questions") or environment.selected("growth")):
        return
    embedded = environment.folder.path / "oxus.db"
    questions = Drawing(environment.folder, embedded, environment.seed).questions()
    cost = client_cost(environment)
    found = _asked(environment, questions, cost)
    if environment.selected("questions"):
        yield from _question_lines(environment, found, cost)
    if environment.selected("growth"):
        yield from _growth_lines(environment, questions, found, cost)


def client_cost(environment: Environment) -> Overhead:
    """What the client and uvicorn cost by themselves, by the size of the answer."""
    with app_serving("asgi_baseline:app", "/bytes/2", environment.log) as server, connected(server.port) as connection:
        points = []
        for size in (SMALL, LARGE):
            times = [connection.get(f"/bytes/{size}").seconds for _ in range(300)]
            points.append((size, middle(times[50:])))
    return overhead(*points)


def _asked(environment: Environment, questions: Sequence[Question], cost: Overhead) -> list[dict[str, Any]]:
    environment.said(f"{environment.databases.kind}: the quickest SQL for {len(questions)} questions")
    found: list[dict[str, Any]] = []
    with closing(opened(environment.databases.kind, environment.databases.full)) as hurried:
        hurried.hurry()
        best = [quickest(hurried, question, LIMIT) for question in questions]
    with (
        closing(opened(environment.databases.kind, environment.databases.full)) as bare,
        oxus_serving(environment.databases.full, environment.log) as server,
        connected(server.port) as connection,
    ):
        for path in ("/v1/events?limit=1", "/v1/events?limit=2&q=the", "/v1/events?limit=2&bbox=0,0,1,1"):
            connection.get(path)  # what a server does once, it has done
        for at, (question, way) in enumerate(zip(questions, best, strict=True)):
            if at % 50 == 0:
                environment.said(f"{environment.databases.kind}: question {at + 1}")
            ours, theirs, told = [], [], {}
            for turn in range(environment.rounds):
                limit = LIMIT - turn  # another limit is another question to a cache, and the same work
                seconds, answered, ids = _over_http(connection, question.path(limit))
                ours.append(seconds)
                sql = way.sql.replace(f"LIMIT {LIMIT}", f"LIMIT {limit}")
                theirs.append(timed(lambda sql=sql, way=way: bare.rows(sql, way.values))[0])
                if turn == 0:
                    told = answered | {"same_ids": ids == way.ids, "rows": len(way.ids)}
                if max(seconds, theirs[-1]) > SLOW:  # noise does not matter then
                    break
            found.append(_told(question, way, told, ours, theirs, cost))
    return found


def _over_http(connection: Connection, path: str) -> tuple[float, dict[str, Any], list[str]]:
    answered = connection.get(path)
    ids = [row["id"] for row in answered.json()["items"]] if answered.status == 200 else []
    return answered.seconds, {"status": answered.status, "bytes": len(answered.body)}, ids


def _told(
    question: Question, way: Way, told: dict[str, Any], ours: list[float], theirs: list[float], cost: Overhead
) -> dict[str, Any]:
    oxus, bare = middle(ours), max(middle(theirs), FLOOR)
    net = max(oxus - cost.of(told["bytes"]), FLOOR)
    return told | {
        "question": str(question),
        "kinds": [kind for kind, _ in question.parts],
        "oxus_seconds": oxus,
        "net_seconds": net,
        "bare_seconds": bare,
        "way": way.name,
        "ratio": oxus / bare,
        "net_ratio": net / bare,
    }


def _question_lines(environment: Environment, found: list[dict[str, Any]], cost: Overhead) -> Iterator[Line]:
    failed = [one for one in found if one["status"] != 200]
    different = [one for one in found if one["status"] == 200 and not one["same_ids"]]
    sound = not failed and not different
    faults = f"; {len(failed)} FAILED, {len(different)} with OTHER IDS" if not sound else ""
    bare = [one["bare_seconds"] for one in found]
    for name, key, seconds, what in (
        ("questions", "ratio", "oxus_seconds", "as measured over HTTP"),
        ("questions/net", "net_ratio", "net_seconds", f"less the client's {milliseconds(cost.of(SMALL))} and more"),
    ):
        ratios, ours = [one[key] for one in found], [one[seconds] for one in found]
        for suffix, choose, share, bound in (
            ("", middle, "median", 2.0),
            ("/95th", _last_twentieth, "95th percentile", 4.0),
        ):
            yield environment.line(
                name + suffix,
                f"{len(found)} questions, {share} of their ratios, {what}{faults}",
                milliseconds(choose(ours)),
                f"bare SQL: {milliseconds(choose(bare))}",
                choose(ratios) if sound else None,
                target=Target(at_most=bound),
                detail={"ratio": choose(ratios), "questions": found}
                if name + suffix == "questions"
                else choose(ratios),
            )


def _last_twentieth(values: Sequence[float]) -> float:
    return percentile(values, 95)


def _growth_lines(
    environment: Environment, questions: Sequence[Question], found: Sequence[dict[str, Any]], cost: Overhead
) -> Iterator[Line]:
    """The questions that fill a page in both databases, asked of both in turn."""
    full = [
        question
        for question, one in zip(questions, found, strict=True)
        if one["status"] == 200 and one["rows"] == LIMIT
    ]
    environment.said(f"{environment.databases.kind}: growth of {len(full)} questions that fill a page")
    with (
        oxus_serving(environment.databases.tenth, environment.log) as small,
        oxus_serving(environment.databases.full, environment.log) as large,
        connected(small.port) as tenth,
        connected(large.port) as whole,
    ):
        for connection in (tenth, whole):
            connection.get("/v1/events?limit=2&q=the")
        grown = (_grown(question, tenth, whole, environment.rounds, cost) for question in full)
        compared = [one for one in grown if one is not None]
    if not compared:
        return
    for suffix, choose, share in (("", middle, "median"), ("/95th", _last_twentieth, "95th percentile")):
        yield environment.line(
            f"growth{suffix}",
            f"{len(compared)} questions that fill a page in all rows and in a tenth, {share}, less the client's time",
            f"all: {milliseconds(choose([one['whole'] for one in compared]))}",
            f"a tenth: {milliseconds(choose([one['tenth'] for one in compared]))}",
            choose([one["ratio"] for one in compared]),
            target=Target(at_most=2),
            detail=compared if not suffix else None,
        )


def _grown(
    question: Question, tenth: Connection, whole: Connection, rounds: int, cost: Overhead
) -> dict[str, Any] | None:
    times: dict[str, list[float]] = {"tenth": [], "whole": []}
    for turn in range(rounds + 1):
        for name, connection in (("tenth", tenth), ("whole", whole)):
            answered = connection.get(question.path(LIMIT - turn))
            if answered.status != 200 or answered.json()["returned"] < LIMIT - turn:
                return None
            if turn or answered.seconds > SLOW:  # the first time reads pages from the disk
                times[name].append(max(answered.seconds - cost.of(len(answered.body)), FLOOR))
        if min(map(len, times.values())) and max(map(max, times.values())) > SLOW:
            break
    small, large = middle(times["tenth"]), middle(times["whole"])
    return {"question": str(question), "tenth": small, "whole": large, "ratio": large / small}


def listed(lines: Sequence[Line]) -> Iterator[str]:
    """Each of the questions in a line, the slowest ratio first."""
    for line in lines:
        if line.name == "questions":
            for one in sorted(line.detail["questions"], key=lambda one: -one["net_ratio"]):
                yield (
                    f"{one['net_ratio']:7.2f} {one['ratio']:7.2f} {milliseconds(one['oxus_seconds']):>10} "
                    f"{milliseconds(one['bare_seconds']):>10} {one['rows']:4} {'' if one['same_ids'] else 'OTHER IDS '}"
                    f"{'' if one['status'] == 200 else one['status']} {one['way']}: {one['question']}"
                )
