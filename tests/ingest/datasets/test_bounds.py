"""Files that would take all memory or time: each is refused, or read with memory that does not grow with it."""

import gzip
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.acled import acled_bytes
from factories.ged import ged_bytes

from app.codebooks.ucdp import GED_COLUMNS
from app.ingest.acled_sides import ActorRelations
from app.ingest.datasets.acled.reader import MAX_NAMES, AcledReader
from app.ingest.datasets.core import dedupe, entities, files
from app.ingest.datasets.core.acled_row_builder import AcledContext
from app.ingest.datasets.core.batch import ImportContext, RowBatch
from app.ingest.datasets.core.files import CsvTable, UnreadableFileError
from app.ingest.datasets.core.records import MAX_REPORTED_CHARS, Rejected
from app.ingest.datasets.core.subprocess_reader import MAX_BATCH_JSON_CHARS, BatchReader, ImportJob
from app.ingest.datasets.ucdp_ged.dataset import UCDP_GED
from app.ingest.datasets.ucdp_ged.reader import MAX_SOURCES, GedReader
from app.ingest.short_texts import MAX_CACHED_CHARS, cache_short
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

HEAD = ged_bytes()
ROW = ged_bytes({"id": "1"})[len(HEAD) :]
MEGABYTE = 1 << 20
MAX_PEAK_BYTES = 100 * MEGABYTE
"""Three times what the largest of these files takes, and a twentieth of what the least of them once took."""


def batches_of(*paths: Path) -> Iterator[RowBatch]:
    """Batches of files of UCDP GED, as an import of them into an empty database reads them."""
    context = AcledContext(changed_at=1, relations=ActorRelations())
    job = ImportJob(UCDP_GED, paths, ImportContext("ucdp-ged", 1, 1), {}, {}, 500, False, {}, context)
    return BatchReader(job, []).batches()


def rle_frame(first: bytes, byte: bytes, blocks: int) -> bytes:
    """A zstd frame (RFC 8878) of a raw block and blocks of 128 kB of one byte, each of which takes four bytes."""
    raw = (len(first) << 3).to_bytes(3, "little") + first
    block = (1 << 1 | 131_072 << 3).to_bytes(3, "little") + byte
    last = (1 | 1 << 1 | 131_072 << 3).to_bytes(3, "little") + byte
    return b"\x28\xb5\x2f\xfd\x00\x38" + raw + block * blocks + last


def gz(first: bytes, rest: bytes, times: int) -> bytes:
    return gzip.compress(first) + gzip.compress(rest) * times


ENDLESS = "file.csv: line 2: is longer than 1048576 characters"
BLOWN_UP = "file.csv: grows to more than 200 times its size when it is unpacked: no such table is read"
HOSTILE = {
    "a gz file of one line": (lambda: gz(HEAD, b"x" * MEGABYTE, 500), ENDLESS),
    "a zst file of one line": (lambda: rle_frame(HEAD, b"x", 16_000), ENDLESS),
    "a zst file of a header": (lambda: rle_frame(b"id", b"x", 16_000), ENDLESS.replace("line 2", "line 1")),
    "a gz file of rows": (lambda: gz(HEAD, ROW * 10_000, 2), BLOWN_UP),
    "a gz file of empty lines": (lambda: gz(HEAD, b"\n" * MEGABYTE, 4), BLOWN_UP),
    "a line": (lambda: HEAD + b"x" * 50 * MEGABYTE, ENDLESS),
    "a header": (
        lambda: b",".join(b"c%d" % number for number in range(100_000)),
        "file.csv: line 1: the header has 100000 columns, and 1000 are read",
    ),
    "100,000 columns": (lambda: HEAD + (b"," * 100_000 + b"\n") * 50, "has 100001 cells, the header has 49"),
    "a cell": (
        lambda: HEAD + b'1,"' + b"y" * 500_000 + b'"\n' + ROW,
        "a cell is longer than 262144 characters: a quote may never be closed",
    ),
    "cells over many lines": (
        lambda: HEAD + b"1" + b',"\n"' * 300_000,
        "the row is longer than 1048576 characters: a quote may never be closed",
    ),
    "numbers": (
        lambda: ged_bytes(*[{"id": "9" * 100_000, "best": "8" * 100_000}] * 50),
        "is larger than 2147483647",
    ),
    "bad rows": (lambda: HEAD + b"1,2\n" * 100_000, "has 2 cells, the header has 49"),
    "bad cells": (lambda: HEAD + ROW.replace(b"1,", b"x,", 1) * 20_000, "is not a whole number"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_before_it_takes_memory(
    file: File, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MIN_EXPANDED_CHARS", 2 * MEGABYTE)  # tracing millions of lines takes minutes
    content, reason = HOSTILE[kind]
    path = file(content())
    reasons: set[str] = set()
    tracemalloc.start()
    try:
        for batch in batches_of(path):
            reasons |= {rejected.reason for _, rejected in batch.rejected}
            assert len(batch.rejected) <= 500 + len(GED_COLUMNS)
            assert all(len(text) <= MAX_REPORTED_CHARS for _, row in batch.rejected for text in (row.id, row.value))
            del batch
    except UnreadableFileError as error:
        reasons.add(str(error))
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert reason in reasons
    assert peak < MAX_PEAK_BYTES


def test_a_row_that_is_too_long_spoils_no_later_one(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROW_CHARS", 20)
    with CsvTable(file(b'a,b\n1,"x\nxxxxxxxx\nxxxxxxxx\n2,y\n3,z\n')) as table:
        assert list(table.rows()) == [
            (2, [], "the row is longer than 20 characters: a quote may never be closed"),
            (5, ["2", "y"], None),
            (6, ["3", "z"], None),
        ]


def test_a_file_of_too_many_rows_is_refused(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 600)
    with CsvTable(file(b"a,b\n" + b"1,2\n" * 600)) as table:
        assert len(list(table.rows())) == 600
    with CsvTable(file(b"a,b\n" + b"1,2\n" * 1000)) as table, pytest.raises(UnreadableFileError, match="more than 600"):
        list(table.rows())


def test_a_file_is_read_as_far_as_its_batches_are_taken(file: File) -> None:
    path = file(HEAD + b"".join(b"%d" % number + ROW[1:] for number in range(1, 20_001)))
    batches = batches_of(path)
    first = next(batches)
    assert (len(first.tables["event"]), first.bytes_read < path.stat().st_size / 4) == (500, True)


def test_a_batch_of_rows_with_many_sources_ends_early(file: File) -> None:
    named = [{"id": str(number), "source_article": sources(600)} for number in range(1, 61)]
    batches = list(batches_of(file(ged_bytes(*named))))
    assert sum(len(batch.tables["event"]) for batch in batches) == 60
    assert len(batches) > 2
    assert max(batch.chars for batch in batches) < 2 * MAX_BATCH_JSON_CHARS


def sources(count: int) -> str:
    return ";".join(f'"Paper {number},20{number % 90 + 10}-03-{number // 90 + 1:02},x"' for number in range(count))


def test_a_row_of_too_many_sources_or_actors_is_rejected(file: File) -> None:
    (row,) = GedReader.records(file(ged_bytes({"source_article": sources(MAX_SOURCES + 1)})))
    assert isinstance(row, Rejected)
    assert (row.field, row.reason) == ("source_article", f"names more than {MAX_SOURCES} sources")
    for column in ("source", "assoc_actor_2"):
        (row,) = AcledReader.records(file(acled_bytes({column: "a;" * MAX_NAMES})))
        assert isinstance(row, Rejected)
        assert (row.field, row.reason) == (column, f"has more than {MAX_NAMES} names")


def test_files_that_name_too_many_things_are_refused(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entities, "MAX_ENTITIES", 100)
    with pytest.raises(UnreadableFileError, match="more than 100 different sources, actors and areas"):
        list(batches_of(file(ged_bytes({"source_article": sources(120)}))))


def test_rows_that_wait_for_newer_ones_are_bounded(monkeypatch: pytest.MonkeyPatch, file: File) -> None:
    monkeypatch.setattr(dedupe, "MAX_WAITING_CHARS", 2000)
    from app.ingest.datasets.acled.dataset import ACLED

    records = list(AcledReader.records(file(acled_bytes({"notes": "x" * 3000}))))
    policy = dedupe.KeepNewest(ACLED, dedupe.StoredVersions(frozenset([ACLED.event_id(records[0].id)]), {}))
    with pytest.raises(UnreadableFileError, match="import the files one after the other"):
        policy.decide(records[0])


def test_a_cache_keeps_no_long_text_and_no_more_than_its_size() -> None:
    seen: list[str] = []

    def length(text: str) -> int:
        seen.append(text[:9])
        return len(text)

    cached = cache_short(2)(length)
    long = "x" * (MAX_CACHED_CHARS + 1)
    assert [cached(text) for text in ("a", "a", long, long, "b", "c", "a")] == [1, 1, 301, 301, 1, 1, 1]
    assert seen == ["a", "x" * 9, "x" * 9, "b", "c", "a"]


# --- what is no table --------------------------------------------------------------------------------------------


def test_a_pipe_and_a_dangling_link_are_refused_and_nobody_waits(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "absent.csv")
    with pytest.raises(UnreadableFileError, match=r"^pipe\.csv: a pipe or device, which cannot be read twice"):
        CsvTable(pipe)
    with pytest.raises(UnreadableFileError, match=r"^link\.csv: links to a file that is not there$"):
        CsvTable(link)
    with pytest.raises(UnreadableFileError, match=r"^null: a pipe or device"):
        CsvTable(Path("/dev/null"))


def test_a_zst_file_with_a_window_that_would_fill_memory_is_refused(file: File) -> None:
    window = rle_frame(HEAD, b"x", 1).replace(b"\x00\x38", b"\x00\xa0", 1)  # 2 ** 30 bytes
    with pytest.raises(UnreadableFileError, match="compressed with too large a window"):
        CsvTable(file(window))


def test_rows_of_a_latin_1_file_are_told_and_none_is_stored_half(file: File) -> None:
    content = ged_bytes({"id": "1"}, {"id": "2", "side_a": "Armée"}).decode().encode("latin-1")
    good, bad = GedReader.records(file(content))
    assert isinstance(bad, Rejected)
    assert (good.id, bad.line, bad.reason.endswith("of line 3 is not UTF-8")) == (1, 3, True)
