"""Writing many new rows at once, as each database takes them fastest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from app.db.indexes import IS_CURRENT

NO_OFFSETS: Mapping[str, int] = {}
LOW_CARDINALITY = ("pack_id", "revision", "event_pk", "id", "category", "status", "contradictory")
"""Columns whose values are few, or grow with every row that an import adds."""
APPEND_ONLY_PREFIX = "event_pk"
"""The first column of indexes that new rows are added to at their end, whatever follows it."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns: PostgreSQL gets them as one COPY, SQLite as one prepared statement."""
    if rows:
        names = list(rows[0])
        embedded = connection.dialect.name == "sqlite"
        # SQLite's driver knows no dates: they are texts, as everywhere in SQLite.
        convert = _to_driver_values if embedded else list
        insert_tuples(connection, table.name, names, [tuple(convert([row[name] for name in names])) for row in rows])


def _to_driver_values(row: list[Any]) -> list[Any]:
    return [value.isoformat() if isinstance(value, date) else value for value in row]


def insert_tuples(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    offsets: Mapping[str, int] = NO_OFFSETS,
) -> None:
    """The same, of values in the order of the columns, days as texts; what `offsets` has for a column is added to
    it."""
    if not rows:
        return
    quote = connection.dialect.identifier_preparer.quote
    named = ", ".join(quote(column) for column in columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f"COPY {quote(table)} ({named}) FROM STDIN", columns, rows, offsets)
        return
    marks = ", ".join(f"? + {offsets[column]}" if offsets.get(column) else "?" for column in columns)
    connection.exec_driver_sql(f"INSERT INTO {quote(table)} ({named}) VALUES ({marks})", rows)


def _copy(
    connection: Connection,
    statement: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    offsets: Mapping[str, int],
) -> None:
    raw: Any = connection.connection.dbapi_connection
    driver = connection.dialect.loaded_dbapi
    added = [offsets.get(column, 0) for column in columns]
    if any(added):
        rows = [
            tuple([value + more if more else value for value, more in zip(row, added, strict=True)]) for row in rows
        ]
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # the same error as of any other statement
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


@contextmanager
def deferred_indexes(connection: Connection, tables: Collection[str]) -> Iterator[None]:
    """Whatever indexes these tables have are taken away and made again at the end, when all rows are there.

    To sort many rows once is faster than to find the place of each. PostgreSQL would lock readers out, so only SQLite
    does it, where they go on with what they see. What keeps ids apart (UNIQUE, PRIMARY KEY) is no index of this kind.
    """
    statements: list[str] = []
    if connection.dialect.name == "sqlite":
        index_query = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        rows = [
            row
            for row in connection.execute(index_query)
            if row.tbl_name in tables and not _is_cheap_to_maintain(row.sql)
        ]
        statements = [row.sql for row in rows]
        for row in rows:
            connection.exec_driver_sql(f'DROP INDEX "{row.name}"')
    yield
    for statement in statements:
        connection.exec_driver_sql(statement)


def _is_cheap_to_maintain(statement: str) -> bool:
    """Whether to read the table again would cost more than to put rows in place: where new rows stand together in an
    index, and where it holds few rows at all."""
    columns, _, condition = statement.partition(" WHERE ")
    named = columns.rpartition("(")[2].strip(' )"')
    return named in LOW_CARDINALITY or named.split(",")[0] == APPEND_ONLY_PREFIX or condition not in ("", IS_CURRENT)


@contextmanager
def staged_in_key_order(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[str]:
    """The table into which rows are to be put that stand in `table` at the end, in the order of these columns, its key.

    SQLite keeps such a table in that order: to put each row in its place as it comes is slow once there are a million.
    """
    if connection.dialect.name != "sqlite":
        yield table
        return
    named = ", ".join(columns)
    connection.exec_driver_sql(f"CREATE TEMP TABLE {table}_aside AS SELECT {named} FROM {table} WHERE 0")
    yield f"{table}_aside"
    sorted_rows = f"SELECT {named} FROM {table}_aside ORDER BY {named}"
    connection.exec_driver_sql(f"INSERT INTO {table} ({named}) {sorted_rows}")
    connection.exec_driver_sql(f"DROP TABLE {table}_aside")


def analyze(connection: Connection, tables: Collection[str]) -> None:
    """Let PostgreSQL know at once how many rows there are, and which; it would find out by itself only later."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"ANALYZE {', '.join(connection.dialect.identifier_preparer.quote(t) for t in tables)}"
        )
