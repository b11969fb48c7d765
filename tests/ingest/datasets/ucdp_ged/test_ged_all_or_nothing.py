"""Imports that are killed, interrupted or refused leave everything as it was; readers go on."""

import gzip
import random
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Databases, engine_for
from factories.ged import csv_bytes, ged_bytes
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError
from stored_state import (
    clean,
    holds,
    newest,
    run_killed,
)
from waiting import MAX_WAIT_SECONDS

from app import models
from app.codebooks.ucdp import GED_COLUMNS
from app.db.bulk import insert_rows
from app.db.engine import read_transaction, write_transaction
from app.ingest.datasets.core import run as imports
from app.ingest.datasets.core.files import UnreadableFileError
from app.ingest.datasets.core.run import import_dataset
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.datasets.ucdp_ged.reader import LAYOUT
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import AT_THE_MILL, GIVEN, NEWER, RECORDS, Write, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

# All or nothing.

MOMENTS = 4


def steps_of(url: str, path: Path) -> int:
    """How many statements and commits an import takes."""
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1

    with engine_for(url, read_only=False) as engine:
        event.listen(engine, "before_cursor_execute", count)
        event.listen(engine, "commit", count)
        import_dataset(engine, UCDP_GED, [path], GIVEN, lambda *_: None)
    return steps


@pytest.mark.slow
@pytest.mark.each_database
def test_an_import_killed_at_any_moment_leaves_the_old_content_or_the_new_one_whole(
    databases: Databases, url: str, write: Write
) -> None:
    earlier, later = write(*RECORDS), write(*NEWER)
    run(url, earlier)
    old = holds(url)
    steps = steps_of(url, later)
    new = holds(url)
    assert old != new
    chosen = random.Random(25)  # noqa: S311 - the same moments on every run
    moments = sorted({2, steps, *chosen.sample(range(3, steps), MOMENTS - 2)})
    killed = [(databases.loaded(), moment) for moment in moments]
    for one, _ in killed:
        run(one, earlier)
    again = killed[-2][0]
    ended = run_killed(
        [*killed, (again, 0)],
        "import",
        "ucdp-ged",
        str(later),
        "--snapshot",
        GIVEN,
        "--odd",
        str(later.with_name("odd.csv")),
    )
    assert ended == [-signal.SIGKILL] * len(killed) + [0]
    for one, moment in killed:
        assert clean(one), moment
        assert holds(one) == (new if one == again else old), moment


@pytest.mark.each_database
def test_ctrl_c_leaves_everything_as_it_was(url: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    run(url, write(*RECORDS))
    before, at = holds(url), newest(url)
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 2)

    def interrupted(_bytes: int, rows: int) -> None:
        if rows >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(url, write(*NEWER), snapshot=GIVEN, told=interrupted)
    assert (holds(url), newest(url)) == (before, at)
    assert clean(url)


SPOILERS: dict[str, bytes] = {
    "no table at all": b"PK\x03\x04",
    "an empty file": b"",
    "a file that lacks columns": csv_bytes([[name for name in LAYOUT.required_columns if name != "best"]]),
    "a file that is cut off after good rows": gzip.compress(ged_bytes(*(rec(n) for n in range(100, 400))))[:-500],
    "a header that names a column twice": csv_bytes([[*GED_COLUMNS, "best"]]),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_second_file_that_cannot_be_read_leaves_everything_as_it_was(
    empty_url: str, tmp_path: Path, write: Write, spoiler: str
) -> None:
    run(empty_url, write(*RECORDS))
    before = holds(empty_url)
    second = tmp_path / "second.csv"
    second.write_bytes(SPOILERS[spoiler])
    with pytest.raises(UnreadableFileError, match=r"^second\.csv: "):
        run(empty_url, write(*NEWER), second, snapshot=GIVEN)
    assert holds(empty_url) == before
    assert clean(empty_url)


@pytest.mark.each_database
def test_what_a_database_refuses_of_many_rows_is_an_error_of_one_kind(empty_url: str) -> None:
    row = {"id": 1, "made_at": datetime(2014, 3, 5), "summary": "made up"}  # noqa: DTZ001
    with (
        engine_for(empty_url, read_only=False) as engine,
        pytest.raises(IntegrityError),
        write_transaction(engine) as connection,
    ):
        insert_rows(connection, table_of(models.Revision), [row, row])


# Readers go on.


@pytest.mark.each_database
def test_readers_go_on_with_the_old_content_while_an_import_runs_and_switch_at_once(
    url: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(url, write(*RECORDS))
    monkeypatch.setattr(imports, "RECORDS_PER_BATCH", 2)
    paths = ("/v1/events?limit=1000", "/v1/events?q=mill&limit=1000", "/compat/ucdp/api/gedevents/25.1", "/v1/packs")
    paths += ("/v1/changes?since=0&limit=1000", "/v1/events?limit=all&f=ndjson", f"/v1/locations/{AT_THE_MILL}")
    count = select(func.count()).select_from(table_of(models.Event))
    during: list[int] = []
    with (
        TestClient(create_app(Settings(database_url=url))) as client,
        engine_for(url, read_only=True) as engine,
        read_transaction(engine, MAX_WAIT_SECONDS) as long_reader,
    ):
        old = [client.get(path).content for path in paths]
        held = long_reader.scalar(count)

        def ask_in_the_middle(_bytes: int, rows: int) -> None:
            # A writer that blocked readers would give them a 503.
            assert [client.get(path).content for path in paths] == old
            during.append(rows)

        done = run(url, write(*NEWER), snapshot=GIVEN, told=ask_in_the_middle)
        assert done.revision == 3
        assert during[:4] == [2, 4, 6, 8]
        new = [client.get(path).content for path in paths]
        assert all(one != other for one, other in zip(old[:6], new[:6], strict=True))
        assert client.get("/v1/events/ucdp-ged:13").status_code == 200
        assert long_reader.scalar(count) == held  # one snapshot from the first statement to the last


@pytest.mark.each_database
def test_a_page_begun_before_an_import_goes_on_after_it(url: str, write: Write) -> None:
    run(url, write(*RECORDS))
    with TestClient(create_app(Settings(database_url=url))) as client:
        page = client.get("/v1/events", params={"limit": 5, "sort": "id"}).json()
        seen = [row["id"] for row in page["items"]]
        run(url, write(rec(12), rec(13)))
        while page["next"]:
            page = client.get(page["next"]).json()
            seen += [row["id"] for row in page["items"]]
    assert len(seen) == len(set(seen))
    assert {f"ucdp-ged:{number}" for number in range(1, 14)} <= set(seen)
