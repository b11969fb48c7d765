"""Codes and labels of ACLED, what a file may hold that no cell should, and the shared samples."""

from typing import Any

import pytest
from factories.acled import acled_bytes
from factories.acled import acled_sample as sample

from app import vocab
from app.codebooks.acled import (
    CROSSWALK,
    DISORDER_TYPES,
    INTER_CODES,
    SUB_EVENT_TYPES,
    Inter,
    civilian_targeting,
    crosswalk_text,
    disorder_type,
)
from app.ingest.datasets.acled.cells import split_names
from app.ingest.datasets.acled.codes import (
    ACTOR_KIND_BY_INTER,
    ACTOR_KIND_PRECEDENCE,
    CATEGORIES,
    category_of,
    parse_inter,
    parse_sub_event_type,
)
from app.ingest.datasets.acled.event_rows import AcledRowBuilder
from app.ingest.datasets.acled.reader import AcledReader, AcledRecord, parse_event_id
from app.ingest.datasets.core.records import Rejected
from ingest.datasets.acled.acled_files import cells_of, one, refused
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

# What a file may hold that no cell should.


def test_a_bad_row_spoils_no_other(file: File) -> None:
    good, other = acled_bytes({}).splitlines(keepends=True)[1], acled_bytes({"event_id_cnty": "XMP11"})
    nul = good.replace(b"Shots", b"Sh\0ts")
    short = b"XMP12,2021-07-04\n"
    unquoted = good.replace(b"Made up.", b'"Made" up.')
    stray = good.replace(b"Mill village", b"Mill\rvillage")
    not_text = good.replace(b"Mill village", b"Mill \xff village")
    found = list(AcledReader.records(file(other + nul + short + unquoted + stray + not_text + good)))
    assert [type(row) for row in found] == [AcledRecord, *[Rejected] * 5, AcledRecord]
    assert [row.reason for row in found if isinstance(row, Rejected)] == [
        "line 3 has a NUL byte",
        "has 2 cells, the header has 31",
        "is not well-formed CSV: ',' expected after '\"'",
        "a carriage return stands outside quotes: lines end in LF or CRLF",
        "byte 289 of line 7 is not UTF-8",
    ]


def test_a_long_cell_is_read_where_it_is_a_text_and_refused_where_rows_are_looked_up_by_it(file: File) -> None:
    long = "x" * 200_000
    assert cells_of(one(file(acled_bytes({"notes": long}))))["notes"] == long
    assert one(file(acled_bytes({"actor1": long, "location": long}))).warnings == []
    assert refused(file(acled_bytes({"country": long}))) == [("country", "x" * 300, "is longer than 300 characters")]


# Code lists.


def test_every_pair_that_the_served_crosswalk_names_has_a_category_that_has_it() -> None:
    pairs = {pair for pairs in CROSSWALK.values() for pair in pairs}
    assert CATEGORIES.keys() == pairs
    assert all(pair in CROSSWALK[category] for pair, category in CATEGORIES.items())


@pytest.mark.parametrize(
    ("category", "served"),
    [
        (
            "control_change",
            "Battles: Government regains territory / Non-state actor overtakes territory; "
            "Strategic developments: Non-violent transfer of territory",
        ),
        ("clash", "Battles: Armed clash"),
        ("movement", "Strategic developments: Change to group/activity; Other"),
        ("statement", None),
        ("violence_against_civilians", "Violence against civilians"),
    ],
)
def test_the_vocabulary_serves_the_crosswalk_in_words(category: str, served: str | None) -> None:
    assert vocab.EventCategory(category).term.acled == crosswalk_text(category) == served


def test_every_category_is_in_the_crosswalk() -> None:
    assert list(CROSSWALK) == list(vocab.EventCategory)


def test_every_sub_event_type_has_a_category_and_a_disorder_type() -> None:
    found = {
        (event_type, sub): category_of(event_type, sub, (Inter.NONE, Inter.NONE), has_actor2=True)
        for event_type, subs in SUB_EVENT_TYPES.items()
        for sub in subs
    }
    assert len(found) == 25
    assert set(found.values()) <= set(vocab.EventCategory.vocabulary.codes)
    control = [sub for (_, sub), category in found.items() if category == "control_change"]
    assert control == [
        "Government regains territory",
        "Non-state actor overtakes territory",
        "Non-violent transfer of territory",
    ]
    assert SUB_EVENT_TYPES.keys() == DISORDER_TYPES.keys()
    assert {disorder_type(*pair) for pair in found} == {*DISORDER_TYPES.values(), "Political violence; Demonstrations"}


@pytest.mark.parametrize(
    ("event_type", "sub", "sides", "other_side", "category"),
    [
        (
            "Explosions/Remote violence",
            "Air/drone strike",
            ("State forces", "Civilians"),
            True,
            "violence_against_civilians",
        ),
        ("Explosions/Remote violence", "Air/drone strike", ("State forces", "Rebel group"), True, "clash"),
        ("Explosions/Remote violence", "Grenade", ("Rebel group", ""), False, "offensive"),
        ("Protests", "Peaceful protest", ("Protesters", ""), False, "other"),
        (
            "Protests",
            "Excessive force against protesters",
            ("Protesters", "State forces"),
            True,
            "violence_against_civilians",
        ),
        ("Riots", "Mob violence", ("Rioters", "Civilians"), True, "other"),
        ("Battles", None, ("Rebel group", "State forces"), True, "clash"),
        ("Violence against civilians", None, ("", ""), False, "violence_against_civilians"),
        ("Strategic developments", "Agreement", ("", ""), False, "diplomacy"),
        ("Strategic developments", "Change to group/activity", ("", ""), False, "mobilisation"),
        ("Strategic developments", "Arrests", ("", ""), False, "other"),
        ("Strategic developments", None, ("", ""), False, "other"),
    ],
)
def test_what_types_become(
    event_type: str, sub: str | None, sides: tuple[str, str], other_side: bool, category: str
) -> None:
    assert category_of(event_type, sub, sides, has_actor2=other_side) == category


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((str(code), name) for code, name in enumerate(INTER_CODES)),
        *((name, name) for name in INTER_CODES),
        ("2.0", "Rebel group"),
        ("State Forces", "State forces"),
        ("Rebel Groups", "Rebel group"),
        ("external/other forces", "External/Other forces"),
        ("9", None),
        ("-1", None),
        ("Pirates", None),
    ],
)
def test_kinds_of_actors_are_known_in_words_and_by_their_old_numbers(text: str, expected: Any) -> None:
    assert parse_inter(text) == expected


def test_the_kind_of_an_actor_does_not_depend_on_what_is_read_first() -> None:
    assert set(ACTOR_KIND_BY_INTER) == set(INTER_CODES)
    assert set(ACTOR_KIND_BY_INTER.values()) == set(ACTOR_KIND_PRECEDENCE) <= set(vocab.ActorKind.vocabulary.codes)
    for one_kind in ACTOR_KIND_PRECEDENCE:
        for other in ACTOR_KIND_PRECEDENCE:
            assert AcledRowBuilder.dominant_kind(one_kind, other) == AcledRowBuilder.dominant_kind(other, one_kind)
    assert AcledRowBuilder.dominant_kind("international_forces", "state_forces") == "state_forces"
    assert AcledRowBuilder.dominant_kind("other", "militia") == "militia"


def test_small_readers() -> None:
    assert split_names("A;  B ;; A; C  D") == ["A", "B", "C D"]
    assert parse_event_id(" AFG123 ") == "AFG123"
    assert parse_sub_event_type("Battles", "ARMED CLASH") == "Armed clash"
    assert parse_sub_event_type("Riots", "Armed clash") is None
    assert civilian_targeting("Explosions/Remote violence", "Grenade", ("Rebel group", "")) == ""


# The shared samples.


def test_the_sample_of_today_is_read() -> None:
    found = list(AcledReader.records(sample("acled_format_SYNTHETIC_3rows.csv")))
    told = [
        (row.id, row.event_date.isoformat(), row.earliest.isoformat(), row.inters, len(row.warnings))
        for row in found
        if isinstance(row, AcledRecord)
    ]
    assert told == [
        ("SYN0001", "2021-07-04", "2021-07-04", ("Rebel group", "State forces"), 0),
        ("SYN0002", "2021-07-05", "2021-07-02", ("Political militia", "Civilians"), 1),
        ("SYN0003", "2021-07-05", "2021-07-01", ("Rebel group", ""), 0),
    ]


def test_the_sample_of_the_old_layout_is_read() -> None:
    record = one(sample("acled_hdx2021_header_SYNTHETIC_1row.csv"))
    assert (record.id, record.inters, record.warnings) == ("SYN1", ("Rebel group", "State forces"), [])
    assert cells_of(record)["interaction"] == "12"
