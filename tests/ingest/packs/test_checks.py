"""Broken packs: every problem at once, each with file, id, field, value and reason; and nothing is loaded."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PACK, Databases, engine_for
from sqlalchemy import text
from typer.testing import CliRunner
from waiting import MAX_WAIT_SECONDS

from app import models
from app.cli import app as command
from app.db.engine import read_transaction, sqlite_path
from app.errors import BrokenPackError, Problem
from app.ingest.packs.load import read_checked
from app.models.entity_types import ENTITY_TYPES

BALKH, FLIGHT, UZBEK = "events/balkh.toml", "events/flight-to-tajikistan.toml", "events/uzbekistan.toml"
ACTORS, PLACES, SOURCES, PACK_TOML = "actors.toml", "locations.toml", "sources.toml", "pack.toml"
DOCUMENT = "bne-intellinews-2021-07-05"


@dataclass(frozen=True)
class Change:
    """In a file of the pack, after a mark, `old` becomes `new`; without `old`, `new` is put at the end."""

    file: str
    after: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Change the file."""
        path = folder / PACK / self.file
        content = path.read_text(encoding="utf-8") if path.exists() else ""
        if self.old:
            start = content.index(self.old, content.index(self.after))
            content = content[:start] + self.new + content[start + len(self.old) :]
        else:
            content += self.new
        path.write_text(content, encoding="utf-8")


@dataclass(frozen=True)
class Found:
    """A problem to be found; `reason` is a part of it."""

    file: str
    id: str
    field: str
    value: str
    reason: str

    def fits(self, problem: Problem) -> bool:
        """Whether the problem is this one."""
        where = (problem.file, problem.id, problem.field, problem.value)
        return where == (f"{PACK}/{self.file}", self.id, self.field, self.value) and self.reason in problem.reason


def at(file: str, id_: str, old: str, new: str) -> Change:
    """A change within the entry that has this id."""
    return Change(file, f'id = "{id_}"', old, new)


def more(file: str, new: str) -> Change:
    """An addition at the end of a file."""
    return Change(file, "", "", "\n" + new)


def claim(event: str, **fields: str) -> str:
    """A claim on an event, as TOML."""
    given = {"paragraph": "4", "modality": '"possible"', "summary": '"For a test."'} | fields
    lines = [f"{name} = {value}" for name, value in given.items() if value]
    return "\n".join(["[[claim]]", f'event = "{event}"', *lines]) + "\n"


KALDAR, AGAIN, LOST = "kaldar-captured-2021-06", "kaldar-recaptured-2021-06-29", "kaldar-lost-again-2021-06-30"
CROSSING, ALL = "khwahan-crossing-2021-07-04", "flight-to-tajikistan-2021"
SHERKHAN, FIGHTING = "sherkhan-bandar-captured-2021-06-21", "tajik-border-fighting-2021"
SPOKESMAN = "uzbek-spokesman-statement-2021-06-28"
FIGURE = '[[claim.figures]]\nmeasure = "persons_moved"\ncount_kind = "stock"\n'

BROKEN: dict[str, tuple[list[Change], list[Found]]] = {
    "an unknown actor names the nearest one": (
        [at(BALKH, AGAIN, 'actor = "andsf"', 'actor = "andfs"')],
        [Found(BALKH, AGAIN, "actors.initiator", "andfs", "no such id in actors; did you mean andsf")],
    ),
    "an unknown winner": (
        [at(BALKH, KALDAR, 'gained_by = "taliban"', 'gained_by = "talibans"')],
        [Found(BALKH, KALDAR, "control_change.gained_by", "talibans", "no such id in actors; did you mean taliban")],
    ),
    "an unknown location": (
        [at(BALKH, KALDAR, 'location = "kaldar"', 'location = "kalder"')],
        [Found(BALKH, KALDAR, "location", "kalder", "no such id in locations; did you mean kaldar")],
    ),
    "an unknown destination": (
        [at(FLIGHT, CROSSING, 'to = "tajikistan"', 'to = "tajikstan"')],
        [Found(FLIGHT, CROSSING, "movement.to", "tajikstan", "no such id in locations; did you mean tajikistan")],
    ),
    "an unknown parent": (
        [at(PLACES, "doha", 'parent = "qatar"', 'parent = "katar"')],
        [Found(PLACES, "doha", "parent", "katar", "no such id in locations; did you mean qatar")],
    ),
    "an unknown source": (
        [at(BALKH, "balkh-districts-taken-2021", 'via = ["ariana-news"]', 'via = ["ariana-new"]')],
        [
            Found(
                BALKH,
                "balkh-districts-taken-2021-p18",
                "via",
                "ariana-new",
                "no such id in sources; did you mean ariana-news",
            )
        ],
    ),
    "an unknown place that a border covers": (
        [at(PLACES, "afghan-uzbek-border", "covers = [", 'covers = ["kalder", ')],
        [Found(PLACES, "afghan-uzbek-border", "covers", "kalder", "no such id in locations; did you mean kaldar")],
    ),
    "an unknown event to be distinct from": (
        [at(FLIGHT, SHERKHAN, "category = ", f'distinct_from = ["{SHERKHAN[:-1]}"]\ncategory = ')],
        [Found(FLIGHT, SHERKHAN, "distinct_from", SHERKHAN[:-1], f"no such id in events; did you mean {SHERKHAN}")],
    ),
    "a claim under an event that names another one": (
        [at(BALKH, KALDAR, "[[event.claim]]\n", f'[[event.claim]]\nevent = "{AGAIN}"\n')],
        [Found(BALKH, KALDAR, "event", AGAIN, "a claim under an event is about that event; leave the key out")],
    ),
    "a change of control that names a place of its own": (
        [at(BALKH, KALDAR, "[event.control_change]\n", '[event.control_change]\nlocation = "kaldar"\n')],
        [Found(BALKH, KALDAR, "control_change.location", "kaldar", "unknown key")],
    ),
    "a change of control without a place": (
        [at(BALKH, KALDAR, 'location = "kaldar"\n', "")],
        [Found(BALKH, KALDAR, "location", "", "a change of control has a place")],
    ),
    "an unknown event to be part of": (
        [at(FLIGHT, CROSSING, f'part_of = "{ALL}"', 'part_of = "flight-to-tajikistan-2012"')],
        [Found(FLIGHT, CROSSING, "part_of", "flight-to-tajikistan-2012", f"no such id in events; did you mean {ALL}")],
    ),
    "a claim on an unknown event": (
        [more(BALKH, claim("zzz"))],
        [Found(BALKH, "zzz-p4", "event", "zzz", "no such id in events")],
    ),
    "a date reversed": (
        [at(BALKH, KALDAR, "earliest = 2021-06-21, latest = 2021-06-28", "earliest = 2021-06-28, latest = 2021-06-21")],
        [Found(BALKH, f"{KALDAR}-p17", "date", "2021-06-28..2021-06-21", "ends before it starts")],
    ),
    "a day that is not in the calendar": (
        [at(FLIGHT, SHERKHAN, "date = 2021-06-21", "date = 2021-06-31")],
        [],
    ),
    "one id on two sources": (
        [more(SOURCES, '[[source]]\nid = "zabihullah-mujahid"\nname = "Another"\nkind = "outlet"\n')],
        [Found(SOURCES, "zabihullah-mujahid", "id", "zabihullah-mujahid", "given 2 times in sources")],
    ),
    "one id on two actors": (
        [more(ACTORS, '[[actor]]\nid = "zabihullah-mujahid"\nname = "Another"\nkind = "person"\n')],
        [Found(ACTORS, "zabihullah-mujahid", "id", "zabihullah-mujahid", "given 2 times in actors")],
    ),
    "one id on two places": (
        [
            Change(
                PLACES,
                "[[location]]",
                "[[location]]",
                '[[location]]\nid = "afghan-tajik-border"\nname = "A"\nkind = "region"\n[[location]]',
            )
        ],
        [Found(PLACES, "afghan-tajik-border", "id", "afghan-tajik-border", "given 2 times in locations")],
    ),
    "one id on two events in two files": (
        [more(UZBEK, f'[[event]]\nid = "{SHERKHAN}"\ncategory = "clash"\ntitle = "A"\nsummary = "B"\n')],
        [
            Found(FLIGHT, SHERKHAN, "id", SHERKHAN, "given 2 times in events"),
            Found(UZBEK, SHERKHAN, "id", SHERKHAN, "given 2 times in events"),
        ],
    ),
    "one id on two claims": (
        [at(BALKH, LOST, "paragraph = 16", "paragraph = 17")],
        [Found(BALKH, f"{LOST}-p17", "id", f"{LOST}-p17", "given 2 times in claims; give each an id of its own")],
    ),
    "an id that is no id": (
        [more(UZBEK, '[[event]]\nid = "Not an id"\ncategory = "clash"\ntitle = "A"\nsummary = "B"\n')],
        [Found(UZBEK, "Not an id", "id", "Not an id", "pattern")],
    ),
    "bad TOML": (
        [more("events/dostum.toml", "[[event")],
        [Found("events/dostum.toml", "", "", "", "not TOML: ")],
    ),
    "a claim without a document": (
        [
            Change(PACK_TOML, "document", f'document = "{DOCUMENT}"\n', ""),
            more(BALKH, claim(KALDAR, document='"reuters"')),
        ],
        [
            Found(BALKH, f"{KALDAR}-p17", "document", "", "a claim needs a document; pack.toml names none"),
            Found(BALKH, f"{KALDAR}-p4", "document", "reuters", "is a source of kind agency, not a document"),
        ],
    ),
    "a claim without a paragraph": (
        [at(BALKH, KALDAR, "paragraph = 17\n", "")],
        [Found(BALKH, KALDAR, "paragraph", "", "give paragraph or")],
    ),
    "a claim with a paragraph and a locator": (
        [at(BALKH, KALDAR, "paragraph = 17\n", 'paragraph = 17\nlocator = "table 1"\n')],
        [Found(BALKH, f"{KALDAR}-p17", "paragraph", "", "give paragraph or")],
    ),
    "an alias printed by no document": (
        [at(PLACES, "afghan-uzbek-border", f'as_printed = "{DOCUMENT}"', 'as_printed = "bne-intellinews-2021-07-06"')],
        [Found(PLACES, "afghan-uzbek-border", "aliases.as_printed", "bne-intellinews-2021-07-06", "names no document")],
    ),
    "an alias printed by an outlet": (
        [at(ACTORS, "andsf", f'as_printed = "{DOCUMENT}"', 'as_printed = "reuters"')],
        [Found(ACTORS, "andsf", "aliases.as_printed", "reuters", "names no document")],
    ),
    "an alias given twice": (
        [at(PLACES, "hairatan", '{ name = "Hayratan" }', '{ name = "Hayratan" }, { name = "Hayratan" }')],
        [Found(PLACES, "hairatan", "aliases.name", "Hayratan", "given twice")],
    ),
    "a merged id that leads nowhere, and one that is still there": (
        [
            more(
                "merged.toml",
                f'[events]\nold-fight = "nowhere-2021"\n{KALDAR} = "{LOST}"\n[actors]\nold = "{KALDAR}"\n',
            )
        ],
        [
            Found("merged.toml", "old-fight", "events", "nowhere-2021", "no such id in events"),
            Found("merged.toml", KALDAR, "events", KALDAR, "is still there"),
            Found("merged.toml", "old", "actors", KALDAR, "no such id in actors"),
        ],
    ),
    "a malformed P-code": (
        [at(PLACES, "kaldar", 'code = "AF2113"', 'code = "AF21-13"')],
        [Found(PLACES, "kaldar", "codes.ocha-cod-ab", "AF21-13", "malformed")],
    ),
    "a P-code in small letters": (
        [at(PLACES, "badakhshan", 'code = "AF17"', 'code = "AF17a"')],
        [
            Found(PLACES, "badakhshan", "codes.ocha-cod-ab", "AF17a", "malformed"),
            Found(PLACES, "khwahan", "codes.ocha-cod-ab", "AF1720", "what it lies in, AF17a"),
        ],
    ),
    "a P-code that does not begin with its parent's": (
        [at(PLACES, "kaldar", 'code = "AF2113"', 'code = "AF2213"')],
        [
            Found(
                PLACES, "kaldar", "codes.ocha-cod-ab", "AF2213", "does not begin with the code of what it lies in, AF21"
            )
        ],
    ),
    "one code on two places": (
        [at(PLACES, "kaldar", 'code = "AF2113"', 'code = "AF2116"')],
        [
            Found(PLACES, "kaldar", "codes.ocha-cod-ab", "AF2116", "is the code of hairatan too"),
            Found(PLACES, "hairatan", "codes.ocha-cod-ab", "AF2116", "is the code of kaldar too"),
        ],
    ),
    "latitude 137": (
        [at(PLACES, "amu-darya", 'kind = "river"', 'kind = "river"\nlatitude = 137.0')],
        [Found(PLACES, "amu-darya", "latitude", "137.0", "less than or equal to 90")],
    ),
    "longitude -181": (
        [at(PLACES, "amu-darya", 'kind = "river"', 'kind = "river"\nlongitude = -181.0')],
        [Found(PLACES, "amu-darya", "longitude", "-181.0", "greater than or equal to -180")],
    ),
    "an unknown key of a place": (
        [at(PLACES, "amu-darya", 'kind = "river"', 'kind = "river"\ncolour = "brown"')],
        [Found(PLACES, "amu-darya", "colour", "brown", "unknown key")],
    ),
    "an unknown key of a claim": (
        [more(BALKH, claim(KALDAR, via_="[]"))],
        [Found(BALKH, f"{KALDAR}-p4", "via_", "[]", "unknown key; did you mean via?")],
    ),
    "an unknown table of a file": ([more(ACTORS, "[[actors]]\n")], [Found(ACTORS, "", "actors", "", "unknown key")]),
    "a file that belongs to no pack": (
        [more("places.toml", "")],
        [Found("places.toml", "", "", "places.toml", "no file of this name belongs to a pack")],
    ),
    "an unknown code": (
        [more(BALKH, claim(KALDAR, modality='"likely"'))],
        [Found(BALKH, f"{KALDAR}-p4", "modality", "likely", "not one of fact, reported, possible, planned")],
    ),
    "a derived role coded by hand": (
        [
            more(
                BALKH,
                '[[event]]\nid = "x"\ncategory = "clash"\ntitle = "A"\nsummary = "B"\n'
                'actors = [{ actor = "taliban", role = "gains" }]\n',
            )
        ],
        [Found(BALKH, "x", "actors.0.role", "gains", "Input should be 'initiator'")],
    ),
    "a number in quotes where a number belongs": (
        [more(BALKH, claim(KALDAR, paragraph='"4"'))],
        [Found(BALKH, KALDAR, "paragraph", "4", "a whole number, without quotes")],
    ),
    "an unsorted list": (
        [more(SOURCES, '[[source]]\nid = "aaa"\nname = "A"\nkind = "outlet"\n')],
        [Found(SOURCES, "aaa", "id", "aaa", "not sorted: stands after zabihullah-mujahid")],
    ),
    "a circle of places": (
        [
            at(PLACES, "caucasus", 'kind = "region"', 'kind = "region"\nparent = "central-asia"'),
            at(PLACES, "central-asia", 'kind = "region"', 'kind = "region"\nparent = "caucasus"'),
        ],
        [
            Found(PLACES, "caucasus", "parent", "central-asia", "lies in itself"),
            Found(PLACES, "central-asia", "parent", "caucasus", "lies in itself"),
        ],
    ),
    "a circle of events": (
        [at(FLIGHT, ALL, "location = ", f'part_of = "{CROSSING}"\nlocation = ')],
        [
            Found(FLIGHT, ALL, "part_of", CROSSING, "is part of itself"),
            Found(FLIGHT, CROSSING, "part_of", ALL, "is part of itself"),
        ],
    ),
    "a circle of actors": (
        [at(ACTORS, "afghan-government", "codes = ", 'relations = [{ type = "part_of", actor = "andsf" }]\ncodes = ')],
        [
            Found(ACTORS, "afghan-government", "relations.part_of", "afghan-government", "is part of itself"),
            Found(ACTORS, "andsf", "relations.part_of", "andsf", "is part of itself"),
        ],
    ),
    "a relation that ends before it starts": (
        [
            at(
                ACTORS,
                "andsf",
                'actor = "afghan-government"',
                'actor = "afghan-government", from = 2021-07-01, until = 2021-06-01',
            )
        ],
        [Found(ACTORS, "andsf", "relations", "2021-07-01..2021-06-01", "ends before it starts")],
    ),
    "a printed date that reads otherwise, without a note": (
        [at(UZBEK, SPOKESMAN, "\ndate = 2021-06-28", "\ndate = 2021-06-27")],
        [
            Found(
                UZBEK, f"{SPOKESMAN}-p30", "date", "2021-06-27..2021-06-27", "'June 28' reads as 2021-06-28..2021-06-28"
            )
        ],
    ),
    "a number the table cannot read": (
        [more(FLIGHT, claim(ALL, date="2021-07-04") + FIGURE + 'printed = "a great many"\n')],
        [Found(FLIGHT, f"{ALL}-p4", "figures.persons_moved", "a great many", "the table cannot read it")],
    ),
    "bounds that are not those of the table, without a note": (
        [more(FLIGHT, claim(ALL, date="2021-07-04") + FIGURE + 'printed = "dozens"\nlow = 30\n')],
        [
            Found(
                FLIGHT,
                f"{ALL}-p4",
                "figures.persons_moved",
                "dozens",
                "the table reads (24, None, 99); say why in note",
            )
        ],
    ),
    "low above high": (
        [more(FLIGHT, claim(ALL, date="2021-07-04", note='"Why."') + FIGURE + 'printed = "9"\nlow = 9\nhigh = 3\n')],
        [Found(FLIGHT, f"{ALL}-p4", "figures.persons_moved", "(9, None, 3)", "low, best and high are out of order")],
    ),
    "a report after the publication": (
        [more(BALKH, claim(KALDAR, reported_on="2021-07-06"))],
        [Found(BALKH, f"{KALDAR}-p4", "reported_on", "2021-07-06", "is later than the document, 2021-07-05")],
    ),
    "a fact told before it happened": (
        [more(FLIGHT, claim(FIGHTING, modality='"fact"', date="2021-07-06"))],
        [Found(FLIGHT, f"{FIGHTING}-p4", "date", "2021-07-06..2021-07-06", "starts after it was reported, 2021-07-05")],
    ),
    "a precision that does not fit": (
        [more(BALKH, claim(KALDAR, date='{ earliest = 2021-06-22, latest = 2021-06-23, precision = "day" }'))],
        [Found(BALKH, f"{KALDAR}-p4", "date.precision", "day", "does not fit 2021-06-22..2021-06-23")],
    ),
    "an event without claims": (
        [more(BALKH, '[[event]]\nid = "x"\ncategory = "clash"\ntitle = "A"\nsummary = "B"\n')],
        [Found(BALKH, "x", "claim", "", "an event needs at least one claim")],
    ),
    "a control change of another category": (
        [at(BALKH, KALDAR, 'category = "control_change"', 'category = "clash"')],
        [Found(BALKH, KALDAR, "category", "clash", "an event with control_change has that category")],
    ),
    "a control change without its table": (
        [at(FLIGHT, FIGHTING, 'category = "clash"', 'category = "control_change"')],
        [
            Found(
                FLIGHT,
                FIGHTING,
                "control_change",
                "control_change",
                "a change of control needs its table",
            )
        ],
    ),
    "a movement without its table": (
        [at(FLIGHT, FIGHTING, 'category = "clash"', 'category = "movement"')],
        [Found(FLIGHT, FIGHTING, "movement", "movement", "a movement needs its table")],
    ),
    "coordinates that do not say what they are": (
        [at(PLACES, "doha", 'point_kind = "exact"\n', "")],
        [Found(PLACES, "doha", "latitude", "25.2854", "latitude, longitude and point_kind go together")],
    ),
    "a latitude alone": (
        [at(PLACES, "amu-darya", 'kind = "river"', 'kind = "river"\nlatitude = 37.0')],
        [Found(PLACES, "amu-darya", "latitude", "37.0", "latitude, longitude and point_kind go together")],
    ),
    "a country without its code": (
        [at(PLACES, "qatar", 'country = "QAT"\n', "")],
        [Found(PLACES, "qatar", "country", "", "a country needs its ISO 3166-1 alpha-3 code")],
    ),
    "an id of the pack that is not the folder's name": (
        [Change(PACK_TOML, "id", f'id = "{PACK}"', 'id = "northern-afghanistan"')],
        [Found(PACK_TOML, "northern-afghanistan", "id", "northern-afghanistan", f"must be the folder's name, {PACK}")],
    ),
}
MANY_MORE = {"a claim without a document"}  # the rest of the claims have none either
UNREADABLE = {"a day that is not in the calendar"}  # then nothing in the file can be read


def problems_of(folder: Path, name: str | None = None) -> list[Problem]:
    """Every problem that the packs have; none at all if they are whole."""
    try:
        read_checked(folder, name)
    except BrokenPackError as error:
        return error.problems
    return []


def test_the_pack_as_it_ships_has_no_problem(seed_dir: Path) -> None:
    assert problems_of(seed_dir) == []


@pytest.mark.parametrize("name", [name for name in BROKEN if name not in UNREADABLE])
def test_reported_is(name: str, seed_dir: Path) -> None:
    changes, expected = BROKEN[name]
    for change in changes:
        change.apply(seed_dir)
    found = problems_of(seed_dir)
    for wanted in expected:
        assert [problem for problem in found if wanted.fits(problem)] != [], found
    if name not in MANY_MORE:
        assert len(found) == len(expected), found
    assert found == sorted(set(found))


def test_a_day_that_is_not_in_the_calendar_is_named_with_its_line(seed_dir: Path) -> None:
    BROKEN["a day that is not in the calendar"][0][0].apply(seed_dir)
    lines = (seed_dir / PACK / FLIGHT).read_text(encoding="utf-8").splitlines()
    line = next(number for number, content in enumerate(lines, 1) if "2021-06-31" in content)
    (problem,) = [problem for problem in problems_of(seed_dir) if not problem.id]
    assert problem.file == f"{PACK}/{FLIGHT}"
    assert problem.reason.startswith("not TOML: ")
    assert f"line {line}" in problem.reason


def test_bytes_that_are_not_utf_8_are_reported(seed_dir: Path) -> None:
    with (seed_dir / PACK / "events/dostum.toml").open("ab") as file:
        file.write("# café\n".encode("latin-1"))
    assert problems_of(seed_dir) == [Problem(f"{PACK}/events/dostum.toml", "", "", "", "not UTF-8")]


ONE_SLIP = {
    "a kind of an actor": (at(ACTORS, "taliban", 'kind = "rebel_group"', 'kind = "rebels"'), "taliban", "kind"),
    "a latitude of a place with events": (
        at(PLACES, "kaldar", "latitude = 37.13249", "latitude = 137.13249"),
        "kaldar",
        "latitude",
    ),
    "a kind of a source": (at(SOURCES, "ariana-news", 'kind = "outlet"', 'kind = "telly"'), "ariana-news", "kind"),
    "a key of an event": (at(BALKH, KALDAR, "summary = ", "sumary = "), KALDAR, "sumary"),
    "a key of an event's only claim": (at(BALKH, KALDAR, "note = ", "reason = "), f"{KALDAR}-p17", "reason"),
}


@pytest.mark.parametrize("slip", ONE_SLIP)
def test_a_row_with_a_slip_is_not_reported_as_missing_too(slip: str, seed_dir: Path) -> None:
    change, id_, field = ONE_SLIP[slip]
    change.apply(seed_dir)
    found = problems_of(seed_dir)
    assert (id_, field) in {(problem.id, problem.field) for problem in found}
    assert {problem.id for problem in found} == {id_}, [str(problem) for problem in found if problem.id != id_]


def test_an_unknown_pack_names_those_that_are_here(seed_dir: Path) -> None:
    assert problems_of(seed_dir, "afghanistan") == [
        Problem("seed", "", "pack", "afghanistan", f"no such pack; packs here: {PACK}")
    ]


def test_a_folder_without_packs_says_so(tmp_path: Path) -> None:
    assert [problem.reason for problem in problems_of(tmp_path)] == ["no such pack; packs here: none"]


def rows_of(url: str) -> dict[str, list[str]]:
    """Every row of every table."""
    names = [*models.METADATA.tables, *(f"{entity.singular}_text" for entity in ENTITY_TYPES.values())]
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        return {
            name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")).all()))  # noqa: S608 - names of ours
            for name in names
        }


def digest_of(url: str) -> str:
    """A digest of the file of an embedded database; of a server's, nothing."""
    path = sqlite_path(url)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""


def load_by_command(url: str, folder: Path) -> tuple[int, list[str]]:
    """Exit code and lines of `oxus seed load`."""
    result = CliRunner().invoke(command, ["seed", "load", "--database", url, "--seed", str(folder)])
    return result.exit_code, result.stderr.splitlines()


TOGETHER = [
    "an unknown actor names the nearest one",
    "a date reversed",
    "one id on two sources",
    "bad TOML",
    "an event without claims",
    "an alias printed by no document",
    "a merged id that leads nowhere, and one that is still there",
    "a malformed P-code",
    "a circle of actors",
    "latitude 137",
    "an unknown code",
    "low above high",
    "a file that belongs to no pack",
]


def break_much(folder: Path) -> list[Found]:
    """Break a pack in many ways; what is to be found then."""
    expected: list[Found] = []
    for name in TOGETHER:
        changes, found = BROKEN[name]
        for change in changes:
            change.apply(folder)
        expected += found
    return expected


@pytest.mark.parametrize("state", ["loaded", "migrated"])
def test_many_problems_are_all_told_in_one_go_and_nothing_is_loaded(
    databases: Databases, seed_dir: Path, state: str
) -> None:
    make: Callable[[], str] = getattr(databases, state)
    url = make()
    before, file_before = rows_of(url), digest_of(url)
    expected = break_much(seed_dir)
    code, lines = load_by_command(url, seed_dir)
    assert code == 1
    told = lines.pop()
    for wanted in expected:
        head = f"{PACK}/{wanted.file}: {wanted.id or '-'}: {wanted.field or '-'}: {wanted.value!r}: "
        assert [line for line in lines if line.startswith(head) and wanted.reason in line] != [], wanted
    assert len(lines) >= len(expected)
    assert told == f"{len(lines)} problem(s); nothing was loaded."
    assert rows_of(url) == before
    assert digest_of(url) == file_before


def test_checking_tells_the_same_problems_as_loading(databases: Databases, seed_dir: Path) -> None:
    break_much(seed_dir)
    checked = CliRunner().invoke(command, ["seed", "check", "--seed", str(seed_dir)])
    code, lines = load_by_command(databases.migrated(), seed_dir)
    assert (checked.exit_code, checked.stderr.splitlines()) == (code, lines)
    assert code == 1
