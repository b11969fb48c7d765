"""Which schema a database has, told without the migration tool: a start must be quick."""

import re

from sqlalchemy import Connection, inspect, select, table, text
from sqlalchemy import column as column_named

from app.errors import SchemaError

CURRENT_SCHEMA = "0008"
"""The newest migration; `tests/db/test_migrations.py` holds it to the chain."""


def stored_schema(connection: Connection) -> str | None:
    """The migration that the database is at; None for an empty database.

    Raises SchemaError when it holds tables that are not ours.
    """
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        version = table("alembic_version", column_named("version_num"))
        value = connection.scalar(select(version.c.version_num))
        if value is None or re.fullmatch(r"\d{4}", value):
            return value
    if names:
        raise SchemaError("this database holds tables that are not Oxus's; name another one")
    return None


def check_schema(connection: Connection) -> None:
    """Raise SchemaError unless the database is at the schema of this software."""
    found = stored_schema(connection)
    if found == CURRENT_SCHEMA:
        return
    if found is None:
        raise SchemaError("the database is empty; run `oxus db upgrade` first")
    if found < CURRENT_SCHEMA:
        raise SchemaError(f"the database is at schema {found}, this is {CURRENT_SCHEMA}; run `oxus db upgrade`")
    raise SchemaError(f"the database is at schema {found}, newer than {CURRENT_SCHEMA}; it needs a newer Oxus")


def integrity_errors(connection: Connection) -> list[str]:
    """What the database itself finds wrong with its pages and foreign keys (PostgreSQL never lets it come to that)."""
    if connection.dialect.name != "sqlite":
        return []
    rows = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    return rows + foreign_key_violations(connection)


def foreign_key_violations(connection: Connection) -> list[str]:
    """Rows of an embedded database that refer to something that is not there."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        # A table that is kept in the order of its key does not number its rows.
        f"{table_name} row{'' if row is None else f' {row}'} refers to a {parent} that is not there"
        for table_name, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check"))
    ]
