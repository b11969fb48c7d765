"""Check of a database's schema without the migration tool, so that a start is quick."""

import re

from sqlalchemy import Connection, inspect, select, table, text
from sqlalchemy import column as column_named

from app.errors import SchemaError

FIRST_SCHEMA = "1002"
"""The first migration of the first release. Smaller numbers were used before it, and lead nowhere."""
CURRENT_SCHEMA = "1002"
"""The newest migration; `tests/db/test_migrations.py` holds it to the chain."""
OXUS_TABLES = {"claim", "event", "pack", "revision"}
"""Tables that tell an Oxus database from any other."""
MADE_BEFORE_RELEASE = (
    "the database was made before Oxus's first release and cannot be upgraded; "
    "make it anew: name an empty database, run `oxus db upgrade`, then load the packs and import the datasets again"
)


def stored_schema(connection: Connection) -> str | None:
    """Return the migration that the database is at; None for an empty database.

    Raises SchemaError if it holds tables that are not Oxus's, or that have lost their migration.
    """
    names = set(inspect(connection).get_table_names())
    if "alembic_version" in names:
        version = table("alembic_version", column_named("version_num"))
        value: str | None = connection.scalar(select(version.c.version_num))
        if value and re.fullmatch(r"\d{4}", value):
            return value
        names -= set() if value else {"alembic_version"}
    if names >= OXUS_TABLES:
        raise SchemaError(MADE_BEFORE_RELEASE)
    if names:
        raise SchemaError("this database holds tables that are not Oxus's; name another one")
    return None


def needs_upgrade(connection: Connection) -> bool:
    """Return whether migrations are missing. Raises SchemaError if the database is newer than this software."""
    found = stored_schema(connection)
    _refuse_unknown(found)
    return found != CURRENT_SCHEMA


def check_schema(connection: Connection) -> None:
    """Raise SchemaError unless the database is at the schema of this software."""
    check_version(stored_schema(connection))


def check_version(found: str | None) -> None:
    """Raise SchemaError unless this is the schema of this software; None stands for an empty database."""
    _refuse_unknown(found)
    if found is None:
        raise SchemaError("the database is empty; run `oxus db upgrade` first")
    if found != CURRENT_SCHEMA:
        raise SchemaError(f"the database is at schema {found}, this is {CURRENT_SCHEMA}; run `oxus db upgrade`")


def _refuse_unknown(found: str | None) -> None:
    """Raise SchemaError for a schema that no migration of this software leads to or from."""
    if found is None:
        return
    if found < FIRST_SCHEMA:
        raise SchemaError(MADE_BEFORE_RELEASE)
    if found > CURRENT_SCHEMA:
        raise SchemaError(f"the database is at schema {found}, newer than {CURRENT_SCHEMA}; it needs a newer Oxus")


def integrity_errors(connection: Connection) -> list[str]:
    """Return the faults of an embedded database's pages and foreign keys; PostgreSQL checks these itself."""
    if connection.dialect.name != "sqlite":
        return []
    rows = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    return rows + foreign_key_violations(connection)


def refuse_damage(connection: Connection) -> None:
    """Raise SchemaError if pages of an embedded database are damaged; PostgreSQL checks its own when it reads them."""
    if connection.dialect.name == "sqlite" and (fault := connection.scalar(text("PRAGMA quick_check(1)"))) != "ok":
        raise SchemaError(f"the database file is damaged ({str(fault).splitlines()[-1]}); restore a backup")


def foreign_key_violations(connection: Connection) -> list[str]:
    """Return the rows of an embedded database whose foreign key leads nowhere."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        # Tables WITHOUT ROWID have no row number.
        f"{table_name} row{'' if row is None else f' {row}'} refers to a {parent} that is not there"
        for table_name, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check"))
    ]
