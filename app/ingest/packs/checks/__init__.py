"""Checks of a pack: each is a generator of problems, and all of them always run."""

from collections.abc import Callable, Iterator

from app.errors import Problem
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.checks import claims, events, places, references
from app.ingest.packs.drafts import PackContent

PackCheck = Callable[[PackContent, DraftCatalogue], Iterator[Problem]]

CHECKS: tuple[PackCheck, ...] = (
    references.unique_ids,
    references.known_ids,
    references.sorted_ids,
    references.aliases,
    references.merges,
    references.actor_cycles,
    references.organisations,
    places.hierarchy,
    places.coordinates,
    places.codes,
    events.category_parts,
    events.part_of_cycles,
    claims.documents,
    claims.dates,
    claims.printed_dates,
    claims.figures,
)


def check_pack(content: PackContent, catalogue: DraftCatalogue) -> Iterator[Problem]:
    """Yield every problem of a pack."""
    for run in CHECKS:
        yield from run(content, catalogue)
