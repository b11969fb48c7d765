"""From a question to a page: the conditions, the order, the cursor, one statement."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    select,
    union_all,
)

from app.db.engine import is_embedded
from app.db.state import kept
from app.db.statements import Statement
from app.errors import InvalidParameterError
from app.geo import Box, Spot
from app.names import nearest
from app.query.cursors import LONGEST_CURSOR, Sort, after, read_cursor, spelt, typed, write_cursor
from app.query.lifting import lift, placeholder
from app.query.params import Among, Asked, During, Param, Test, one_code, read_query, whole_number
from app.query.paths import FREE, Chooser, Indexes, Path
from app.timespan import Interval

MOST_ROWS = 1000
DEFAULT_ROWS = 100
MOST_STATEMENTS = 2000
ROWS_A_BATCH = 1000  # of an answer without limit: what is held in memory at a time
FORMATS = ("json", "geojson", "csv", "ndjson", "parquet")


@dataclass(frozen=True)
class Listing:
    """A resource that can be listed: its rows, what they are joined with, its parameters and orders.

    `sorts` maps what may be sorted by to columns; every order ends with the id. `always` is a condition that
    holds whatever is asked. `unjudged` tells, for what a filter may fail to judge, which rows lack it.
    """

    name: str
    rows: Table
    params: Mapping[str, Param]
    sorts: Mapping[str, str]
    default_sort: Sort
    source: FromClause | None = None
    always: Callable[[Asked], ColumnElement[bool] | None] | None = None
    unjudged: Mapping[str, Callable[[Asked], ColumnElement[bool]]] = field(default_factory=dict)
    shown: Table | None = None
    present: Callable[[str, Mapping[str, Any]], str] | None = None
    """With `shown`: the table whose id ends the order, and how its row is made from `rows.row` and its own columns."""
    spot: tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]] | None = None
    """Longitude, latitude and kind of the point of a row; None where rows lie nowhere."""
    indexes: Indexes | None = None
    """Of a table that may be large: how its rows are found."""
    joined: Among | None = None
    """The rows that have what `source` joins them with, if that is not every one."""
    statements: dict[Any, Statement] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What was written before, by the shape of the question."""

    def asked(self, values: Mapping[str, Any], connection: Connection) -> Asked:
        """A question: what the values stand for is looked up. Raises InvalidParameterError."""
        asked = Asked(values, connection, self.rows)
        meant = {
            name: param.means(value, asked) if (param := self.params.get(name)) and param.means else value
            for name, value in values.items()
        }
        return Asked(meant, connection, self.rows)

    def column(self, sort: str) -> ColumnElement[Any]:
        """The column that a name of `sorts` stands for."""
        name = self.sorts[sort]
        return self.shown.c[name] if self.shown is not None and name in self.shown.c else self.rows.c[name]

    def read(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The values of a query string. Raises InvalidParameterError."""
        return self.typed(read_paged(pairs, self.params, self.default_sort))

    def typed(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, those of the cursor as the columns hold them. Raises InvalidParameterError."""
        if "cursor" not in values:
            return values
        order, last = values["cursor"]
        columns = [self.column(name) for name, _ in values["sort"]]
        return values | {"cursor": (order, [typed(*pair) for pair in zip(columns, last, strict=True)])}


def filters_of(listing: Listing) -> dict[str, Param]:
    """The parameters that say which rows are meant, for answers that show no page of them."""
    paging = ("limit", "cursor", "sort", "fields", "count", "f")
    return {name: param for name, param in listing.params.items() if name not in paging}


def with_examples(params: Mapping[str, Param], examples: Mapping[str, str]) -> dict[str, Param]:
    """The parameters, some of them with another example."""
    return {name: replace(param, example=examples.get(name, param.example)) for name, param in params.items()}


def read_paged(pairs: Sequence[tuple[str, str]], params: Mapping[str, Param], default_sort: Sort) -> dict[str, Any]:
    """The values of a query string for a paged answer. Raises InvalidParameterError."""
    values: dict[str, Any] = {"limit": DEFAULT_ROWS, "sort": default_sort} | read_query(pairs, params)
    if "cursor" in values and values["cursor"][0] != spelt(values["sort"]):
        raise InvalidParameterError("cursor", "...", "belongs to another sort; follow next as it stands")
    return values


def listing(
    name: str,
    rows: Table,
    filters: Sequence[Param],
    sorts: Mapping[str, str],
    default_sort: str,
    fields: Sequence[str],
    examples: Mapping[str, str] | None = None,
    **more: Any,
) -> Listing:
    """A listing with the parameters that every list has, beside its own filters.

    `examples` replace those of shared filters where these would find nothing in this list.
    """
    params = {param.name: param for param in (*filters, *steering(sorts, default_sort, fields))}
    params = with_examples(params, examples or {})
    return Listing(name, rows, params, sorts, params["sort"].read(default_sort), **more)


def steering(
    sorts: Mapping[str, str], default_sort: str, fields: Sequence[str], formats: Sequence[str] = FORMATS
) -> list[Param]:
    """The parameters of every list that steer and do not filter."""
    by = ", ".join(sorts)
    return [
        Param(
            "limit",
            f"How many rows at the most, 1 to {MOST_ROWS}; `all` streams every row, in any format but json.",
            "5",
            read_limit,
            schema={"anyOf": [LIMIT, {"type": "string", "enum": ["all"]}], "default": DEFAULT_ROWS},
        ),
        Param(
            "cursor",
            "Where to go on: taken from `next` of the page before, never made by hand.",
            "",
            read_cursor,
            longest=LONGEST_CURSOR,
        ),
        Param(
            "sort",
            f"The order, by any of {by}, separated by commas; `-` turns one round. The id always comes last.",
            "-" + next(iter(sorts)) if default_sort[0] != "-" else next(iter(sorts)),
            _sort_reader(sorts),
            schema={"type": "string", "default": default_sort},
        ),
        Param(
            "fields",
            f"Only these fields of each row, separated by commas: {', '.join(fields)}.",
            ",".join(fields[:3]),
            _fields_reader(fields),
        ),
        format_param(formats),
        Param(
            "count",
            "`exact` adds `matched`, the number of all rows that match.",
            "exact",
            one_code("count", "exact"),
            schema={"type": "string", "enum": ["exact"]},
        ),
    ]


LIMIT = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS}


def read_limit(text: str) -> int | None:
    """How many rows at the most; None for all of them."""
    return None if text == "all" else whole_number(1, MOST_ROWS)(text)


def format_param(formats: Sequence[str]) -> Param:
    """The parameter that names the format of an answer."""
    return Param(
        "f",
        "The format of the answer; without it, what Accept prefers.",
        formats[0],
        one_code("f", *formats),
        schema={"type": "string", "enum": list(formats), "default": formats[0]},
    )


def _sort_reader(sorts: Mapping[str, str]) -> Callable[[str], Sort]:
    def read(text: str) -> Sort:
        parts: Sort = []
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in sorts:
                reason = f"rows are sorted by {', '.join(sorts)}"
                raise InvalidParameterError("sort", part, reason, nearest(name, sorts))
            if name not in (known for known, _ in parts):
                parts.append((name, part.strip().startswith("-")))
            if name == "id":
                return parts  # ids are unique: nothing after them can matter
        return [*parts, ("id", False)]

    return read


def _fields_reader(fields: Sequence[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        wanted = [name.strip() for name in text.split(",")]
        for name in wanted:
            if name not in fields:
                reason = f"rows have {', '.join(fields)}"
                raise InvalidParameterError("fields", name, reason, nearest(name, fields))
        return [name for name in fields if name in wanted]

    return read


@dataclass(frozen=True)
class Extent:
    """The smallest box around all points, None if there is none, and the days from the first to the last."""

    box: Box | None
    days: Interval


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
        if param and param.where and (without is None or param.judges != without):
            found[name] = param.where(value, asked)
    return {name: test for name, test in found.items() if test is not None}


def plain(test: Test) -> ColumnElement[bool]:
    """A test as any statement takes it."""
    if isinstance(test, During):
        return test.exact
    if isinstance(test, Among):
        chosen = test.column.in_(test.chosen)
        return chosen if test.exact is None else and_(chosen, test.exact)
    return test


def one_by_one(test: Test) -> ColumnElement[bool]:
    """A test as it is put to one row after the other."""
    if not isinstance(test, Among):
        return plain(test)
    if test.exact is not None:
        return test.exact
    [given] = test.chosen.selected_columns
    table: Any = test.column.table
    return exists(test.chosen.with_only_columns(1).where(given == test.column).correlate(table))


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
    question = _Question(listing, asked, path, values["sort"], spots)
    if limit is None:
        return Page(question.streamed(), **counts)
    found = question.rows(limit + 1)
    shown = found[:limit]
    last = _placed(listing, shown[-1], values["sort"]) if len(found) > limit else None
    return Page(
        [_rows(listing, shown, spots)],
        next=write_cursor(values["sort"], last) if last is not None else None,
        **counts,
    )


def _path(listing: Listing, asked: Asked, limit: int | None, *, by_date: bool) -> Path:
    if listing.indexes is None or not is_embedded(asked.connection.engine):
        return FREE
    source = listing.source if listing.source is not None else listing.rows
    return Chooser(asked, listing.params, listing.indexes, source, listing.joined).choose(limit, by_date=by_date)


STEERING = frozenset(("limit", "cursor", "sort", "fields", "f", "count"))
SHAPING = frozenset(("date_match",))
"""Parameters whose value decides how a condition is written."""


@dataclass
class _Question:
    """A question on its way to the database: the statement of its shape, and its values."""

    listing: Listing
    asked: Asked
    path: Path
    sort: Sort
    spots: bool

    def rows(self, most: int) -> list[Any]:
        """The first rows."""
        statement, values = self._stated(bounded=True)
        return statement.rows(self.asked.connection, [*values, most])

    def streamed(self) -> Iterator[list[Row]]:
        """All rows, in batches."""
        statement, values = self._stated(bounded=False)
        for batch in statement.stream(self.asked.connection, values, ROWS_A_BATCH):
            yield _rows(self.listing, batch, self.spots)

    def _stated(self, *, bounded: bool) -> tuple[Statement, list[Any]]:
        """The statement of this shape, and the values for its placeholders."""
        asked, connection = self.asked, self.asked.connection
        given = {name: value for name, value in asked.values.items() if name not in STEERING}
        if "cursor" in asked.values:
            given["cursor"] = asked.values["cursor"][1]
        lifted, shape, values = lift(given, SHAPING)
        key = (connection.dialect.name, self.path, shape, tuple(self.sort), self.spots, bounded)
        if key not in self.listing.statements:
            if len(self.listing.statements) >= MOST_STATEMENTS:
                self.listing.statements.clear()
            names = [placeholder(at) for at in range(len(values) + bounded)]
            written = self._written(lifted, bindparam(names[-1], 0) if bounded else None)
            self.listing.statements[key] = Statement(connection, written, names)
        return self.listing.statements[key], values

    def _written(self, lifted: Mapping[str, Any], limit: Any) -> Any:
        listing, path = self.listing, self.path
        order = [(listing.column(name), down) for name, down in self.sort]
        met = requirements(listing, Asked(lifted, self.asked.connection, listing.rows))
        during = met.get("datetime")
        chosen = [_put(test, name, path, self.asked.connection) for name, test in met.items()]
        statement = _from(listing, select(listing.rows.c.row, *_beside(listing, order, self.spots))).where(*chosen)
        if "cursor" in lifted:
            statement = statement.where(after(order, lifted["cursor"]))
        by = [column.desc() if down else column.asc() for column, down in order]
        if not (path.ordered and isinstance(during, During)):
            return _hinted(statement, listing, path.index).order_by(*by).limit(limit)
        near = _hinted(statement.where(during.near), listing, path.index).order_by(*by).limit(limit)
        if during.vague is None:
            return near
        # What is vaguely dated lies anywhere in the order, but there is little of it.
        index = f"INDEXED BY {listing.indexes.vague}" if listing.indexes else ""
        vague = _hinted(statement.where(during.vague), listing, index).order_by(*by).limit(limit)
        both = union_all(select(near.subquery()), select(vague.subquery())).subquery()
        placed = [both.c[f"by_{at}"] for at in range(len(order))]
        by = [column.desc() if down else column.asc() for column, (_, down) in zip(placed, order, strict=True)]
        return select(both).order_by(*by).limit(limit)


def _put(test: Test, name: str, path: Path, connection: Connection) -> ColumnElement[bool]:
    """A test in the form in which a path needs it."""
    if not is_embedded(connection.engine):
        exact = test.exact if isinstance(test, Among) else None
        return plain(test) if exact is None else exact
    started = path.start == name or path is FREE
    return plain(test) if started else one_by_one(test)


def _hinted(statement: Select[Any], listing: Listing, index: str) -> Select[Any]:
    return statement.with_hint(listing.rows, index, "sqlite") if index else statement


def find_one(listing: Listing, id_: str, connection: Connection) -> Row | None:
    """The row with this id, if the list has it now, and where it lies."""
    asked = listing.asked({}, connection)
    chosen = _from(listing, select(listing.rows.c.row, *_beside(listing, (), spots=True)))
    found = connection.execute(chosen.where(listing.rows.c.id == id_, *conditions(listing, asked))).all()
    return _rows(listing, found, spots=True)[0] if found else None


def extent(listing: Listing, connection: Connection) -> Extent:
    """Where and when the rows of a list lie, as far as they tell."""
    asked, rows = listing.asked({}, connection), listing.rows.c
    space: list[Any] = [None] * 4
    if listing.spot:
        longitude, latitude, _ = listing.spot
        bounds = (func.min(longitude), func.min(latitude), func.max(longitude), func.max(latitude))
        space = list(connection.execute(matching(listing, asked, *bounds)).one())
    time: list[Any] = [None] * 2
    if "earliest" in rows:
        first = func.min(func.coalesce(rows.earliest, rows.latest))
        last = func.max(func.coalesce(rows.latest, rows.earliest))
        time = list(connection.execute(matching(listing, asked, first, last)).one())
    return Extent(None if space[0] is None else Box(*space), Interval(*time))


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
    met = [_put(test, name, path, asked.connection) for name, test in requirements(listing, asked).items()]
    counted = _hinted(_from(listing, select(func.count())), listing, path.index)
    return int(asked.connection.scalar(counted.where(*met)) or 0)


def omitted(listing: Listing, asked: Asked) -> dict[str, int] | None:
    """How many rows meet everything else but lack what the spatial or time filter judges."""
    judging = [param for name in asked.values if (param := listing.params.get(name)) and param.judges]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    judged = {p.judges: p.where and p.where(asked.values[p.name], asked) is not None for p in judging}
    return {str(lack): _lacking(listing, asked, str(lack)) if asks else 0 for lack, asks in judged.items()} or None


def _lacking(listing: Listing, asked: Asked, lack: str) -> int:
    """How many rows meet everything else but lack this; mostly no row lacks it at all, which is remembered."""
    memory, unjudged = kept(asked.connection), listing.unjudged[lack](asked)
    counted = _from(listing, select(func.count()))
    key = ("lacking", listing.name, lack)
    if key not in memory:
        nothing = listing.asked({}, asked.connection)
        every = counted.where(*conditions(listing, nothing), unjudged)
        memory[key] = int(asked.connection.scalar(every) or 0)
    if not memory[key] and "known_by" not in asked.values:
        return 0
    met = [*conditions(listing, asked, without=lack), unjudged]
    return int(asked.connection.scalar(counted.where(*met)) or 0)
