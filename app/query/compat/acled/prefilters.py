"""Filters that only a finished row can judge: what SQL can say of the events that may meet them.

Each condition holds for every event that meets the filter, and for others too; it only keeps down what must be read.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, true

from app import models, vocab
from app.models.base import table_of
from app.query.compat.acled.crosswalk import CROSSWALK
from app.query.compat.acled.exact_filters import (
    EXACT_FILTERS,
    BoolClause,
    FilterContext,
    FilterFactory,
    comparison,
    location,
    location_ancestor,
    view,
)
from app.query.compat.acled.filters import Filter
from app.query.compat.acled.raw_cell_filters import LITERAL_TEXT, combine

MAX_NAMES = 5000
"""More names in one condition are no help: most events have one of them."""


def _id(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """The scheme before an ACLED id is not printed."""
    if not filter_.is_text_search or not all(part.isascii() for pattern in filter_.values for part in pattern.parts):
        return None
    folded = func.lower(view.c.id)
    clauses: list[BoolClause] = []
    for pattern in filter_.values:
        if pattern.anchored and len(pattern.parts) == 1:
            clauses.append(folded.in_([pattern.parts[0], f"acled:{pattern.parts[0]}"]))
        else:
            clauses.append(and_(true(), *(folded.contains(part, autoescape=True) for part in pattern.parts if part)))
    return or_(*clauses)


def _in_served_row(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """What the event's row says somewhere: its JSON holds the summary and the names of actors and place.

    Several names in one cell are joined with a semicolon and a space, which that JSON has not.
    """
    if not filter_.is_text_search:
        return None
    folded = func.lower(view.c.row)
    clauses: list[BoolClause] = []
    for pattern in filter_.values:
        parts = [part for part in pattern.parts if LITERAL_TEXT.fullmatch(part) and not _may_join(filter_, part)]
        if not parts:
            return None
        clauses.append(and_(*(folded.contains(part, autoescape=True) for part in parts)))
    return or_(*clauses)


def _may_join(filter_: Filter, part: str) -> bool:
    """Whether a part of a pattern may reach from one name of a cell into the next."""
    return filter_.column in MULTI_NAME_COLUMNS and (";" in part or part.startswith(" "))


def _is_single_name(filter_: Filter) -> bool:
    """Whether a cell of joined names meets the filter only if one of the names has what is looked for."""
    return filter_.is_text_search and all(
        len(pattern.parts) == 1 and not pattern.anchored and not _may_join(filter_, pattern.parts[0])
        for pattern in filter_.values
    )


def _matching_ids(filter_: Filter, context: FilterContext, names: Select[Any]) -> list[str] | None:
    """Ids of the rows whose name meets the filter; None where the names say nothing of what does."""
    if filter_.matches(""):
        return None  # and so do events that have no such name
    ids = [id_ for id_, name in context.connection.execute(names) if filter_.matches(name)]
    return ids if len(ids) <= MAX_NAMES else None


def _admin_unit(kind: str) -> FilterFactory:
    def factory(filter_: Filter, context: FilterContext) -> BoolClause | None:
        ids = _matching_ids(filter_, context, select(location.c.id, location.c.name).where(location.c.kind == kind))
        if ids is None:
            return None
        return view.c.location_id.in_(
            select(location_ancestor.c.location_id).where(location_ancestor.c.ancestor_id.in_(ids))
        )

    return factory


def _source(filter_: Filter, context: FilterContext) -> BoolClause | None:
    claim, hop, source = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
    ids = _matching_ids(filter_, context, select(source.c.id, source.c.name)) if _is_single_name(filter_) else None
    if ids is None:
        return None
    saying = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(ids))
    return view.c.event_pk.in_(saying)


def _tags(filter_: Filter, context: FilterContext) -> BoolClause | None:
    """The statuses that meet the filter, unless the name of a pack may meet it."""
    packs = context.connection.scalars(select(table_of(models.Pack).c.id))
    if not _is_single_name(filter_) or any(filter_.matches(f"pack={pack}") for pack in packs):
        return None
    return view.c.status.in_([status for status in vocab.EventStatus if filter_.matches(f"status={status}")])


def _sub_event_type(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """The categories that may have such a counterpart."""
    may = [
        category
        for category, pairs in CROSSWALK.items()
        if any(filter_.matches(sub) for _, sub in pairs) or (not pairs and filter_.matches(""))
    ]
    return view.c.category.in_(may)


def _time_precision(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """One day or not."""
    one, more = filter_.matches("1"), filter_.matches("2") or filter_.matches("3")
    if one and more:
        return None
    ends = (view.c.earliest, view.c.latest)
    return ends[0] == ends[1] if one else or_(*(end.is_(None) for end in ends), ends[0] != ends[1])


def _coordinate(filter_: Filter, _context: FilterContext) -> BoolClause | None:
    """The place's own, if it has one; else that of what it lies in, which is looked up later."""
    column = view.c[filter_.column]
    clause = comparison(column, filter_)
    return None if clause is None else or_(column.is_(None), clause)


MULTI_NAME_COLUMNS = ("assoc_actor_1", "assoc_actor_2", "source", "tags")
"""Columns whose cells may hold several names."""
PREFILTERS: dict[str, FilterFactory] = {
    "event_id_cnty": _id,
    "time_precision": _time_precision,
    "sub_event_type": _sub_event_type,
    "admin1": _admin_unit("province"),
    "admin2": _admin_unit("district"),
    "latitude": _coordinate,
    "longitude": _coordinate,
    "source": _source,
    "tags": _tags,
} | dict.fromkeys(("actor1", "assoc_actor_1", "actor2", "assoc_actor_2", "location", "notes"), _in_served_row)


def split_filters(filters: Iterable[Filter], context: FilterContext) -> tuple[list[BoolClause], list[Filter]]:
    """The conditions, and the filters that must still be put to the finished rows."""
    clauses: list[BoolClause] = []
    residual: list[Filter] = []
    for filter_ in sorted(
        filters, key=lambda one: PREFILTERS.get(one.column) is _in_served_row
    ):  # what reads whole rows is last
        factory = EXACT_FILTERS.get(filter_.column) or PREFILTERS.get(filter_.column)
        clause = factory(filter_, context) if factory else None
        exact = clause is not None and filter_.column in EXACT_FILTERS
        if context.imported and factory is not _id:  # an id is the same in both
            clause, own_exact = combine(filter_, true() if clause is None else clause, context)
            exact = exact and own_exact
        if clause is not None:
            clauses.append(clause)
        if not exact:
            residual.append(filter_)
    return clauses, residual
