"""lighter claims

A claim's document and origin are the last and the first of its hops, so the columns that repeated them go. On SQLite,
tables that are nothing but their key are kept in the order of that key alone, and text indexes without the length of
each text, which nobody asks for.
"""

import re
from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from app.db.text_index import create_index

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TEXT_INDEXES = ("event", "claim", "source", "actor", "location")
KEYS_ALONE = ("event_actor", "event_place", "claim_hop", "location_ancestor")
REPEATED = ("document_id", "origin_id")
NO_ROWID = " WITHOUT ROWID"

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for column in REPEATED:
        op.drop_index(f"ix_claim_{column}", table_name="claim")
    if op.get_bind().dialect.name != "sqlite":
        for column in REPEATED:
            op.drop_constraint(f"fk_claim_{column}_source", "claim", type_="foreignkey")
            op.drop_column("claim", column)
        return
    _made_anew("claim", _without_repeated)
    for name in KEYS_ALONE:
        _made_anew(name, lambda sql: sql + NO_ROWID)
    for name in TEXT_INDEXES:
        _text_made_anew(name)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in KEYS_ALONE:
            _made_anew(name, lambda sql: sql.removesuffix(NO_ROWID))
    for column in REPEATED:
        op.add_column("claim", sa.Column(column, KEY, nullable=True))
    op.execute(
        "UPDATE claim SET origin_id = (SELECT source_id FROM claim_hop WHERE claim_pk = pk ORDER BY position LIMIT 1), "
        "document_id = (SELECT source_id FROM claim_hop WHERE claim_pk = pk ORDER BY position DESC LIMIT 1)"
    )
    if op.get_bind().dialect.name == "sqlite":
        _made_anew("claim", _with_repeated)
    else:
        for column in REPEATED:
            op.alter_column("claim", column, nullable=False)
            op.create_foreign_key(
                f"fk_claim_{column}_source", "claim", "source", [column], ["id"], deferrable=True, initially="DEFERRED"
            )
    for column in REPEATED:
        op.create_index(f"ix_claim_{column}", "claim", [column])


def _without_repeated(sql: str) -> str:
    """The statement that makes `claim` without the columns and their foreign keys."""
    sql = re.sub(r"\s*CONSTRAINT fk_claim_(?:document|origin)_id_source FOREIGN KEY[^,]*,", "", sql)
    return re.sub(r"\s*(?:document|origin)_id VARCHAR NOT NULL,", "", sql)


def _with_repeated(sql: str) -> str:
    """The statement with both again; the columns stand where ADD COLUMN has put them, behind the constraints."""
    sql = re.sub(r",\s*(?:document|origin)_id VARCHAR", "", sql)
    columns = "".join(f"{column} VARCHAR NOT NULL, " for column in REPEATED)
    keys = "".join(
        f"CONSTRAINT fk_claim_{column}_source FOREIGN KEY({column}) REFERENCES source (id) "
        "DEFERRABLE INITIALLY DEFERRED, "
        for column in REPEATED
    )
    at = sql.index("CONSTRAINT")
    return f"{sql[:at]}{columns}{keys}{sql[at:]}"


def _made_anew(name: str, changed: Callable[[str], str]) -> None:
    """SQLite: the table as another statement makes it, with the same rows and indexes.

    Nothing is lost with the old table, since foreign keys are not enforced while migrations run.
    """
    bind = op.get_bind()
    listed = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL ORDER BY rowid")
    found = bind.execute(listed, {"name": name}).all()
    (table,) = [sql for kind, sql in found if kind == "table"]
    op.execute(re.sub(rf'^CREATE TABLE "?{name}"?', f"CREATE TABLE {name}_anew", changed(table)))
    columns = ", ".join(column["name"] for column in sa.inspect(bind).get_columns(f"{name}_anew"))
    op.execute(f"INSERT INTO {name}_anew ({columns}) SELECT {columns} FROM {name}")  # noqa: S608 - names of ours
    op.execute(f"DROP TABLE {name}")
    op.execute(f"ALTER TABLE {name}_anew RENAME TO {name}")
    for kind, sql in found:
        if kind == "index":
            op.execute(sql)


def _text_made_anew(name: str) -> None:
    """SQLite: the text index as `app.db.text_search` makes it now, with the same texts."""
    op.execute(f"CREATE TABLE kept AS SELECT rowid AS at, body FROM {name}_text")  # noqa: S608 - a name of ours
    op.execute(f"DROP TABLE {name}_text")
    for statement in create_index("sqlite", name):
        op.execute(statement)
    op.execute(f"INSERT INTO {name}_text (rowid, body) SELECT at, body FROM kept")  # noqa: S608
    op.execute("DROP TABLE kept")
