"""Bulk inserts: COPY on PostgreSQL, prepared statements and deferred indexes on SQLite."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from app.db.column_types import to_sqlite_value
from app.db.indexes import IS_CURRENT

NO_OFFSETS: Mapping[str, int] = {}
LOW_CARDINALITY = ("pack_id", "revision", "event_pk", "id", "category", "status", "contradictory")
"""Columns with few distinct values, or whose values grow with every row that an import adds."""
APPEND_ONLY_PREFIX = "event_pk"
"""The first column of indexes to whose end new rows are appended, whatever follows it."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows of the same columns: PostgreSQL gets them as one COPY, SQLite as one prepared statement."""
    if rows:
        names = list(rows[0])
        embedded = connection.dialect.name == "sqlite"
        if embedded:
            rows_in_order = [tuple([to_sqlite_value(row[name]) for name in names]) for row in rows]
        else:
            rows_in_order = [tuple([row[name] for name in names]) for row in rows]
        insert_tuples(connection, table.name, names, rows_in_order)


def insert_tuples(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    offsets: Mapping[str, int] = NO_OFFSETS,
) -> None:
    """Insert tuples ordered as `columns`, with dates as ISO strings; `offsets[column]` is added to that column."""
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
    rows: Iterable[tuple[object, ...]],
    offsets: Mapping[str, int],
) -> None:
    raw: Any = connection.connection.dbapi_connection
    driver = connection.dialect.loaded_dbapi
    added = [offsets.get(column, 0) for column in columns]
    if any(added):
        rows = map(partial(_add_offsets, offsets=added), rows)
    try:
        with raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # as SQLAlchemy raises it for any other statement
        raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error


def _add_offsets(row: Iterable[Any], offsets: Sequence[int]) -> tuple[object, ...]:
    return tuple([value + offset if offset else value for value, offset in zip(row, offsets, strict=True)])


@contextmanager
def deferred_indexes(connection: Connection, tables: Collection[str]) -> Iterator[None]:
    """Drop the indexes of these tables and create them again on exit (SQLite only).

    Sorting many rows once is faster than finding the place of each. PostgreSQL would lock readers out meanwhile; on
    SQLite they keep their snapshot. UNIQUE and PRIMARY KEY constraints stay.
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
    """Return whether updating an index row by row is cheaper than rebuilding it.

    True for columns of few values, for append-only indexes and for partial indexes that hold few rows.
    """
    columns, _, condition = statement.partition(" WHERE ")
    named = columns.rpartition("(")[2].strip(' )"')
    return named in LOW_CARDINALITY or named.split(",")[0] == APPEND_ONLY_PREFIX or condition not in ("", IS_CURRENT)


@contextmanager
def staged_in_key_order(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[str]:
    """Yield a staging table; on exit its rows are copied to `table` in the order of `columns`, its key.

    SQLite stores tables WITHOUT ROWID in key order, so inserts in any other order are slow beyond a million rows.
    PostgreSQL gets the table itself.
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
    """Update PostgreSQL's statistics of these tables now; its own analyze would run only later."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            f"ANALYZE {', '.join(connection.dialect.identifier_preparer.quote(t) for t in tables)}"
        )
