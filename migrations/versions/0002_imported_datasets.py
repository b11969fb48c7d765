"""imported datasets"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXED = ("country_id", "dyad_id", "side_a_id", "side_b_id", "ends_on")


def upgrade() -> None:
    op.add_column("pack", sa.Column("dataset", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "ged_event",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("type_of_violence", sa.Integer(), nullable=False),
        sa.Column("country_id", sa.Integer(), nullable=True),
        sa.Column("dyad_id", sa.Integer(), nullable=True),
        sa.Column("side_a_id", sa.Integer(), nullable=True),
        sa.Column("side_b_id", sa.Integer(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.CheckConstraint("type_of_violence BETWEEN 1 AND 3", name=op.f("ck_ged_event_type_of_violence_range")),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_ged_event_event_pk_event"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("event_pk", name=op.f("pk_ged_event")),
        sa.UniqueConstraint("number", name=op.f("uq_ged_event_number")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_ged_event_{column}"), "ged_event", [column])


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(op.f(f"ix_ged_event_{column}"), table_name="ged_event")
    op.drop_table("ged_event")
    op.drop_column("pack", "dataset")
