"""From a question to a page: the conditions, the order, the cursor, one statement."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, func, select

from app.errors import InvalidParameterError
from app.geo import Box, Spot
from app.names import nearest
from app.query.cursors import LONGEST_CURSOR, Sort, after, read_cursor, spelt, typed, write_cursor
from app.query.params import Asked, Param, one_code, read_query, whole_number
from app.timespan import Interval

MOST_ROWS = 1000
DEFAULT_ROWS = 100
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
    present: Callable[..., str] | None = None
    """With `shown`: the table whose id ends the order, and how its row is made from `rows.row` and its own."""
    spot: tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]] | None = None
    """Longitude, latitude and kind of the point of a row; None where rows lie nowhere."""

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


def conditions(listing: Listing, asked: Asked, without: str | None = None) -> list[ColumnElement[bool]]:
    """What the rows must meet; `without` leaves out the parameters that judge the given thing."""
    found = [listing.always(asked)] if listing.always else []
    for name, value in asked.values.items():
        param = listing.params.get(name)
        if param and param.where and (without is None or param.judges != without):
            found.append(param.where(value, asked))
    return [condition for condition in found if condition is not None]


def matching(listing: Listing, asked: Asked, *columns: Any) -> Select[Any]:
    """The statement that reads these columns of all rows that match, in no order."""
    return _from(listing, select(*columns)).where(*conditions(listing, asked))


def _from(listing: Listing, statement: Select[Any]) -> Select[Any]:
    return statement.select_from(listing.source if listing.source is not None else listing.rows)


def page(listing: Listing, values: Mapping[str, Any], connection: Connection, *, spots: bool = False) -> Page:
    """Answer a question: the rows after the cursor, in order, and what was counted; with `spots`, where they lie.

    With `limit` None the rows are read while they are taken, and the connection must stay open that long.
    """
    asked = Asked(values, connection, listing.rows)
    met = conditions(listing, asked)
    order = [(listing.column(name), down) for name, down in values["sort"]]
    statement = _from(listing, select(listing.rows.c.row, *_beside(listing, order, spots))).where(*met)
    if "cursor" in values:
        statement = statement.where(after(order, values["cursor"][1]))
    statement = statement.order_by(*(column.desc() if down else column.asc() for column, down in order))
    counts: dict[str, Any] = {
        "matched": _count(listing, asked, met) if values.get("count") else None,
        "omitted": omitted(listing, asked),
    }
    limit = values["limit"]
    if limit is None:
        return Page(_streamed(listing, statement, connection, spots), **counts)
    found = connection.execute(statement.limit(limit + 1)).all()
    shown = found[:limit]
    last = shown[-1][1 : len(order) + 1] if len(found) > limit else None
    return Page(
        [_rows(listing, shown, spots)],
        next=write_cursor(values["sort"], last) if last is not None else None,
        **counts,
    )


def find_one(listing: Listing, id_: str, connection: Connection) -> Row | None:
    """The row with this id, if the list has it now, and where it lies."""
    asked = Asked({}, connection, listing.rows)
    chosen = _from(listing, select(listing.rows.c.row, *_beside(listing, (), spots=True)))
    found = connection.execute(chosen.where(listing.rows.c.id == id_, *conditions(listing, asked))).all()
    return _rows(listing, found, spots=True)[0] if found else None


def extent(listing: Listing, connection: Connection) -> Extent:
    """Where and when the rows of a list lie, as far as they tell."""
    asked, rows = Asked({}, connection, listing.rows), listing.rows.c
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
    """What is read beside the row itself: the values of the order, the table it is presented from, its place."""
    yield from (column.label(f"by_{at}") for at, (column, _) in enumerate(order))
    yield from listing.shown.c if listing.shown is not None else ()
    if spots and listing.spot:
        yield from (column.label(f"spot_{at}") for at, column in enumerate(listing.spot))


def _streamed(listing: Listing, statement: Select[Any], connection: Connection, spots: bool) -> Iterator[list[Row]]:
    with connection.execute(statement.execution_options(yield_per=ROWS_A_BATCH)) as found:
        for part in found.partitions():
            yield _rows(listing, part, spots)


def _rows(listing: Listing, found: Iterable[Any], spots: bool) -> list[Row]:
    present = listing.present or (lambda row: row[0])
    if not (spots and listing.spot):
        return [(present(row), None) for row in found]
    return [(present(row), None if row.spot_0 is None else Spot(row.spot_0, row.spot_1, row.spot_2)) for row in found]


def _count(listing: Listing, asked: Asked, met: Sequence[ColumnElement[bool]]) -> int:
    counted = _from(listing, select(func.count()).where(*met))
    return int(asked.connection.scalar(counted) or 0)


def omitted(listing: Listing, asked: Asked) -> dict[str, int] | None:
    """How many rows meet everything else but lack what the spatial or time filter judges."""
    judging = [param for name in asked.values if (param := listing.params.get(name)) and param.judges]
    # An interval open at both ends asks nothing of a row, so it leaves none out.
    judged = {p.judges: p.where and p.where(asked.values[p.name], asked) is not None for p in judging}
    counts = {}
    for lack, asks in judged.items():
        unjudged = [*conditions(listing, asked, without=lack), listing.unjudged[str(lack)](asked)]
        counts[str(lack)] = _count(listing, asked, unjudged) if asks else 0
    return counts or None
