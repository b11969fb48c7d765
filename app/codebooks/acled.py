"""Code lists of ACLED.

Sources: ACLED Codebook, editions of 2021 and 2023 (event types and sub-event types, kinds of actors and their old
numbers, disorder types, civilian targeting); ACLED's guide to its column changes of 2023; its API guide (names and
order of columns).
"""

from collections.abc import Sequence
from enum import StrEnum

ACLED_COLUMNS = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type",
    "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting",
    "iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision",
    "source", "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
"""Names of the 31 columns published since 2023, in their order."""


class EventType(StrEnum):
    """Event type."""

    BATTLES = "Battles"
    EXPLOSIONS = "Explosions/Remote violence"
    VIOLENCE_AGAINST_CIVILIANS = "Violence against civilians"
    PROTESTS = "Protests"
    RIOTS = "Riots"
    STRATEGIC_DEVELOPMENTS = "Strategic developments"


class SubEventType(StrEnum):
    """Sub-event type."""

    ARMED_CLASH = "Armed clash"
    GOVERNMENT_REGAINS = "Government regains territory"
    NON_STATE_OVERTAKES = "Non-state actor overtakes territory"
    AIR_STRIKE = "Air/drone strike"
    CHEMICAL_WEAPON = "Chemical weapon"
    GRENADE = "Grenade"
    REMOTE_EXPLOSIVE = "Remote explosive/landmine/IED"
    SHELLING = "Shelling/artillery/missile attack"
    SUICIDE_BOMB = "Suicide bomb"
    ABDUCTION = "Abduction/forced disappearance"
    ATTACK = "Attack"
    SEXUAL_VIOLENCE = "Sexual violence"
    EXCESSIVE_FORCE = "Excessive force against protesters"
    PEACEFUL_PROTEST = "Peaceful protest"
    PROTEST_WITH_INTERVENTION = "Protest with intervention"
    MOB_VIOLENCE = "Mob violence"
    VIOLENT_DEMONSTRATION = "Violent demonstration"
    AGREEMENT = "Agreement"
    ARRESTS = "Arrests"
    CHANGE_TO_GROUP = "Change to group/activity"
    DISRUPTED_WEAPONS_USE = "Disrupted weapons use"
    HEADQUARTERS = "Headquarters or base established"
    LOOTING = "Looting/property destruction"
    TRANSFER = "Non-violent transfer of territory"
    OTHER = "Other"


class Inter(StrEnum):
    """Kind of actor, as inter1 and inter2 print it since 2024; NONE where nobody acts."""

    NONE = ""
    STATE_FORCES = "State forces"
    REBEL_GROUP = "Rebel group"
    POLITICAL_MILITIA = "Political militia"
    IDENTITY_MILITIA = "Identity militia"
    RIOTERS = "Rioters"
    PROTESTERS = "Protesters"
    CIVILIANS = "Civilians"
    EXTERNAL_FORCES = "External/Other forces"


INTER_CODES = tuple(Inter)
"""Kinds of actors at the position of their old numbers, which the API still takes."""

_E, _S = EventType, SubEventType
SUB_EVENT_TYPES = {
    _E.BATTLES: (_S.ARMED_CLASH, _S.GOVERNMENT_REGAINS, _S.NON_STATE_OVERTAKES),
    _E.EXPLOSIONS: (
        _S.AIR_STRIKE, _S.CHEMICAL_WEAPON, _S.GRENADE, _S.REMOTE_EXPLOSIVE, _S.SHELLING, _S.SUICIDE_BOMB,
    ),
    _E.VIOLENCE_AGAINST_CIVILIANS: (_S.ABDUCTION, _S.ATTACK, _S.SEXUAL_VIOLENCE),
    _E.PROTESTS: (_S.EXCESSIVE_FORCE, _S.PEACEFUL_PROTEST, _S.PROTEST_WITH_INTERVENTION),
    _E.RIOTS: (_S.MOB_VIOLENCE, _S.VIOLENT_DEMONSTRATION),
    _E.STRATEGIC_DEVELOPMENTS: (
        _S.AGREEMENT, _S.ARRESTS, _S.CHANGE_TO_GROUP, _S.DISRUPTED_WEAPONS_USE, _S.HEADQUARTERS, _S.LOOTING,
        _S.TRANSFER, _S.OTHER,
    ),
}  # fmt: skip
"""Sub-event types by event type."""
OLD_SPELLINGS = {"Excessive force against protestors": _S.EXCESSIVE_FORCE}
"""Spellings of sub-event types until 2019."""
DISORDER_TYPES = {
    _E.BATTLES: "Political violence",
    _E.EXPLOSIONS: "Political violence",
    _E.VIOLENCE_AGAINST_CIVILIANS: "Political violence",
    _E.PROTESTS: "Demonstrations",
    _E.RIOTS: "Demonstrations",
    _E.STRATEGIC_DEVELOPMENTS: "Strategic developments",
}
"""Disorder type of an event type, but for two sub-event types: see `disorder_type`."""
CIVILIAN_TARGETING = "Civilian targeting"
"""Cell of civilian_targeting where civilians are the main target; it is empty elsewhere."""
LIMITS = {"time_precision": (1, 3), "geo_precision": (1, 3)}
"""Lowest and highest code by column."""


def disorder_type(event_type: str, sub: str | None) -> str:
    """Return the disorder type of these types: two sub-event types of demonstrations are political violence."""
    if sub == SubEventType.EXCESSIVE_FORCE:
        return "Political violence; Demonstrations"
    return "Political violence" if sub == SubEventType.MOB_VIOLENCE else DISORDER_TYPES[EventType(event_type)]


def civilian_targeting(event_type: str, sub: str | None, inters: Sequence[str]) -> str:
    """Return the cell of civilian_targeting: whether civilians were the main target, or the only one."""
    at_civilians = event_type in (EventType.EXPLOSIONS, EventType.RIOTS) and Inter.CIVILIANS in inters
    targeted = event_type == EventType.VIOLENCE_AGAINST_CIVILIANS or sub == SubEventType.EXCESSIVE_FORCE
    return CIVILIAN_TARGETING if targeted or at_civilians else ""


# --- crosswalk from Oxus's categories ----------------------------------------------------------------------------

TypePair = tuple[str, str]
"""Event type and sub-event type; the latter is "" where any will do."""

_CounterpartGroup = tuple[EventType, tuple[str, ...]]

_CROSSWALK: dict[str, tuple[_CounterpartGroup, ...]] = {
    "control_change": (
        (_E.BATTLES, (_S.GOVERNMENT_REGAINS, _S.NON_STATE_OVERTAKES)),
        (_E.STRATEGIC_DEVELOPMENTS, (_S.TRANSFER,)),
    ),
    "clash": ((_E.BATTLES, (_S.ARMED_CLASH,)),),
    "offensive": ((_E.BATTLES, (_S.ARMED_CLASH,)),),
    "movement": ((_E.STRATEGIC_DEVELOPMENTS, (_S.CHANGE_TO_GROUP,)), (_E.STRATEGIC_DEVELOPMENTS, (_S.OTHER,))),
    "border_measure": ((_E.STRATEGIC_DEVELOPMENTS, (_S.OTHER,)),),
    "mobilisation": ((_E.STRATEGIC_DEVELOPMENTS, (_S.CHANGE_TO_GROUP,)),),
    "diplomacy": ((_E.STRATEGIC_DEVELOPMENTS, (_S.AGREEMENT,)), (_E.STRATEGIC_DEVELOPMENTS, (_S.OTHER,))),
    "statement": (),
    "humanitarian": (),
    "violence_against_civilians": ((_E.VIOLENCE_AGAINST_CIVILIANS, ()),),
    "other": ((_E.STRATEGIC_DEVELOPMENTS, (_S.OTHER,)),),
}
"""Nearest types of each category, the most usual first, in groups that the served text keeps together."""
CROSSWALK: dict[str, tuple[TypePair, ...]] = {
    category: tuple((event_type, sub) for event_type, subs in groups for sub in subs or ("",))
    for category, groups in _CROSSWALK.items()
}
"""Nearest types of each category, the most usual first."""


def crosswalk_text(category: str) -> str | None:
    """Render the nearest types of a category as the vocabularies serve them; None if there are none.

    `A: b / c; d; E` are sub-event types b, c and d of event type A, and event type E as a whole.
    """
    texts, previous = [], ""
    for event_type, subs in _CROSSWALK[category]:
        head = "" if event_type == previous else str(event_type)
        texts.append(": ".join(part for part in (head, " / ".join(subs)) if part))
        previous = event_type
    return "; ".join(texts) or None
