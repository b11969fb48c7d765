"""Statements and keys that are kept are bounded in bytes."""

import gc
import tracemalloc
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, column, literal, select

from app.db import statements
from app.db.revision import KEY_BYTES, short_key
from app.db.statements import PreparedStatement, StatementCache


def many_values(connection: Connection, count: int) -> PreparedStatement:
    names = [f"v{number}" for number in range(count)]
    tests = [literal(1) == bindparam(name, 1) for name in names]
    return PreparedStatement(connection, select(column("1", is_literal=True)).where(*tests), names)


def test_kept_statements_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch, connection: Connection) -> None:
    monkeypatch.setattr(statements, "MAX_CACHE_BYTES", 100_000)
    cache = StatementCache()
    prepared = {count: many_values(connection, count) for count in (1, 50, 100)}
    kept: list[int] = []
    for number in range(100):
        for count, statement in prepared.items():
            cache.get_or_compile((number, count), lambda statement=statement: statement)  # type: ignore[misc]
        kept.append(sum(statement.size for statement in cache._statements.values()))
    assert max(kept) <= 100_000
    assert len(cache._statements) < 100
    assert cache.get_or_compile((99, 100), lambda: pytest.fail("compiled again")) is prepared[100]


def test_the_size_of_a_statement_is_not_less_than_its_memory(connection: Connection) -> None:
    many_values(connection, 3)
    for count in (1, 100, 300):
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        kept: list[Any] = [many_values(connection, count) for _ in range(20)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert (after - before) / len(kept) < kept[0].size


def test_a_short_key_tells_values_of_any_size_apart() -> None:
    values = ["x" * 60_000, "x" * 60_001, ["x"], ("x",), "\ud800", 1, "1", True]
    keys = {short_key("table", value) for value in values}
    assert len(keys) == len(values)
    assert {len(key) for key in keys} == {KEY_BYTES}
