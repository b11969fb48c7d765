"""A small made-up pack with everything that is hard to print in ACLED's columns."""

PACK = """
id = "hills"
title = "Hills"
version = "1"
licence = "CC0-1.0"
citation = "Made up."
document = "gazette-1"
[coverage]
sources_searched = "One paper."
"""
SOURCES = """
[[source]]
id = "gazette"
name = "Gazette"
kind = "outlet"
[[source]]
id = "gazette-1"
name = "Gazette, one"
kind = "article"
organisation = "gazette"
published_on = 2021-07-20
[[source]]
id = "shepherds"
name = "Shepherds"
kind = "witness"
[[source]]
id = "wire"
name = "+Wire"
kind = "agency"
"""
ACTORS = """
[[actor]]
id = "bandits"
name = "=Bandits(1)"
kind = "militia"
[[actor]]
id = "crown"
name = "Crown"
kind = "government"
[[actor]]
id = "guard"
name = "Guard"
kind = "state_forces"
relations = [{ type = "part_of", actor = "crown" }]
[[actor]]
id = "herders"
name = "Herders"
kind = "civilians"
[[actor]]
id = "league"
name = "League"
kind = "organisation"
[[actor]]
id = "lent"
name = "Lent Légion"
kind = "international_forces"
relations = [{ type = "allied_with", actor = "crown", until = 2021-07-05 }]
[[actor]]
id = "rebels"
name = "Rebels"
kind = "rebel_group"
"""
LOCATIONS = """
[[location]]
id = "hamlet"
name = "Hamlet"
kind = "town"
parent = "upper"
[[location]]
id = "hills"
name = "Hills"
kind = "country"
country = "XKX"
latitude = -1.5
longitude = -30.25
point_kind = "centroid"
[[location]]
id = "nowhere"
name = "Nowhere"
kind = "country"
country = "ZAF"
[[location]]
id = "sea"
name = "Sea"
kind = "region"
latitude = 0.0
longitude = 0.0
point_kind = "approximate"
[[location]]
id = "summit"
name = "-Summit"
kind = "town"
parent = "upper"
latitude = -1.0
longitude = -30.5
point_kind = "exact"
[[location]]
id = "upper"
name = "Upper"
kind = "district"
parent = "west"
[[location]]
id = "west"
name = "West"
kind = "province"
parent = "hills"
latitude = -1.25
longitude = -30.75
point_kind = "centroid"
"""


def event(
    id_: str, rest: str, when: str, *, place: str | None = "summit", more: str = "", modality: str = "fact"
) -> str:
    """An event with one claim; `rest` are lines of the event, `more` is put after the claim's own lines."""
    location = f'location = "{place}"\n' if place else ""
    return (
        f'[[event]]\nid = "{id_}"\ntitle = "Made up"\nsummary = "Told of {id_}"\n{location}{rest}\n'
        f'[[event.claim]]\nparagraph = 1\nmodality = "{modality}"\nsummary = "Made up."\n{when}\n{more}\n'
    )


def actors(**roles: str) -> str:
    """Who takes part, by role: `target="guard crown"`."""
    listed = [f'{{ actor = "{actor}", role = "{role}" }}' for role, names in roles.items() for actor in names.split()]
    return f"actors = [{', '.join(listed)}]"


def days(earliest: str | None, latest: str | None) -> str:
    """A date with these ends."""
    ends = [f"earliest = {earliest}" if earliest else "", f"latest = {latest}" if latest else ""]
    return f"date = {{ {', '.join(filter(None, ends))} }}"


def deaths(printed: str) -> str:
    """A figure of deaths."""
    return f'[[event.claim.figures]]\nmeasure = "deaths"\ncount_kind = "increment"\nprinted = "{printed}"\n'


def change(means: str, gained: str | None, lost: str | None) -> str:
    """A change of control at the event's place."""
    sides = (f'gained_by = "{gained}", ' if gained else "") + (f'lost_by = "{lost}", ' if lost else "")
    return f'category = "control_change"\ncontrol_change = {{ {sides}extent = "full", means = "{means}" }}'


def movement(population: str, mover: str) -> str:
    """A movement inside the country."""
    return (
        f'category = "movement"\nmovement = {{ from = "summit", to = "hamlet", mover = "{mover}", '
        f'population = "{population}", outcome = "deployed" }}'
    )


DENIAL = (
    '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nstance = "denies"\nvia = ["shepherds"]\n'
    'summary = "Not so."\ndate = 2021-07-10'
)
VIA = 'via = ["shepherds", "wire"]'
PRECISE = 'location_precision = "exact"'
EVENTS = "".join(
    (
        event(
            "attack", f'category = "violence_against_civilians"\n{PRECISE}\n{actors(target="herders")}',
            "date = 2021-07-01", more=f"{VIA}\n{deaths('at least 5')}",
        ),
        event(
            "crowd", f'category = "clash"\n{actors(participant="rebels guard bandits crown lent")}',
            days("2021-07-01", "2021-07-07"), more=deaths("7"),
        ),
        event(
            "crowd-later", f'category = "clash"\n{actors(participant="rebels crown lent")}',
            days("2021-07-06", "2021-07-13"), place="hamlet",
        ),
        event("gift", f'{change("handed_over", "crown", "lent")}\n{actors(initiator="lent")}', "date = 2021-07-02"),
        event("left", change("abandoned", None, "guard"), "date = 2021-07-03", place="hamlet"),
        event("lost", change("captured", None, "crown"), "date = 2021-07-04", place="hamlet"),
        event("march", movement("militia", "bandits"), days(None, "2021-07-04"), place="upper"),
        event("mystery", 'category = "other"', "", place="summit"),
        event("nowhere", 'category = "other"', "date = 2021-07-02", place="nowhere"),
        event("nowhere-seen", 'category = "clash"\npart_of = "nowhere"', "date = 2021-07-02"),  # nowhere has no point
        event("regained", change("recaptured", "guard", "rebels"), "date = 2021-07-05"),
        # A raid and its two parts; a march that nobody is sure of, and its part; a quarrel and its part.
        event("raid", f'category = "clash"\n{actors(participant="rebels guard")}', days("2021-07-08", "2021-07-11")),
        event("raid-camp", 'category = "clash"\npart_of = "raid"', "date = 2021-07-09", place="hamlet"),
        event("raid-tent", 'category = "clash"\npart_of = "raid-camp"', "date = 2021-07-09", place="hamlet"),
        event("rumour", 'category = "clash"', "date = 2021-07-12", modality="possible"),
        event("rumour-seen", 'category = "clash"\npart_of = "rumour"', "date = 2021-07-12", place="hamlet"),
        event("row", 'category = "clash"', "date = 2021-07-10", more=DENIAL),
        event("row-blows", 'category = "clash"\npart_of = "row"', "date = 2021-07-10", place="hamlet"),
        event("sea-fight", 'category = "clash"', "date = 2021-07-02", place="sea"),
        event(
            "talks", f'category = "diplomacy"\nlocation_precision = "country"\n{actors(participant="league herders")}',
            days("2019-12-31", None), place="hills",
        ),
        event("trek", f'{movement("civilians", "herders")}\n{PRECISE}', "date = 2020-02-29", place="west"),
    )
).replace('"Told of trek"', '"=HYPERLINK(1) 50% | a_b, \\"quoted\\" ÄÖ Straße back\\\\slash"')  # fmt: skip
FILES = {
    "pack.toml": PACK,
    "sources.toml": SOURCES,
    "actors.toml": ACTORS,
    "locations.toml": LOCATIONS,
    "events/all.toml": EVENTS,
}
