"""Answers a second: one worker, 8 connections, every server for itself, in rounds that alternate."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Any

from .arithmetic import Line, Target, middle
from .client import Rate, connected, rate
from .environment import Environment
from .paths import KINDS, Asked, Kind, Universe
from .processes import Server, app_serving, oxus_serving, serving

FASTEST = 12_000  # answers a second that no server of questions never asked before exceeds here
WARM = 1.0
SAME = 0.9  # of the rows of sampled pages; the others are ties in date at the end of a page, and words of aliases
AGAIN, UNCHANGED = "again", "unchanged"


@dataclass
class Measured:
    """What was measured of one server: rates by kind of question and round."""

    rates: dict[str, list[Rate]] = field(default_factory=dict)
    samples: dict[str, list[list[Any]]] = field(default_factory=dict)
    """Ids of pages, to see that all servers were asked the same."""

    def middle(self, kind: str) -> float:
        """The median rate."""
        return middle([rate.per_second for rate in self.rates[kind]])

    def sound(self, kind: str) -> bool:
        """Whether every answer of every round was one."""
        return all(rate.sound for rate in self.rates[kind])


def measure(environment: Environment) -> Iterator[Line]:
    """All lines about rates."""
    kinds = [kind for kind in KINDS if environment.selected(kind.name)]
    names = [name for name in (AGAIN, UNCHANGED) if environment.selected(name)]
    if not kinds and not names:
        return
    universe = Universe(environment.folder.path / "plain.db", environment.seed)
    drawn = {kind.name: universe.draw(kind.name, int(environment.seconds * FASTEST)) for kind in kinds}
    again = KINDS[0].oxus(universe.draw("page", 1)[0])
    servers = ["oxus", "plain"] if kinds else ["oxus"]
    servers += ["datasette"] if kinds and environment.databases.kind == "sqlite" else []
    servers += ["raw"] if names else []
    found = {name: Measured() for name in servers}
    size, etag = 0, ""
    for turn in range(environment.rounds):
        for name in servers:
            environment.said(f"{environment.databases.kind}: rates of {name}, round {turn + 1} of {environment.rounds}")
            with _started(name, environment) as server:
                if name != "raw":
                    _questions(environment, server, kinds, drawn, found[name])
                if name == "oxus" and names:
                    size, etag = _cached(environment, server, again, found[name], names)
                if name == "raw":
                    _same(environment, server, found[name], names, etag)
    for kind in kinds:
        yield from _compared(environment, kind, found)
    yield from _cache_lines(environment, found, names, size)


def _questions(
    environment: Environment, server: Server, kinds: Sequence[Kind], drawn: dict[str, list[Asked]], found: Measured
) -> None:
    """Rates of questions never asked before; in the first round, what some of them are answered with."""
    for kind in kinds:
        paths = _paths(kind, server.name, drawn[kind.name])
        if kind.name not in found.samples:
            found.samples[kind.name] = _sample(server, paths)
        found.rates.setdefault(kind.name, []).append(_warmed(environment, server, paths))


def _started(name: str, environment: Environment) -> AbstractContextManager[Server]:
    path, log = environment.folder.path, environment.log
    if name == "oxus":
        return oxus_serving(environment.databases.full, log)
    if name == "plain":
        return app_serving("sqlmodel_baseline:app", "/ready", log, BENCHMARK_PLAIN=environment.databases.plain_url)
    if name == "raw":
        return app_serving("asgi_baseline:app", "/bytes/2", log, BENCHMARK_BODY=str(path / "body.json"))
    line = [str(environment.folder.peers / "datasette"), "serve", "-i", str(path / "plain.db"), "-p", "{port}"]
    return serving("datasette", [*line, "--setting", "sql_time_limit_ms", "30000"], "/-/versions.json", log)


def _paths(kind: Kind, server: str, drawn: Sequence[Asked]) -> list[str]:
    put = {"oxus": kind.oxus, "plain": kind.plain, "datasette": kind.datasette}[server]
    return [put(asked) for asked in drawn]


def _warmed(environment: Environment, server: Server, paths: Sequence[str]) -> Rate:
    """The last tenth of the questions warms the server up; the others are measured."""
    cut = len(paths) * 9 // 10
    rate(server.port, paths[cut:], environment.folder.path, WARM)
    return rate(server.port, paths[:cut], environment.folder.path, environment.seconds)


def _sample(server: Server, paths: Sequence[str], count: int = 8) -> list[Any]:
    """The ids that the last questions are answered with: they are not asked again before the warm-up."""
    found = []
    with connected(server.port) as connection:
        for path in paths[-count:]:
            answered = connection.get(path)
            if answered.status != 200:
                raise RuntimeError(f"{server.name} answers {path} with {answered.status}: {answered.body[:500]!r}")
            told = answered.json()
            rows = (
                told if isinstance(told, list) else next(told[at] for at in ("items", "Result", "rows") if at in told)
            )
            found.append([row["id"] for row in rows])
    return found


def _cached(
    environment: Environment, server: Server, path: str, found: Measured, names: Sequence[str]
) -> tuple[int, str]:
    """The same question again and again; with its ETag, a 304 again and again."""
    with connected(server.port) as connection:
        answered = connection.get(path)
        etag = answered.headers["etag"]
        if connection.get(path, f"If-None-Match: {etag}\r\n").status != 304:
            raise RuntimeError("an unchanged answer is not answered with 304")
    for name in names:
        sent = etag if name == UNCHANGED else ""
        rate(server.port, [path], environment.folder.path, WARM, etag=sent, repeats=True)
        measured = rate(server.port, [path], environment.folder.path, environment.seconds, etag=sent, repeats=True)
        found.rates.setdefault(name, []).append(measured)
    (environment.folder.path / "body.json").write_bytes(answered.body)
    return len(answered.body), etag


def _same(environment: Environment, server: Server, found: Measured, names: Sequence[str], etag: str) -> None:
    for name in names:
        path, sent = ("/body", "") if name == AGAIN else ("/", etag)
        rate(server.port, [path], environment.folder.path, WARM, etag=sent, repeats=True)
        measured = rate(server.port, [path], environment.folder.path, environment.seconds, etag=sent, repeats=True)
        found.rates.setdefault(name, []).append(measured)


def _compared(environment: Environment, kind: Kind, found: dict[str, Measured]) -> Iterator[Line]:
    for other, target in (("plain", kind.target), ("datasette", kind.datasette_target)):
        if other not in found or kind.name not in found[other].rates:
            continue
        oxus, compared = found["oxus"], found[other]
        ours, theirs = oxus.samples[kind.name], compared.samples[kind.name]
        shared = sum(len(set(one) & set(two)) for one, two in zip(ours, theirs, strict=True)) / sum(map(len, ours))
        sizes = [found[name].rates[kind.name][0].bytes_each for name in ("oxus", other)]
        what = f"{kind.what} ({sizes[0] / 1000:.0f} kB; theirs {sizes[1] / 1000:.0f} kB)"
        detail = {
            "same_rows": f"{shared:.1%} of the rows of {len(ours)} sampled pages are the same",
            "rows": [len(ids) for ids in ours],
            "oxus": [asdict(rate) for rate in oxus.rates[kind.name]],
            other: [asdict(rate) for rate in compared.rates[kind.name]],
        }
        sound = oxus.sound(kind.name) and compared.sound(kind.name) and shared > SAME
        ratio = oxus.middle(kind.name) / compared.middle(kind.name) if sound else None
        shown = "plain SQLModel route" if other == "plain" else "Datasette 1.0a41, without counts"
        yield environment.line(
            kind.name if other == "plain" else f"{kind.name}/datasette",
            what,
            f"{oxus.middle(kind.name):.0f}/s",
            f"{shown}: {compared.middle(kind.name):.0f}/s",
            ratio,
            target=Target(at_least=target) if target else None,
            detail=detail,
        )


def _cache_lines(
    environment: Environment, found: dict[str, Measured], names: Sequence[str], size: int
) -> Iterator[Line]:
    told = {
        AGAIN: (f"the same question again ({size / 1000:.0f} kB)", "raw ASGI, the same bytes", 0.6),
        UNCHANGED: ("an unchanged answer, 304", "raw ASGI, an empty 304", 0.7),
    }
    for name in names:
        what, other, bound = told[name]
        oxus, raw = found["oxus"], found["raw"]
        sound = oxus.sound(name) and raw.sound(name)
        yield environment.line(
            name,
            what,
            f"{oxus.middle(name):.0f}/s",
            f"{other}: {raw.middle(name):.0f}/s",
            oxus.middle(name) / raw.middle(name) if sound else None,
            target=Target(at_least=bound),
            detail={"oxus": [asdict(one) for one in oxus.rates[name]], "raw": [asdict(one) for one in raw.rates[name]]},
        )
