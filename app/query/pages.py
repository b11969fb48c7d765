"""From a question to a page: the conditions, the order, the cursor, one statement."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from app.db.engine import is_embedded
from app.db.indexes import found_by, found_by_number
from app.db.state import kept
from app.db.statements import Statement
from app.geo import Spot
from app.query.costs import FREE, JOINED, Path
from app.query.cursors import Sort, after, write_cursor
from app.query.lifting import SHAPING, placeholder, taken, with_placeholders
from app.query.listing import Listing
from app.query.params import Among, Asked, During, Test, one_by_one, plain
from app.query.paths import BY_PK, Chooser, begin_of
from app.query.times import NEARBY, Window

ROWS_A_BATCH = 1000  # of an answer without limit: what is held in memory at a time
NEAR, ABOVE, BELOW = "near", "above", "below"
"""The parts of a window (see `During`)."""
_FIRST_OF_ORDER = 1
"""Where in a row that was read the values of the order begin, if nothing else is shown."""
STEERING = frozenset(("limit", "cursor", "sort", "fields", "f", "count"))


Row = tuple[str, Spot | None]
"""A row as it is stored, which is how it is served, and where it lies (if that was asked for)."""


@dataclass(frozen=True)
class Page:
    """One page, or all rows: in batches, with the cursor of the next page and the counts that were asked for."""

    batches: Iterable[Sequence[Row]]
    next: str | None = None
    matched: int | None = None
    omitted: dict[str, int] | None = None

    def close(self) -> None:
        """Stop reading rows that nobody will take."""
        if isinstance(self.batches, Generator):
            self.batches.close()


def requirements(listing: Listing, asked: Asked, without: str | None = None) -> dict[str, Test]:
    """What the rows must meet, by parameter; `without` leaves out those that judge the given thing."""
    always = listing.always(asked) if listing.always else None
    found: dict[str, Test | None] = {"": always}
    for name, value in asked.values.items():
        param = listing.params.get(name)
        if param and param.where and value is not None and (without is None or param.judges != without):
            found[name] = param.where(value, asked)
    return {name: test for name, test in found.items() if test is not None}


def conditions(listing: Listing, asked: Asked, without: str | None = None) -> list[ColumnElement[bool]]:
    """What the rows must meet, as any statement takes it."""
    found = requirements(listing, asked, without)
    return [_put(test, name, FREE, asked.connection) for name, test in found.items()]


def matching(listing: Listing, asked: Asked, *columns: Any) -> Select[Any]:
    """The statement that reads these columns of all rows that match, in no order."""
    return _from(listing, select(*columns)).where(*conditions(listing, asked))


def _from(listing: Listing, statement: Select[Any]) -> Select[Any]:
    return statement.select_from(listing.source if listing.source is not None else listing.rows)


def page(listing: Listing, values: Mapping[str, Any], connection: Connection, *, spots: bool = False) -> Page:
    """Answer a question: the rows after the cursor, in order, and what was counted; with `spots`, where they lie.

    With `limit` None the rows are read while they are taken, and the connection must stay open that long.
    """
    asked = listing.asked(values, connection)
    limit = values["limit"]
    counts: dict[str, Any] = {
        "matched": _count(listing, asked) if values.get("count") else None,
        "omitted": omitted(listing, asked),
    }
    path = _path(listing, asked, limit, by_date=values["sort"] == listing.default_sort)
    ask = _Ask(sort=tuple(values["sort"]), spots=spots, bounded=limit is not None)
    if limit is None:
        return Page((_rows(listing, batch, spots) for batch in _streamed(listing, asked, path, ask)), **counts)
    found = _found(listing, asked, path, ask, limit + 1)
    shown = found[:limit]
    last = _placed(listing, shown[-1], values["sort"]) if len(found) > limit else None
    return Page(
        [_rows(listing, shown, spots)],
        next=write_cursor(values["sort"], last) if last is not None else None,
        **counts,
    )


@dataclass(frozen=True)
class _Ask:
    """What a statement is for: `count` counts rows, `lack` those that filters cannot judge (see `Listing.unjudged`);
    else it reads rows in an order, all of them or no more than a limit."""

    count: bool = False
    lack: str | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    spots: bool = False
    bounded: bool = False
    part: str = ""
    """Of the rows of a window, if they are read part by part."""


def _parts(asked: Asked, path: Path, ask: _Ask) -> list[_Ask]:
    """What is asked one after the other, so that all rows come in order."""
    if path.ordered and isinstance(asked.get("datetime"), Window):
        return [replace(ask, part=part) for part in (ABOVE, NEAR, BELOW)]
    return [ask]


def _found(listing: Listing, asked: Asked, path: Path, ask: _Ask, limit: int) -> list[Any]:
    """So many rows, fewer only if there are no more; looked for nearby first, if the path says so."""

    def read(question: Asked, way: Path) -> list[Any]:
        found: list[Any] = []
        for part in _parts(question, way, ask):
            if len(found) == limit:
                break
            statement, given = _stated(listing, question, way, part)
            if statement is not None:
                found += statement.rows(asked.connection, [*given, limit - len(found)])
        if _is_sorted_here(listing, way, ask):
            for at, (_, down) in reversed(list(enumerate(ask.sort))):
                found.sort(key=itemgetter(_FIRST_OF_ORDER + at), reverse=down)
        return found

    while path.otherwise is not None:
        until = begin_of(asked, path, listing.statements)
        if until is not None:
            found = read(Asked({**asked.values, NEARBY: until}, asked.connection, listing.rows), path)
            if len(found) == limit:
                return found
        path = path.otherwise
    return read(asked, path)


def _is_sorted_here(listing: Listing, path: Path, ask: _Ask) -> bool:
    """Whether the rows of a page are read in any order. Those that are shown are chosen by the database by what is
    small; to sort them once more takes it longer, as it copies them whole. In the usual order nothing is null."""
    return _is_chosen_first(listing, path, ask) and ask.sort == tuple(listing.default_sort)


def _is_chosen_first(listing: Listing, path: Path, ask: _Ask) -> bool:
    return bool(path.index) and not path.ordered and ask.bounded and listing.shown is None


def _streamed(listing: Listing, asked: Asked, path: Path, ask: _Ask) -> Iterator[list[Any]]:
    """All rows, in batches."""
    for part in _parts(asked, path, ask):
        statement, given = _stated(listing, asked, path, part)
        if statement is not None:
            yield from statement.stream(asked.connection, given, ROWS_A_BATCH)


def _path(listing: Listing, asked: Asked, limit: int | None, *, by_date: bool) -> Path:
    if listing.indexes is None:
        return FREE
    if not is_embedded(asked.connection.engine):
        return Path(ordered=by_date)
    source = listing.source if listing.source is not None else listing.rows
    return Chooser(asked, listing.params, listing.indexes, source, listing.joined, listing.statements).choose(
        limit, by_date=by_date
    )


def _stated(listing: Listing, asked: Asked, path: Path, ask: _Ask) -> tuple[Statement | None, list[Any]]:
    """The statement for questions of this shape, and the values for its placeholders; None for a part with no rows."""
    given = {name: value for name, value in asked.values.items() if name not in STEERING}
    if "cursor" in asked.values and not ask.count:
        given["cursor"] = asked.values["cursor"][1]
    shape, values = taken(given, SHAPING)
    key = (asked.connection.dialect.name, path, shape, ask)

    def write() -> Statement | None:
        names = [placeholder(at) for at in range(len(values) + ask.bounded)]
        shaped = Asked(with_placeholders(given, SHAPING), asked.connection, listing.rows)
        limit: Any = bindparam(names[-1], 0) if ask.bounded else None
        written = _counting(listing, shaped, path, ask) if ask.count else _reading(listing, shaped, path, ask, limit)
        if written is None:
            return None
        by_value = any(isinstance(test, Among) for test in requirements(listing, shaped).values())
        return Statement(asked.connection, written, names, by_value=by_value)

    return listing.statements.of(key, write), values


def _counting(listing: Listing, asked: Asked, path: Path, ask: _Ask) -> Select[Any]:
    met = requirements(listing, asked, without=ask.lack)
    chosen = _chosen(listing, asked, path, met)
    if ask.lack:
        chosen.append(listing.unjudged[ask.lack](asked))
    return _hinted(_from(listing, select(func.count())), listing, path.index).where(*chosen)


def _reading(listing: Listing, asked: Asked, path: Path, ask: _Ask, limit: Any) -> Select[Any] | None:
    order = [(listing.column(name), down) for name, down in ask.sort]
    columns = [column for column, _ in order]
    met = requirements(listing, asked)
    every = _from(listing, select(listing.rows.c.row, *_beside(listing, order, ask.spots)))
    if "cursor" in asked.values:
        every = every.where(after(order, asked.values["cursor"]))
    if NEARBY in asked.values:
        every = every.where(listing.rows.c.sort_date >= asked.values[NEARBY])

    def ordered(rows: Select[Any], index: str) -> Select[Any]:
        by = [column.desc() if down else column.asc() for column, (_, down) in zip(columns, order, strict=True)]
        return _hinted(rows, listing, index).order_by(*by).limit(limit)

    during = met.get("datetime")
    if ask.part and isinstance(during, During):
        part = getattr(during, ask.part)
        if part is None:
            return None
        way = path
        if ask.part != NEAR:  # what is vaguely dated lies anywhere in the order, but there is little of it
            index = getattr(listing.indexes, ask.part, "")
            way = replace(path, index=index, listed=path.listed_vague)
        return ordered(every.where(*_chosen(listing, asked, way, {**met, "datetime": part})), way.index)
    statement = every.where(*_chosen(listing, asked, path, met))
    if not _is_chosen_first(listing, path, ask):
        return ordered(statement, path.index)
    # All that fit are sorted: by what is small. Only the rows that are shown are read whole.
    key = listing.rows.c.pk
    first = ordered(statement.with_only_columns(key), path.index).subquery()
    shown = _from(listing, select(listing.rows.c.row, *_beside(listing, order, ask.spots)))
    chosen = shown.where(key.in_(select(first.c.pk)))
    return _hinted(chosen, listing, BY_PK) if _is_sorted_here(listing, path, ask) else ordered(chosen, BY_PK)


def _chosen(listing: Listing, asked: Asked, path: Path, met: Mapping[str, Test]) -> list[ColumnElement[bool]]:
    """What the rows must meet, in the forms that a path needs."""
    chosen = [_put(test, name, path, asked.connection) for name, test in met.items()]
    if path.start == JOINED and listing.joined is not None:
        chosen.append(plain(listing.joined))
    return chosen


def _put(test: Test, name: str, path: Path, connection: Connection) -> ColumnElement[bool]:
    """A test in the form in which a path needs it."""
    if not is_embedded(connection.engine):
        exact = test.exact if isinstance(test, Among) else None
        return plain(test) if exact is None else exact
    listed = path is FREE or path.start == name or name in path.listed
    return plain(test) if listed else one_by_one(test)


def _hinted(statement: Select[Any], listing: Listing, index: str) -> Select[Any]:
    if index == BY_PK:
        return found_by_number(statement, listing.rows)
    return found_by(statement, listing.rows, index)


def find_one(listing: Listing, id_: str, connection: Connection) -> Row | None:
    """The row with this id, if the list has it now, and where it lies."""
    asked = listing.asked({}, connection)
    chosen = _from(listing, select(listing.rows.c.row, *_beside(listing, (), spots=True)))
    found = connection.execute(chosen.where(listing.rows.c.id == id_, *conditions(listing, asked))).all()
    return _rows(listing, found, spots=True)[0] if found else None


def _beside(listing: Listing, order: Sequence[tuple[Any, bool]], spots: bool) -> Iterator[ColumnElement[Any]]:
    """What is read beside the row itself: the table it is presented from, the values of the order, its place."""
    yield from listing.shown.c if listing.shown is not None else ()
    yield from (column.label(f"by_{at}") for at, (column, _) in enumerate(order))
    if spots and listing.spot:
        yield from (column.label(f"spot_{at}") for at, column in enumerate(listing.spot))


def _placed(listing: Listing, found: Sequence[Any], sort: Sort) -> Sequence[Any]:
    """Where a row stands in the order."""
    first = 1 + (len(listing.shown.c) if listing.shown is not None else 0)
    return found[first : first + len(sort)]


def _rows(listing: Listing, found: Iterable[Any], spots: bool) -> list[Row]:
    """Rows as they are served, and where they lie."""
    if listing.present and listing.shown is not None:
        names = listing.shown.c.keys()
        found = [(listing.present(row[0], dict(zip(names, row[1:], strict=False))), *row[1:]) for row in found]
    if not (spots and listing.spot):
        return [(row[0], None) for row in found]
    return [(row[0], None if row[-3] is None else Spot(*row[-3:])) for row in found]


def _count(listing: Listing, asked: Asked) -> int:
    path = _path(listing, asked, None, by_date=False)
    return _counted(listing, asked, path, _Ask(count=True))


def _counted(listing: Listing, asked: Asked, path: Path, ask: _Ask) -> int:
    statement, values = _stated(listing, asked, path, ask)
    return int(statement.rows(asked.connection, values)[0][0]) if statement is not None else 0


def omitted(listing: Listing, asked: Asked) -> dict[str, int] | None:
    """How many rows meet everything else but lack what the spatial or time filter judges."""
    judging = [(param.judges, name) for name in asked.values if (param := listing.params.get(name)) and param.judges]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    asks = {lack: asked.values[name] is not None for lack, name in judging}
    return {lack: _lacking(listing, asked, lack) if there else 0 for lack, there in asks.items()} or None


def _lacking(listing: Listing, asked: Asked, lack: str) -> int:
    """How many rows meet everything else but lack this. Mostly no row lacks it at all, which is remembered."""
    memory, connection, ask = kept(asked.connection), asked.connection, _Ask(count=True, lack=lack)
    indexed = listing.indexes and is_embedded(connection.engine) and listing.indexes.lacking.get(lack)
    path = Path(indexed, ordered=True) if indexed else FREE
    key = ("lacking", listing.name, lack)
    if key not in memory:
        memory[key] = _counted(listing, listing.asked({}, connection), path, ask)
    if "known_by" in asked.values:
        return _counted(listing, asked, FREE, ask)
    return _counted(listing, asked, path, ask) if memory[key] else 0
