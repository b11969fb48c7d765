"""From Oxus's codes to ACLED's words, read from the crosswalks that the vocabularies serve, so that both agree."""

from collections.abc import Mapping
from typing import Any

from app import vocab
from app.query.compat.acled.filters import INTER_CODES

TypePair = tuple[str, str]
"""An event type and a sub-event type."""

DISORDER_TYPES = {
    "Battles": "Political violence",
    "Explosions/Remote violence": "Political violence",
    "Violence against civilians": "Political violence",
    "Protests": "Demonstrations",
    "Riots": "Demonstrations",
    "Strategic developments": "Strategic developments",
}
"""ACLED Codebook: the disorder type that goes with an event type."""
NO_TYPE: TypePair = ("", "")
CIVILIAN_TARGETING = {"violence_against_civilians": "Civilian targeting"}
"""What ACLED prints where civilians are the main target; it prints nothing elsewhere."""
NON_VIOLENT_MEANS = ("handed_over", "abandoned")
STATE_FORCES = INTER_CODES[1]


def counterparts(served: str | None) -> tuple[TypePair, ...]:
    """The event types and sub-event types that a served crosswalk names.

    `A: b / c; d; E: f` are b, c and d of A, and f of E; an event type alone has no sub-event type.
    """
    result: list[TypePair] = []
    event_type = ""
    for part in (served or "").split("; "):
        head, colon, sub_types = part.partition(": ")
        if colon or not event_type:
            event_type, part = head, sub_types
        result += [(event_type, name) for name in part.split(" / ")] if event_type else []
    return tuple(result)


CROSSWALK = {category: counterparts(category.term.acled) for category in vocab.EventCategory}


def _pair(category: vocab.EventCategory, sub: str) -> TypePair:
    """The counterpart with this sub-event type. Raises KeyError if the served crosswalk has none."""
    return {pair[1]: pair for pair in CROSSWALK[category]}[sub]


TRANSFER_PAIR = _pair(vocab.EventCategory.CONTROL_CHANGE, "Non-violent transfer of territory")
REGAINED_PAIR = _pair(vocab.EventCategory.CONTROL_CHANGE, "Government regains territory")
OVERTAKEN_PAIR = _pair(vocab.EventCategory.CONTROL_CHANGE, "Non-state actor overtakes territory")
FORCES_MOVE = _pair(vocab.EventCategory.MOVEMENT, "Change to group/activity")
OTHERS_MOVE = _pair(vocab.EventCategory.MOVEMENT, "Other")
TALKS = _pair(vocab.EventCategory.DIPLOMACY, "Other")
"""Whether they agree is not coded, and Agreement says that they did."""
INTER_OF = {kind: (kind.term.acled or "").removeprefix("inter1: ") for kind in vocab.ActorKind}
GEO_PRECISION_OF = {
    precision: (precision.term.acled or "").removeprefix("geo_precision ") or "3"
    for precision in vocab.LocationPrecision
}


def acled_types_of(row: Mapping[str, Any], inter_of: Mapping[str, str]) -> TypePair:
    """What ACLED would call an event; `inter_of` gives the kinds of actors in its words."""
    category, change, movement = row["category"], row["control_change"], row["movement"]
    if category == "control_change" and change:
        if change["means"] in NON_VIOLENT_MEANS:
            return TRANSFER_PAIR
        gainer = change["gained_by"]
        return REGAINED_PAIR if gainer and inter_of.get(gainer["id"]) == STATE_FORCES else OVERTAKEN_PAIR
    if category == "movement" and movement:
        return FORCES_MOVE if movement["population"] in ("troops", "militia") else OTHERS_MOVE
    return _DEFAULT_TYPES[category]


_DEFAULT_TYPES: dict[str, TypePair] = {code: pairs[0] if pairs else NO_TYPE for code, pairs in CROSSWALK.items()}
_DEFAULT_TYPES |= {"movement": OTHERS_MOVE, "diplomacy": TALKS, "control_change": OVERTAKEN_PAIR}


def event_type(category: str, handed_over: bool) -> str:
    """The event type of a category; of a control change, by whether it was a handover."""
    return (TRANSFER_PAIR if category == "control_change" and handed_over else _DEFAULT_TYPES[category])[0]
