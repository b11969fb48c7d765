"""events in ACLED's shape

The 31 cells of every event with a country stand in columns; rows of ACLED have to be imported again.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1002"
down_revision: str | None = "1001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
COLUMNS = (
    ("id", KEY, False), ("sort_date", sa.Date(), False), ("event_date", sa.Date(), True),
    ("year", sa.Integer(), True), ("time_precision", sa.Integer(), False),
    ("disorder_type", KEY, False), ("event_type", KEY, False), ("sub_event_type", KEY, False),
    ("civilian_targeting", KEY, False),
    ("actor1", KEY, False), ("assoc_actor_1", KEY, False), ("inter1", KEY, False),
    ("actor2", KEY, False), ("assoc_actor_2", KEY, False), ("inter2", KEY, False), ("interaction", KEY, False),
    ("iso", sa.Integer(), False), ("region", KEY, False), ("country", KEY, False),
    ("admin1", KEY, False), ("admin2", KEY, False), ("admin3", KEY, False), ("location", KEY, False),
    ("latitude", KEY, True), ("longitude", KEY, True),
    ("latitude_degrees", sa.Float(), True), ("longitude_degrees", sa.Float(), True),
    ("geo_precision", sa.Integer(), False),
    ("source", KEY, False), ("source_scale", KEY, False), ("notes", KEY, False), ("fatalities", sa.Integer(), False),
    ("tags", KEY, False), ("timestamp", sa.Integer(), True), ("changed_at", sa.Integer(), False),
    ("folded", sa.Text(), True), ("omitted", sa.String(), True), ("digest", sa.String(), True),
)  # fmt: skip


BEFORE = (
    ("event_id_cnty", KEY, False), ("event_date", sa.Date(), False), ("year", sa.Integer(), False),
    ("event_type", KEY, False), ("sub_event_type", KEY, False), ("inter1", KEY, False), ("inter2", KEY, False),
    ("iso", sa.Integer(), True), ("region", KEY, False), ("country", KEY, False), ("fatalities", sa.Integer(), True),
    ("timestamp", sa.Integer(), True), ("cells", sa.Text(), False),
)  # fmt: skip
INDEXED_BEFORE = (
    "event_date", "event_type", "sub_event_type", "inter1", "inter2", "iso", "region", "country", "timestamp",
)  # fmt: skip


def _create(columns: Sequence[tuple[str, sa.types.TypeEngine[object], bool]], *constraints: sa.Constraint) -> None:
    op.create_table(
        "acled_event",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        *(sa.Column(name, type_, nullable=nullable) for name, type_, nullable in columns),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_acled_event_event_pk_event"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("event_pk", name=op.f("pk_acled_event")),
        *constraints,
    )


def upgrade() -> None:
    op.drop_table("acled_event")
    _create(COLUMNS)
    op.create_index("ix_acled_event_sort_date_id", "acled_event", [sa.text("sort_date DESC"), "id"])


def downgrade() -> None:
    op.drop_table("acled_event")
    _create(BEFORE, sa.UniqueConstraint("event_id_cnty", name=op.f("uq_acled_event_event_id_cnty")))
    for column in INDEXED_BEFORE:
        op.create_index(op.f(f"ix_acled_event_{column}"), "acled_event", [column])
