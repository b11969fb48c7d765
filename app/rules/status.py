"""How well an event is attested."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.rules.facts import Claim
from app.vocab import EventStatus, SourceKind


def origin(source: str, lookup: Callable[[str], tuple[str | None, str] | None]) -> str | None:
    """What makes two first hops the same origin: the outermost organisation of the source.

    None if the source is unattributed, or a dataset, which sums up what others said. `lookup` gives the organisation
    and the kind of a source, or None for one that is not there.
    """
    found = lookup(source)
    if found and found[1] in (SourceKind.UNATTRIBUTED, SourceKind.DATASET):
        return None
    at, seen = source, {source}
    while (organisation := lookup(at)) and organisation[0] and organisation[0] not in seen:
        at = organisation[0]
        seen.add(at)
    return at


@dataclass(frozen=True)
class Corroboration:
    """How many documents, independent origins, asserting and denying claims an event rests on."""

    documents: int
    origins: int
    asserting: int
    denying: int


def corroboration(claims: Collection[Claim]) -> Corroboration:
    """Count what an event rests on.

    Origins are those that tell the event as fact or reported; two are independent when their first hops differ
    and are not of one organisation. Unattributed first hops add none.
    """
    return Corroboration(
        documents=len({claim.document for claim in claims}),
        origins=len({claim.origin for claim in claims if claim.counts_as_report and claim.origin}),
        asserting=sum(claim.asserts for claim in claims),
        denying=sum(not claim.asserts for claim in claims),
    )


def status(claims: Collection[Claim]) -> EventStatus:
    """The status of an event from the claims in view (at least one); the first rule that applies wins.

    Asserting and denying claims: `disputed`. Only denials: `denied`. Every asserting claim only possible or
    planned: `unconfirmed`. Two or more independent origins: `corroborated`. Otherwise `reported`.
    """
    rests_on = corroboration(claims)
    if rests_on.denying:
        return EventStatus.DISPUTED if rests_on.asserting else EventStatus.DENIED
    if not any(claim.counts_as_report for claim in claims):
        return EventStatus.UNCONFIRMED
    return EventStatus.CORROBORATED if rests_on.origins >= 2 else EventStatus.REPORTED
