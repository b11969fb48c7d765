"""Full-text search, the same on both databases: words are folded before they reach the index.

SQLite keeps an FTS5 table `<table>_text` whose rowid is the row's pk; PostgreSQL a table of the same shape with a
`tsvector` built word by word, so that no database has an opinion of its own on what a word is.
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
from app.names import MAX_TOKEN_BYTES, fold, tokens

INDEXED_TABLES = ("event", "claim", "source", "actor", "location")
SEPARATOR = "\ue000"
"""Stands between the parts of a text, so that no phrase reaches from one into the next: a word of its own to both
databases, which folding removes from everything that is asked."""
MAX_POSITIONS = 16_000  # a tsvector numbers no word beyond 16383

FTS_HASH_BYTES, BULK_FTS_HASH_BYTES = 1 << 20, 8 << 20
"""Bytes of words that an index of SQLite holds in memory: its own choice, and ours while very many are written."""


def index_words(text: str) -> str:
    """The words of a text as they are put into an index."""
    folded = fold(text)
    # Where all of it is as short as one word may be, so is each word.
    return folded if len(folded) <= MAX_TOKEN_BYTES and folded.isascii() else " ".join(tokens(text))


FIELD_SEPARATOR = f" {SEPARATOR} "
"""Stands between the folded parts of a text; nobody can ask for it."""


def _vector(words: list[str]) -> str:
    """A tsvector in PostgreSQL's input syntax."""
    return " ".join(f"'{word}':{position}" for position, word in enumerate(words[:MAX_POSITIONS], 1))


def write_texts(connection: Connection, name: str, bodies: Iterable[tuple[int, str]], *, replace: bool = True) -> None:
    """Put (pk, text) into the index of a table, in place of what it may hold for these rows."""
    rows = [(pk, FIELD_SEPARATOR.join(map(index_words, body.split(SEPARATOR)))) for pk, body in bodies]
    if replace:
        remove_texts(connection, name, [pk for pk, _ in rows])
    insert_texts(connection, name, rows, 0)


def insert_texts(connection: Connection, name: str, rows: Sequence[tuple[int, str]], pk_offset: int) -> None:
    """Put (pk, folded words) of new rows into the index of a table; pks count from `pk_offset` on."""
    if connection.dialect.name == "postgresql":
        rows = [(pk, _vector(body.split())) for pk, body in rows]
    insert_tuples(connection, f"{name}_text", ("rowid", "body"), rows, {"rowid": pk_offset})


@contextmanager
def bulk_text_indexing(connection: Connection, names: Iterable[str]) -> Iterator[None]:
    """SQLite gathers more words of these indexes before it writes them down, so that it has less to merge later."""
    sizes = (BULK_FTS_HASH_BYTES, FTS_HASH_BYTES) if connection.dialect.name == "sqlite" else ()
    for at, size in enumerate(sizes):
        for name in names:
            setting = f"INSERT INTO {name}_text ({name}_text, rank) VALUES ('hashsize', {size})"
            connection.exec_driver_sql(setting)
        if at == 0:
            yield
    if not sizes:
        yield


def remove_texts(connection: Connection, name: str, pks: Iterable[Any]) -> None:
    """Take rows out of the index of a table."""
    rows = [{"pk": pk} for pk in pks]
    if rows:
        connection.execute(text(f"DELETE FROM {name}_text WHERE rowid = :pk"), rows)


class TextQuery(tuple[Sequence[str], ...]):
    """What is searched: every phrase must occur; a phrase is words that follow each other."""

    __slots__ = ()

    def render(self, dialect: str) -> str:
        """The phrases as each database wants to be asked."""
        if dialect == "postgresql":
            joined = ("<->".join(f"'{word}'" for word in phrase) for phrase in self)
            return " & ".join(f"({phrase})" for phrase in joined)
        return " ".join('"' + " ".join(phrase) + '"' for phrase in self)


class TextQueryType(TypeDecorator[Any]):
    """Words as a parameter of a statement."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: TextQuery | None, dialect: Dialect) -> str:
        """The text that stands in the statement."""
        return TextQuery(value or ()).render(dialect.name)


class _TextMatch(FunctionElement[Any]):
    """The body of an index matches the words, in the operator of each database."""

    inherit_cache = True
    type = NullType()  # a Boolean would be compared with 1, which FTS5 does not take


@compiles(_TextMatch, "sqlite")
def _fts5(element: _TextMatch, compiler: SQLCompiler, **kw: Any) -> str:
    body, words = element.clauses
    return f"{compiler.process(body, **kw)} MATCH {compiler.process(words, **kw)}"


@compiles(_TextMatch, "postgresql")
def _tsquery(element: _TextMatch, compiler: SQLCompiler, **kw: Any) -> str:
    body, words = element.clauses
    return f"{compiler.process(body, **kw)} @@ CAST({compiler.process(words, **kw)} AS tsquery)"


def matching_rows(name: str, query: TextQuery | BindParameter[Any]) -> Select[Any]:
    """The pks of the rows of a table that hold every phrase."""
    index = table(f"{name}_text", column("rowid"), column("body"))
    bound = query if isinstance(query, BindParameter) else bindparam(None, query, type_=TextQueryType)
    return select(index.c.rowid).where(_TextMatch(index.c.body, bound))


def matches(pk: ColumnElement[Any], name: str, query: TextQuery) -> ColumnElement[bool]:
    """Whether the row with this pk holds every phrase."""
    return pk.in_(matching_rows(name, query))
