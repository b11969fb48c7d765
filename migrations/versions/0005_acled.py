"""rows of ACLED"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXED = ("event_date", "event_type", "sub_event_type", "inter1", "inter2", "iso", "region", "country", "timestamp")
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "acled_event",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("event_id_cnty", KEY, nullable=False),
        sa.Column("event_date", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("event_type", KEY, nullable=False),
        sa.Column("sub_event_type", KEY, nullable=False),
        sa.Column("inter1", KEY, nullable=False),
        sa.Column("inter2", KEY, nullable=False),
        sa.Column("iso", sa.Integer(), nullable=True),
        sa.Column("region", KEY, nullable=False),
        sa.Column("country", KEY, nullable=False),
        sa.Column("fatalities", sa.Integer(), nullable=True),
        sa.Column("timestamp", sa.Integer(), nullable=True),
        sa.Column("cells", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_acled_event_event_pk_event"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("event_pk", name=op.f("pk_acled_event")),
        sa.UniqueConstraint("event_id_cnty", name=op.f("uq_acled_event_event_id_cnty")),
    )
    for column in INDEXED:
        op.create_index(op.f(f"ix_acled_event_{column}"), "acled_event", [column])


def downgrade() -> None:
    for column in INDEXED:
        op.drop_index(op.f(f"ix_acled_event_{column}"), table_name="acled_event")
    op.drop_table("acled_event")
