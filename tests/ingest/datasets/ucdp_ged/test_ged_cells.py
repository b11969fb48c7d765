"""Cells and dates of UCDP GED: what is read, what is rejected, what is warned of."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from factories.ged import GED_ROW as PLAIN
from factories.ged import ged_bytes
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.datasets.core.records import Rejected, RowWarning
from app.ingest.datasets.ucdp_ged.reader import LAYOUT, GedReader, GedRecord
from ingest.datasets.ucdp_ged.ged_files import cells_of, one, quick
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

# --- cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "printed", "expected"),
    [
        ("id", "15960.0", 15960),
        ("id", " 15960 ", 15960),
        ("id", "15960.", 15960),
        ("id", "0000015960", 15960),
        ("id", "2147483647", 2147483647),
        ("year", "", None),
        ("year", "  ", None),
        ("deaths_a", "1.000", 1),
        ("number_of_sources", "-1", -1),
        ("number_of_sources", "-1.0", -1),
        ("gwnoa", "369.0", 369),
        ("gwnoa", "2;200", "2;200"),
        ("gwnob", "2.0, 200.0", "2;200"),
        ("latitude", "48.0", 48.0),
        ("latitude", "-.5", -0.5),
        ("longitude", "180", 180.0),
        ("longitude", "-0.0", 0.0),
        ("longitude", "1e-05", 1e-05),
        ("latitude", "36.50000000000000001", 36.5),
        ("relid", "", None),
        ("relid", " \t", None),
        ("relid", "NA", "NA"),
        ("adm_1", " Mill  province ", " Mill  province "),
        ("where_description", "two\nlines", "two\nlines"),
        ("date_start", "2014-03-05", "2014-03-05"),
        ("date_start", "2014-03-05T00:00:00", "2014-03-05"),
        ("date_start", "2014-03-05T00:00:00Z", "2014-03-05"),
        ("date_start", "2014-03-05T00:00:00.000+00:00", "2014-03-05"),
        ("date_start", "2014/3/5", "2014-03-05"),
        ("date_start", "2014-03-05 0:00", "2014-03-05"),
        ("date_start", "3/3/2014", "2014-03-03"),
    ],
)
def test_a_cell_is_read_whatever_program_wrote_it(file: File, field: str, printed: str, expected: Any) -> None:
    [found] = cells_of(one(file(ged_bytes({field: printed}))), field)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("field", "printed", "reason"),
    [
        ("id", "", "is missing"),
        ("id", "12a", "is not a whole number"),
        ("id", "12.5", "is not a whole number"),
        ("id", "1_000", "is not a whole number"),
        ("id", "1e5", "is not a whole number"),
        ("id", "١٢", "is not a whole number"),
        ("id", "2147483648", "is larger than 2147483647"),
        ("id", "9" * 5000, "is larger than 2147483647"),
        ("id", "-3", "is negative"),
        ("best", "-1", "is negative"),
        ("best", "NA", "is not a whole number"),
        ("best", "NaN", "is not a whole number"),
        ("number_of_sources", "-2", "is negative"),
        ("gwnoa", "2;x", "is not a whole number"),
        ("type_of_violence", "4", "is not between 1 and 3"),
        ("type_of_violence", "0", "is not between 1 and 3"),
        ("where_prec", "8", "is not between 1 and 7"),
        ("where_prec", "0", "is not between 1 and 7"),
        ("event_clarity", "3", "is not between 1 and 2"),
        ("date_prec", "6", "is not between 1 and 5"),
        ("date_prec", "0", "is not between 1 and 5"),
        ("latitude", "90.1", "is not between -90 and 90"),
        ("longitude", "-180.001", "is not between -180 and 180"),
        ("latitude", "nan", "is not a number of degrees"),
        ("latitude", "1_0", "is not a number of degrees"),
        ("longitude", "67,25", "is not a number of degrees"),
        ("latitude", "1e400", "is not between -90 and 90"),
        ("latitude", "", "is missing, the other coordinate is not"),
        ("longitude", " ", "is missing, the other coordinate is not"),
        ("date_end", "2014-03-04", "is before date_start, 2014-03-05"),
        ("date_end", "2014-02-30", "is no day of the calendar"),
        ("date_end", "0000-01-01", "is no day of the calendar"),
        ("date_end", "March 2014", "is not a date such as 2013-01-03"),
        (
            "date_end",
            "2014-03-05 23:00:00.000",
            "has a time of day other than midnight: a shift of time zone may have changed the day",
        ),
        (
            "date_end",
            "2014-03-05T00:00:00+02:00",
            "has a time of day other than midnight: a shift of time zone may have changed the day",
        ),
        *((name, "", "is missing") for name in sorted(LAYOUT.required_cells)),
    ],
)
def test_a_row_that_cannot_be_right_is_rejected(file: File, field: str, printed: str, reason: str) -> None:
    identifier = printed if field == "id" else PLAIN["id"]
    assert list(GedReader.records(file(ged_bytes({field: printed})))) == [
        Rejected(2, identifier[:300], field, printed[:300], reason)
    ]


def test_everything_wrong_with_a_row_is_told_and_the_next_row_is_read(file: File) -> None:
    bad = {"id": "x", "where_prec": "9", "latitude": "100", "date_end": "soon", "best": "-1", "side_a": ""}
    *rejected, record = GedReader.records(file(ged_bytes(bad, {})))
    assert rejected == [
        Rejected(2, "x", "id", "x", "is not a whole number"),
        Rejected(2, "x", "side_a", "", "is missing"),
        Rejected(2, "x", "where_prec", "9", "is not between 1 and 7"),
        Rejected(2, "x", "latitude", "100", "is not between -90 and 90"),
        Rejected(2, "x", "date_end", "soon", "is not a date such as 2013-01-03"),
        Rejected(2, "x", "best", "-1", "is negative"),
    ]
    assert isinstance(record, GedRecord)
    assert record.line == 3


def test_a_row_with_too_few_cells_is_rejected_with_its_id(file: File) -> None:
    content = ged_bytes({}, {"id": "999000011"}) + b"999000012,MADEUP-12\n"
    *_, last = GedReader.records(file(content))
    assert last == Rejected(4, "999000012", "", "", "has 2 cells, the header has 49")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"best": "5"}, [RowWarning("best", "5", "is not between low, 3, and high, 4"),
                         RowWarning("best", "5", "is not the sum of the four counts of deaths, 3")]),
        ({"low": "4"}, [RowWarning("best", "3", "is not between low, 4, and high, 4")]),
        ({"deaths_b": "1"}, [RowWarning("best", "3", "is not the sum of the four counts of deaths, 2")]),
        ({"high": ""}, [RowWarning("high", "", "is missing: the number is unknown")]),
        ({"deaths_a": "", "low": ""}, [RowWarning("deaths_a", "", "is missing: the number is unknown"),
                                       RowWarning("low", "", "is missing: the number is unknown")]),
        ({"date_end": "2014-03-06"}, [RowWarning("date_prec", "1", "means 1 day, the dates cover 2")]),
        ({"date_prec": "2"}, [RowWarning("date_prec", "2", "means 2 to 6 days, the dates cover 1")]),
        ({"year": "2015"}, [RowWarning("year", "2015", "is no year of the dates, 2014-03-05 to 2014-03-05")]),
        ({"geom_wkt": "POINT (36.5 67.25)"},
         [RowWarning("geom_wkt", "POINT (36.5 67.25)", "is another point than 67.25 36.5")]),
        ({"geom_wkt": "POINT (1.2.3 4)"}, [RowWarning("geom_wkt", "POINT (1.2.3 4)", "is no point")]),
        ({"latitude": "", "longitude": ""},
         [RowWarning("latitude", "", "is missing, and so is longitude: the event has no point")]),
        ({"number_of_sources": "2"}, [RowWarning("number_of_sources", "2", "source_article holds 1")]),
        (
            {"source_date": "2014-03-07"},
            [RowWarning("source_date", "2014-03-07", "lists other days than source_article")],
        ),
        ({"source_article": '"Imaginary Wire,2014-03-04,x";"Fable Times,2014-03-05,y"', "number_of_sources": "2",
          "source_date": "2014-03-04;2014-03-05"},
         [RowWarning("source_article", "2014-03-04", "is before the event, 2014-03-05: not believed")]),
    ],
)  # fmt: skip
def test_a_row_with_something_odd_is_kept_with_a_warning(
    file: File, cells: dict[str, str], expected: list[RowWarning]
) -> None:
    assert one(file(ged_bytes(cells))).warnings == expected


@pytest.mark.parametrize(
    "cells",
    [
        {"number_of_sources": "-1"},
        {"geom_wkt": "POINT (67.250000 36.500000)"},
        {"geom_wkt": "POINT (67.250001 36.5)"},
        {"geom_wkt": ""},
        {"date_prec": "2", "date_end": "2014-03-10"},
        {"date_prec": "3", "date_end": "2014-03-11"},
        {"date_prec": "4", "date_end": "2014-04-04"},
        {"date_prec": "5", "date_start": "2014-01-01", "date_end": "2014-12-31"},
        {"date_prec": "2", "date_start": "2013-12-31", "date_end": "2014-01-02"},
    ],
)
def test_what_is_not_odd_brings_no_warning(file: File, cells: dict[str, str]) -> None:
    assert one(file(ged_bytes(cells))).warnings == []


# --- dates with the year last ------------------------------------------------------------------------------------


def days_of(path: Path) -> list[tuple[date, date] | str]:
    return [
        (r.earliest, r.latest) if isinstance(r, GedRecord) else f"{r.field}: {r.reason}"
        for r in GedReader.records(path)
    ]


def same_day(text: str) -> dict[str, str]:
    return {"date_start": text, "date_end": text}


FIFTH, LAST = date(2014, 3, 5), date(2014, 3, 31)
OPEN_ORDER = "day and month cannot be told apart: the file's dates leave their order open"


@pytest.mark.parametrize(
    ("printed", "telling"),
    [
        ("5/3/2014", "31/03/2014"),
        ("05.03.2014", "31.3.2014"),
        ("5-3-2014", "31-3-2014"),
        ("05.03.2014 00:00", "31.03.2014 00:00"),
        ("3/5/2014", "3/31/2014"),
        ("3/5/2014 12:00:00 AM", "3/31/2014 12:00:00 AM"),
        ("3/5/2014 0:00", "3/31/2014 0:00"),
    ],
)
def test_one_date_tells_the_order_of_all_in_its_file(file: File, printed: str, telling: str) -> None:
    path = file(ged_bytes(same_day(printed), same_day(telling)))
    assert days_of(path) == [(FIFTH, FIFTH), (LAST, LAST)]


def test_dates_of_which_none_tells_the_order_are_rejected(file: File) -> None:
    path = file(ged_bytes(same_day("5/3/2014"), same_day("4/4/2014")))
    fourth = date(2014, 4, 4)
    assert days_of(path) == [f"date_start: {OPEN_ORDER}", f"date_end: {OPEN_ORDER}", (fourth, fourth)]


def test_dates_that_contradict_each_other_on_the_order_are_rejected(file: File) -> None:
    path = file(ged_bytes(same_day("31/3/2014"), same_day("3/31/2014")))
    assert days_of(path) == [f"{field}: {OPEN_ORDER}" for field in ("date_start", "date_end")] * 2


@quick
@given(
    st.dates(date(1946, 1, 1), date(2030, 12, 31)), st.sampled_from(["", " 00:00:00.000", "T00:00:00", "T00:00:00Z"])
)
def test_every_day_is_read_from_the_published_styles(
    tmp_path_factory: pytest.TempPathFactory, day: date, rest: str
) -> None:
    path = tmp_path_factory.mktemp("day") / "file.csv"
    path.write_bytes(ged_bytes(same_day(f"{day}{rest}")))
    assert days_of(path) == [(day, day)]
