"""when beside where

SQLite's tree of points knows when an event begins and ends; rows whose begin is not known, and the numbers and points of
GED's rows, have an index of their own.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.db.spatial_index import create_spatial_index, drop_spatial_index

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ORDER: list[str | sa.TextClause] = [sa.text("sort_date DESC"), "id", "earliest", "latest", "event_pk"]
OPEN = "earliest IS NULL"
NOW = "known_until = '9999-12-31'"


def _pointed(*, dated: bool) -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        for statement in [
            *drop_spatial_index(dialect, "event_view"),
            *create_spatial_index(dialect, "event_view", "event_pk", temporal=dated),
        ]:
            op.execute(statement)


def upgrade() -> None:
    _pointed(dated=True)
    dialect = op.get_bind().dialect.name
    for table, where in (("event_view", f"{NOW} AND {OPEN}"), ("claim", OPEN)):
        op.create_index(f"ix_{table}_open", table, ORDER, **{f"{dialect}_where": sa.text(where)})
    op.create_index("ix_ged_event_event_pk", "ged_event", ["event_pk", "number", "latitude", "longitude"])


def downgrade() -> None:
    op.drop_index("ix_ged_event_event_pk", table_name="ged_event")
    for table in ("event_view", "claim"):
        op.drop_index(f"ix_{table}_open", table_name=table)
    _pointed(dated=False)
