"""Reading ACLED: whichever layout or program a file has been through, the records are the same."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import OLD_ACLED_COLUMNS as OLD_COLUMNS
from factories.acled import OLD_ACLED_ROW as OLD
from factories.acled import Cells, acled_bytes
from factories.acled import acled_sample as sample

from app import vocab
from app.codebooks.acled import (
    ACLED_COLUMNS,
    CROSSWALK,
    DISORDER_TYPES,
    INTER_CODES,
    SUB_EVENT_TYPES,
    Inter,
    civilian_targeting,
    crosswalk_text,
    disorder_type,
)
from app.ingest.datasets.acled.cells import date_range_of_precision, split_names
from app.ingest.datasets.acled.codes import (
    ACTOR_KIND_BY_INTER,
    ACTOR_KIND_PRECEDENCE,
    CATEGORIES,
    category_of,
    parse_inter,
    parse_sub_event_type,
)
from app.ingest.datasets.acled.event_rows import AcledRowBuilder
from app.ingest.datasets.acled.reader import LAYOUT, AcledReader, AcledRecord, parse_event_id
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError
from app.ingest.datasets.core.records import Rejected, RowWarning
from app.query.compat.acled.columns import EVENT_COLUMNS


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    return write


File = Callable[[bytes], Path]


def one(path: Path) -> AcledRecord:
    [record] = AcledReader.records(path)
    assert isinstance(record, AcledRecord), record
    return record


def refused(path: Path) -> list[tuple[str, str, str]]:
    """Field, value and reason of every rejection."""
    found = list(AcledReader.records(path))
    assert all(isinstance(row, Rejected) for row in found), found
    return [(row.field, row.value, row.reason) for row in found if isinstance(row, Rejected)]


def cells_of(record: AcledRecord) -> dict[str, str | None]:
    return dict(zip(ACLED_COLUMNS, record.cells, strict=True))


# Layouts.


def test_the_columns_are_those_that_the_shape_serves() -> None:
    assert tuple(EVENT_COLUMNS) == ACLED_COLUMNS
    assert len(ACLED_COLUMNS) == 31
    assert set(LAYOUT.required_columns) <= set(OLD_COLUMNS)
    assert set(OLD_COLUMNS) - set(ACLED_COLUMNS) <= set(LAYOUT.extra_columns)


def test_a_row_of_today_is_read_whole(file: File) -> None:
    assert one(file(acled_bytes({}))) == AcledRecord(
        line=2,
        id="XMP10",
        cells=tuple(PLAIN[name] for name in ACLED_COLUMNS),
        event_date=date(2014, 3, 5),
        earliest=date(2014, 3, 5),
        latest=date(2014, 3, 5),
        event_type="Battles",
        sub_event_type="Armed clash",
        inters=("Rebel group", "State forces"),
        country=one(file(acled_bytes({}))).country,
        geo_precision=1,
        point=(36.5, 67.25),
        fatalities=3,
        timestamp=1400000000,
        sources=["Imaginary Wire", "Village Radio"],
        warnings=[],
    )
    country = one(file(acled_bytes({}))).country
    assert country is not None
    assert country.iso3 == "AFG"


def test_a_row_of_the_old_layout_is_the_same_record_with_its_own_codes(file: File) -> None:
    old = one(file(acled_bytes({}, columns=OLD_COLUMNS, plain=OLD, tags=True)))
    new = one(file(acled_bytes({})))
    assert old.line == 3  # after the tags
    assert old._replace(cells=new.cells, line=2) == new
    assert cells_of(old) == cells_of(new) | {"inter1": "2", "inter2": "1", "interaction": "12"}


@pytest.mark.parametrize(
    ("cells", "disorder", "targeting"),
    [
        ({"event_type": "Protests", "sub_event_type": "Peaceful protest"}, "Demonstrations", ""),
        (
            {"event_type": "Protests", "sub_event_type": "Excessive force against protestors"},
            "Political violence; Demonstrations",
            "Civilian targeting",
        ),
        ({"event_type": "Riots", "sub_event_type": "Mob violence"}, "Political violence", ""),
        (
            {"event_type": "Riots", "sub_event_type": "Mob violence", "inter2": "7"},
            "Political violence",
            "Civilian targeting",
        ),
        ({"event_type": "Riots", "sub_event_type": "Violent demonstration"}, "Demonstrations", ""),
        (
            {"event_type": "Violence against civilians", "sub_event_type": "Attack"},
            "Political violence",
            "Civilian targeting",
        ),
        ({"event_type": "Strategic developments", "sub_event_type": "Other"}, "Strategic developments", ""),
    ],
)
def test_columns_that_the_old_layout_lacks_follow_from_the_others(
    file: File, cells: Cells, disorder: str, targeting: str
) -> None:
    told = cells_of(one(file(acled_bytes(cells, columns=OLD_COLUMNS, plain=OLD))))
    assert (told["disorder_type"], told["civilian_targeting"], told["tags"]) == (disorder, targeting, "")


def test_columns_are_found_by_name_whatever_their_order(file: File) -> None:
    shuffled = list(ACLED_COLUMNS)
    random.Random(1).shuffle(shuffled)  # noqa: S311 - an order that is no secret
    assert one(file(acled_bytes({}, columns=tuple(shuffled)))) == one(file(acled_bytes({})))


def test_crlf_and_lf_copies_are_the_same(file: File) -> None:
    odd = {"notes": 'He said ""no"",\nthen left.', "location": "Mill,\nold"}
    assert one(file(acled_bytes(odd, end="\r\n"))) == one(file(acled_bytes(odd)))
    assert cells_of(one(file(acled_bytes(odd))))["notes"] == 'He said ""no"",\nthen left.'


@pytest.mark.parametrize("name", LAYOUT.required_columns)
def test_a_file_without_a_column_that_both_layouts_have_is_refused(file: File, name: str) -> None:
    columns = tuple(column for column in ACLED_COLUMNS if column != name)
    with pytest.raises(UnreadableFileError, match=f"lacks columns: {name}$"):
        list(AcledReader.records(file(acled_bytes({}, columns=columns))))


def test_columns_of_no_layout_are_told(file: File) -> None:
    with CsvTable(file(acled_bytes({}, columns=(*ACLED_COLUMNS, "mood", "iso3")))) as table:
        assert LAYOUT.unknown_columns(table) == ["mood"]
        assert len(list(AcledReader.read(table))) == 1


# Days.


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2021-07-04", "2021-07-04"),
        ("2021-07-04 00:00:00", "2021-07-04"),
        ("04 July 2021", "2021-07-04"),
        ("4 July 2021", "2021-07-04"),
        ("05-Jul-21", "2021-07-05"),
        ("5-Jul-2021", "2021-07-05"),
        ("01-May-97", "1997-05-01"),
        (" 31 DECEMBER 1999 ", "1999-12-31"),
        ("31/12/2019", "2019-12-31"),
    ],
)
def test_every_style_of_date_is_one_day(file: File, printed: str, day: str) -> None:
    record = one(file(acled_bytes({"event_date": printed, "year": day[:4]})))
    assert (record.event_date.isoformat(), cells_of(record)["event_date"], record.warnings) == (day, day, [])


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("2021-02-30", "is no day of the calendar"),
        ("31 June 2021", "is no day of the calendar"),
        ("04 Juli 2021", "names no month"),
        ("04 Ju 2021", "is not a date such as 2013-01-03"),
        ("July 2021", "is not a date such as 2013-01-03"),
        ("04/07/2021", "day and month cannot be told apart: the file's dates leave their order open"),
        ("0001-01-01", "lies before 1900 or after 2099"),
        ("9999-12-31", "lies before 1900 or after 2099"),
        ("2021-07-04 13:30:00", "has a time of day other than midnight: a shift of time zone may have changed the day"),
        ("", "is missing"),
    ],
)
def test_what_is_no_day_is_rejected(file: File, printed: str, reason: str) -> None:
    assert refused(file(acled_bytes({"event_date": printed}))) == [("event_date", printed, reason)]


@pytest.mark.parametrize(
    ("day", "precision", "first", "last"),
    [
        (date(2021, 7, 4), 1, date(2021, 7, 4), date(2021, 7, 4)),
        (date(2021, 7, 1), 2, date(2021, 6, 28), date(2021, 7, 4)),
        (date(2021, 7, 16), 3, date(2021, 7, 1), date(2021, 7, 31)),
        (date(2020, 2, 1), 3, date(2020, 2, 1), date(2020, 2, 29)),
        (date(2021, 12, 31), 3, date(2021, 12, 1), date(2021, 12, 31)),
    ],
)
def test_time_precision_is_a_day_a_week_around_it_or_its_month(
    day: date, precision: int, first: date, last: date
) -> None:
    assert date_range_of_precision(day, precision) == (first, last)


# Cells.


def test_numbers_that_went_through_pandas_are_whole_again(file: File) -> None:
    odd = {"iso": "4.0", "fatalities": "3.0", "year": "2014.0", "time_precision": "1.0", "timestamp": "1400000000.0"}
    assert one(file(acled_bytes(odd))) == one(file(acled_bytes({})))


def test_texts_are_kept_as_they_are_printed(file: File) -> None:
    odd = {"notes": "  two  blanks ", "actor1": " Mill  Front ", "latitude": " 36.50 "}
    record = one(file(acled_bytes(odd)))
    told = cells_of(record)
    assert (told["notes"], told["actor1"], told["latitude"]) == ("  two  blanks ", " Mill  Front ", "36.50")
    assert record.point == (36.5, 67.25)


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ({"event_id_cnty": ""}, [("event_id_cnty", "is missing")]),
        ({"event_id_cnty": "XMP 10"}, [("event_id_cnty", "is not made of letters and digits")]),
        ({"event_id_cnty": "../x"}, [("event_id_cnty", "is not made of letters and digits")]),
        ({"event_type": "Battle"}, [("event_type", "is none of the six event types that ACLED has had since 2019")]),
        ({"event_type": ""}, [("event_type", "is missing")]),
        ({"geo_precision": "4"}, [("geo_precision", "is not between 1 and 3")]),
        ({"geo_precision": "0"}, [("geo_precision", "is not between 1 and 3")]),
        ({"time_precision": ""}, [("time_precision", "is missing")]),
        ({"time_precision": "day"}, [("time_precision", "is not a whole number")]),
        ({"latitude": "91"}, [("latitude", "is not between -90 and 90")]),
        ({"longitude": "x"}, [("longitude", "is not a number of degrees")]),
        ({"longitude": ""}, [("longitude", "is missing, the other coordinate is not")]),
        ({"fatalities": "-1"}, [("fatalities", "is negative")]),
        ({"fatalities": "some"}, [("fatalities", "is not a whole number")]),
        ({"timestamp": "99999999999"}, [("timestamp", "is larger than 2147483647")]),
        ({"iso": "", "country": ""}, [("country", "is missing, and neither iso nor iso3 names one")]),
        ({"region": "r" * 301}, [("region", "is longer than 300 characters")]),
        (
            {"fatalities": "x", "event_type": "War", "event_date": "?"},
            [
                ("event_date", "is not a date such as 2013-01-03"),
                ("event_type", "is none of the six event types that ACLED has had since 2019"),
                ("fatalities", "is not a whole number"),
            ],
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_every_reason(
    file: File, cells: Cells, wrong: list[tuple[str, str]]
) -> None:
    printed = {**PLAIN, **cells}
    assert refused(file(acled_bytes(cells))) == [(name, printed[name][:300], reason) for name, reason in wrong]


@pytest.mark.parametrize("name", LAYOUT.required_cells)
def test_a_cell_of_blanks_is_missing(file: File, name: str) -> None:
    assert [found[0::2] for found in refused(file(acled_bytes({name: " \t"})))] == [(name, "is missing")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"year": "2013"}, [RowWarning("year", "2013", "is not the year of event_date, 2014-03-05")]),
        ({"sub_event_type": "Attack"}, [RowWarning("sub_event_type", "Attack", "is no sub-event type of Battles")]),
        ({"sub_event_type": "Duel"}, [RowWarning("sub_event_type", "Duel", "is no sub-event type of Battles")]),
        (
            {"disorder_type": "Demonstrations"},
            [RowWarning("disorder_type", "Demonstrations", "goes with other types; these have Political violence")],
        ),
        ({"inter1": "9"}, [RowWarning("inter1", "9", "is none of ACLED's kinds of actors")]),
        ({"inter2": "Pirates"}, [RowWarning("inter2", "Pirates", "is none of ACLED's kinds of actors")]),
        ({"fatalities": ""}, [RowWarning("fatalities", "", "is missing: the number is unknown")]),
        (
            {"latitude": "", "longitude": ""},
            [RowWarning("latitude", "", "is missing, and so is longitude: the event has no point")],
        ),
        ({"actor1": ""}, [RowWarning("actor1", "", "is missing")]),
        ({"timestamp": ""}, [RowWarning("timestamp", "", "is missing")]),
        (
            {"country": "Albania"},
            [RowWarning("country", "Albania", "is not the country of iso or iso3, Afghanistan")],
        ),
        (
            {"iso": "0", "country": "Sea of Nowhere"},
            [RowWarning("iso", "0", "names no country, and neither does country")],
        ),
    ],
)
def test_what_is_odd_is_kept_with_a_warning(file: File, cells: Cells, expected: list[RowWarning]) -> None:
    assert one(file(acled_bytes(cells))).warnings == expected


@pytest.mark.parametrize(
    ("cells", "iso3", "served"),
    [
        ({"iso": "762"}, "TJK", "762"),
        ({"iso": "", "country": "Tajikistan"}, "TJK", "762"),
        ({"iso": "0", "country": "Kosovo"}, "XKX", "0"),
        ({"iso": "", "country": "", "iso3": "tjk"}, "TJK", "762"),
    ],
)
def test_a_country_is_known_by_number_letters_or_name(file: File, cells: Cells, iso3: str, served: str) -> None:
    record = one(file(acled_bytes({"country": "", **cells}, columns=(*ACLED_COLUMNS, "iso3"))))
    assert record.country is not None
    assert (record.country.iso3, cells_of(record)["iso"]) == (iso3, served)
    assert cells_of(record)["country"] in ("Tajikistan", "Kosovo")


def test_numbers_that_are_not_given_are_not_made_up(file: File) -> None:
    record = one(file(acled_bytes({"fatalities": "", "timestamp": "", "latitude": "", "longitude": ""})))
    assert (record.fatalities, record.timestamp, record.point) == (None, None, None)
    none = {name for name, cell in cells_of(record).items() if cell is None}
    assert none == {"fatalities", "timestamp", "latitude", "longitude"}


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


def test_a_cell_of_a_megabyte_is_read_where_it_is_a_text_and_refused_where_rows_are_looked_up_by_it(file: File) -> None:
    million = "x" * 1_000_000
    assert cells_of(one(file(acled_bytes({"notes": million}))))["notes"] == million
    assert one(file(acled_bytes({"actor1": million, "location": million}))).warnings == []
    assert refused(file(acled_bytes({"country": million}))) == [("country", "x" * 300, "is longer than 300 characters")]


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
