"""Reading ACLED: layouts, days and cells."""

import random
from datetime import date

import pytest
from factories.acled import ACLED_ROW as PLAIN
from factories.acled import OLD_ACLED_COLUMNS as OLD_COLUMNS
from factories.acled import OLD_ACLED_ROW as OLD
from factories.acled import Cells, acled_bytes

from app.codebooks.acled import ACLED_COLUMNS
from app.ingest.datasets.acled.cells import date_range_of_precision
from app.ingest.datasets.acled.reader import LAYOUT, AcledReader, AcledRecord
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError
from app.ingest.datasets.core.records import RowWarning
from app.query.compat.acled.columns import EVENT_COLUMNS
from ingest.datasets.acled.acled_files import cells_of, one, refused
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

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
