"""Read transactions on PostgreSQL, whose server may hang, break off, or stand behind a pooler."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from app.deadlines import WorkLimit
from app.errors import TooSlowError

BEGIN_KEY = "oxus.begin"
"""Key in `Connection.info` of the statements with which a reader on PostgreSQL begins."""


@contextmanager
def server_transaction(engine: Engine, limit: WorkLimit) -> Iterator[Connection]:
    """Open a transaction on PostgreSQL. A connection that waits when the work is ended is broken and given up.

    The server keeps the time too, but may have stopped. A connection that broke since it was used last is replaced.
    """
    for is_last_attempt in (False, True):
        with engine.connect() as connection, limit.breaking(shutdown_of(connection.connection.dbapi_connection)):
            try:
                connection.exec_driver_sql(_begin_statements(connection, limit))
            except DBAPIError as error:
                if error.connection_invalidated and not limit.is_over() and not is_last_attempt:
                    continue
                raise
            try:
                yield connection
            except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
                if limit.is_ended:  # the connection was broken on purpose
                    raise TooSlowError from error
                raise
            finally:
                _end_reading(connection)
            return


def _end_reading(connection: Connection) -> None:
    with suppress(DBAPIError):  # the server went away: nothing is lost, since nothing was written
        connection.rollback()
    raw: Any = None if connection.invalidated else connection.connection.dbapi_connection
    if raw and raw.closed:
        connection.invalidate()


def _begin_statements(connection: Connection, limit: WorkLimit) -> str:
    """Return the statements that begin a transaction with its settings, in one round trip."""
    return f"{connection.info[BEGIN_KEY]}; SET LOCAL statement_timeout = {max(1, int(limit.seconds_left * 1000))}"


def shutdown_of(raw: Any) -> Callable[[], None]:
    """Return a function that closes the socket of a PostgreSQL connection under it, so that whoever waits wakes up.

    It may be called from any thread.
    """

    def shut_down() -> None:
        with suppress(OSError, raw.OperationalError), socket.socket(fileno=os.dup(raw.fileno())) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)

    return shut_down
