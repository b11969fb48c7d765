"""`oxus export`: the bytes that HTTP sends, in a file that is whole or not there at all."""

import csv
import errno
import io
import json
import os
import re
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from asgi_client import AppClient
from conftest import PACK, Databases
from sqlalchemy import Connection, text
from typer.testing import CliRunner, Result
from waiting import MAX_WAIT_SECONDS

from app import exports
from app.cli import app as command
from app.formats import FORMATS, as_parquet
from app.formats.base import Batches, ResultMetadata
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.settings import PROJECT_ROOT

Export = Callable[..., Result]

NEEDED = {
    "control": {"as_of": "2021-06-29"},
    "control/summary": {"datetime": "2021-06-21/2021-07-05"},
    "stats": {"group_by": "category"},
    "density": {"zoom": "6"},
    "search": {"q": "Taliban"},
    "resolve": {"q": "Hairaton"},
    "changes": {"since": "0"},
}
NAMES = [*STORED_LISTS, *COMPUTED_LISTS]
UNPAGED = ("stats", "resolve")  # the lists that take no limit


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pack_url: str) -> Export:
    """Runs `oxus export` over the article's pack in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("OXUS_DATABASE_URL", "OXUS_SEED_DIR", "OXUS_QUERY_TIMEOUT_SECONDS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, database: str = pack_url) -> Result:
        result = CliRunner().invoke(command, ["export", *arguments, "--database", database])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def options(query: dict[str, str], joined: bool = False, dashes: bool = True) -> Iterator[str]:
    """A query as options: `--name value` or `--name=value`, with dashes or as the API spells it."""
    for name, value in query.items():
        option = f"--{name.replace('_', '-') if dashes else name}"
        yield from [f"{option}={value}"] if joined else [option, value]


def rows_in(content: bytes, format_: str) -> int:
    """How many rows a file holds."""
    if format_ == "csv":
        return len(list(csv.reader(io.StringIO(content.decode(), newline="")))) - 1
    if format_ == "parquet":
        return int(pq.read_table(io.BytesIO(content)).num_rows)
    if format_ == "ndjson":
        return len(content.splitlines())
    return len(json.loads(content)["items" if format_ == "json" else "features"])


# --- what is written ---


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_the_bytes_that_http_sends(export: Export, client: AppClient, tmp_path: Path, name: str) -> None:
    query = NEEDED.get(name, {})
    for format_ in FORMATS:
        path = tmp_path / f"all.{format_}"
        result = export(name, "--out", str(path), *options(query))
        content = path.read_bytes()
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == f"{rows_in(content, format_)} rows of {name}, revision 1, as {format_}\n"
        limit = {} if name in UNPAGED else {"limit": "1000" if format_ == "json" else "all"}
        sent = client.get(f"/v1/{name}", params=query | limit | {"f": format_})
        assert sent.status_code == 200
        if format_ != "geojson":
            assert content == sent.content
            continue
        ours, theirs = json.loads(content), json.loads(sent.content)
        assert ours["links"] == [link for link in theirs["links"] if link["rel"] == "license"]
        assert ours | {"links": None} == theirs | {"links": None}
        assert content.partition(b'"features":')[2] == sent.content.partition(b'"features":')[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"all.{format_}" for format_ in FORMATS)


ASKED: list[tuple[str, dict[str, str], int]] = [
    ("events", {"place": "balkh", "sort": "date"}, 10),
    ("events", {"datetime": "2021-06-28/2021-07-05", "date_match": "certain", "min_origins": "1"}, 36),
    ("events", {"bbox": "-180,-90,180,90", "sort": "-category,id", "fields": "id,category"}, 86),
    ("events", {"q": '"tent camp"', "known_by": "2021-07-05"}, 2),
    ("events", {"deaths_min": "1000"}, 0),
    ("events", {"limit": "3"}, 3),
    ("movements", {"from": "badakhshan", "to": "Tajikistan", "cross_border": "true"}, 1),
    ("control-changes", {"gained_by": "taliban", "kind": "district"}, 3),
    ("claims", {"reported": "../2021-07-04", "sort": "-reported_on"}, 11),
    ("locations", {"near": "67.53,37.13", "radius_km": "50"}, 6),
    ("control", {"as_of": "2021-06-29", "place": "kaldar"}, 1),
    ("stats", {"group_by": "week", "place": "balkh"}, 2),
]


@pytest.mark.parametrize(("name", "query", "rows"), ASKED, ids=[f"{name} {query}" for name, query, _ in ASKED])
def test_every_parameter_is_an_option_in_either_spelling(
    export: Export, client: AppClient, name: str, query: dict[str, str], rows: int
) -> None:
    limit = {} if name in UNPAGED or "limit" in query else {"limit": "all"}
    sent = client.get(f"/v1/{name}", params=query | limit | {"f": "ndjson"})
    for joined, dashes in ((False, True), (True, True), (False, False), (True, False)):
        result = export(name, "--out", "-", "--f", "ndjson", *options(query, joined, dashes))
        assert (result.exit_code, result.stdout_bytes) == (0, sent.content), (joined, dashes)
        assert result.stderr == f"{rows} rows of {name}, revision 1, as ndjson\n"


@pytest.mark.parametrize("format_", FORMATS)
def test_the_name_of_the_file_says_the_format_and_an_option_wins(export: Export, tmp_path: Path, format_: str) -> None:
    assert export("packs", "--out", f"packs.2021.{format_}").stderr.endswith(f"as {format_}\n")
    by_name = (tmp_path / f"packs.2021.{format_}").read_bytes()
    for spelt in (["--f", format_], [f"--f={format_}"]):
        assert export("packs", *spelt, "--out", "packs.csv").stderr.endswith(f"as {format_}\n")
        assert (tmp_path / "packs.csv").read_bytes() == by_name


def test_without_a_name_that_says_it_the_format_is_csv(export: Export, tmp_path: Path) -> None:
    assert export("packs", "--out", "packs").stderr == "1 rows of packs, revision 1, as csv\n"
    assert (tmp_path / "packs").read_text("utf-8").startswith("id,")


@pytest.mark.each_database
def test_a_dash_is_the_standard_output_which_holds_rows_and_nothing_else(
    export: Export, client: AppClient, tmp_path: Path
) -> None:
    count = client.get("/v1/sources", params={"count": "exact"}).json()["matched"]
    result = export("sources", "--out", "-")
    export("sources", "--out", "sources.csv")
    assert result.stdout_bytes == (tmp_path / "sources.csv").read_bytes()
    assert result.stderr == f"{count} rows of sources, revision 1, as csv\n"
    assert [path.name for path in tmp_path.iterdir()] == ["sources.csv"]
    assert export("sources", "--out", "-", "--f", "parquet").stdout_bytes[:4] == b"PAR1"


def test_what_is_exported_is_read_by_sql(export: Export, tmp_path: Path) -> None:
    export("control-changes", "--out", "changes.parquet", "--place", "kaldar", "--sort", "date")
    found = duckdb.sql(
        "SELECT id, date_latest, control_change_gained_by_id FROM 'changes.parquet' "
        "WHERE location_id = 'kaldar' AND list_contains(actors_id, 'taliban')"
    ).fetchall()
    assert [(id_, str(day), side) for id_, day, side in found] == [
        ("kaldar-captured-2021-06", "2021-06-28", "taliban"),
        ("kaldar-recaptured-2021-06-29", "2021-06-29", "afghan-government"),
        ("kaldar-lost-again-2021-06-30", "2021-06-30", "taliban"),
    ]


@pytest.mark.each_database
def test_two_exports_of_one_state_are_the_same_bytes(export: Export, tmp_path: Path) -> None:
    for format_ in FORMATS:
        export("claims", "--out", f"one.{format_}")
        export("claims", "--out", f"two.{format_}")
        assert (tmp_path / f"one.{format_}").read_bytes() == (tmp_path / f"two.{format_}").read_bytes()


@pytest.mark.parametrize("format_", FORMATS)
def test_a_database_without_rows_is_exported_too(
    export: Export, databases: Databases, tmp_path: Path, format_: str
) -> None:
    result = export("events", "--out", f"none.{format_}", database=databases.migrated())
    assert (result.exit_code, result.stderr) == (0, f"0 rows of events, revision 0, as {format_}\n")
    assert rows_in((tmp_path / f"none.{format_}").read_bytes(), format_) == 0


# --- what is refused ---


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("evnts", "--out", "x.csv"), ["oxus export has no 'evnts'", "did you mean events?"]),
        (("event", "--out", "x.csv"), ["oxus export has no 'event'", "did you mean events?"]),
        (("movements/totals", "--out", "x.csv"), ["oxus export has no 'movements/totals'"]),
        (
            ("events", "--out", "x.csv", "--plase", "balkh"),
            ["plase=balkh: no such parameter here", "did you mean place?"],
        ),
        (("events", "--out", "x.csv", "--date-mach=certain"), ["date_mach=certain: no", "did you mean date_match?"]),
        (("events", "--out", "x.csv", "--place", "Kalder"), ["place=Kalder: no such name", "did you mean Kaldar?"]),
        (("events", "--out", "x.csv", "--category", "clsh"), ["category=clsh: not one of", "did you mean clash?"]),
        (("events", "--out", "x.csv", "--place="), ["place=: is empty"]),
        (("events", "--out", "x.csv", "--limit", "0"), ["limit=0: not between 1 and 1000"]),
        (("events", "--out", "x.csv", "--limit", "5", "--limit", "6"), ["limit=6: is given twice"]),
        (
            ("events", "--out", "x.csv", "--date-match", "certain"),
            ["date_match=certain: says nothing without datetime"],
        ),
        (("control", "--out", "x.csv"), ["as_of=: is needed"]),
        (("events", "--out", "x.txt"), ["f=txt: not one of json, geojson, csv, ndjson, parquet"]),
        (("events", "--out", "x.CSV"), ["f=CSV: not one of", "did you mean csv?"]),
        (("events", "--out", "x.csv", "--f", "geo-json"), ["f=geo-json: not one of", "did you mean geojson?"]),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_is_not_understood_exits_1_with_the_nearest_choice_and_writes_nothing(
    export: Export, tmp_path: Path, arguments: tuple[str, ...], told: list[str]
) -> None:
    result = export(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    lines = result.stderr.splitlines()
    for start, line in zip(told, lines, strict=False):
        assert line.startswith(start)
    assert len(lines) >= len(told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("events",),
        ("--out", "x.csv"),
        ("events", "--out", "x.csv", "balkh"),
        ("events", "--out", "x.csv", "--place"),
        ("events", "--out", "x.csv", "-p", "balkh"),
    ],
    ids=" ".join,
)
def test_a_line_that_is_no_command_exits_2_and_writes_nothing(
    export: Export, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = CliRunner().invoke(command, ["export", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_parquet_says_how_to_install_it(
    export: Export, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(as_parquet, "find_spec", lambda name: None)
    result = export("events", "--out", "x.parquet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[0].endswith("pip install -c requirements.lock -e '.[parquet]'")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_there_exits_1_and_writes_nothing(export: Export, tmp_path: Path) -> None:
    result = export("events", "--out", "x.csv", database=str(tmp_path / "none.db"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("there is no database file none.db")
    assert list(tmp_path.iterdir()) == []


# --- what becomes of the file ---

OLD = b"what was here before\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that is there already."""
    path = tmp_path / "events.csv"
    path.write_bytes(OLD)
    return path


def assert_kept(old: Path) -> None:
    """The file is as it was, and nothing lies beside it."""
    assert old.read_bytes() == OLD
    assert list(old.parent.iterdir()) == [old]


def test_a_file_that_is_there_is_replaced(export: Export, old: Path) -> None:
    assert export("events", "--out", str(old)).exit_code == 0
    assert rows_in(old.read_bytes(), "csv") == 87
    assert list(old.parent.iterdir()) == [old]


def test_a_refusal_keeps_the_file_that_is_there(export: Export, old: Path) -> None:
    assert export("events", "--out", str(old), "--place", "Kalder").exit_code == 1
    assert_kept(old)


def failing(error: BaseException) -> Callable[[ResultMetadata, Batches], Iterator[bytes]]:
    """A writer that fails after its first chunk."""

    def write(head: ResultMetadata, batches: Batches) -> Iterator[bytes]:
        yield b"id,category\n"
        raise error

    return write


def break_csv(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setitem(exports.FORMATS, "csv", replace(FORMATS["csv"], write=failing(error)))


def test_a_fault_half_way_keeps_the_file_that_is_there(
    export: Export, monkeypatch: pytest.MonkeyPatch, old: Path
) -> None:
    break_csv(monkeypatch, ZeroDivisionError("a fault of ours"))
    with pytest.raises(ZeroDivisionError):
        export("events", "--out", str(old))
    assert_kept(old)


def test_an_interruption_keeps_the_file_that_is_there(
    export: Export, monkeypatch: pytest.MonkeyPatch, old: Path
) -> None:
    break_csv(monkeypatch, KeyboardInterrupt())
    assert export("events", "--out", str(old)).exit_code != 0
    assert_kept(old)


def test_a_full_disk_keeps_the_file_that_is_there(export: Export, monkeypatch: pytest.MonkeyPatch, old: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    def no_room(_file: int) -> None:
        raise full

    monkeypatch.setattr(os, "fsync", no_room)
    result = export("events", "--out", str(old))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{old} cannot be written: No space left on device\n"
    assert_kept(old)


def run_oxus(*arguments: str, **how: Any) -> "subprocess.CompletedProcess[bytes]":
    """`oxus export` as a process of its own."""
    line = [sys.executable, "-m", "app.cli", "export", *arguments]
    return subprocess.run(line, cwd=PROJECT_ROOT, stderr=subprocess.PIPE, check=False, timeout=MAX_WAIT_SECONDS, **how)


def test_a_file_that_may_not_grow_is_left_as_it_was(pack_url: str, connection: Connection, old: Path) -> None:
    connection.execute(text("SELECT 1 FROM pack"))  # SQLite's shared memory is there, so that nothing need grow for it

    def small_files_only() -> None:  # the kernel refuses the write as it does on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    uncounted = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # it writes too
    ended = run_oxus("events", "--out", str(old), "--database", pack_url, preexec_fn=small_files_only, env=uncounted)
    assert (ended.returncode, ended.stderr.decode()) == (1, f"{old} cannot be written: File too large\n")
    assert_kept(old)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full: a full output is not tried")
def test_a_standard_output_that_is_full_exits_1_with_a_sentence(pack_url: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = run_oxus("events", "--out", "-", "--database", pack_url, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr.decode() == "- cannot be written: No space left on device\n"


@pytest.mark.each_database
def test_a_reader_that_goes_away_ends_the_export_without_a_trace(pack_url: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = run_oxus("events", "--out", "-", "--database", pack_url, stdout=writing)
    os.close(writing)
    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("where", ["nowhere/events.csv", "events.csv/events.csv", "folder.csv", "folder.csv/"])
def test_what_cannot_be_written_exits_1_with_a_sentence_and_leaves_nothing(
    export: Export, old: Path, tmp_path: Path, where: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    result = export("events", "--out", where)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(rf"{where} cannot be written: (No such file or|Is a|Not a) directory\n", result.stderr)
    assert old.read_bytes() == OLD
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["events.csv", "folder.csv"]


@pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="there is no /proc: a folder nobody may write to is not tried"
)
def test_a_folder_that_nobody_may_write_to_exits_1_with_a_sentence(export: Export) -> None:
    result = export("events", "--out", "/proc/events.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(r"/proc/events\.csv cannot be written: .+\n", result.stderr)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o000, 0o666)])
def test_a_file_may_be_read_by_whom_the_umask_allows(export: Export, tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        assert export("packs", "--out", "packs.csv").exit_code == 0
        assert os.umask(mask) == mask  # as it was
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "packs.csv").stat().st_mode) == mode


def test_a_link_stays_a_link_and_its_target_is_replaced(export: Export, old: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest.csv"
    link.symlink_to(old.name)
    assert export("packs", "--out", str(link)).exit_code == 0
    assert link.is_symlink()
    assert old.read_text("utf-8").startswith("id,")
    assert sorted(tmp_path.iterdir()) == [old, link]


def test_a_pipe_is_written_to_and_not_replaced(export: Export, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert export("packs", "--out", str(pipe)).exit_code == 0
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert os.read(reader, 65536).startswith(b"id,")
    finally:
        os.close(reader)
    assert list(tmp_path.iterdir()) == [pipe]


def test_the_help_names_the_lists_the_formats_and_the_options() -> None:
    shown = " ".join(re.sub(r"[^\w.,-]", " ", CliRunner().invoke(command, ["export", "--help"]).stdout).split())
    for word in ("events", "control", "csv, geojson, ndjson, parquet or json", "--out", "--f", "--database", "--place"):
        assert word in shown


def test_what_is_exported_names_its_licence_and_its_source(export: Export, tmp_path: Path) -> None:
    export("events", "--out", "events.parquet")
    told = json.loads(pq.read_schema(tmp_path / "events.parquet").metadata[b"oxus"])
    assert (told["revision"], [pack["id"] for pack in told["packs"]]) == (1, [PACK])
    assert told["packs"][0]["licence"] == "CC-BY-4.0"
    export("events", "--out", "events.geojson")
    assert json.loads((tmp_path / "events.geojson").read_bytes())["packs"] == told["packs"]
