"""Characters that no question may hold: left out of what is stored, and told in the report of odd rows."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from factories.acled import acled_bytes
from factories.ged import ged_bytes
from sqlalchemy import select
from stored_state import clean, reader

from app import models
from app.ingest.datasets.acled.reader import AcledReader, AcledRecord
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.ucdp_ged.reader import LAYOUT, GedReader, GedRecord
from app.models.base import table_of
from app.names import forbidden_character
from ingest.datasets.ucdp_ged.ged_import import Write, rec, run
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import write as write
from ingest.datasets.written_files import File
from ingest.datasets.written_files import file as file

NAMES = ("side_a", "where_coordinates", "adm_1", "dyad_name")
LEFT_OUT = [
    ("A\x01rmy", "Army", "U+0001"),
    ("A\x7frmy", "Army", "U+007F"),
    ("A\x92rmy", "Army", "U+0092"),
    ("The\tArmy", "The Army", "U+0009"),
    ("The\nArmy", "The Army", "U+000A"),
    ("\u202eymrA\u202c", "ymrA", "U+202E"),
    ("\u2066Army\u2069", "Army", "U+2066"),
    ("Army \ue000", "Army ", "U+E000"),
    ("Army \U0010fffd", "Army ", "U+10FFFD"),
]


@pytest.mark.parametrize(("printed", "kept", "character"), LEFT_OUT)
def test_a_name_is_kept_without_what_no_question_may_hold(file: File, printed: str, kept: str, character: str) -> None:
    (record,) = GedReader.records(file(ged_bytes(dict.fromkeys(NAMES, printed))))
    assert isinstance(record, GedRecord)
    assert {record.cells[LAYOUT.index[name]] for name in NAMES} == {kept}
    told = {(odd.field, odd.value, odd.reason) for odd in record.warnings}
    reason = f"holds {character}, which no question may hold: it was left out"
    assert told == {(name, printed, reason) for name in NAMES}
    (other,) = AcledReader.records(file(acled_bytes({"actor1": printed})))
    assert isinstance(other, AcledRecord)
    assert (kept in other.cells, [odd.field for odd in other.warnings]) == (True, ["actor1"])


def test_a_text_keeps_its_tabs_and_ends_of_lines_and_loses_the_others(file: File) -> None:
    (record,) = GedReader.records(file(ged_bytes({"where_description": "a\tb\nc\x07\u202ed"})))
    assert isinstance(record, GedRecord)
    assert record.cells[LAYOUT.index["where_description"]] == "a\tb\ncd"
    assert [odd.reason for odd in record.warnings] == ["holds U+0007, which no question may hold: it was left out"]
    (record,) = GedReader.records(file(ged_bytes({"where_description": "a\tb\nc"})))
    assert isinstance(record, GedRecord)
    assert record.warnings == []


@pytest.mark.parametrize("unseen", ["\u200b", "\u200f\u2060", "\u3164", "\u0301", "\u2800 ", "\u202e", "\ufe0f"])
def test_a_name_of_which_nothing_is_seen_is_empty(file: File, unseen: str) -> None:
    (row,) = GedReader.records(file(ged_bytes({"side_a": unseen})))
    assert isinstance(row, Rejected)
    assert (row.field, row.reason) == ("side_a", "is missing")
    (record,) = GedReader.records(file(ged_bytes({"adm_2": unseen})))
    assert isinstance(record, GedRecord)
    assert record.cells[LAYOUT.index["adm_2"]] is None
    assert record.warnings[-1].reason == "holds nothing that is seen: it counts as empty"


@pytest.mark.parametrize(
    "name", ["می‌شود", "co\u00adoperate", "O\u2019Brien", "कि", "\u200eArmy", "A\u00a0B", "🕊\ufe0f"]
)
def test_joiners_marks_and_soft_hyphens_of_a_name_stay(file: File, name: str) -> None:
    (record,) = GedReader.records(file(ged_bytes({"side_a": name})))
    assert isinstance(record, GedRecord)
    assert (record.cells[LAYOUT.index["side_a"]], record.warnings) == (name, [])


def test_an_id_with_a_forbidden_character_rejects_its_row(file: File) -> None:
    for records, content in (
        (GedReader.records, ged_bytes({"id": "1\u202e"})),
        (AcledReader.records, acled_bytes({"event_id_cnty": "AFG\u202e1"})),
    ):
        (row,) = records(file(content))
        assert isinstance(row, Rejected)


def texts_of(value: Any) -> Iterator[str]:
    """All texts in a value that was JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_of(inner)


@pytest.mark.each_database
def test_no_stored_name_holds_what_no_question_may_hold(empty_url: str, write: Write) -> None:
    odd = "\u202eOdd\x92\ue000 na\tme\n"
    names = dict.fromkeys(("side_a", "side_b", "where_coordinates", "adm_1", "adm_2", "conflict_name"), odd)
    article = '"Pa\x07per\nof two lines,2014-03-06,He\u202ead"'
    done = run(empty_url, write(rec(1, **names, source_article=article, source_original=odd), rec(2)))
    assert (done.rows, done.rejected) == (2, [])
    with reader(empty_url) as connection:
        for model in (models.SourceName, models.ActorName, models.LocationName):
            for name in connection.scalars(select(table_of(model).c.name)):
                assert forbidden_character(name) is None
        for model in (models.Event, models.Claim, models.Location, models.Actor, models.Source):
            for row in connection.scalars(select(table_of(model).c.row)):
                assert [text for text in texts_of(json.loads(row)) if forbidden_character(text, prose=True)] == []
    assert clean(empty_url)
