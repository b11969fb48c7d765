"""The code lists of ACLED, and what they mean here.

Source: ACLED Codebook, editions of 2021 and 2023 (event types and sub-event types, kinds of actors and their old
numbers, disorder types, civilian targeting), and ACLED's guide to its column changes of 2023. How an event type becomes
a category is the crosswalk that the vocabularies serve, read backwards.
"""

from collections import Counter

from app.ingest.datasets.ucdp_ged.cells import parse_int
from app.query.compat.acled.crosswalk import CROSSWALK, DISORDER_TYPES, INTER_CODES

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
EXCESSIVE_FORCE, MOB_VIOLENCE = "Excessive force against protesters", "Mob violence"
REGAINED, OVERTAKEN = "Government regains territory", "Non-state actor overtakes territory"
TRANSFER = "Non-violent transfer of territory"
_SUB_EVENT_TYPES = {sub.casefold(): sub for subs in SUB_EVENT_TYPES.values() for sub in subs} | {
    "excessive force against protestors": EXCESSIVE_FORCE  # spelt so until 2019
}

STATE_FORCES, REBEL_GROUP, PROTESTERS, CIVILIANS = INTER_CODES[1], INTER_CODES[2], INTER_CODES[6], INTER_CODES[7]
UNARMED_INTERS = (PROTESTERS, CIVILIANS)
_INTER_BY_KEY = {side.casefold().removesuffix("s"): side for side in INTER_CODES}
ACTOR_KIND_BY_INTER = {
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
ACTOR_KIND_PRECEDENCE = ("state_forces", "rebel_group", "militia", "international_forces", "civilians", "other")
"""What an actor is that ACLED calls different things: the first of these. The army of one state is that at home and an
external force abroad, and who acts in one row may be merely associated in the next."""


def dominant_kind(one: str, other: str) -> str:
    """The kind of an actor of two, whichever of them was read first."""
    return min(one, other, key=ACTOR_KIND_PRECEDENCE.index)


def parse_inter(text: str) -> str | None:
    """The kind of an actor, in words (since 2024) or by its old number; "" for no actor, None for no such kind."""
    text = text.strip()
    try:
        number = parse_int(text)
    except ValueError:
        return _INTER_BY_KEY.get(text.casefold().removesuffix("s"))
    return INTER_CODES[number] if number < len(INTER_CODES) else None


def sub_event_type(event_type: str, text: str) -> str | None:
    """The sub-event type as the codebook spells it; None if the event type has none of that name."""
    found = _SUB_EVENT_TYPES.get(text.strip().casefold())
    return found if found in SUB_EVENT_TYPES[event_type] else None


def disorder_type(event_type: str, sub: str | None) -> str:
    """What the codebook has with these types: two of the sub-event types of demonstrations are political violence."""
    if sub == EXCESSIVE_FORCE:
        return "Political violence; Demonstrations"
    return "Political violence" if sub == MOB_VIOLENCE else DISORDER_TYPES[event_type]


def civilian_targeting(event_type: str, sub: str | None, inters: tuple[str, str]) -> str:
    """What that column says in layouts that have it: whether civilians were the main target, or the only one."""
    at_civilians = event_type in ("Explosions/Remote violence", "Riots") and CIVILIANS in inters
    targeted = event_type == "Violence against civilians" or sub == EXCESSIVE_FORCE or at_civilians
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


def category_of(event_type: str, sub: str | None, inters: tuple[str, str], other_side: bool) -> str:
    """The category of an event; `other_side` says whether there is a second actor.

    Explosions and remote violence have no counterpart of their own. Aimed at civilians, they are violence against
    them; else a clash with whom they are aimed at, and where ACLED names nobody, an attack on a place. Excessive force
    against protesters is violence against civilians. Other protests and riots are no category of ours.
    """
    if event_type == "Explosions/Remote violence":
        if CIVILIANS in inters:
            return "violence_against_civilians"
        return "clash" if other_side else "offensive"
    if sub == EXCESSIVE_FORCE:
        return "violence_against_civilians"
    if event_type == "Battles" and sub is None:
        return "clash"
    return CATEGORIES.get((event_type, sub or "")) or CATEGORIES.get((event_type, ""), "other")
