"""Corroboration and status of an event."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.rules.facts import Claim
from app.vocab import EventStatus, SourceKind


def origin(source: str, lookup: Callable[[str], tuple[str | None, str] | None]) -> str | None:
    """Derive the origin of a claim from its first hop: the outermost organisation of the source.

    None if the source is unattributed, or a dataset, which sums up what others said. `lookup` returns the organisation
    and the kind of a source, or None for one that does not exist.
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
    """Counts of the documents, independent origins, asserting and denying claims that an event rests on."""

    documents: int
    origins: int
    asserting: int
    denying: int


def corroboration(claims: Collection[Claim]) -> Corroboration:
    """Count the documents, origins and claims that an event rests on.

    Only claims of the event as fact or reported give an origin. Two origins are independent if their first hops differ
    and do not belong to one organisation. Unattributed first hops and datasets add none.
    """
    return Corroboration(
        documents=len({claim.document for claim in claims}),
        origins=len({claim.origin for claim in claims if claim.counts_as_report and claim.origin}),
        asserting=sum(claim.asserts for claim in claims),
        denying=sum(not claim.asserts for claim in claims),
    )


def status(claims: Collection[Claim]) -> EventStatus:
    """Derive the status of an event from at least one claim in view; the first rule that applies wins.

    Asserting and denying claims: `disputed`. Only denials: `denied`. Every asserting claim only possible or
    planned: `unconfirmed`. Two or more independent origins: `corroborated`. Otherwise `reported`.
    """
    rests_on = corroboration(claims)
    if rests_on.denying:
        return EventStatus.DISPUTED if rests_on.asserting else EventStatus.DENIED
    if not any(claim.counts_as_report for claim in claims):
        return EventStatus.UNCONFIRMED
    return EventStatus.CORROBORATED if rests_on.origins >= 2 else EventStatus.REPORTED
