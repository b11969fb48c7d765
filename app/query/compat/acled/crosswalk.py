"""Translate Oxus's codes into ACLED's, by the crosswalks that the vocabularies serve.

Source: ACLED Codebook and API guide, edition of 2023.
"""

from app import vocab

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
"""Disorder type by event type (ACLED Codebook)."""
NO_TYPE: TypePair = ("", "")
CIVILIAN_TARGETING = {"violence_against_civilians": "Civilian targeting"}
"""Cell of `civilian_targeting` by category; of all other categories it is empty."""
NON_VIOLENT_MEANS = ("handed_over", "abandoned")
INTER_CODES = (
    "",
    "State forces",
    "Rebel group",
    "Political militia",
    "Identity militia",
    "Rioters",
    "Protesters",
    "Civilians",
    "External/Other forces",
)
"""Kinds of actors (inter1, inter2) in the order of the numbers that ACLED printed for them until 2024."""
STATE_FORCES = INTER_CODES[1]
_INTERACTION_ORDER = (
    *INTER_CODES[:7],
    INTER_CODES[8],
    INTER_CODES[7],
)  # External/Other forces-Civilians, though their codes are 8 and 7


def interaction(one: str, other: str) -> str:
    """Join two kinds of actors, always in one order; of a single kind say that it is alone."""
    if not (one and other):
        return f"{one or other} only" if one or other else ""
    return "-".join(sorted((one, other), key=_INTERACTION_ORDER.index))


def counterparts(served: str | None) -> tuple[TypePair, ...]:
    """Parse the event types and sub-event types that a served crosswalk names.

    `A: b / c; d; E: f` are b, c and d of A, and f of E; an event type alone has no sub-event type.
    """
    result: list[TypePair] = []
    event_type = ""
    for part in (served or "").split("; "):
        head, colon, rest = part.partition(": ")
        if colon or not event_type:
            event_type, part = head, rest
        result += [(event_type, name) for name in part.split(" / ")] if event_type else []
    return tuple(result)


CROSSWALK = {term.code: counterparts(term.acled) for term in vocab.CATEGORY.terms}


def _pair(category: str, sub: str) -> TypePair:
    """Find the counterpart with this sub-event type. Raise KeyError if the served crosswalk has none."""
    return {pair[1]: pair for pair in CROSSWALK[category]}[sub]


TRANSFER = _pair("control_change", "Non-violent transfer of territory")
REGAINED = _pair("control_change", "Government regains territory")
OVERTAKEN = _pair("control_change", "Non-state actor overtakes territory")
FORCES_MOVE = _pair("movement", "Change to group/activity")
OTHERS_MOVE = _pair("movement", "Other")
TALKS = _pair("diplomacy", "Other")  # whether they agree is not coded, and Agreement says that they did
INTER_OF = {term.code: (term.acled or "").removeprefix("inter1: ") for term in vocab.ACTOR_KIND.terms}
GEO_PRECISION_OF = {
    term.code: (term.acled or "").removeprefix("geo_precision ") or "3" for term in vocab.LOCATION_PRECISION.terms
}


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
        return REGAINED if gainer_inter == STATE_FORCES else OVERTAKEN
    if category == "movement" and population:
        return FORCES_MOVE if population in ("troops", "militia") else OTHERS_MOVE
    return _DEFAULT_TYPES[category]


_DEFAULT_TYPES = {code: pairs[0] if pairs else NO_TYPE for code, pairs in CROSSWALK.items()}
_DEFAULT_TYPES |= {"movement": OTHERS_MOVE, "diplomacy": TALKS, "control_change": OVERTAKEN}
