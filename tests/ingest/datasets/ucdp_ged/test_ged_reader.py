"""Reading UCDP GED: whatever layout, compression or program a file has been through, the records are the same."""

import csv
import gzip
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from factories.ged import GED_ROW as PLAIN
from factories.ged import MADE_UP, SAMPLES, csv_bytes, ged_bytes
from hypothesis import given, settings
from hypothesis import strategies as st

from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.datasets.core import files
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError, is_hxl_tag_row
from app.ingest.datasets.core.records import Rejected, RowWarning
from app.ingest.datasets.ucdp_ged.reader import LAYOUT, GedReader, GedRecord
from app.ingest.datasets.ucdp_ged.sources import GedSource, first_hop, parse_sources

quick = settings(max_examples=60, database=None, deadline=None)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    return write


File = Callable[[bytes], Path]


@pytest.fixture
def zstandard() -> ModuleType:
    reason = "NOT RUN: zstandard is missing; it comes with the extra `import`"
    module: ModuleType = pytest.importorskip("zstandard", reason=reason)
    return module


def one(path: Path) -> GedRecord:
    [record] = GedReader.records(path)
    assert isinstance(record, GedRecord), record
    return record


def cells_of(record: GedRecord, *names: str) -> list[Any]:
    return [record.cells[LAYOUT.index[name]] for name in names]


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFileError) as refused:
        list(GedReader.records(path))
    return str(refused.value)


# --- files as tables ---------------------------------------------------------------------------------------------


def rows_of(path: Path) -> list[files.CsvRow]:
    with CsvTable(path) as table:
        return list(table.rows())


def test_each_row_has_the_line_on_which_it_starts_however_many_lines_its_cells_have(file: File) -> None:
    path = file(b'a,b\n1,"two\nlines\n\nand more"\n\n2,x\n3,"y\n"\n4,z')
    assert rows_of(path) == [
        (2, ["1", "two\nlines\n\nand more"], None),
        (7, ["2", "x"], None),
        (8, ["3", "y\n"], None),
        (10, ["4", "z"], None),
    ]


def test_lf_and_crlf_copies_hold_the_same_cells_also_within_quotes(file: File) -> None:
    lf = b'a,b\n1,"say ""hello"",\nshe said"\n'
    assert (
        rows_of(file(lf)) == rows_of(file(lf.replace(b"\n", b"\r\n"))) == [(2, ["1", 'say "hello",\nshe said'], None)]
    )


def test_a_byte_order_mark_is_no_part_of_the_first_name(file: File) -> None:
    with CsvTable(file(b"\xef\xbb\xbfid,name\n1,x\n")) as table:
        assert table.columns == ["id", "name"]


def test_names_are_trimmed_and_in_lower_case_and_an_index_has_none(file: File) -> None:
    with CsvTable(file(b",Unnamed: 0, ID ,Name\n0,0,1,x\n")) as table:
        assert table.columns == ["", "", "id", "name"]
        assert [table.column_getter(["name", "absent", "id"])(cells) for _, cells, _ in table.rows()] == [
            ("x", "", "1")
        ]


@pytest.mark.parametrize("names", [[], ["b"], ["absent"], ["b", "a"], ["absent", "a", "b"]])
def test_cells_are_picked_by_name_and_an_absent_column_is_empty(file: File, names: list[str]) -> None:
    with CsvTable(file(b"a,b\n1,2\n")) as table:
        [(_, cells, _)] = table.rows()
        assert table.column_getter(names)(cells) == tuple({"a": "1", "b": "2"}.get(name, "") for name in names)
        assert cells == ["1", "2"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["#event+code", "", "#date+start", " #country+name"], True),
        (["", "", "#adm1+name", "#adm2+name", "#geo+lat"], True),
        (["#event+code", "#date", ""], False),
        (["1", "#date", "#adm1", "#adm2"], False),
        (["#1", "#2", "#3"], False),
        (["", "", ""], False),
        ([], False),
    ],
)
def test_a_tag_row_has_nothing_but_tags_and_more_than_two(cells: list[str], expected: bool) -> None:
    assert is_hxl_tag_row(cells) is expected


def test_only_the_row_after_the_header_can_be_a_tag_row(file: File) -> None:
    tags, real = b"#a,#b,#c\n", b"#real,1,2\n"
    assert [line for line, _, _ in rows_of(file(b"a,b,c\n" + tags + real))] == [3]
    assert [line for line, _, _ in rows_of(file(b"a,b,c\n" + real + tags))] == [2, 3]
    assert [line for line, _, _ in rows_of(file(b"a,b,c\n" + tags + tags))] == [3]


def test_a_cell_may_be_longer_than_the_limit_of_the_csv_module_which_stays_as_it_was(file: File) -> None:
    limit = csv.field_size_limit()
    long = "x" * (limit + 1)
    with CsvTable(file(f"a,b\n1,{long}\n2,y\n".encode())) as table:
        assert csv.field_size_limit() == limit
        for _, cells, problem in table.rows():
            assert csv.field_size_limit() == limit
            assert problem is None
            assert cells in (["1", long], ["2", "y"])


def test_an_endless_cell_is_refused_with_its_row(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_CELL_CHARS", 100)
    rows = rows_of(file(b"a,b\n1,2\n3," + b"y" * 101 + b"\n4,5\n"))
    assert rows == [
        (2, ["1", "2"], None),
        (3, [], "a cell is longer than 100 characters: a quote may never be closed"),
        (4, ["4", "5"], None),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"1", "has 1 cells, the header has 2"),
        (b"1,2,3", "has 3 cells, the header has 2"),
        (b"1,caf\xe9", "byte 6 of line 3 is not UTF-8"),
        (b"1,a\0b", "line 3 has a NUL byte"),
        (b'1,"a"b', "is not well-formed CSV: ',' expected after '\"'"),
        (b"1,a\rb", "a carriage return stands outside quotes: lines end in LF or CRLF"),
    ],
)
def test_a_spoilt_row_is_told_with_its_line_and_spoils_no_other(file: File, row: bytes, problem: str) -> None:
    rows = rows_of(file(b"a,b\n8,9\n" + row + b"\n6,7\n"))
    assert [(line, problem) for line, _, problem in rows] == [(2, None), (3, problem), (4, None)]
    assert [rows[0][1], rows[2][1]] == [["8", "9"], ["6", "7"]]


def test_a_line_within_a_cell_that_is_no_utf_8_spoils_the_row_around_it(file: File) -> None:
    rows = rows_of(file(b'a,b\n1,"x\n\xff\ny"\n2,z\n'))
    assert [(line, problem) for line, _, problem in rows] == [(2, "byte 1 of line 3 is not UTF-8"), (5, None)]


def test_a_quote_that_is_never_closed_is_told_with_the_line_where_its_row_starts(file: File) -> None:
    assert rows_of(file(b'a,b\n1,2\n3,"x\ny\nz\n')) == [(2, ["1", "2"], None), (3, [], "the file ends inside quotes")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty: there is no header"),
        (b"\n\n", "is empty: there is no header"),
        (b"\xef\xbb\xbf", "is empty: there is no header"),
        (gzip.compress(b"", mtime=0), "is empty: there is no header"),
        (b"a;b;c\n1;2;3\n", "line 1: the header has one column: cells are separated by commas"),
        (b"a,\xe9\n", "line 1: the header cannot be read: byte 3 of line 1 is not UTF-8"),
        (b'\n"a,b\n', "line 2: the header cannot be read: the file ends inside quotes"),
        (b"a,b\r1,2\r", "line 1: the header cannot be read: a carriage return stands outside quotes"),
        ("a,b\n".encode("utf-16"), "UTF-16: save it as UTF-8 first"),
        ("a,b\n".encode("utf-16-le"), "not a text file: its first line has NUL bytes"),
        (gzip.compress("a,b\n".encode("utf-16"), mtime=0), "UTF-16: save it as UTF-8 first"),
        (b"PK\x03\x04rest", "a zip archive or a spreadsheet: take the CSV file out of it first"),
        (b"BZh91AY", "compressed with bzip2; csv, csv.gz and csv.zst are read"),
        (b"\xfd7zXZ\x00", "compressed with xz; csv, csv.gz and csv.zst are read"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(file: File, content: bytes, reason: str) -> None:
    path = file(content)
    with pytest.raises(UnreadableFileError) as refused:
        CsvTable(path)
    assert str(refused.value).startswith(f"file.csv: {reason}")


def test_a_file_that_cannot_be_opened_is_refused_without_the_path_of_a_machine(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"^absent\.csv: No such file or directory$"):
        CsvTable(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UnreadableFileError, match=r"^folder\.csv: Is a directory$"):
        CsvTable(tmp_path / "folder.csv")


MANY = csv_bytes([["a", "b"], *([str(n), f"cell {n * n}"] for n in range(30_000))])


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(MANY),
        gzip.compress(MANY[:1000]) + gzip.compress(MANY[1000:]),
        gzip.compress(MANY) + bytes(5000),
        gzip.compress(b"\xef\xbb\xbf" + MANY),
    ],
    ids=["one member", "two members", "padded", "marked"],
)
def test_a_gz_file_holds_the_rows_of_the_plain_one_whatever_its_name(file: File, packed: bytes) -> None:
    rows = rows_of(file(packed))
    assert rows == rows_of(file(MANY))
    assert (len(rows), rows[-1]) == (30_000, (30_001, ["29999", "cell 899940001"], None))


def broken_off(path: Path) -> tuple[int, UnreadableFileError]:
    """How many rows a file gives, in order and without a gap, before it is refused, and why it is."""
    rows: list[files.CsvRow] = []
    with CsvTable(path) as table, pytest.raises(UnreadableFileError) as refused:
        rows.extend(table.rows())
    assert rows == [(n + 2, [str(n), f"cell {n * n}"], None) for n in range(len(rows))]
    return len(rows), refused.value


def test_a_gz_file_that_is_cut_off_gives_its_rows_and_then_the_line_where_it_breaks(file: File) -> None:
    packed = gzip.compress(MANY)
    found, error = broken_off(file(packed[: len(packed) // 2]))
    assert found > 5000
    assert (error.file, error.line) == ("file.csv", found + 2)
    assert error.reason == "the compressed data ends too early: the file is cut off"
    found, error = broken_off(file(packed[:-1]))  # all rows are there, the end of the check sum is not
    assert (found, error.reason) == (30_000, "the compressed data ends too early: the file is cut off")


def test_broken_gz_data_and_what_follows_it_are_told_apart(file: File) -> None:
    packed = bytearray(gzip.compress(MANY))
    found, error = broken_off(file(bytes(packed) + b"something else"))
    assert found == 30_000
    assert error.reason.startswith("something that is not compressed follows the data (")
    packed[-6] ^= 1  # in the check sum
    found, error = broken_off(file(bytes(packed)))
    assert error.reason.startswith("the compressed data is broken (")


def test_zst_files_are_read_frame_by_frame_and_a_cut_is_noticed(file: File, zstandard: ModuleType) -> None:
    def pack(content: bytes) -> bytes:
        packed: bytes = zstandard.ZstdCompressor().compress(content)
        return packed

    plain = rows_of(file(MANY))
    assert rows_of(file(pack(MANY))) == rows_of(file(pack(MANY[:1000]) + pack(MANY[1000:]))) == plain
    found, error = broken_off(file(pack(MANY)[:-1]))
    assert error.reason == "the compressed data ends too early: the file is cut off"
    found, error = broken_off(file(pack(MANY) + b"something else"))
    assert (found, error.reason.split(" (")[0]) == (30_000, "something that is not compressed follows the data")


def test_without_zstandard_a_zst_file_is_refused_with_what_to_install(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)  # import fails, as where it is not installed
    path = file(b"\x28\xb5\x2f\xfd\x00\x00")
    assert refusal(path) == (
        "file.csv: compressed with zstd; to read it: pip install -c requirements.lock -e '.[import]'"
    )


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_how_far_reading_is_grows_to_the_size_of_the_file_on_the_disk(
    file: File, pack: Callable[[bytes], bytes]
) -> None:
    path = file(pack(MANY))
    with CsvTable(path) as table:
        assert table.size == path.stat().st_size
        seen = [table.bytes_read for _ in table.rows()]
        assert 0 < seen[0] < table.size
        assert seen == sorted(seen)
        assert len(set(seen)) > 2
        assert table.bytes_read == table.size


anything = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=12)
tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(anything, min_size=width, max_size=width), max_size=6).map(
        lambda rows: (width, rows)
    )
)


@quick
@given(tables, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_any_cells_survive_being_written_and_read(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[int, list[list[str]]], end: str, mark: bool, pack: bool
) -> None:
    width, rows = drawn
    header = [f"c{number}" for number in range(width)]
    content = (b"\xef\xbb\xbf" if mark else b"") + csv_bytes([header, *rows], end)
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(gzip.compress(content) if pack else content)
    kept = rows[1:] if rows and is_hxl_tag_row(rows[0]) else rows
    assert [(cells, problem) for _, cells, problem in rows_of(path)] == [(row, None) for row in kept]


@quick
@given(st.binary(max_size=200), st.sampled_from([b"", b"a,b\n", b"\x1f\x8b", gzip.compress(b"a,b\n1,2\n")[:15]]))
def test_any_bytes_are_rows_or_refused_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(head + content)
    try:
        rows = rows_of(path)
    except UnreadableFileError:
        return
    assert [line for line, _, _ in rows] == sorted({line for line, _, _ in rows})


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
        Rejected(2, identifier, field, printed, reason)
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


# --- sources -----------------------------------------------------------------------------------------------------


def parsed(*cells: str | None) -> list[tuple[str | None, str | None, str | None]]:
    return [(s.office, str(s.published_on) if s.published_on else None, s.headline) for s in parse_sources(*cells)]


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ('"Wire,2017-01-30,Headline with, commas";"Fable Times,2017-01-31,Another"',
         [("Wire", "2017-01-30", "Headline with, commas"), ("Fable Times", "2017-01-31", "Another")]),
        ('"Fable Times ,2017-01-30, Blanks around\t"', [("Fable Times", "2017-01-30", "Blanks around")]),
        ('"Wire, of the North,2017-01-30,Comma before"', [("Wire, of the North", "2017-01-30", "Comma before")]),
        ('"Wire,2017-01-30,He said "no"; she said "yes";"Fable Times,2017-01-31,x"',
         [("Wire", "2017-01-30", 'He said "no"; she said "yes'), ("Fable Times", "2017-01-31", "x")]),
        ('"Wire,2017-01-30,First";"and more of it";"Fable Times,2017-01-31,x"',
         [("Wire", "2017-01-30", 'First";"and more of it'), ("Fable Times", "2017-01-31", "x")]),
        ('"Wire,2017-01-30,On two\nlines"', [("Wire", "2017-01-30", "On two\nlines")]),
        ('"Wire,2017-01-30,-"', [("Wire", "2017-01-30", None)]),
        ('"Wire,2017-01-30,"', [("Wire", "2017-01-30", None)]),
        ('",2017-01-30,No office"', [(None, "2017-01-30", "No office")]),
        ('"Wire,1753-01-01,Nobody entered the day"', [("Wire", None, "Nobody entered the day")]),
        ('"Wire,2017-02-30,No such day"', [("Wire", None, "No such day")]),
        ('"Wire,2017-01-30,Cut of', [("Wire", "2017-01-30", "Cut of")]),
    ],
)  # fmt: skip
def test_a_list_in_quotation_marks_holds_sources(
    article: str, expected: list[tuple[str | None, str | None, str | None]]
) -> None:
    assert parsed(article) == expected
    joined = '";"'.join(source.text for source in parse_sources(article))
    assert f'"{joined}"' == article if article.endswith('"') else f'"{joined}' == article


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ('Legend Radio 1989-05-17 "SOMETHING HAPPENED', [("Legend Radio", "1989-05-17", "SOMETHING HAPPENED")]),
        ('LR 3 July 1989 "SOMETHING HAPPENED.', [("LR", "1989-07-03", "SOMETHING HAPPENED.")]),
        ('Legend Radio (1991-10-01):  "SOMETHING, AGAIN".', [("Legend Radio", "1991-10-01", "SOMETHING, AGAIN")]),
        ("Legend Radio, 2013-01-22, Something happened: officials",
         [("Legend Radio", "2013-01-22", "Something happened: officials")]),
        ("Legend Radio14 Jan 2013", [("Legend Radio", "2013-01-14", None)]),
        ("lr 1989-6-4", [("lr", "1989-06-04", None)]),
        ("Something happened\n3 July 2010\nLegend Radio", [("Legend Radio", "2010-07-03", "Something happened")]),
        ("(1) One thing\n3 July 2010\nLegend Radio\n\n(2) Another thing\n4 July 2010\nFable Times",
         [("Legend Radio", "2010-07-03", "One thing"), ("Fable Times", "2010-07-04", "Another thing")]),
        ('LR 3 July 1990 "ONE." / Fable Times 4 July 1990 "ANOTHER',
         [("LR", "1990-07-03", "ONE."), ("Fable Times", "1990-07-04", "ANOTHER")]),
        ('LR 3 July 1990 "ONE"; Fable Times 4 July 1990 "ANOTHER"',
         [("LR", "1990-07-03", "ONE"), ("Fable Times", "1990-07-04", "ANOTHER")]),
        ("LR, 2012-02-23, One///Fable Times, 2012-02-24, Another",
         [("LR", "2012-02-23", "One"), ("Fable Times", "2012-02-24", "Another")]),
        ("Legend Radio", [("Legend Radio", None, None)]),
    ],
)  # fmt: skip
def test_a_free_text_that_can_mean_one_thing_is_read(
    article: str, expected: list[tuple[str | None, str | None, str | None]]
) -> None:
    assert parsed(article) == expected
    assert covers(article, [source.text for source in parse_sources(article)])


@pytest.mark.parametrize(
    "article",
    [
        "lr 3/12",
        "LR 3/12/1991",
        "LR 3 July",
        "LR 31 June 1990",
        "LR 3 Xyz 1990",
        "LR 3 July 1990, FT 4 July 1990",
        "LR and FT 3 July 1990",
        'LR 3 July 1990 "ONE" and FT "TWO"',
        "Something happened in a village today, 3 July 2010, Legend Radio",
        "Database of things accessed 2012-02-10",
        "unclear source",
        "Check",
        "NA",
        ".",
        "The book of made-up things: a history",
        '"A book in quotation marks" and more',
        '"',
        "https://example.org/1",
    ],
)
def test_a_free_text_that_is_anything_else_is_one_source_with_nothing_but_its_text(article: str) -> None:
    assert parse_sources(article) == [GedSource(None, None, None, article)]


def covers(cell: str, texts: list[str]) -> bool:
    """Whether the texts stand in the cell one after the other, with nothing but separators between them."""
    rest = cell
    for text in texts:
        before, found, rest = rest.partition(text)
        if not found or before.strip(" \t\n/;"):
            return False
    return not rest.strip(" \t\n/;")


def test_the_lists_explain_what_the_article_leaves_open() -> None:
    article = '"Wire,,No day";"Fable Times,2017,Only a year"'
    assert parsed(article, "Wire;Fable Times", "2017-01-30;", "No day;Only a year") == [
        ("Wire", "2017-01-30", "No day"),
        ("Fable Times", None, "Only a year"),
    ]
    assert parsed(article, "Wire;Fable Times", "2017-01-30;", "No day; or two;Only a year") == [
        ("Wire", "2017-01-30", None),
        ("Fable Times", None, None),
    ]


def test_lists_that_disagree_with_the_article_are_left_alone() -> None:
    article = '"Wire,,No day";"Fable Times,2017,Only a year"'
    unread = [GedSource(None, None, None, article)]
    assert parse_sources(article, "Wire", "2017-01-30", "No day") == unread
    assert parse_sources(article, "Wire;Other", "2017-01-30;2017-01-31", "a;b") == unread
    assert parse_sources('"Wire,2017-01-30,a"', "Other", "1999-01-01", "z")[0].office == "Wire"


def test_lists_without_an_article_are_read_where_they_agree_in_number() -> None:
    assert parse_sources(None, "Wire;Fable Times", "2017-01-30;2017-01-31", "a;b") == [
        GedSource("Wire", date(2017, 1, 30), "a", "Wire,2017-01-30,a"),
        GedSource("Fable Times", date(2017, 1, 31), "b", "Fable Times,2017-01-31,b"),
    ]
    assert parsed(None, "Wire", "2017-01-30", "a; and b") == [("Wire", "2017-01-30", "a; and b")]
    assert parse_sources(None, "Wire;Fable Times", "2017-01-30", "a") == []
    assert parse_sources(None, None, None, None) == []


offices = st.text(st.characters(codec="ascii", exclude_characters='"\r\0'), min_size=1, max_size=12).filter(
    lambda text: any(map(str.isalnum, text)) and not text.endswith('"')
)
titles = st.text(st.sampled_from('ab ,;"\n-é'), max_size=15).filter(lambda text: '";"' not in text)
listed = st.lists(st.tuples(offices, st.dates(date(1990, 1, 1)), titles), min_size=1, max_size=5)


@settings(quick, max_examples=300)
@given(listed)
def test_any_list_of_sources_survives_being_written_and_read(sources: list[tuple[str, date, str]]) -> None:
    pieces = [f"{office},{day},{title}" for office, day, title in sources]
    joint = '";"'
    if joint.join(pieces).split(joint) != pieces:  # quotation marks and semicolons met where two pieces do
        return
    found = parse_sources(f'"{joint.join(pieces)}"')
    assert [source.text for source in found] == pieces
    assert [source.published_on for source in found] == [day for _, day, _ in sources]
    assert [source.office for source in found] == [office.strip() for office, _, _ in sources]
    known = [title.strip() if any(map(str.isalnum, title)) else None for _, _, title in sources]
    assert [source.headline for source in found] == known


scraps = st.sampled_from([*'aB1 ,;"/\n', "LR 3 July 1990 ", "2012-02-10", ",2012-02-10,", '";"', ' "SHOTS"', "\n\n"])
articles = st.lists(scraps, max_size=12).map("".join)


@settings(quick, max_examples=400)
@given(articles.filter(str.strip), st.none() | articles, st.none() | articles, st.none() | articles)
def test_nothing_of_any_cell_is_lost(article: str, office: str | None, days: str | None, title: str | None) -> None:
    texts = [source.text for source in parse_sources(article, office, days, title)]
    assert texts
    rejoined = '";"'.join(texts)
    assert article in (f'"{rejoined}"', f'"{rejoined}') or covers(article, texts)


@pytest.mark.parametrize(
    "scrap", [" ", "\n", "\n ", "/", ";", '"', '";"', "(", "a ", "a, ", "x1 ", "3 July 1990 ", "and "]
)
def test_no_text_of_whatever_length_takes_long(scrap: str) -> None:
    long = scrap * 30_000
    started = time.process_time()
    for text in (f"a{long}", f"a{long}a", f'"{long}"', f"LR 3 July 1990 {long}"):
        assert parse_sources(text)
        first_hop(text)
    assert time.process_time() - started < 5


# --- the first hop -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("police", "police"),
        (" police ", "police"),
        ("villagers;", "villagers"),
        ("Saga Monitor x2", "Saga Monitor"),
        ("Saga Monitor (x2)", "Saga Monitor"),
        ("Jane Doe, a spokesman for the army", "Jane Doe, a spokesman for the army"),
        ("Jane Doe, Director of Invented Information", "Jane Doe, Director of Invented Information"),
        ("Council for Peace and Order", "Council for Peace and Order"),
        ("Front/League", "Front/League"),
        ("Invented League (army, rebels)", "Invented League (army, rebels)"),
        ("http://example.org/a/b", "http://example.org/a/b"),
        ("unnamed source", "unnamed source"),
        (None, None),
        ("", None),
        ("  ", None),
        (".", None),
        ("?", None),
        ("0", None),
        ("NA", None),
        ("n/a", None),
        ("not given", None),
        ("Unclear", None),
        ("see what", None),
        ("AGGREGATION EVENT", None),
        ("police; witnesses", None),
        ("police, witnesses", None),
        ("police and witnesses", None),
        ("Red Bridge and witnesses", None),
        ("Interior and defence ministry", None),
        ("Police & Witnesses", None),
        ("rebel spokesman / army spokesman", None),
        ("witnesses/police", None),
        ("police\nSaga Monitor", None),
        ("Jane Doe, a spokesman for the army; police", None),
        ("Jane Doe, a spokesman for the army, John Roe", None),
    ],
)
def test_the_first_hop_is_the_one_source_that_is_named(printed: str | None, expected: str | None) -> None:
    assert first_hop(printed) == expected


# --- real samples, which stay outside the repository -------------------------------------------------------------


def sample(name: str) -> Iterator[GedRecord]:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"NOT RUN: the sample is not at hand: ../shared/data/{name} is missing")
    for record in GedReader.records(path):
        assert isinstance(record, GedRecord), record
        yield record


COUNTED = (
    "rows",
    "sources",
    "one first hop",
    "listed rows",
    "listed rows read whole",
    "free rows",
    "free rows read whole",
    "odd best",
    "odd geom_wkt",
    "odd source_article",
)
SAMPLE_COUNTS = {
    "ged_v23_1_sample1000.csv.gz": (1000, 1359, 699, 674, 672, 326, 101, 13, 1, 21),
    "hdx_conflict_data_bgd_v19.csv.gz": (601, 714, 326, 115, 115, 486, 172, 1, 0, 5),
    "hdx_conflict_data_phl_v22.csv.gz": (4035, 4776, 3455, 1450, 1450, 2585, 1374, 1, 0, 15),
    "hdx_conflict_data_ukr_v19.csv.gz": (993, 1339, 727, 993, 960, 0, 0, 18, 0, 3),
    "hdx_conflict_data_ukr_v20.csv.gz": (1167, 1569, 860, 1167, 1107, 0, 0, 19, 0, 5),
}
SCALE = "ged_scale_385k_49col_semisynthetic.csv.zst"


def tally(found: Iterable[GedRecord]) -> dict[str, int]:
    """How many rows, sources and oddities there are, and how far sources could be read."""
    counts = Counter(dict.fromkeys(COUNTED, 0))
    for record in found:
        article, office, original = cells_of(record, "source_article", "source_office", "source_original")
        kind = "listed" if office else "free"
        whole = record.sources and all(s.office and s.published_on and s.headline for s in record.sources)
        texts = [source.text for source in record.sources]
        joined = '";"'.join(texts)
        assert article == f'"{joined}"' if office else covers(article or "", texts)
        counts.update(["rows", f"{kind} rows", *([f"{kind} rows read whole"] if whole else [])])
        counts.update(["sources"] * len(texts) + [f"odd {warned.field}" for warned in record.warnings])
        counts.update(["one first hop"] if first_hop(original) else [])
    return dict(counts)


@pytest.mark.parametrize("name", SAMPLE_COUNTS)
def test_real_files_are_read_to_the_last_row(name: str) -> None:
    assert tally(sample(name)) == dict(zip(COUNTED, SAMPLE_COUNTS[name], strict=True))


@pytest.mark.usefixtures("zstandard")
def test_the_large_file_is_read_while_it_is_unpacked() -> None:
    counts = (40000, 86886, 34654, 32185, 32177, 7815, 1248, 129, 0, 14)
    assert tally(islice(sample(SCALE), 40_000)) == dict(zip(COUNTED, counts, strict=True))
