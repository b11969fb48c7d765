"""Files as tables: encodings, delimiters, compression, and what is broken."""

import csv
import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from factories.ged import csv_bytes
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.datasets.core import files
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError, is_hxl_tag_row
from ingest.datasets.ucdp_ged.ged_files import quick, refusal
from ingest.datasets.ucdp_ged.ged_files import zstandard as zstandard
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

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
