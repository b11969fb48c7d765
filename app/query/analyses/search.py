"""One search over events, places, actors and sources: exact names, then beginnings of names, then all words."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, not_, or_, select

from app import models
from app.db.text_index import TextQuery, matches
from app.models.base import table_of
from app.names import match_key
from app.query.lists.computed import computed_list_params, without_points
from app.query.lists.cursors import Sort, write_cursor
from app.query.lists.page import Page
from app.query.lists.request import ListRequest
from app.query.params.filters import KNOWN_BY
from app.query.params.param import FilterValues, Param
from app.query.predicates.conditions import parse_text_query, version_on
from app.schemas.analysis import SearchHit

TIERS = ("exact", "prefix", "words")
MAX_CHARACTER = "\U0010ffff"  # sorts after everything that a key may go on with
SORT: Sort = (
    ("rank", False),
    ("id", False),
    ("resource", False),
)


@dataclass(frozen=True)
class SearchQuery:
    """What is searched: the text as a key, and as words."""

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


def _rank_predicates(
    resource: str, query: SearchQuery, filters: FilterValues
) -> tuple[Table, list[ColumnElement[bool]]]:
    """The table of a resource, and for each tier the rows that are in it and in no better one."""
    reach = query.match_key + MAX_CHARACTER
    if resource == "events":
        table = table_of(models.Event)
        exact = or_(table.c.title_key == query.match_key, table.c.id == query.text.lower())
        prefix = and_(table.c.title_key >= query.match_key, table.c.title_key < reach)
    else:
        table, names = {
            "locations": (table_of(models.Location), table_of(models.LocationName)),
            "actors": (table_of(models.Actor), table_of(models.ActorName)),
            "sources": (table_of(models.Source), table_of(models.SourceName)),
        }[resource]
        exact = _owns_name(names, table, names.c.key == query.match_key)
        prefix = _owns_name(names, table, and_(names.c.key >= query.match_key, names.c.key < reach))
    words = matches(table.c.pk, table.name, query.phrases)
    tiers = [exact, and_(prefix, not_(exact)), and_(words, not_(prefix), not_(exact))]
    return table, [and_(tier, _event_known(table, filters)) for tier in tiers] if resource == "events" else tiers


def _event_known(event: Table, filters: FilterValues) -> ColumnElement[bool]:
    """The event was known by the day asked for, or is known now."""
    view = table_of(models.EventVersion)
    return exists().where(view.c.event_pk == event.c.pk, version_on(filters.get("known_by"))).correlate(event)


def search(connection: Connection, request: ListRequest) -> Page:
    """A page of hits by tier, then id, then resource."""
    limit = request.limit
    after = tuple(map(str, request.cursor)) if request.cursor else None
    result: list[tuple[tuple[str, str, str], SearchHit]] = []
    for rank, tier in enumerate(TIERS):
        if (limit is not None and len(result) > limit) or (after and str(rank) < after[0]):
            continue
        hits = []
        for resource in ("actors", "events", "locations", "sources"):
            table, tiers = _rank_predicates(resource, request.filters["q"], request.filters)
            title_column = table.c.title if resource == "events" else table.c.name
            kind = table.c.category if resource == "events" else table.c.kind
            statement = select(table.c.id, title_column.label("name"), kind.label("kind")).where(tiers[rank])
            if after and str(rank) == after[0]:
                # the same id may be left in resources that come after the one shown last
                beyond = table.c.id >= after[1] if resource > after[2] else table.c.id > after[1]
                statement = statement.where(beyond)
            for row in connection.execute(statement.order_by(table.c.id).limit(None if limit is None else limit + 1)):
                hit = SearchHit(resource=resource, id=row.id, name=row.name, kind=row.kind, match=tier)
                hits.append(((str(rank), row.id, resource), hit))
        result += sorted(hits, key=lambda pair: pair[0])
    shown_hits = result[:limit]
    has_more = len(result) > len(shown_hits)
    return Page(
        [without_points(hit for _, hit in shown_hits)],
        next=write_cursor(SORT, shown_hits[-1][0]) if has_more else None,
    )
