"""Full-text search with one meaning on both databases: words are folded before they reach the index.

SQLite has an FTS5 table `<table>_text` whose rowid is the row's pk. PostgreSQL has a table of that shape with a
`tsvector` built word by word, so that neither database decides what a word is.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Select, String, bindparam, column, select, table, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator

from app.db.bulk import insert_tuples
from app.names import MAX_TOKEN_BYTES, fold

SEPARATOR = "\ue000"
"""Separates the fields of a text, so that no phrase reaches over two of them. Both databases take it for a word, and
folding removes it from every query."""
MAX_POSITIONS = 16_000  # a tsvector numbers no word beyond 16383

FTS_HASH_BYTES, BULK_FTS_HASH_BYTES = 1 << 20, 8 << 20
"""Bytes that FTS5 buffers before it writes: its default, and ours during a bulk load."""


def index_words(text: str) -> str:
    """Fold a text into the words of an index."""
    folded = fold(text)
    if len(folded) <= MAX_TOKEN_BYTES and folded.isascii():
        return folded  # a text no longer than one token may be needs no check of its tokens
    return " ".join([word for word in folded.split() if len(word.encode()) <= MAX_TOKEN_BYTES])


FIELD_SEPARATOR = f" {SEPARATOR} "
"""SEPARATOR between folded fields."""


def _vector(words: list[str]) -> str:
    """Render words as a tsvector in PostgreSQL's input syntax."""
    return " ".join(f"'{word}':{position}" for position, word in enumerate(words[:MAX_POSITIONS], 1))


def write_texts(connection: Connection, name: str, bodies: Iterable[tuple[int, str]], *, replace: bool = True) -> None:
    """Index (pk, text) of a table; `replace` removes what the index holds for these rows."""
    rows = [(pk, FIELD_SEPARATOR.join(map(index_words, body.split(SEPARATOR)))) for pk, body in bodies]
    if replace:
        remove_texts(connection, name, [pk for pk, _ in rows])
    insert_texts(connection, name, rows, 0)


def insert_texts(connection: Connection, name: str, rows: Sequence[tuple[int, str]], pk_offset: int) -> None:
    """Insert (pk, folded words) of new rows into the index of a table; `pk_offset` is added to each pk."""
    if connection.dialect.name == "postgresql":
        rows = [(pk, _vector(body.split())) for pk, body in rows]
    insert_tuples(connection, f"{name}_text", ("rowid", "body"), rows, {"rowid": pk_offset})


@contextmanager
def bulk_text_indexing(connection: Connection, names: Iterable[str]) -> Iterator[None]:
    """Enlarge the write buffers of these FTS5 indexes, which leaves less to merge (SQLite only)."""
    sizes = (BULK_FTS_HASH_BYTES, FTS_HASH_BYTES) if connection.dialect.name == "sqlite" else ()
    for at, size in enumerate(sizes):
        for name in names:
            setting = f"INSERT INTO {name}_text ({name}_text, rank) VALUES ('hashsize', {size})"
            connection.exec_driver_sql(setting)
        if at == 0:
            yield
    if not sizes:
        yield


def remove_texts(connection: Connection, name: str, pks: Iterable[int]) -> None:
    """Delete rows from the index of a table."""
    rows = [{"pk": pk} for pk in pks]
    if rows:
        connection.execute(text(f"DELETE FROM {name}_text WHERE rowid = :pk"), rows)


class TextQuery(tuple[Sequence[str], ...]):
    """Full-text query: every phrase must occur; a phrase is a sequence of words."""

    __slots__ = ()

    def render(self, dialect: str) -> str:
        """Render the phrases in the query syntax of a dialect."""
        if dialect == "postgresql":
            joined = ("<->".join(f"'{word}'" for word in phrase) for phrase in self)
            return " & ".join(f"({phrase})" for phrase in joined)
        return " ".join('"' + " ".join(phrase) + '"' for phrase in self)


class TextQueryType(TypeDecorator[Any]):
    """Bind parameter type of a full-text query."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: TextQuery | None, dialect: Dialect) -> str:
        """Render the query for the dialect."""
        return TextQuery(value or ()).render(dialect.name)


class _TextMatch(FunctionElement[Any]):
    """Full-text match of an index body, in the operator of each database."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1, which FTS5 does not take


@compiles(_TextMatch, "sqlite")
def _fts5(element: _TextMatch, compiler: SQLCompiler, **kw: object) -> str:
    body, words = element.clauses
    return f"{compiler.process(body, **kw)} MATCH {compiler.process(words, **kw)}"


@compiles(_TextMatch, "postgresql")
def _tsquery(element: _TextMatch, compiler: SQLCompiler, **kw: object) -> str:
    body, words = element.clauses
    return f"{compiler.process(body, **kw)} @@ CAST({compiler.process(words, **kw)} AS tsquery)"


def matching_rows(name: str, query: TextQuery | BindParameter[str]) -> Select[tuple[int]]:
    """Select the pks of the rows of a table that hold every phrase."""
    index = table(f"{name}_text", column("rowid"), column("body"))
    bound = query if isinstance(query, BindParameter) else bindparam(None, query, type_=TextQueryType)
    return select(index.c.rowid).where(_TextMatch(index.c.body, bound))


def matches(pk: ColumnElement[int], name: str, query: TextQuery) -> ColumnElement[bool]:
    """Make the predicate that the row with this pk holds every phrase."""
    return pk.in_(matching_rows(name, query))
