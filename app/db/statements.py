"""Statements compiled once and run many times through the driver.

Compiling a statement for each query costs ten times what the database needs to answer it.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import CompoundSelect

from app.db.column_types import to_sqlite_value
from app.db.text_index import TextQuery

ResultRow = tuple[Any, ...]
MAX_CACHE_BYTES = 4 * 2**20
"""Memory of one cache: some 500 statements. Clients can ask for any number of shapes, of up to hundreds of values."""
STATEMENT_BYTES = 6000
"""Memory of a statement beside its text and values, its key in the cache included; measured."""
VALUE_BYTES = 300
"""Memory of a value of a statement: its names, and its types in the key."""
T = TypeVar("T", "PreparedStatement", "PreparedStatement | None")


class PreparedStatement:
    """Compiled SQL with its placeholders; `names` are those for which each run gives values, in order.

    `custom_plan` makes PostgreSQL plan each run anew, because selectivity depends on the values: one generic plan
    would serve rare words and frequent ones.
    """

    def __init__(
        self,
        connection: Connection,
        select: Select[Any] | CompoundSelect[Any],
        names: Sequence[str],
        *,
        custom_plan: bool = False,
    ) -> None:
        compiled = select.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        self.text = str(compiled)
        fixed = {name: to_driver_value(value, connection.dialect.name) for name, value in compiled.params.items()}
        places = {name: at for at, name in enumerate(names)}
        order = compiled.positiontup if compiled.positional else list(compiled.params)
        self._order = [(name, places.get(name), fixed[name]) for name in order or ()]
        self._positional = compiled.positional
        self._execute_options = {"prepare": False} if custom_plan and connection.dialect.name == "postgresql" else {}

    @property
    def size(self) -> int:
        """Estimate the memory of the statement and of its key, in bytes."""
        return STATEMENT_BYTES + len(self.text) + len(self._order) * VALUE_BYTES

    def _values(self, values: Sequence[object], dialect: str) -> list[object] | dict[str, object]:
        result = [fixed if at is None else to_driver_value(values[at], dialect) for _, at, fixed in self._order]
        if self._positional:
            return result
        return dict(zip((name for name, _, _ in self._order), result, strict=True))

    def rows(self, connection: Connection, values: Sequence[object]) -> list[ResultRow]:
        """Run the statement and return all rows."""
        raw: Any = connection.connection.dbapi_connection
        try:
            rows: list[ResultRow] = raw.execute(
                self.text, self._values(values, connection.dialect.name), **self._execute_options
            ).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise self._translated(connection, error) from error
        return rows

    def stream(self, connection: Connection, values: Sequence[object], size: int) -> Iterator[list[ResultRow]]:
        """Yield the rows in batches of `size` from a server-side cursor."""
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
        """Wrap a driver's error as SQLAlchemy does."""
        base = connection.dialect.loaded_dbapi.Error
        return DBAPIError.instance(self.text, None, error, base, dialect=connection.dialect)


class StatementCache:
    """Prepared statements by the shape of their query, shared by all threads; emptied when it is full.

    Threads may add up its size at the same time and lose a summand, which the next emptying makes good.
    """

    def __init__(self) -> None:
        self._statements: dict[Hashable, Any] = {}
        self._bytes = 0

    def get_or_compile(self, shape: Hashable, compile_: Callable[[], T]) -> T:
        """Return the statement of a shape, compiled at its first use; None if the shape has no rows."""
        try:
            cached: T = self._statements[shape]
        except KeyError:
            cached = compile_()
            size = STATEMENT_BYTES if cached is None else cached.size
            if self._bytes + size > MAX_CACHE_BYTES:
                self._statements.clear()
                self._bytes = 0
            self._statements[shape] = cached
            self._bytes += size
        return cached


def to_driver_value(value: object, dialect: str) -> object:
    """Convert a value for the driver: full-text queries are rendered, and dates are ISO strings on SQLite."""
    if isinstance(value, TextQuery):
        return value.render(dialect)
    return to_sqlite_value(value) if dialect == "sqlite" else value
