"""`oxus import acled`: what it says and how it ends."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from factories.ged import ged_bytes
from stored_state import holds, newest
from typer.testing import CliRunner, Result

from app import cli
from app.ingest.datasets.acled.event_rows import AcledRowBuilder
from ingest.datasets.acled.acled_import import (
    Write,
    row,
    run,
)
from ingest.datasets.acled.acled_import import empty_url as empty_url
from ingest.datasets.acled.acled_import import empty_urls as empty_urls
from ingest.datasets.acled.acled_import import write as write

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


def test_the_command_says_what_changed_and_lists_what_was_left_out(
    oxus: Callable[..., Result], empty_url: str, write: Write, tmp_path: Path
) -> None:
    path = write(row(1, timestamp="1500000000"), row(2, year="2013"), row(3, geo_precision="9"))
    reports = ("--rejected", tmp_path / "why.csv", "--odd", tmp_path / "odd.csv")
    result = oxus("import", "acled", path, "--database", empty_url, *reports)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "acled: 2 rows read: revision 1: 3 sources added, 4 actors added, 4 locations added, 2 events added, "
        "6 claims added",
        "1 rows are odd (such as a sub-event type of another event type) and were kept as they are; "
        f"{tmp_path / 'odd.csv'} lists them",
        f"1 rows were left out; {tmp_path / 'why.csv'} says why",
    ]
    report = (tmp_path / "why.csv").read_text("utf-8").splitlines()
    assert report == [
        "file,line,id,field,value,reason",
        f"{path},4,XMP3,geo_precision,9,is not between 1 and 3",
    ]
    assert (tmp_path / "odd.csv").read_text("utf-8").splitlines() == [
        "file,line,id,field,value,reason",
        f'{path},3,XMP2,year,2013,"is not the year of event_date, 2014-03-05"',
    ]
    result = oxus("import", "acled", write(row(1)), "--database", empty_url)
    assert result.stdout.splitlines() == [
        "acled: 1 rows read: nothing changed",
        "1 rows were passed over, because a newer version of the same event is there",
    ]
    result = oxus("import", "acled", write(row(2)), "--database", empty_url, "--snapshot", "acled")
    assert result.stdout.startswith("acled: 1 rows read: revision 2: ")
    assert "1 events removed" in result.stdout


def test_a_file_that_is_not_acled_is_refused_and_changes_nothing(
    oxus: Callable[..., Result], empty_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "ged.csv"
    path.write_bytes(ged_bytes({}))
    result = oxus("import", "acled", path, "--database", empty_url)
    assert result.exit_code == 1
    assert "lacks columns: event_id_cnty" in result.stderr
    assert newest(empty_url) == 0


@pytest.mark.each_database
def test_ctrl_c_leaves_everything_as_it_was(empty_url: str, write: Write) -> None:
    run(empty_url, write(row(1)))
    before = holds(empty_url)
    with patch.object(AcledRowBuilder, "take", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        run(empty_url, write(row(1, timestamp="1500000000", fatalities="7"), row(2)))
    assert holds(empty_url) == before
