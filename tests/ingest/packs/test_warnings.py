"""Warnings about packs: what two documents tell alike, and parts outside their whole; none of them stops a load."""

from pathlib import Path
from typing import Any

import pytest
from conftest import PACK, SEED, TESTS, Databases
from factories.packs import write_pack
from stored_state import answering, load
from typer.testing import CliRunner

from app.cli import app as command
from app.errors import Problem
from app.ingest.packs.load import read_checked

SECOND_PACK = TESTS / "data" / "packs" / "tajik-border-2021"


def pack_toml(name: str) -> str:
    return (
        f'id = "{name}"\ntitle = "{name}"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "{name}."\n'
        f'document = "{name}-paper"\n[coverage]\nsources_searched = "One paper."\n'
    )


def source(id_: str, name: str, kind: str, **fields: str) -> str:
    given = {"id": id_, "name": name, "kind": kind} | fields
    lines = [f"{key} = {value}" if key == "published_on" else f'{key} = "{value}"' for key, value in given.items()]
    return "\n".join(["[[source]]", *lines]) + "\n"


def paper(pack: str, title: str | None = None, published_on: str = "2021-07-10", **fields: str) -> str:
    title = title or f"Paper of {pack}"
    return source(f"{pack}-paper", title, "article", published_on=published_on, **fields)


def place(id_: str, name: str, kind: str = "district", point: str = "", more: str = "") -> str:
    latitude, _, longitude = point.partition(" ")
    at = f'latitude = {latitude}\nlongitude = {longitude}\npoint_kind = "exact"\n' if point else ""
    return f'[[location]]\nid = "{id_}"\nname = "{name}"\nkind = "{kind}"\n{at}{more}'


def actor(id_: str, name: str, kind: str = "militia", more: str = "") -> str:
    return f'[[actor]]\nid = "{id_}"\nname = "{name}"\nkind = "{kind}"\n{more}'


def event(id_: str, when: str, where: str, who: str, category: str = "clash", more: str = "") -> str:
    """An event with one claim; `more` are lines of the event."""
    return (
        f'[[event]]\nid = "{id_}"\ncategory = "{category}"\ntitle = "A fight"\nsummary = "A fight."\n'
        f'location = "{where}"\nactors = [{{ actor = "{who}", role = "initiator" }}]\n{more}'
        f'[[event.claim]]\nparagraph = 1\nmodality = "fact"\nsummary = "A fight."\ndate = {when}\n'
    )


def change(gained_by: str) -> str:
    return f'[event.control_change]\ngained_by = "{gained_by}"\nextent = "full"\nmeans = "captured"\n'


ONE = {
    "pack": pack_toml("one"),
    "sources": paper("one"),
    "actors": actor("band", "Band"),
    "locations": place("brook", "Brook", "town", "36.5 67.25") + place("ford", "Ford"),
    "events/all": event("fight", "2021-07-03", "ford", "band"),
}
TWO = {"pack": pack_toml("two"), "sources": paper("two")}


def warnings_of(folder: Path, one: dict[str, str], two: dict[str, str]) -> dict[str, list[Problem]]:
    """The warnings about two packs, by the id of the pack."""
    write_pack(folder / "one", ONE | one)
    write_pack(folder / "two", TWO | two)
    return {content.pack.id: warnings for content, warnings in read_checked(folder)}


FIGHT = Problem(
    "one/events/all.toml",
    "fight",
    "event",
    "2021-07-03",
    "may be brawl of two; say so with a claim on it, or with distinct_from",
)


@pytest.mark.parametrize(
    ("brawl", "found"),
    [
        (event("brawl", "2021-07-03", "ford", "band"), True),
        (event("brawl", "2021-07-05", "ford", "band"), True),
        (event("brawl", "2021-07-06", "ford", "band"), False),  # three days later
        (event("brawl", "2021-07-03", "brook", "band"), False),  # a place of another kind
        (event("brawl", "2021-07-03", "ford", "gang"), False),  # nobody in common
        (event("brawl", "2021-07-03", "ford", "band", "mobilisation"), False),
        (event("brawl", "2021-07-03", "ford", "band", "control_change", change("band")), True),  # told as a capture
        (event("brawl", "2021-07-03", "ford", "gang", "control_change", change("gang")), False),
        (event("brawl", "2021-07-03", "ford", "band", more='distinct_from = ["fight"]\n'), False),
    ],
)
def test_an_event_that_another_pack_may_tell_too_is_named_on_both_sides(
    tmp_path: Path, brawl: str, found: bool
) -> None:
    told = warnings_of(tmp_path, {}, {"actors": actor("gang", "Gang"), "events/all": brawl})
    assert told["one"] == ([FIGHT] if found else [])
    assert [(warning.id, warning.field) for warning in told["two"]] == ([("brawl", "event")] if found else [])
    assert all(warning.reason.startswith("may be fight of one; ") for warning in told["two"])


def test_events_of_one_pack_are_never_each_others_duplicates(tmp_path: Path) -> None:
    twice = ONE["events/all"] + event("fight-again", "2021-07-03", "ford", "band")
    assert warnings_of(tmp_path, {"events/all": twice}, {}) == {"one": [], "two": []}


def test_events_at_two_towns_close_by_may_be_one_if_their_towns_are_near(tmp_path: Path) -> None:
    fight = event("fight", "2021-07-03", "brook", "band")
    for point, found in (("36.53 67.25", True), ("36.56 67.25", False)):  # 3.3 and 6.7 km to the north
        mill = {"locations": place("mill", "Mill", "town", point)}
        told = warnings_of(
            tmp_path, {"events/all": fight}, mill | {"events/all": event("b", "2021-07-03", "mill", "band")}
        )
        assert [warning.id for warning in told["two"]] == (["b"] if found else [])


SAME: dict[str, tuple[dict[str, str], str, str, str]] = {
    "a place of one name": ({"locations": place("furt", "ford")}, "furt", "ford", "both are called ford"),
    "a place of one alias": (
        {"locations": place("furt", "Furt", more='aliases = [{ name = "FORD" }]\n')},
        "furt", "ford", "both are called ford",
    ),
    "a place less than 1 km away": (
        {"locations": place("creek", "Creek", "town", "36.508 67.25")},
        "creek", "brook", "both lie within 1 km",
    ),
    "an actor of one name": ({"actors": actor("bande", "Band")}, "bande", "band", "both are called band"),
    "a source of one name": (
        {"sources": source("p", "Paper of one", "article", published_on="2021-07-11") + paper("two")},
        "p", "one-paper", "both are called paperofone",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_a_row_that_may_be_another_is_named_on_both_sides(tmp_path: Path, case: str) -> None:
    two, own, other, reason = SAME[case]
    resource = next(iter(two))
    told = warnings_of(tmp_path, {}, two)
    for pack, id_, value in (("two", own, other), ("one", other, own)):
        assert [(w.file, w.id, w.field, w.value) for w in told[pack]] == [
            (f"{pack}/{resource}.toml", id_, resource, value)
        ]
        assert told[pack][0].reason.startswith("may be the same: both ")
        assert told[pack][0].reason.replace(" ", "") == f"may be the same: {reason}".replace(" ", "")


@pytest.mark.parametrize(
    "two",
    [
        {"locations": place("furt", "Ford", "province")},
        {"locations": place("creek", "Creek", "town", "36.52 67.25")},  # 2 km away
        {"locations": place("creek", "Creek", "city", "36.5 67.25")},
        {"actors": actor("bande", "Band", "rebel_group")},
    ],
)
def test_rows_of_two_kinds_or_far_apart_are_two(tmp_path: Path, two: dict[str, str]) -> None:
    assert warnings_of(tmp_path, {}, two) == {"one": [], "two": []}


def test_two_outlets_of_one_url_may_be_one(tmp_path: Path) -> None:
    url = "https://wire.example/"
    one = {"sources": paper("one") + source("wire", "Wire", "agency", url=url)}
    two = {"sources": paper("two") + source("zwire", "The Wire", "agency", url=url)}
    told = warnings_of(tmp_path, one, two)
    reason = f"may be the same: both have the url {url}"
    assert told == {
        "one": [Problem("one/sources.toml", "wire", "sources", "zwire", reason)],
        "two": [Problem("two/sources.toml", "zwire", "sources", "wire", reason)],
    }


URL = "https://paper.example/1"
OUTLET = source("gazette", "Gazette", "outlet")


@pytest.mark.parametrize(
    ("one", "two", "value"),
    [
        (paper("one", url=URL), paper("two", url=URL), URL),
        (
            OUTLET + paper("one", title="The war", organisation="gazette"),
            paper("two", title="The War", organisation="gazette"),
            "The War",
        ),
    ],
)
def test_a_document_under_two_ids_is_named_on_both_sides(tmp_path: Path, one: str, two: str, value: str) -> None:
    told = warnings_of(tmp_path, {"sources": one}, {"sources": two})
    for pack, other in (("one", "two"), ("two", "one")):
        (warning,) = [warning for warning in told[pack] if warning.field == "url"]
        assert (warning.file, warning.id) == (f"{pack}/sources.toml", f"{pack}-paper")
        assert warning.value.casefold() == value.casefold()
        reason = f"is the same document as {other}-paper: one url, or one title of an outlet on a day"
        assert warning.reason == reason


@pytest.mark.parametrize(
    "two",
    [
        paper("two", url="https://paper.example/2"),
        paper("two", title="The war", organisation="gazette", published_on="2021-07-11"),
    ],
)
def test_documents_of_two_urls_or_of_two_days_are_two(tmp_path: Path, two: str) -> None:
    one = OUTLET + paper("one", title="The war", organisation="gazette", url=URL)
    told = warnings_of(tmp_path, {"sources": one}, {"sources": two})
    assert [w for warnings in told.values() for w in warnings if w.field == "url"] == []


@pytest.mark.parametrize(("when", "outside"), [("2021-07-03", False), ("2021-07-04", True), ("2021-06-30", True)])
def test_a_part_outside_its_whole_is_named(tmp_path: Path, when: str, outside: bool) -> None:
    part = event("part", when, "ford", "band", "mobilisation", 'part_of = "fight"\n')
    told = warnings_of(tmp_path, {}, {"events/all": part})
    reason = f"lies on {when}, outside the event that it is part of, 2021-07-03"
    expected = [Problem("two/events/all.toml", "part", "part_of", "fight", reason)] if outside else []
    assert told == {"one": [], "two": expected}


def test_the_first_pack_has_no_warning_and_the_second_names_what_both_tell(tmp_path: Path) -> None:
    ((_, warnings),) = read_checked(SEED)
    assert warnings == []
    for folder in (SEED / PACK, SECOND_PACK):
        (tmp_path / folder.name).symlink_to(folder)
    told = {content.pack.id: warnings for content, warnings in read_checked(tmp_path)}
    assert {(w.id, w.field) for w in told[SECOND_PACK.name]} == {
        ("kaldar-checkpoint-attacked-2021-06-27", "event"),
        ("sherkhan-bandar-assault-2021-06-22", "event"),
    }
    assert {(w.id, w.field) for w in told[PACK]} == {
        ("kaldar-captured-2021-06", "event"),
        ("sherkhan-bandar-captured-2021-06-21", "event"),
    }


def test_the_command_prints_warnings_apart_and_succeeds(tmp_path: Path) -> None:
    warnings_of(tmp_path, {}, {"events/all": event("brawl", "2021-07-03", "ford", "band")})
    result = CliRunner().invoke(command, ["seed", "check", "--seed", str(tmp_path)])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "one 1: 1 events, 1 claims, no problem",
        "two 1: 1 events, 1 claims, no problem",
    ]
    where = "event: '2021-07-03': may be"
    assert result.stderr.splitlines() == [
        f"warning: one/events/all.toml: fight: {where} brawl of two; say so with a claim on it, or with distinct_from",
        f"warning: two/events/all.toml: brawl: {where} fight of one; say so with a claim on it, or with distinct_from",
    ]


def test_warnings_stop_no_load_and_are_listed_over_http(databases: Databases, tmp_path: Path) -> None:
    url = databases.migrated()
    wire = {"url": "https://wire.example/"}
    one = {"sources": paper("one") + source("wire", "Wire", "agency", **wire)}
    two: dict[str, Any] = {
        "sources": paper("two") + source("zwire", "The Wire", "agency", **wire),
        "actors": actor("bande", "Band"),
        "locations": place("furt", "Ford"),
        "events/all": event("brawl", "2021-07-03", "ford", "band"),
    }
    warned = warnings_of(tmp_path, one, two)
    assert {loaded.pack for loaded in load(url, tmp_path)} == {"one", "two"}
    with answering(url) as asked:
        listed = asked("/v1/duplicates")["items"]
    assert sorted((row["resource"], *sorted(item["id"] for item in row["items"])) for row in listed) == [
        ("actors", "band", "bande"),
        ("events", "brawl", "fight"),
        ("locations", "ford", "furt"),
        ("sources", "wire", "zwire"),
    ]
    assert {len(warnings) for warnings in warned.values()} == {4}
    write_pack(
        tmp_path / "two",
        TWO | two | {"events/all": two["events/all"].replace("location", 'distinct_from = ["fight"]\nlocation', 1)},
    )
    load(url, tmp_path)
    with answering(url) as asked:
        assert asked("/v1/duplicates", resource="events")["items"] == []
