"""Writing many new rows at once, as each database takes them fastest."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns: PostgreSQL gets them as one COPY, SQLite as one prepared statement."""
    if rows:
        names = list(rows[0])
        insert_tuples(connection, table.name, names, [tuple([row[name] for name in names]) for row in rows])


def insert_tuples(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """The same, of values in the order of the columns."""
    quote = connection.dialect.identifier_preparer.quote
    named = ", ".join(quote(column) for column in columns)
    if connection.dialect.name == "postgresql":
        raw: Any = connection.connection.dbapi_connection
        statement, driver = f"COPY {quote(table)} ({named}) FROM STDIN", connection.dialect.loaded_dbapi
        try:
            with raw.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except driver.Error as error:  # the same error as of any other statement
            raise DBAPIError.instance(statement, None, error, driver.Error, dialect=connection.dialect) from error
        return
    marks = ", ".join("?" * len(columns))
    # The driver knows no dates: they are texts, as everywhere in SQLite.
    plain = [tuple([value.isoformat() if isinstance(value, date) else value for value in row]) for row in rows]
    connection.exec_driver_sql(f"INSERT INTO {quote(table)} ({named}) VALUES ({marks})", plain)
