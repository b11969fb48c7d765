"""What the database itself refuses: orphans, codes of no list, values out of range or order."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from conftest import Databases, engine_for
from sqlalchemy import CheckConstraint, Connection, Engine, Table, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from app import models, vocab
from app.db.engine import write_transaction
from app.models.base import table_of

JUNE, JULY = date(2021, 6, 1), date(2021, 7, 1)
CODES: dict[str, list[str]] = {
    "actor.kind": vocab.ActorKind.vocabulary.codes,
    "actor_name.kind": ["id", "name", "alias"],
    "actor_relation.type": vocab.RelationType.vocabulary.codes,
    "claim.modality": vocab.Modality.vocabulary.codes,
    "claim.precision": vocab.Precision.vocabulary.codes,
    "claim.reported_basis": vocab.ReportedBasis.vocabulary.codes,
    "claim.stance": vocab.Stance.vocabulary.codes,
    "control_change.extent": vocab.ControlExtent.vocabulary.codes,
    "control_change.means": vocab.ControlMeans.vocabulary.codes,
    "event.category": vocab.EventCategory.vocabulary.codes,
    "event.location_precision": vocab.LocationPrecision.vocabulary.codes,
    "event_actor.role": vocab.ActorRole.vocabulary.codes,
    "event_version.precision": vocab.Precision.vocabulary.codes,
    "event_version.status": vocab.EventStatus.vocabulary.codes,
    "figure.count_kind": vocab.CountKind.vocabulary.codes,
    "figure.measure": vocab.Measure.vocabulary.codes,
    "location.kind": vocab.LocationKind.vocabulary.codes,
    "location.point_kind": vocab.PointKind.vocabulary.codes,
    "location_name.kind": ["id", "name", "alias"],
    "movement.outcome": vocab.MovementOutcome.vocabulary.codes,
    "movement.population": vocab.Population.vocabulary.codes,
    "source.kind": vocab.SourceKind.vocabulary.codes,
    "source_name.kind": ["id", "name", "alias"],
}
Values = dict[str, Any]
OTHERS: dict[str, tuple[list[Values], list[Values]]] = {
    "ck_actor_relation_starts_on_ends_on_order": (
        [{"starts_on": JULY, "ends_on": JUNE}],
        [{"starts_on": JUNE, "ends_on": JUNE}, {"starts_on": JUNE, "ends_on": None}],
    ),
    "ck_claim_earliest_latest_order": (
        [{"earliest": JULY, "latest": JUNE}],
        [{"earliest": JUNE, "latest": JUNE}, {"earliest": JULY, "latest": None}, {"earliest": None, "latest": JUNE}],
    ),
    "ck_event_version_earliest_latest_order": (
        [{"earliest": JULY, "latest": JUNE}],
        [{"earliest": JUNE, "latest": JUNE}, {"earliest": JULY, "latest": None}],
    ),
    "ck_event_version_known_from_known_until_order": (
        [{"known_from": JULY, "known_until": JUNE}],
        [{"known_from": JUNE, "known_until": JULY}],
    ),
    "ck_event_version_latitude_range": (
        [{"latitude": 91}, {"latitude": -90.001}],
        [{"latitude": 90}, {"latitude": -90}],
    ),
    "ck_event_version_longitude_range": ([{"longitude": 181}, {"longitude": -180.5}], [{"longitude": 180}]),
    "ck_figure_best_high_order": ([{"low": None, "best": 3, "high": 2}], [{"low": None, "best": 3, "high": 3}]),
    "ck_figure_low_best_order": (
        [{"low": 3, "best": 2, "high": None}],
        [{"low": 3, "best": 3, "high": None}, {"low": 3, "best": 2, "high": None, "as_given": True}],
    ),
    "ck_figure_low_high_order": (
        [{"low": 3, "best": None, "high": 2}],
        [{"low": 3, "best": None, "high": 3}, {"low": 3, "best": None, "high": 2, "as_given": True}],
    ),
    "ck_ged_event_type_of_violence_range": (
        [{"type_of_violence": 0}, {"type_of_violence": 4}],
        [{"type_of_violence": 1}, {"type_of_violence": 3}],
    ),
    "ck_location_latitude_range": ([{"latitude": 91}, {"latitude": -90.001}], [{"latitude": 90}, {"latitude": -90}]),
    "ck_location_longitude_range": ([{"longitude": 180.001}, {"longitude": -181}], [{"longitude": 180}]),
    "ck_pack_covers_from_covers_until_order": (
        [{"covers_from": JULY, "covers_until": JUNE}],
        [{"covers_from": JUNE, "covers_until": None}],
    ),
}
"""For each constraint: values it refuses, and values at its edge that it takes."""
FOREIGN_KEYS = sorted(
    f"{table.name}.{column.name}"
    for table in models.METADATA.tables.values()
    for column in table.c
    if column.foreign_keys
)


@pytest.fixture(scope="module")
def engine(databases: Databases) -> Iterator[Engine]:
    """A database with a row in every table, that every test leaves as it was."""
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine:
        with write_transaction(engine) as connection:
            gone = {"resource": "events", "id": "gone", "pack_id": "p", "revision": 1}
            connection.execute(insert(table_of(models.Tombstone)).values(gone))
            event = connection.scalar(select(func.min(table_of(models.Event).c.pk)))
            given = {"event_pk": event, "number": 1, "type_of_violence": 1, "ends_on": JULY, "cells": "[]"}
            connection.execute(insert(table_of(models.GedEvent)).values(given))
            distinct = {"event_pk": event, "other_id": "another"}
            connection.execute(insert(table_of(models.EventDistinction)).values(distinct))
            there = connection.scalar(select(func.count()).select_from(table_of(models.AcledEvent)))
            assert there  # the first pack has events with a country
        yield engine


def change_one(connection: Connection, table: Table, values: Values) -> None:
    """Give these values to the last row of a table."""
    keys = list(table.primary_key.columns)
    last = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).one()
    done = connection.execute(update(table).where(tuple_(*keys) == tuple_(*last)).values(values))
    assert done.rowcount == 1


def attempt(engine: Engine, table: Table, values: Values) -> None:
    """Change one row and take it back; raises what the database raises."""
    with engine.connect() as connection:
        change_one(connection, table, values)
        connection.rollback()


def test_every_named_check_is_tried_here() -> None:
    named = {
        str(constraint.name)
        for table in models.METADATA.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert named == {f"ck_{column.replace('.', '_')}_code" for column in CODES} | OTHERS.keys()


@pytest.mark.parametrize("column", CODES)
def test_a_code_of_no_list_is_refused_and_every_code_of_the_list_is_taken(engine: Engine, column: str) -> None:
    table = models.METADATA.tables[column.partition(".")[0]]
    name = column.partition(".")[2]
    for wrong in ("nonsense", "", CODES[column][0].upper()):
        with pytest.raises(IntegrityError, match=f"ck_{table.name}_{name}_code"):
            attempt(engine, table, {name: wrong})
    for code in CODES[column]:
        attempt(engine, table, {name: code})


@pytest.mark.parametrize("name", OTHERS)
def test_values_out_of_range_or_order_are_refused_and_those_at_the_edge_are_taken(engine: Engine, name: str) -> None:
    refused, taken = OTHERS[name]
    table = max(
        (table for table in models.METADATA.tables.values() if name.startswith(f"ck_{table.name}_")),
        key=lambda table: len(table.name),
    )
    for values in refused:
        with pytest.raises(IntegrityError, match=name):
            attempt(engine, table, values)
    for values in taken:
        attempt(engine, table, values)


@pytest.mark.parametrize("column", FOREIGN_KEYS)
def test_a_row_cannot_refer_to_one_that_is_not_there(engine: Engine, column: str) -> None:
    table = models.METADATA.tables[column.partition(".")[0]]
    name = column.partition(".")[2]
    nobody = 987654321 if table.c[name].type.python_type is int else "nobody-at-all"
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), write_transaction(engine) as connection:
        change_one(connection, table, {name: nobody})
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table).where(table.c[name] == nobody)) == 0


def test_an_orphan_cannot_be_inserted(engine: Engine) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), write_transaction(engine) as connection:
        connection.execute(
            insert(table_of(models.ClaimHop)).values(claim_pk=987654321, position=0, source_id="reuters")
        )


def test_two_rows_cannot_have_one_id(engine: Engine) -> None:
    for model in (models.Actor, models.Claim, models.Event, models.Location, models.Source):
        table = table_of(model)
        with engine.connect() as connection:
            first = connection.scalar(select(func.min(table.c.id)))
        with pytest.raises(IntegrityError, match=r"(?i)unique"):
            attempt(engine, table, {"id": first})
