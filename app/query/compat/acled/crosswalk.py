"""Translate Oxus's codes into ACLED's, by the crosswalks that the vocabularies serve.

Source: ACLED Codebook and API guide, edition of 2023.
"""

from app import vocab
from app.codebooks.acled import CROSSWALK, INTER_CODES, EventType, Inter, SubEventType, TypePair

NON_VIOLENT_MEANS = ("handed_over", "abandoned")
FORCES = ("troops", "militia")
"""Populations whose movement is a change to a group."""
_INTERACTION_ORDER = (*INTER_CODES[:7], Inter.EXTERNAL_FORCES, Inter.CIVILIANS)
"""Order in which ACLED joins two kinds of actors: that of their old numbers, but for the last two."""
_STRATEGIC = EventType.STRATEGIC_DEVELOPMENTS.value
TRANSFER: TypePair = (_STRATEGIC, SubEventType.TRANSFER.value)
REGAINED: TypePair = (EventType.BATTLES.value, SubEventType.GOVERNMENT_REGAINS.value)
OVERTAKEN: TypePair = (EventType.BATTLES.value, SubEventType.NON_STATE_OVERTAKES.value)
FORCES_MOVE: TypePair = (_STRATEGIC, SubEventType.CHANGE_TO_GROUP.value)
OTHER: TypePair = (_STRATEGIC, SubEventType.OTHER.value)
INTER_OF = {kind.value: (kind.term.acled or "").removeprefix("inter1: ") for kind in vocab.ActorKind}
GEO_PRECISION_OF = {
    precision.value: (precision.term.acled or "").removeprefix("geo_precision ") or "3"
    for precision in vocab.LocationPrecision
}
_DEFAULT_TYPES: dict[str, TypePair] = {
    category: (str(pairs[0][0]), str(pairs[0][1])) if pairs else ("", "") for category, pairs in CROSSWALK.items()
}
# Whether talks end in an agreement is not coded.
_DEFAULT_TYPES |= {"movement": OTHER, "diplomacy": OTHER, "control_change": OVERTAKEN}


def event_types(
    category: str, means: str | None = None, gainer_inter: str | None = None, population: str | None = None
) -> TypePair:
    """Classify an event as ACLED does: by its category, and by how control changed or who moved.

    `means` and `gainer_inter` (the gainer's kind in ACLED's words) are those of a change of control, `population` is
    that of a movement; they are None where the event has no such part.
    """
    if category == "control_change" and means:
        if means in NON_VIOLENT_MEANS:
            return TRANSFER
        return REGAINED if gainer_inter == Inter.STATE_FORCES else OVERTAKEN
    if category == "movement" and population:
        return FORCES_MOVE if population in FORCES else OTHER
    return _DEFAULT_TYPES[category]


def interaction(one: str, other: str) -> str:
    """Join two kinds of actors, always in one order; of a single kind say that it is alone."""
    if not (one and other):
        return f"{one or other} only" if one or other else ""
    return "-".join(sorted((one, other), key=lambda inter: _INTERACTION_ORDER.index(Inter(inter))))
