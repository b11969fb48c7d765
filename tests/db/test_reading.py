"""Read transactions: nobody writes in them, and their settings end with them."""

from threading import Timer

import pytest
from conftest import Databases, engine_for
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from waiting import MAX_WAIT_SECONDS

from app.commands import connection_warnings, max_connections_of_process
from app.db import engine as db_engine
from app.db.engine import read_transaction, verify_read_only
from app.db.server_transaction import shutdown_of
from app.deadlines import WorkLimit, deadline_in, working_within
from app.errors import SchemaError, TooSlowError, UnavailableError
from app.settings import Settings

FOREVER = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgresql": f"SELECT pg_sleep({MAX_WAIT_SECONDS})",
}


@pytest.mark.each_database
def test_a_reader_cannot_write_and_serve_would_notice(
    databases: Databases, pack_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_for(pack_url, read_only=True) as engine:
        verify_read_only(engine)
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection, pytest.raises(DBAPIError):
            connection.execute(text("DELETE FROM revision WHERE id < 0"))
        if databases.kind == "sqlite":
            return  # the file is opened read-only, which nothing in between can drop
    monkeypatch.setattr(db_engine, "BEGIN_READING", "BEGIN")
    with engine_for(pack_url, read_only=True) as engine, pytest.raises(SchemaError, match="can write"):
        verify_read_only(engine)


@pytest.mark.each_database
def test_the_settings_of_a_reader_hold_without_start_up_options_and_end_with_its_transaction(
    databases: Databases, pack_url: str
) -> None:
    """A pooler drops start-up options, and gives the connection to another program afterwards."""
    if databases.kind == "sqlite":
        pytest.skip("start-up options and poolers are PostgreSQL's")
    names = ("transaction_read_only", "transaction_isolation", "statement_timeout", "jit")
    with engine_for(pack_url, read_only=True) as engine:

        def shown() -> list[str]:
            return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

        with engine.connect() as connection:
            assert shown() == ["off", "read committed", "0", "on"]
        with read_transaction(engine, 77.0) as connection:
            read_only, isolation, timeout, jit = shown()
            assert (read_only, isolation, jit) == ("on", "repeatable read", "off")
            assert timeout.startswith("76") or timeout == "77s"
        with engine.connect() as connection:
            assert shown() == ["off", "read committed", "0", "on"]


@pytest.mark.each_database
def test_a_reader_ends_at_its_limit_or_when_it_is_ended(databases: Databases, pack_url: str) -> None:
    with engine_for(pack_url, read_only=True) as engine:
        with pytest.raises(TooSlowError), read_transaction(engine, 0.2) as connection:
            connection.execute(text(FOREVER[databases.kind]))
        with pytest.raises(TooSlowError), deadline_in(0.2), read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            connection.execute(text(FOREVER[databases.kind]))
        limit = WorkLimit(MAX_WAIT_SECONDS)
        Timer(0.1, limit.end).start()
        with pytest.raises(UnavailableError), working_within(limit), read_transaction(engine, 1) as connection:
            connection.execute(text(FOREVER[databases.kind]))
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            assert connection.scalar(text("SELECT count(*) FROM claim")) > 0  # type: ignore[operator]


@pytest.mark.each_database
def test_a_connection_that_broke_while_nobody_used_it_is_replaced(databases: Databases, pack_url: str) -> None:
    if databases.kind == "sqlite":
        pytest.skip("an embedded database has no connection that breaks")
    with engine_for(pack_url, read_only=True) as engine:
        with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            shutdown_of(connection.connection.dbapi_connection)()
        for _ in range(2):
            with read_transaction(engine, MAX_WAIT_SECONDS) as connection:
                assert connection.scalar(text("SELECT count(*) FROM claim")) > 0  # type: ignore[operator]


@pytest.mark.each_database
def test_serve_tells_when_workers_may_need_more_connections_than_there_are(databases: Databases, pack_url: str) -> None:
    settings = Settings(database_url=pack_url)
    assert list(connection_warnings(settings, 1)) == []
    told = list(connection_warnings(settings, 1000))
    if databases.kind == "sqlite":
        assert told == []
        return
    (sentence,) = told
    assert f"may hold {1000 * max_connections_of_process(settings)} connections" in sentence
    assert "max_connections" in sentence


@pytest.mark.each_database
def test_a_process_holds_no_more_connections_than_it_says(databases: Databases, pack_url: str) -> None:
    """Requests run in threads that hold a connection each; the pool has room for all, so that none waits for one."""
    settings = Settings(database_url=pack_url, max_concurrent_exports=8)
    threads = max_connections_of_process(settings) - 1  # one looks for changes
    assert threads <= db_engine.POOLED_CONNECTIONS + db_engine.MAX_EXTRA_CONNECTIONS
