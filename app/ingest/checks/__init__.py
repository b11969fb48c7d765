"""What must hold in a pack: each check is a generator of problems, and every one of them always runs."""

from collections.abc import Callable, Iterator

from app.errors import Problem
from app.ingest.checks import claims, events, places, references
from app.ingest.drafts import PackContent
from app.ingest.universe import Universe

Check = Callable[[PackContent, Universe], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    references.unique_ids,
    references.known_ids,
    references.sorted_ids,
    references.aliases,
    references.merges,
    references.actor_circles,
    places.hierarchy,
    places.coordinates,
    places.codes,
    events.shape,
    events.part_of_circles,
    events.control_order,
    claims.documents,
    claims.dates,
    claims.printed_dates,
    claims.figures,
)


def check(content: PackContent, universe: Universe) -> list[Problem]:
    """Every problem of a pack, sorted by file and id."""
    return sorted({problem for run in CHECKS for problem in run(content, universe)})
