"""Origins, corroboration and status of an event."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from app.rules.facts import Claim
from app.vocab import EventStatus, SourceKind


def origin(source: str, lookup: Callable[[str], tuple[str | None, str] | None]) -> str | None:
    """Derive the origin of a claim from its first hop: the outermost organisation of the source.

    None if the source is unattributed, or a dataset, which sums up what others said. `lookup` returns the organisation
    and the kind of a source, or None for one that does not exist.
    """
    entry = lookup(source)
    if entry and entry[1] in (SourceKind.UNATTRIBUTED, SourceKind.DATASET):
        return None
    at, seen = source, {source}
    while (organisation := lookup(at)) and organisation[0] and organisation[0] not in seen:
        at = organisation[0]
        seen.add(at)
    return at


def standing_claims(claims: Collection[Claim]) -> list[Claim]:
    """Return the claims whose origin still takes their stance: what it said last decides.

    An origin that gave up a denial no longer denies, and one that withdrew an assertion no longer asserts. Claims
    without an origin all stand. Both stances of one origin on its last day stand beside each other.
    """
    last_said: dict[str, date] = {}
    for claim in claims:
        if claim.origin:
            last_said[claim.origin] = max(claim.reported_on, last_said.get(claim.origin, date.min))
    stances: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        if claim.origin and claim.reported_on == last_said[claim.origin]:
            stances[claim.origin].add(claim.stance)
    return [claim for claim in claims if not claim.origin or claim.stance in stances[claim.origin]]


def independent_origins(claims: Collection[Claim]) -> set[str]:
    """Return the origins that report the event, each once.

    Only claims of the event as fact or reported give one. A document that narrates what it also attributes retells its
    source: its narration adds an origin only if none of its attributed claims has one.
    """
    reports = [claim for claim in standing_claims(claims) if claim.counts_as_report and claim.origin]
    attributing = {claim.document for claim in reports if not claim.is_narration}
    return {
        claim.origin for claim in reports if claim.origin and not (claim.is_narration and claim.document in attributing)
    }


@dataclass(frozen=True)
class Corroboration:
    """Documents, independent origins, and counts of claims that an event rests on.

    `unattributed` counts the asserting claims that name nobody; what a dataset says itself is none of them.
    """

    documents: int
    origins: tuple[str, ...]
    unattributed: int
    asserting: int
    denying: int


def corroboration(claims: Collection[Claim]) -> Corroboration:
    """Count the documents, origins and claims that an event rests on; see `standing_claims`, `independent_origins`."""
    standing = standing_claims(claims)
    asserting = [claim for claim in standing if claim.asserts]
    return Corroboration(
        documents=len({claim.document for claim in claims}),
        origins=tuple(sorted(independent_origins(claims))),
        unattributed=sum(claim.origin is None and not claim.is_narration for claim in asserting),
        asserting=len(asserting),
        denying=len(standing) - len(asserting),
    )


def status(claims: Collection[Claim]) -> EventStatus:
    """Derive the status of an event from at least one claim in view; the first rule that applies wins.

    Asserting and denying claims: `disputed`. Only denials: `denied`. Every asserting claim only possible or
    planned: `unconfirmed`. Two or more independent origins: `corroborated`. Otherwise `reported`. Only standing claims
    count; see `standing_claims`.
    """
    standing = standing_claims(claims)
    asserting = [claim for claim in standing if claim.asserts]
    if len(asserting) < len(standing):
        return EventStatus.DISPUTED if asserting else EventStatus.DENIED
    if not any(claim.counts_as_report for claim in asserting):
        return EventStatus.UNCONFIRMED
    return EventStatus.CORROBORATED if len(independent_origins(claims)) >= 2 else EventStatus.REPORTED
