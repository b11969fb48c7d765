"""Filters that only a finished row can judge: what SQL can say of the events that may meet them.

Each condition holds for every event that meets the filter, and for others too; it only keeps down what must be read.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, true

from app import models, vocab
from app.models.base import table_of
from app.query.acled.conditions import EXACT, Known, Maker, Test, compared, location, view, within
from app.query.acled.crosswalk import CROSSWALK
from app.query.acled.filters import Filter
from app.query.acled.imported import PLAIN, either

MOST_NAMES = 5000
"""More names in one condition are no help: most events have one of them."""


def _id(asked: Filter, _known: Known) -> Test | None:
    """The scheme before an ACLED id is not printed."""
    if not asked.finds or not all(part.isascii() for pattern in asked.values for part in pattern.parts):
        return None
    folded = func.lower(view.c.id)
    tests: list[Test] = []
    for pattern in asked.values:
        if pattern.whole and len(pattern.parts) == 1:
            tests.append(folded.in_([pattern.parts[0], f"acled:{pattern.parts[0]}"]))
        else:
            tests.append(and_(true(), *(folded.contains(part, autoescape=True) for part in pattern.parts if part)))
    return or_(*tests)


def _said(asked: Filter, _known: Known) -> Test | None:
    """What the event's row says somewhere: its JSON holds the summary and the names of actors and place.

    Several names in one cell are joined with a semicolon and a space, which that JSON has not.
    """
    if not asked.finds:
        return None
    folded = func.lower(view.c.row)
    tests: list[Test] = []
    for pattern in asked.values:
        parts = [part for part in pattern.parts if PLAIN.fullmatch(part) and not _may_join(asked, part)]
        if not parts:
            return None
        tests.append(and_(*(folded.contains(part, autoescape=True) for part in parts)))
    return or_(*tests)


def _may_join(asked: Filter, part: str) -> bool:
    """Whether a part of a pattern may reach from one name of a cell into the next."""
    return asked.column in JOINED and (";" in part or part.startswith(" "))


def _one_name(asked: Filter) -> bool:
    """Whether a cell of joined names meets the filter only if one of the names has what is looked for."""
    return asked.finds and all(
        len(pattern.parts) == 1 and not pattern.whole and not _may_join(asked, pattern.parts[0])
        for pattern in asked.values
    )


def _met_ids(asked: Filter, known: Known, names: Select[Any]) -> list[str] | None:
    """Ids of the rows whose name meets the filter; None where the names say nothing of what does."""
    if asked.meets(""):
        return None  # and so do events that have no such name
    ids = [id_ for id_, name in known.connection.execute(names) if asked.meets(name)]
    return ids if len(ids) <= MOST_NAMES else None


def _unit(kind: str) -> Maker:
    def make(asked: Filter, known: Known) -> Test | None:
        ids = _met_ids(asked, known, select(location.c.id, location.c.name).where(location.c.kind == kind))
        if ids is None:
            return None
        return view.c.location_id.in_(select(within.c.location_id).where(within.c.ancestor_id.in_(ids)))

    return make


def _source(asked: Filter, known: Known) -> Test | None:
    claim, hop, source = table_of(models.Claim), table_of(models.ClaimHop), table_of(models.Source)
    ids = _met_ids(asked, known, select(source.c.id, source.c.name)) if _one_name(asked) else None
    if ids is None:
        return None
    saying = select(claim.c.event_pk).join(hop, hop.c.claim_pk == claim.c.pk).where(hop.c.source_id.in_(ids))
    return view.c.event_pk.in_(saying)


def _tags(asked: Filter, known: Known) -> Test | None:
    """The statuses that meet the filter, unless the name of a pack may meet it."""
    packs = known.connection.scalars(select(table_of(models.Pack).c.id))
    if not _one_name(asked) or any(asked.meets(f"pack={pack}") for pack in packs):
        return None
    return view.c.status.in_([status for status in vocab.STATUS.codes if asked.meets(f"status={status}")])


def _sub_event_type(asked: Filter, _known: Known) -> Test | None:
    """The categories that may have such a counterpart."""
    may = [
        category
        for category, pairs in CROSSWALK.items()
        if any(asked.meets(sub) for _, sub in pairs) or (not pairs and asked.meets(""))
    ]
    return view.c.category.in_(may)


def _time_precision(asked: Filter, _known: Known) -> Test | None:
    """One day or not."""
    one, more = asked.meets("1"), asked.meets("2") or asked.meets("3")
    if one and more:
        return None
    ends = (view.c.earliest, view.c.latest)
    return ends[0] == ends[1] if one else or_(*(end.is_(None) for end in ends), ends[0] != ends[1])


def _coordinate(asked: Filter, _known: Known) -> Test | None:
    """The place's own, if it has one; else that of what it lies in, which is looked up later."""
    column = view.c[asked.column]
    test = compared(column, asked)
    return None if test is None else or_(column.is_(None), test)


JOINED = ("assoc_actor_1", "assoc_actor_2", "source", "tags")
"""Columns whose cells may hold several names."""
NARROWING: dict[str, Maker] = {
    "event_id_cnty": _id,
    "time_precision": _time_precision,
    "sub_event_type": _sub_event_type,
    "admin1": _unit("province"),
    "admin2": _unit("district"),
    "latitude": _coordinate,
    "longitude": _coordinate,
    "source": _source,
    "tags": _tags,
} | dict.fromkeys(("actor1", "assoc_actor_1", "actor2", "assoc_actor_2", "location", "notes"), _said)


def in_sql(filters: Iterable[Filter], known: Known) -> tuple[list[Test], list[Filter]]:
    """The conditions, and the filters that must still be put to the finished rows."""
    tests: list[Test] = []
    rest: list[Filter] = []
    for asked in sorted(filters, key=lambda one: NARROWING.get(one.column) is _said):  # what reads whole rows is last
        make = EXACT.get(asked.column) or NARROWING.get(asked.column)
        test = make(asked, known) if make else None
        exact = test is not None and asked.column in EXACT
        if known.imported and make is not _id:  # an id is the same in both
            test, own_exact = either(asked, true() if test is None else test, known)
            exact = exact and own_exact
        if test is not None:
            tests.append(test)
        if not exact:
            rest.append(asked)
    return tests, rest
