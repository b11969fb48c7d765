"""Statements that are written once and run many times, without a look at how they came about.

Writing a statement anew for each question costs ten times what the database needs to answer it.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import CompoundSelect

from app.db.text_search import Words

Row = tuple[Any, ...]
MOST_STATEMENTS = 2000
Written = TypeVar("Written", "Statement", "Statement | None")


class Statement:
    """A statement as the database takes it; `names` are the placeholders in it for which each run gives values.

    `by_value` tells that its values decide how it is best answered: PostgreSQL plans it anew each time, instead of
    keeping one plan for rare words and frequent ones.
    """

    def __init__(
        self,
        connection: Connection,
        select: Select[Any] | CompoundSelect[Any],
        names: Sequence[str],
        *,
        by_value: bool = False,
    ) -> None:
        compiled = select.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        fixed = {name: _plain(value, connection.dialect.name) for name, value in compiled.params.items()}
        places = {name: at for at, name in enumerate(names)}
        given = compiled.positiontup if compiled.positional else list(compiled.params)
        self._order = [(name, places.get(name), fixed[name]) for name in given or ()]
        self._positional = compiled.positional
        self._how = {"prepare": False} if by_value and connection.dialect.name == "postgresql" else {}

    def _values(self, values: Sequence[Any], dialect: str) -> Any:
        found = [fixed if at is None else _plain(values[at], dialect) for _, at, fixed in self._order]
        if self._positional:
            return found
        return dict(zip((name for name, _, _ in self._order), found, strict=True))

    def rows(self, connection: Connection, values: Sequence[Any]) -> list[Row]:
        """All rows."""
        raw: Any = connection.connection.dbapi_connection
        try:
            found: list[Row] = raw.execute(
                self.text, self._values(values, connection.dialect.name), **self._how
            ).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._translated(connection, error) from error
        return found

    def stream(self, connection: Connection, values: Sequence[Any], size: int) -> Iterator[list[Row]]:
        """The rows in batches of `size`, read while they are taken."""
        raw: Any = connection.connection.dbapi_connection
        cursor = raw.cursor() if self._positional else raw.cursor(name="oxus")
        try:
            cursor.execute(self.text, self._values(values, connection.dialect.name))
            while batch := cursor.fetchmany(size):
                yield batch
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._translated(connection, error) from error
        finally:
            cursor.close()

    def _translated(self, connection: Connection, error: Exception) -> Exception:
        """The same error as of any other statement."""
        base = connection.dialect.loaded_dbapi.Error
        return DBAPIError.instance(self.text, None, error, base, dialect=connection.dialect)


class Statements:
    """Statements by the shape of what they answer, for all threads; when there are too many, they are written again."""

    def __init__(self) -> None:
        self._written: dict[Hashable, Any] = {}

    def of(self, shape: Hashable, write: Callable[[], Written]) -> Written:
        """The statement for a shape, written when it is first asked for; None if there is nothing to ask."""
        try:
            found: Written = self._written[shape]
        except KeyError:
            if len(self._written) >= MOST_STATEMENTS:
                self._written.clear()
            found = self._written[shape] = write()
        return found


def _plain(value: Any, dialect: str) -> Any:
    """A value as the driver takes it; SQLite knows no dates: they are texts."""
    if isinstance(value, Words):
        return value.asked(dialect)
    return value.isoformat() if dialect == "sqlite" and isinstance(value, date) else value
