"""Layouts of UCDP GED: which columns are needed, and which rows are tags."""

import csv
import gzip
from datetime import date
from typing import Any

import pytest
from factories.ged import GED_ROW as PLAIN
from factories.ged import MADE_UP, ged_bytes
from hypothesis import given
from hypothesis import strategies as st

from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError
from app.ingest.datasets.core.records import RowWarning
from app.ingest.datasets.ucdp_ged.reader import LAYOUT, GedReader, GedRecord
from app.ingest.datasets.ucdp_ged.sources import GedSource
from ingest.datasets.ucdp_ged.ged_files import cells_of, one, quick, refusal
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

# --- layouts of GED ----------------------------------------------------------------------------------------------

LAYOUT_25_1 = GED_COLUMNS
LAYOUT_19_1 = tuple(
    """id year active_year type_of_violence conflict_new_id conflict_name dyad_new_id dyad_name side_a_new_id gwnoa
    side_a side_b_new_id gwnob side_b number_of_sources source_article source_office source_date source_headline
    source_original where_prec where_coordinates adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country
    country_id region event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown
    low best high""".split()  # noqa: SIM905 - one line of a header reads better than 42
)
TAGS = {"year": "#date+year", "side_a": "#group+name+first", "adm_1": "#adm1+name", "best": "#affected+killed"}


def test_the_layouts_have_49_and_42_columns_and_the_42_are_needed() -> None:
    assert (len(LAYOUT_25_1), len(LAYOUT_19_1)) == (49, 42)
    assert set(LAYOUT.required_columns) == set(LAYOUT_19_1)
    assert set(LAYOUT.required_cells) < set(LAYOUT.required_columns)


def test_a_row_of_25_1_becomes_a_record_with_typed_cells(file: File) -> None:
    record = one(file(ged_bytes({})))
    numbers = set(GED_COLUMNS[:1]) | {name for name in GED_COLUMNS if PLAIN[name].isdigit()}
    expected: dict[str, Any] = {name: int(text) if name in numbers else text for name, text in PLAIN.items()}
    expected |= {"latitude": 36.5, "longitude": 67.25, "date_start": "2014-03-05", "date_end": "2014-03-05"}
    expected["gwnob"] = None
    assert dict(zip(GED_COLUMNS, record.cells, strict=True)) == expected
    assert (record.line, record.id) == (2, 999000010)
    assert (record.earliest, record.latest) == (date(2014, 3, 5), date(2014, 3, 5))
    text = "Imaginary Wire,2014-03-06,Shots near the mill"
    assert record.sources == [GedSource("Imaginary Wire", date(2014, 3, 6), "Shots near the mill", text)]
    assert (record.warnings, record.iso3) == ([], None)


def test_a_file_of_19_1_gives_the_same_cells_and_nothing_for_columns_it_does_not_have(file: File) -> None:
    new, old = one(file(ged_bytes({}))), one(file(ged_bytes({}, columns=LAYOUT_19_1)))
    missing = set(GED_COLUMNS) - set(LAYOUT_19_1)
    assert {name: old.cells[LAYOUT.index[name]] for name in missing} == dict.fromkeys(missing)
    assert cells_of(old, *LAYOUT_19_1) == cells_of(new, *LAYOUT_19_1)
    assert old._replace(cells=[]) == new._replace(cells=[])


@quick
@given(st.permutations(GED_COLUMNS), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_order_of_columns_the_ends_of_lines_and_gz_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], end: str, pack: bool
) -> None:
    with MADE_UP.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    content = ged_bytes(*rows, columns=tuple(columns), end=end)
    path = tmp_path_factory.mktemp("permuted") / "file"
    path.write_bytes(gzip.compress(content) if pack else content)
    assert list(GedReader.records(path)) == list(GedReader.records(MADE_UP))


def test_a_copy_from_hdx_has_a_tag_row_and_more_columns_of_which_iso3_is_kept(file: File) -> None:
    columns = ("id", "start_year", "end_year", "iso3", *GED_COLUMNS[1:], "remark")
    content = ged_bytes(TAGS | dict.fromkeys(set(PLAIN) - set(TAGS), ""), {"iso3": "XXA"}, columns=columns)
    path = file(content)
    assert (one(path).line, one(path).iso3) == (3, "XXA")
    with CsvTable(path) as table:
        assert LAYOUT.unknown_columns(table) == ["remark"]


def test_a_real_row_may_start_cells_with_a_hash(file: File) -> None:
    record = one(file(ged_bytes({"where_description": "#mill", "source_headline": "#shots", "adm_1": "#1"})))
    assert cells_of(record, "where_description", "source_headline", "adm_1") == ["#mill", "#shots", "#1"]


def test_a_trip_through_pandas_changes_nothing(file: File) -> None:
    floats = {name: f"{text}.0" for name, text in PLAIN.items() if text.isdigit()}
    columns = ("", *GED_COLUMNS)
    content = ged_bytes({**floats, "": "0"}, columns=columns)
    assert one(file(content)) == one(file(ged_bytes({})))
    assert one(file(content.replace(b",id,", b"Unnamed: 0,id,", 1))) == one(file(ged_bytes({})))


def test_a_file_that_lacks_columns_is_refused_with_their_names(file: File) -> None:
    columns = tuple(name for name in GED_COLUMNS if name not in ("id", "best", "adm_2"))
    assert refusal(file(ged_bytes({}, columns=columns))) == "file.csv: lacks columns: id, adm_2, best"


def test_a_file_without_a_header_is_refused(file: File) -> None:
    _, _, rest = ged_bytes({}, {}).partition(b"\n")
    assert refusal(file(rest)) == "file.csv: has no header: its first line names none of the columns"


def test_a_file_that_names_a_column_twice_is_refused_only_if_it_is_one_to_read(file: File) -> None:
    assert one(file(ged_bytes({"remark": "x"}, columns=(*GED_COLUMNS, "remark", "remark")))).id == 999000010
    assert refusal(file(ged_bytes({}, columns=(*GED_COLUMNS, "best")))) == (
        "file.csv: the header names a column twice: best"
    )


def test_reading_refuses_an_open_table_before_the_first_row_is_asked_for(file: File) -> None:
    with CsvTable(file(b"id,year\n1,2014\n")) as table, pytest.raises(UnreadableFileError, match="lacks columns"):
        GedReader.read(table)


def test_the_made_up_file_holds_every_kind_of_row() -> None:
    found = [record for record in GedReader.records(MADE_UP) if isinstance(record, GedRecord)]
    assert [record.id for record in found] == list(range(999000001, 999000009))
    assert [record.line for record in found] == [2, 4, 5, 6, 7, 8, 9, 10]
    assert [len(record.sources) for record in found] == [2, 1, 2, 1, 1, 1, 1, 1]
    assert [cells_of(record, "type_of_violence")[0] for record in found] == [1, 1, 2, 3, 1, 1, 1, 1]
    assert {record.id: record.warnings for record in found if record.warnings} == {
        999000005: [RowWarning("best", "1", "is not between low, 2, and high, 1")],
        999000007: [RowWarning("geom_wkt", "POINT (67.8 -37.2)", "is another point than 67.8 37.2")],
    }
