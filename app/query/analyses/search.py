"""Search over events, locations, actors and sources: exact names, then prefixes, then all words."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, not_, or_, select

from app import models
from app.db.text_index import TextQuery, matches
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES, EntityType
from app.names import match_key
from app.query.lists.computed import computed_list_params, without_points
from app.query.lists.cursors import Sort, write_cursor
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.filters import KNOWN_BY
from app.query.params.param import CursorValues, FilterValues, Param
from app.query.predicates.text import parse_text_query
from app.query.predicates.versions import version_on
from app.schemas.analysis import SearchHit

TIERS = ("exact", "prefix", "words")
"""Ways to match, best first; a hit is in the first that applies."""
MAX_CHARACTER = "\U0010ffff"  # sorts after every character that may follow in a key
SORT: Sort = (
    ("rank", False),
    ("id", False),
    ("resource", False),
)


Position = tuple[str, str, str]
"""Rank of the tier, id and resource: the sort values of a hit."""
RankedHit = tuple[Position, SearchHit]


@dataclass(frozen=True)
class SearchQuery:
    """A search text, as it was given, as a match key, and as words and phrases."""

    text: str
    match_key: str
    phrases: TextQuery


def _parse_search(text: str) -> SearchQuery:
    return SearchQuery(text, match_key(text), parse_text_query(text))


Q = Param(
    "q", "A name, the beginning of one, or words; quotes make a phrase.", "Hairaton", _parse_search, required=True
)
SEARCH_PARAMS = {
    name: param for name, param in computed_list_params((Q, KNOWN_BY), SearchHit).items() if name != "count"
}


def _owns_name(names: Table, owner: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return owner.c.id.in_(select(names.c.owner_id).where(condition))


def _rank_predicates(entity: EntityType, query: SearchQuery, filters: FilterValues) -> list[ColumnElement[bool]]:
    """Return for each tier the predicate of the rows that are in it and in no better one."""
    table = entity.table
    prefix_end = query.match_key + MAX_CHARACTER
    if entity.names is None:
        exact = or_(table.c.title_key == query.match_key, table.c.id == query.text.lower())
        prefix = and_(table.c.title_key >= query.match_key, table.c.title_key < prefix_end)
    else:
        names = table_of(entity.names)
        exact = _owns_name(names, table, names.c.key == query.match_key)
        prefix = _owns_name(names, table, and_(names.c.key >= query.match_key, names.c.key < prefix_end))
    words = matches(table.c.pk, table.name, query.phrases)
    tiers = [exact, and_(prefix, not_(exact)), and_(words, not_(prefix), not_(exact))]
    return [and_(tier, _is_event_known(table, filters)) for tier in tiers] if entity.versions else tiers


def _is_event_known(event: Table, filters: FilterValues) -> ColumnElement[bool]:
    """Match events known by `known_by`, or known now."""
    event_version = table_of(models.EventVersion)
    return exists().where(event_version.c.event_pk == event.c.pk, version_on(filters.get("known_by"))).correlate(event)


def search(connection: Connection, request: ListRequest) -> Page:
    """List hits by tier, then id, then resource."""
    limit = request.limit
    after = _read_position(request.cursor)
    hits: list[RankedHit] = []
    for rank in range(len(TIERS)):
        is_full = limit is not None and len(hits) > limit
        if not is_full and (after is None or str(rank) >= after[0]):
            hits += _hits_of_tier(connection, request, rank, after)
    page_hits = hits[:limit]
    has_more = len(hits) > len(page_hits)
    return Page(
        [without_points(hit for _, hit in page_hits)],
        next=write_cursor(SORT, page_hits[-1][0]) if has_more else None,
    )


def _read_position(cursor: CursorValues | None) -> Position | None:
    if not cursor:
        return None
    rank, id_, resource = map(str, cursor)
    return rank, id_, resource


def _hits_of_tier(connection: Connection, request: ListRequest, rank: int, after: Position | None) -> list[RankedHit]:
    """Return the hits of one tier in order, up to one more than the limit from each resource."""
    limit, hits = request.limit, []
    for resource, entity in ENTITY_TYPES.items():
        if not (entity.label and entity.kind):
            continue
        table, tiers = entity.table, _rank_predicates(entity, request.filters["q"], request.filters)
        label, kind = table.c[entity.label].label("name"), table.c[entity.kind].label("kind")
        statement = select(table.c.id, label, kind).where(tiers[rank])
        if after and str(rank) == after[0]:
            # One id may be used in several resources: those that sort after the cursor's may still show it.
            statement = statement.where(table.c.id >= after[1] if resource > after[2] else table.c.id > after[1])
        for row in connection.execute(statement.order_by(table.c.id).limit(None if limit is None else limit + 1)):
            hit = SearchHit(resource=resource, id=row.id, name=row.name, kind=row.kind, match=TIERS[rank])
            hits.append(((str(rank), row.id, resource), hit))
    return sorted(hits, key=lambda ranked: ranked[0])
