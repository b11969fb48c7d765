"""events judged by indexes alone

What filters ask of an event stands in the indexes that find it: by the event, and in the order of lists. SQLite's tree of
points finds views by their event.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.db.spatial_index import create_spatial_index, drop_spatial_index

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NOW = "known_until = '9999-12-31'"
ORDER: list[str | sa.TextClause] = [sa.text("sort_date DESC"), "id", "earliest", "latest", "event_pk"]
FACTS: list[str | sa.TextClause] = [
    "status",
    "category",
    "country",
    "origins",
    "deaths_best",
    "deaths_low",
    "latitude",
    "longitude",
]
OF_EVENT: list[str | sa.TextClause] = [
    "event_pk",
    "known_until",
    "known_from",
    "sort_date",
    "id",
    "earliest",
    "latest",
    *FACTS,
]


def _indexed(of_event: Sequence[str | sa.TextClause], now: Sequence[str | sa.TextClause], key: str) -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        for statement in [
            *drop_spatial_index(dialect, "event_view"),
            *create_spatial_index(dialect, "event_view", key),
        ]:
            op.execute(statement)
    op.drop_index("ix_event_view_event_pk", table_name="event_view")
    op.drop_index("ix_event_view_now", table_name="event_view")
    op.create_index("ix_event_view_event_pk", "event_view", of_event)
    op.create_index("ix_event_view_now", "event_view", now, **{f"{dialect}_where": sa.text(NOW)})


def upgrade() -> None:
    _indexed(OF_EVENT, [*ORDER, *FACTS], "event_pk")


def downgrade() -> None:
    _indexed(["event_pk"], ORDER, "pk")
