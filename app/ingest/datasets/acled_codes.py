"""The code lists of ACLED, and what they mean here.

Source: ACLED Codebook, editions of 2021 and 2023 (event types and sub-event types, kinds of actors and their old
numbers, disorder types, civilian targeting), and ACLED's guide to its column changes of 2023. How an event type becomes
a category is the crosswalk that the vocabularies serve, read backwards.
"""

from collections import Counter

from app.ingest.datasets.ged_cells import whole
from app.query.acled.crosswalk import CROSSWALK, DISORDER
from app.query.acled.filters import SIDES

SUB_EVENT_TYPES = {
    "Battles": ("Armed clash", "Government regains territory", "Non-state actor overtakes territory"),
    "Explosions/Remote violence": (
        "Air/drone strike",
        "Chemical weapon",
        "Grenade",
        "Remote explosive/landmine/IED",
        "Shelling/artillery/missile attack",
        "Suicide bomb",
    ),
    "Violence against civilians": ("Abduction/forced disappearance", "Attack", "Sexual violence"),
    "Protests": ("Excessive force against protesters", "Peaceful protest", "Protest with intervention"),
    "Riots": ("Mob violence", "Violent demonstration"),
    "Strategic developments": (
        "Agreement",
        "Arrests",
        "Change to group/activity",
        "Disrupted weapons use",
        "Headquarters or base established",
        "Looting/property destruction",
        "Non-violent transfer of territory",
        "Other",
    ),
}
"""By event type."""
EVENT_TYPES = {name.casefold(): name for name in SUB_EVENT_TYPES}
EXCESSIVE, MOB = "Excessive force against protesters", "Mob violence"
REGAINED, OVERTAKEN = "Government regains territory", "Non-state actor overtakes territory"
TRANSFER = "Non-violent transfer of territory"
_SUB_EVENT_TYPES = {sub.casefold(): sub for subs in SUB_EVENT_TYPES.values() for sub in subs} | {
    "excessive force against protestors": EXCESSIVE  # spelt so until 2019
}

STATE, REBELS, PROTESTERS, CIVILIANS = SIDES[1], SIDES[2], SIDES[6], SIDES[7]
UNARMED = (PROTESTERS, CIVILIANS)
_SIDES = {side.casefold().removesuffix("s"): side for side in SIDES}
KIND_OF = {
    "": "other",
    "State forces": "state_forces",
    "Rebel group": "rebel_group",
    "Political militia": "militia",
    "Identity militia": "militia",
    "Rioters": "other",
    "Protesters": "civilians",
    "Civilians": "civilians",
    "External/Other forces": "international_forces",
}
"""The kind of actor by what ACLED calls it; of who is merely associated ACLED does not tell."""
KINDS = ("state_forces", "rebel_group", "militia", "international_forces", "civilians", "other")
"""What an actor is that ACLED calls different things: the first of these. The army of one state is that at home and an
external force abroad, and who acts in one row may be merely associated in the next."""


def stronger(one: str, other: str) -> str:
    """The kind of an actor of two, whichever of them was read first."""
    return min(one, other, key=KINDS.index)


def side(text: str) -> str | None:
    """The kind of an actor, in words (since 2024) or by its old number; "" for no actor, None for no such kind."""
    text = text.strip()
    try:
        number = whole(text)
    except ValueError:
        return _SIDES.get(text.casefold().removesuffix("s"))
    return SIDES[number] if number < len(SIDES) else None


def sub_event_type(event_type: str, text: str) -> str | None:
    """The sub-event type as the codebook spells it; None if the event type has none of that name."""
    found = _SUB_EVENT_TYPES.get(text.strip().casefold())
    return found if found in SUB_EVENT_TYPES[event_type] else None


def disorder_type(event_type: str, sub: str | None) -> str:
    """What the codebook has with these types: two of the sub-event types of demonstrations are political violence."""
    if sub == EXCESSIVE:
        return "Political violence; Demonstrations"
    return "Political violence" if sub == MOB else DISORDER[event_type]


def civilian_targeting(event_type: str, sub: str | None, sides: tuple[str, str]) -> str:
    """What that column says in layouts that have it: whether civilians were the main target, or the only one."""
    at_civilians = event_type in ("Explosions/Remote violence", "Riots") and CIVILIANS in sides
    targeted = event_type == "Violence against civilians" or sub == EXCESSIVE or at_civilians
    return "Civilian targeting" if targeted else ""


_SHARED = {
    ("Battles", "Armed clash"): "clash",
    ("Strategic developments", "Change to group/activity"): "mobilisation",
    ("Strategic developments", "Other"): "other",
}
"""Where several categories have one counterpart, the one that says least: that there was an offensive, a movement (from
where to where?) or a border measure cannot be told from ACLED's columns."""
_NAMED = Counter(pair for pairs in CROSSWALK.values() for pair in pairs)
CATEGORIES = {pair: category for category, pairs in CROSSWALK.items() for pair in pairs if _NAMED[pair] == 1} | _SHARED


def category_of(event_type: str, sub: str | None, sides: tuple[str, str], other_side: bool) -> str:
    """The category of an event; `other_side` says whether there is a second actor.

    Explosions and remote violence have no counterpart of their own. Aimed at civilians, they are violence against
    them; else a clash with whom they are aimed at, and where ACLED names nobody, an attack on a place. Excessive force
    against protesters is violence against civilians. Other protests and riots are no category of ours.
    """
    if event_type == "Explosions/Remote violence":
        if CIVILIANS in sides:
            return "violence_against_civilians"
        return "clash" if other_side else "offensive"
    if sub == EXCESSIVE:
        return "violence_against_civilians"
    if event_type == "Battles" and sub is None:
        return "clash"
    return CATEGORIES.get((event_type, sub or "")) or CATEGORIES.get((event_type, ""), "other")
