"""Contradictions between claims, always derived and never coded by hand."""

from collections.abc import Collection, Iterable, Iterator

from app.rules.dates import dating_claims
from app.rules.facts import Claim
from app.rules.figure_contradictions import figure_contradictions
from app.rules.opposition import Contradiction, Side
from app.rules.status import standing_claims
from app.rules.tellings import EventFacts
from app.timespan import DateRange, intersection
from app.vocab import ContradictionKind, Precision


def event_contradictions(event: EventFacts) -> Iterator[Contradiction]:
    """Yield the contradictions among the claims on one event, and between it and its parts.

    Polarity: different origins assert and deny it. Date: moments of the occasion share no day; stretches of one
    campaign contradict nothing. Figure: see `figure_contradictions`.
    """
    yield from _polarity(event)
    moments = [claim for claim in dating_claims(event.claims) if claim.date.is_bounded]
    groups = agreeing((claim.date, claim.id) for claim in moments if claim.precision != Precision.SPAN)
    if len(groups) > 1:
        sides = tuple(Side(tuple(sorted(ids)), str(shared)) for shared, ids in groups)
        yield Contradiction(ContradictionKind.DATE, (event.event,), sides)
    yield from figure_contradictions(event)


def _polarity(event: EventFacts) -> Iterator[Contradiction]:
    standing = standing_claims(event.claims)
    asserting = [claim for claim in standing if claim.asserts]
    denying = [claim for claim in standing if not claim.asserts]
    origins = {claim.origin for claim in standing}
    is_of_one_origin = len(origins) == 1 and None not in origins
    if asserting and denying and not is_of_one_origin:
        sides = (Side(_ids(asserting), "It happened."), Side(_ids(denying), "It did not happen."))
        yield Contradiction(ContradictionKind.POLARITY, (event.event,), sides)


def _ids(claims: Collection[Claim]) -> tuple[str, ...]:
    return tuple(sorted(claim.id for claim in claims))


def agreeing(dated: Iterable[tuple[DateRange, str]]) -> list[tuple[DateRange, list[str]]]:
    """Group ids by shared days; there is more than one group only if two of the dates share no day."""
    groups: list[tuple[DateRange, list[str]]] = []
    # Intervals that overlap pairwise share a day (Helly's theorem on a line). In the order of their first days, one
    # that has no day in common with the newest group has none with an older one, which ends even earlier.
    for days, id_ in sorted(dated, key=lambda one: (str(one[0].earliest or ""), str(one[0].latest or "9"))):
        shared = intersection([groups[-1][0], days]) if groups else None
        if shared is None:
            groups.append((days, [id_]))
        else:
            groups[-1] = (shared, groups[-1][1])
            groups[-1][1].append(id_)
    return groups
