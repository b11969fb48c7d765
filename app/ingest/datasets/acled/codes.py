"""Map ACLED's codes to those of Oxus: categories, kinds of actors, means of a change of control."""

from collections import Counter

from app.codebooks.acled import (
    CROSSWALK,
    INTER_CODES,
    OLD_SPELLINGS,
    SUB_EVENT_TYPES,
    EventType,
    Inter,
    SubEventType,
)
from app.ingest.datasets.core.cells import parse_int

_EVENT_TYPES = {name.casefold(): name for name in EventType}
_SUB_EVENT_TYPES = {name.casefold(): name for name in SubEventType} | {
    old.casefold(): name for old, name in OLD_SPELLINGS.items()
}
_INTERS = {inter.casefold().removesuffix("s"): inter for inter in INTER_CODES}
UNARMED_INTERS = (Inter.PROTESTERS, Inter.CIVILIANS)
ACTOR_KIND_BY_INTER = {
    Inter.NONE: "other",  # ACLED does not tell the kind of actors that are merely associated
    Inter.STATE_FORCES: "state_forces",
    Inter.REBEL_GROUP: "rebel_group",
    Inter.POLITICAL_MILITIA: "militia",
    Inter.IDENTITY_MILITIA: "militia",
    Inter.RIOTERS: "other",
    Inter.PROTESTERS: "civilians",
    Inter.CIVILIANS: "civilians",
    Inter.EXTERNAL_FORCES: "international_forces",
}
ACTOR_KIND_PRECEDENCE = ("state_forces", "rebel_group", "militia", "international_forces", "civilians", "other")
"""Kinds of actors, of which the first that any row gives an actor counts.

The army of a state is a state force at home and an external force abroad. An actor of one row may be merely
associated in the next.
"""
MEANS_BY_SUB_EVENT_TYPE: dict[str | None, str] = {
    SubEventType.GOVERNMENT_REGAINS: "recaptured",
    SubEventType.NON_STATE_OVERTAKES: "captured",
}
"""Means of a change of control; of a non-violent transfer ACLED does not say whether it was agreed upon."""
_SHARED_PAIRS = {
    (EventType.BATTLES, SubEventType.ARMED_CLASH): "clash",
    (EventType.STRATEGIC_DEVELOPMENTS, SubEventType.CHANGE_TO_GROUP): "mobilisation",
    (EventType.STRATEGIC_DEVELOPMENTS, SubEventType.OTHER): "other",
}
"""Category of types that are the counterpart of several: the one that claims least.

ACLED's columns do not tell that there was an offensive, a movement or a border measure.
"""
_CATEGORY_COUNTS = Counter(pair for pairs in CROSSWALK.values() for pair in pairs)
CATEGORIES: dict[tuple[str, str], str] = {
    pair: category for category, pairs in CROSSWALK.items() for pair in pairs if _CATEGORY_COUNTS[pair] == 1
} | _SHARED_PAIRS
"""Category by event type and sub-event type: the crosswalk, read backwards."""


def parse_event_type(text: str) -> EventType:
    """Parse an event type. Raises ValueError for one that ACLED has not had since 2019."""
    found = _EVENT_TYPES.get(text.strip().casefold())
    if found is None:
        raise ValueError("is none of the six event types that ACLED has had since 2019")
    return found


def parse_sub_event_type(event_type: EventType, text: str) -> SubEventType | None:
    """Parse a sub-event type; None if the event type has none of that name."""
    found = _SUB_EVENT_TYPES.get(text.strip().casefold())
    return found if found in SUB_EVENT_TYPES[event_type] else None


def parse_inter(text: str) -> Inter | None:
    """Parse a kind of actor, in words (since 2024) or by its old number; None if there is no such kind."""
    text = text.strip()
    try:
        number = parse_int(text)
    except ValueError:
        return _INTERS.get(text.casefold().removesuffix("s"))
    return INTER_CODES[number] if number < len(INTER_CODES) else None


def category_of(
    event_type: EventType, sub: SubEventType | None, inters: tuple[Inter, Inter], *, has_actor2: bool
) -> str:
    """Return the category of an event.

    Explosions and remote violence have no counterpart of their own. Aimed at civilians, they are violence against
    them; else a clash with whom they are aimed at, and where ACLED names nobody, an attack on a place. Excessive force
    against protesters is violence against civilians. Other protests and riots are `other`.
    """
    if event_type == EventType.EXPLOSIONS:
        if Inter.CIVILIANS in inters:
            return "violence_against_civilians"
        return "clash" if has_actor2 else "offensive"
    if sub == SubEventType.EXCESSIVE_FORCE:
        return "violence_against_civilians"
    if event_type == EventType.BATTLES and sub is None:
        return "clash"
    return CATEGORIES.get((event_type, sub or "")) or CATEGORIES.get((event_type, ""), "other")
