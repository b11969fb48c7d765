"""`oxus import ucdp-ged`: what it says and how it ends."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories.ged import ged_bytes
from stored_state import (
    clean,
    load,
    newest,
    removals,
)
from typer.testing import CliRunner, Result

from app import cli
from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.datasets.core import streams
from app.ingest.datasets.ucdp_ged.event_rows import GedRowBuilder
from ingest.datasets.ucdp_ged.ged_import import (
    CLAIM,
    GIVEN,
    MADE_UP,
    Write,
    rec,
    run,
    second_pack,
)
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

# The command.


@pytest.fixture
def oxus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def invoked(*arguments: object) -> Result:
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoked


Oxus = Callable[..., Result]


def test_the_command_says_what_changed_and_exits_0(oxus: Oxus, empty_url: str, write: Write) -> None:
    path = write(rec(1), rec(2, low="9"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ucdp-ged: 2 rows read: revision 1: 3 sources added, 3 actors added, 4 locations added, 2 events added, "
        "4 claims added",
        "1 rows are odd (such as low above best) and were kept as they are; odd.csv lists them",
    ]
    again = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert again.stdout.splitlines()[0] == "ucdp-ged: 2 rows read: nothing changed"
    assert not Path("rejected.csv").exists()
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url, "--snapshot", GIVEN)
    assert result.stdout == "ucdp-ged: 1 rows read: revision 2: 1 events removed, 2 claims removed\n"


def test_no_progress_is_written_where_no_terminal_is(oxus: Oxus, empty_url: str, write: Write) -> None:
    assert oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url).stderr == ""


def test_progress_is_harmless_where_no_terminal_is(oxus: Oxus, empty_url: str, write: Write) -> None:
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url)
    assert (result.exit_code, result.stderr.strip()) == (0, "")


def test_rejected_rows_are_listed(oxus: Oxus, empty_url: str, write: Write) -> None:
    path = write(
        rec(1),
        rec("x", where_prec="9"),
        rec(3, country="", dyad_name=' "quoted", with comma\nand line '),
        rec(4, date_start='=HYPERLINK("a","b")'),
        rec(1),
        name="given.csv",
    )
    result = oxus("import", "ucdp-ged", path, "--database", empty_url)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "4 rows were left out; rejected.csv says why")
    with Path("rejected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["file", "line", "id", "field", "value", "reason"]
    assert [row[:4] for row in rows[1:]] == [
        [str(path), "3", "x", "id"],
        [str(path), "3", "x", "where_prec"],
        [str(path), "4", "3", "country"],
        [str(path), "6", "4", "date_start"],
        [str(path), "7", "1", "id"],
    ]
    assert [row[5] for row in rows[1:4]] == ["is not a whole number", "is not between 1 and 7", "is missing"]


def test_odd_rows_are_listed_as_rejected_ones_are(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    report = tmp_path / "odd rows.csv"
    path = write(rec(1), rec(2, low="9"), rec(3, year="2015", deaths_b="1"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--odd", report)
    assert result.stdout.splitlines()[1] == (
        f"2 rows are odd (such as low above best) and were kept as they are; {report} lists them"
    )
    assert list(csv.reader(report.read_text("utf-8").splitlines())) == [
        ["file", "line", "id", "field", "value", "reason"],
        [str(path), "3", "2", "best", "3", "is not between low, 9, and high, 4"],
        [str(path), "4", "3", "best", "3", "is not the sum of the four counts of deaths, 2"],
        [str(path), "4", "3", "year", "2015", "is no year of the dates, 2014-03-05 to 2014-03-05"],
    ]


def test_no_cell_of_the_report_runs_in_a_spreadsheet(oxus: Oxus, empty_url: str, write: Write) -> None:
    oxus("import", "ucdp-ged", write(rec("=1+1", date_start="@SUM(A1)")), "--database", empty_url)
    with Path("rejected.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "@"))] == []


def test_the_report_goes_where_it_is_told_to(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    report = tmp_path / "why.csv"
    path = write(rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", report)
    assert result.stdout.splitlines()[-1] == f"1 rows were left out; {report} says why"
    assert report.read_text("utf-8").splitlines()[1:] == [f"{path},2,x,id,x,is not a whole number"]
    assert not Path("rejected.csv").exists()


def test_a_report_that_cannot_be_written_leaves_everything_as_it_was(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    path = write(rec(1), rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", tmp_path / "no" / "why.csv")
    assert result.exit_code == 1
    assert newest(empty_url) == 0


def test_a_report_that_would_replace_a_folder_leaves_everything_as_it_was(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    (tmp_path / "why").mkdir()
    path = write(rec(1), rec("x"))
    result = oxus("import", "ucdp-ged", path, "--database", empty_url, "--rejected", tmp_path / "why")
    assert result.exit_code == 1
    assert newest(empty_url) == 0


def test_a_snapshot_that_removed_nothing_because_of_a_row_without_an_id_says_so(
    oxus: Oxus, empty_url: str, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    result = oxus("import", "ucdp-ged", write(rec(1), rec("x")), "--database", empty_url, "--snapshot", "made-up")
    assert result.stdout.splitlines()[1] == (
        "a row without an id that can be read may be any of those that are missing: nothing was removed"
    )
    assert removals(empty_url) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "bad.csv: has no header: its first line names none of the columns\n"),
        (ged_bytes(columns=tuple(c for c in GED_COLUMNS if c != "best")), "bad.csv: lacks columns: best\n"),
        (b"", "bad.csv: is empty: there is no header\n"),
        (b"PK\x03\x04", "bad.csv: a zip archive or a spreadsheet: take the CSV file out of it first\n"),
    ],
)
def test_a_file_that_is_no_ged_exits_1_and_says_why(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write, content: bytes, said: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    result = oxus("import", "ucdp-ged", write(rec(1)), bad, "--database", empty_url)
    assert (result.exit_code, result.stdout, result.stderr.lstrip("\n")) == (1, "", said)
    assert newest(empty_url) == 0


def test_a_zst_file_without_the_extra_says_what_to_install(
    oxus: Oxus, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(streams, "import_module", absent)
    packed = tmp_path / "ged.csv.zst"
    packed.write_bytes(b"\x28\xb5\x2f\xfd and more")
    result = oxus("import", "ucdp-ged", packed, "--database", empty_url)
    assert result.exit_code == 1
    assert "ged.csv.zst: compressed with zstd; to read it: pip install" in result.stderr


def test_a_missing_file_and_no_file_exit_2(oxus: Oxus, empty_url: str, tmp_path: Path) -> None:
    missing = oxus("import", "ucdp-ged", tmp_path / "absent.csv", "--database", empty_url)
    assert (missing.exit_code, "absent.csv" in "".join(missing.stderr.split()).replace("│", "")) == (2, True)
    assert oxus("import", "ucdp-ged", "--database", empty_url).exit_code == 2
    assert oxus("import", "nonsense").exit_code == 2


def test_a_folder_and_a_missing_database_exit_1(oxus: Oxus, empty_url: str, tmp_path: Path, write: Write) -> None:
    (tmp_path / "folder").mkdir()
    result = oxus("import", "ucdp-ged", tmp_path / "folder", "--database", empty_url)
    assert (result.exit_code, result.stderr.lstrip("\n")) == (1, "folder: Is a directory\n")
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", tmp_path / "absent.db")
    assert (result.exit_code, "there is no database file absent.db" in result.stderr) == (1, True)
    assert not (tmp_path / "absent.db").exists()


def test_a_refused_snapshot_exits_1_and_says_that_nothing_was_loaded(
    oxus: Oxus, empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url, "--snapshot", "made-up")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.lstrip("\n").startswith("made-up: ")
    assert result.stderr.endswith("1 problem(s); nothing was loaded.\n")


def test_ctrl_c_at_the_command_exits_130(
    oxus: Oxus, empty_url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GedRowBuilder, "take", interrupted)
    result = oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url)
    assert result.exit_code == 130
    assert newest(empty_url) == 0
    monkeypatch.undo()
    assert oxus("import", "ucdp-ged", write(rec(1)), "--database", empty_url).exit_code == 0


@pytest.mark.each_database
def test_the_made_up_file_that_ships_is_imported_whole(oxus: Oxus, url: str) -> None:
    result = oxus("import", "ucdp-ged", MADE_UP, "--database", url)
    assert result.exit_code == 0
    assert "8 rows read: revision 2: " in result.stdout
    assert clean(url)
