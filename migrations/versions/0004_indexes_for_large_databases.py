"""indexes for large databases"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.db.spatial_index import SPATIAL_TABLES, create_spatial_index, drop_spatial_index
from app.db.sql_functions import imprecise_sql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOW = "known_until = '9999-12-31'"
LATEST_FIRST = sa.text("sort_date DESC")
BEFORE = {
    "event_view": {
        "ix_event_view_sort_date_id": ["sort_date", "id"],
        "ix_event_view_country_sort_date_id": ["country", "sort_date", "id"],
        "ix_event_view_latitude_longitude": ["latitude", "longitude"],
        "ix_event_view_status": ["status"],
        "ix_event_view_contradictory": ["contradictory"],
        "ix_event_view_category": ["category"],
        "ix_event_view_location_id": ["location_id"],
    },
    "claim": {"ix_claim_sort_date": ["sort_date"]},
    "claim_hop": {"ix_claim_hop_source_id": ["source_id"]},
    "event_actor": {"ix_event_actor_actor_id": ["actor_id"]},
    "event_place": {"ix_event_place_location_id": ["location_id"]},
    "ged_event": {"ix_ged_event_country_id": ["country_id"]},
}


def _after(dialect: str) -> dict[str, dict[str, tuple[list[sa.TextClause | str], str]]]:
    """The new indexes of each table: their columns, and which rows they hold."""
    torn = "contradictory = 1" if dialect == "sqlite" else "contradictory"
    ordered: list[sa.TextClause | str] = [LATEST_FIRST, "id", "earliest", "latest", "event_pk"]
    return {
        "event_view": {
            "ix_event_view_sort_date_id": ([*ordered, "known_from", "known_until"], ""),
            "ix_event_view_now": (ordered, NOW),
            "ix_event_view_country": (["country", *ordered], NOW),
            "ix_event_view_category": (["category", *ordered], NOW),
            "ix_event_view_status": (["status", *ordered], NOW),
            "ix_event_view_origins": (["origins"], NOW),
            "ix_event_view_deaths": ([sa.text("coalesce(deaths_best, deaths_low)")], NOW),
            "ix_event_view_vague": ([*ordered, "country"], f"{NOW} AND {imprecise_sql(dialect)}"),
            "ix_event_view_unlocated": ([*ordered, "country"], f"{NOW} AND latitude IS NULL"),
            "ix_event_view_contradictory": (["event_pk"], f"{NOW} AND {torn}"),
        },
        "claim": {
            "ix_claim_sort_date_id": (ordered, ""),
            "ix_claim_stance": (ordered, "stance = 'denies'"),
            "ix_claim_modality": (ordered, "modality IN ('possible', 'planned')"),
            "ix_claim_vague": (ordered, imprecise_sql(dialect)),
        },
        "location": {"ix_location_kind": (["kind", "id"], ""), "ix_location_unlocated": (["id"], "latitude IS NULL")},
        "figure": {
            "ix_figure_measure": (["measure", "claim_pk"], ""),
            "ix_figure_count_kind": (["count_kind", "claim_pk"], ""),
        },
        "claim_hop": {"ix_claim_hop_source_id": (["source_id", "claim_pk"], "")},
        "event_actor": {
            "ix_event_actor_actor_id": (["actor_id", "event_pk", "role"], ""),
            "ix_event_actor_role": (["role", "event_pk"], ""),
        },
        "event_place": {"ix_event_place_location_id": (["location_id", "event_pk"], "")},
        "ged_event": {"ix_ged_event_country_id": (["country_id", "ends_on", "number", "type_of_violence"], "")},
    }


AS_TEXT = {6, 9, 12, 15, 47, 48}
AS_TIME = {38, 39}
AS_TRUTH = {3}
"""Places of the cells whose type in UCDP's API is not the one in which they were kept."""


def _served(at: int, cell: Any) -> Any:
    if cell is None:
        return None
    if at in AS_TEXT:
        return str(cell)
    return f"{cell}T00:00:00" if at in AS_TIME else bool(cell) if at in AS_TRUTH else cell


def _kept(at: int, cell: Any) -> Any:
    if at in AS_TEXT and isinstance(cell, str) and cell.isdecimal():
        return int(cell)
    if cell is None or at not in AS_TIME | AS_TRUTH:
        return cell
    return cell[:10] if at in AS_TIME else int(cell)


def _rewrite(rewritten: Callable[[str], str]) -> None:
    """The cells of every row of UCDP GED in another form."""
    connection, last = op.get_bind(), 0
    batch = sa.text("SELECT event_pk, cells FROM ged_event WHERE event_pk > :last ORDER BY event_pk LIMIT 1000")
    put = sa.text("UPDATE ged_event SET cells = :cells WHERE event_pk = :pk")
    while rows := connection.execute(batch, {"last": last}).all():
        connection.execute(put, [{"pk": pk, "cells": rewritten(cells)} for pk, cells in rows])
        last = rows[-1][0]


def _lines(cells: str) -> str:
    """From a list to one cell on a line, as it is served."""
    served = [_served(at, cell) for at, cell in enumerate(json.loads(cells))]
    return json.dumps(served, ensure_ascii=False, separators=("\n", ":"))[1:-1]


def _list(cells: str) -> str:
    """And back."""
    kept = [_kept(at, json.loads(cell)) for at, cell in enumerate(cells.split("\n"))]
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def upgrade() -> None:
    _rewrite(_lines)
    dialect = op.get_bind().dialect.name
    for table, indexes in BEFORE.items():
        for name in indexes:
            op.drop_index(name, table_name=table)
    for table, made in _after(dialect).items():
        for name, (columns, condition) in made.items():
            where = {f"{dialect}_where": sa.text(condition)} if condition else {}
            op.create_index(name, table, columns, **where)
    for table in SPATIAL_TABLES:
        for statement in create_spatial_index(dialect, table, "pk"):
            op.execute(statement)


def downgrade() -> None:
    _rewrite(_list)
    dialect = op.get_bind().dialect.name
    for table in SPATIAL_TABLES:
        for statement in drop_spatial_index(dialect, table):
            op.execute(statement)
    for table, made in _after(dialect).items():
        for name in made:
            op.drop_index(name, table_name=table)
    for table, indexes in BEFORE.items():
        for name, columns in indexes.items():
            op.create_index(name, table, columns)
