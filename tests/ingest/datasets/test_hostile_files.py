"""Files that nobody meant to be read: each row or pack is read or refused with a reason, and nothing else happens."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from conftest import examples
from factories.acled import ACLED_ROW as PLAIN
from factories.packs import TWINS
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import BrokenPackError
from app.ingest.datasets.acled.reader import AcledReader
from app.ingest.datasets.core.files import UnreadableFileError
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.ucdp_ged.reader import GedReader
from app.ingest.packs.load import read_checked
from app.names import forbidden_character
from app.settings import PROJECT_ROOT

CELLS = [
    "", " ", "0", "-1", "-0", "1.0", "1e5", "1e400", "nan", "inf", "15960.0", "9" * 40, "٣", "²", "1,5", "0x10",
    "2021-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "2021-01-01 25:00:00", "31/12/2021", "12/31/2021", "1/1/1",
    "01 January 2021", "31 February 2021", "POINT (0 0)", "POINT (x y)", "POINT EMPTY", "AFG", "ZZZ", "#adm1+name",
    '"', '""', '"a,2021-01-01,b"', '"a,b', ";", ";;;", "|", "a\nb", "a\r\nb", "\x00", "\ufeff", "\u202e", "é" * 50,
    "=1+1", "a" * 5000, "\ud800",
]  # fmt: skip
cells = st.sampled_from(CELLS) | st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)
GED_ROWS = list(
    csv.reader((PROJECT_ROOT / "tests" / "data" / "ged_made_up.csv").read_text("utf-8").splitlines(keepends=True))
)
ACLED_ROWS = [list(PLAIN), list(PLAIN.values())]


@st.composite
def tables(draw: st.DrawFn, rows: list[list[str]]) -> bytes:
    """A table whose cells, and sometimes rows and columns, are not what they should be."""
    head, body = list(rows[0]), [list(row) for row in rows[1:4]]
    for _ in range(draw(st.integers(1, 8))):
        row = draw(st.sampled_from(body))
        row[draw(st.integers(0, len(row) - 1))] = draw(cells)
    if draw(st.booleans()):
        broken = draw(st.sampled_from(body))
        del broken[draw(st.integers(1, len(broken))) :]
    if draw(st.integers(0, 9)) == 0:
        head[draw(st.integers(0, len(head) - 1))] = draw(cells)
    written = io.StringIO()
    csv.writer(written).writerows([head, *body])
    return written.getvalue().encode("utf-8", "surrogatepass")


def read(records: Callable[[Path], Iterator[Any]], content: bytes) -> list[Any]:
    """What a file holds; nothing if it cannot be read as a table, which it is told in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(content)
        try:
            return list(records(path))
        except UnreadableFileError as error:
            told = str(error)
        assert told.startswith("table.csv: ")
        assert folder not in told
        return []


def assert_sound(found: list[Any]) -> None:
    for row in found:
        if isinstance(row, Rejected):
            assert row.reason
            assert row.line > 1
        else:
            assert row.earliest <= row.latest
            assert [cell for cell in row.cells if isinstance(cell, str) and forbidden_character(cell, prose=True)] == []
            assert str(row.id)


@examples(150)
@given(content=tables(GED_ROWS))
def test_a_row_of_ged_is_read_or_refused_whatever_its_cells_hold(content: bytes) -> None:
    assert_sound(read(GedReader.records, content))


@examples(150)
@given(content=tables(ACLED_ROWS))
def test_a_row_of_acled_is_read_or_refused_whatever_its_cells_hold(content: bytes) -> None:
    assert_sound(read(AcledReader.records, content))


@pytest.mark.parametrize("records", [GedReader.records, AcledReader.records])
@examples(150)
@given(
    content=st.binary(max_size=300)
    | st.binary(max_size=50).map(b"\x1f\x8b\x08\x00".__add__)
    | st.binary(max_size=50).map(b"\x28\xb5\x2f\xfd".__add__)
    | st.binary(max_size=50).map(b"id,a,b\r\n".__add__)
)
@example(content=b"")
@example(content=b'"' * 1000)
@example(content=b"\xef\xbb\xbf")
@example(content=b"id\r" * 100)
def test_what_is_no_table_is_refused(records: Callable[[Path], Iterator[Any]], content: bytes) -> None:
    assert read(records, content) == []


# --- packs ---

VALUES = [
    "1", "-1", "1.5", "nan", "true", '""', '"x"', '"\\u0000"', '"\\u202e"', "[]", "[1]", '["x", "x"]', "{}",
    "{ a = 1 }",
    "2021-07-04", "2021-07-04T10:00:00Z", "10:00:00", '"2021-02-30"', '"' + "x" * 5000 + '"', "9223372036854775807",
    '"../../etc/passwd"', '"nawa"', '"front-east"', "[[]]", "[{}]", '"one"', "1979-05-27", "inf",
]  # fmt: skip


@st.composite
def packs(draw: st.DrawFn) -> dict[str, str]:
    """The files of a small pack in which some values, keys or letters are others."""
    files = {name: dedent(text) for name, text in TWINS.items()}
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(sorted(files)))
        lines = files[name].splitlines()
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition(" = ")
        line = st.sampled_from(["", "[[event]]", "[coverage]", "x = 1", "[[event.claim]]", "event = 1", lines[at] * 2])
        value = st.sampled_from([f"{key} = {value}" for value in VALUES]) if equals else line
        lines[at] = draw(value | line | st.text(max_size=10))
        files[name] = "\n".join(lines)
    return files


@examples(150)
@given(files=packs())
@example(files=TWINS | {"pack.toml": ""})
@example(files=TWINS | {"actors.toml": "actor = " + "[" * 3000})
@example(files=TWINS | {"events/all.toml": "event = [1, 'x', {}]"})
def test_a_pack_is_read_or_all_its_problems_are_told(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / "twins" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", errors="surrogatepass")
        try:
            [(content, _)], problems = read_checked(Path(folder)), None
        except BrokenPackError as broken:
            content, problems = None, broken.problems
        if content is None:
            assert problems
            assert all(problem.reason and folder not in str(problem) for problem in problems)
        else:
            assert content.pack.id == "twins"
