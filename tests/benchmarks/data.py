"""The same data for all: chosen rows of the file, the plain tables, and Oxus databases made by its own commands."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Date, Float, Integer, Table, create_engine

from .processes import HOME, OXUS, Ran, run

DATA = HOME.parent / "shared" / "data" / "ged_scale_385k_49col_semisynthetic.csv.zst"
NOW = "9999-12-31"  # `known_until` of the views that are served


@contextmanager
def opened(file: Path) -> Iterator[io.TextIOBase]:
    """A csv file as text, whatever it is packed with."""
    if file.suffix == ".zst":
        import zstandard

        with file.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
            yield io.TextIOWrapper(stream, "utf-8", newline="")
    else:
        with file.open("r", encoding="utf-8", newline="") as text:
            yield text


def choose_rows(file: Path, rows: int, out: Path) -> int:
    """Write so many rows of a file, evenly spread over it; how many were written."""
    with opened(file) as text:
        total = sum(1 for _ in csv.reader(text)) - 1
    step = max(1.0, total / rows)
    written, beside = 0, out.with_suffix(".part")
    with opened(file) as text, beside.open("w", encoding="utf-8", newline="") as chosen:
        reader, writer = csv.reader(text), csv.writer(chosen, lineterminator="\n")
        writer.writerow(next(reader))
        for at, row in enumerate(reader):
            if at >= written * step and written < rows:
                writer.writerow(row)
                written += 1
    beside.rename(out)
    return written


def load_oxus(database: str) -> None:
    """A database with the packs that ship with Oxus."""
    run([OXUS, "db", "upgrade", "--database", database])
    run([OXUS, "seed", "load", "--database", database])


def import_oxus(database: str, file: Path) -> Ran:
    """Import a file with the command that users have."""
    return run(
        [OXUS, "import", "ucdp-ged", str(file), "--rejected", str(file.with_suffix(".rejected.csv")),
         "--database", database]
    )  # fmt: skip


def insert_flat(sqlite_utils: Path, file: Path, database: Path) -> Ran:
    """`sqlite-utils insert` of the same file: what only copies it into one flat table."""
    database.unlink(missing_ok=True)
    try:
        return run([str(sqlite_utils), "insert", str(database), "ged", str(file), "--csv"])
    finally:
        database.unlink(missing_ok=True)


def _typed(table: Table) -> list[Any]:
    """A reader of each column's cells."""
    readers: list[Any] = []
    for column in table.columns:
        kind = int if isinstance(column.type, Integer) else float if isinstance(column.type, Float) else str
        readers.append((lambda cell: cell[:10] or None) if isinstance(column.type, Date) else _reader(kind))
    return readers


def _reader(kind: Any) -> Any:
    return lambda cell: kind(cell) if cell else None


def ged_rows(file: Path, table: Table) -> Iterator[list[Any]]:
    """The rows of a csv file, typed as the columns of the table are, and in their order."""
    readers = _typed(table)
    with opened(file) as text:
        reader = csv.reader(text)
        head = next(reader)
        places = [head.index(column.name) for column in table.columns]
        for row in reader:
            yield [read(row[place]) for read, place in zip(readers, places, strict=True)]


def event_rows(file: Path, points: dict[str, tuple[Any, ...]], table: Table) -> Iterator[list[Any]]:
    """Oxus's own events (from an export as ndjson), flattened for the plain table."""
    names = [column.name for column in table.columns]
    with file.open(encoding="utf-8") as lines:
        for pk, line in enumerate(lines, 1):
            row = json.loads(line)
            flat = {name: value for name, value in row.items() if not isinstance(value, dict | list)}
            flat |= {f"date_{name}": value for name, value in row["date"].items()}
            flat |= row["corroboration"]
            flat |= {f"deaths_{name}": (row["deaths"] or {}).get(name) for name in ("low", "best", "high")}
            for name in ("location", "actors", "deaths", "control_change", "movement", "figures", "part_of", "packs"):
                flat[name] = json.dumps(row[name], ensure_ascii=False)
            for name in ("date_printed", "origins"):
                flat[name] = json.dumps(flat[name], ensure_ascii=False)
            country, latitude, longitude = points[row["id"]]
            flat |= {"pk": pk, "country": country, "latitude": latitude, "longitude": longitude}
            flat["sort_date"] = row["date"]["earliest"] or row["date"]["latest"] or "0001-01-01"
            flat["names"] = " . ".join(
                [*(actor["name"] for actor in row["actors"]), (row["location"] or {}).get("name", "")]
            )
            yield [flat.get(name) for name in names]


def points_of(database: Path) -> dict[str, tuple[Any, ...]]:
    """Country, latitude and longitude of every event that Oxus serves."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = connection.execute(
            "SELECT id, country, latitude, longitude FROM event_version WHERE known_until = ?", (NOW,)
        )
        return {row[0]: row[1:] for row in found}


def fill_sqlite(file: Path, ged: Table, ged_file: Path, event: Table, events: Iterable[list[Any]]) -> None:
    """The plain tables in one SQLite file, with indexes, full text and statistics."""
    beside = file.with_suffix(".part")
    beside.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{beside}")
    ged.metadata.create_all(engine, [ged, event])
    engine.dispose()
    with closing(sqlite3.connect(beside)) as connection:
        for table, rows in ((ged, ged_rows(ged_file, ged)), (event, events)):
            marks = ",".join("?" * len(table.columns))
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        connection.executescript(
            # Datasette finds a text index by its content table, so quoted.
            'CREATE VIRTUAL TABLE event_fts USING fts5(title, summary, names, content="event");'
            "INSERT INTO event_fts(event_fts) VALUES ('rebuild');"
            "INSERT INTO event_fts(event_fts) VALUES ('optimize');"
        )
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
    beside.rename(file)


BODY = r"""
to_tsvector('simple',
    regexp_replace(normalize(title || ' . ' || summary || ' . ' || names, NFD), '[\u0300-\u036f]', '', 'g'))
"""
"""The words of an event without their accents, as SQLite's text index has them."""


def fill_postgresql(url: str, ged: Table, event: Table, source: Path) -> None:
    """The same tables in PostgreSQL, copied from the SQLite file."""
    import psycopg

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    ged.metadata.create_all(engine, [ged, event])
    engine.dispose()
    with closing(sqlite3.connect(source)) as flat, psycopg.connect(url, autocommit=True) as connection:
        for table in (ged, event):
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            with connection.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copied:
                for row in flat.execute(f"SELECT {columns} FROM {table.name}"):
                    copied.write_row(row)
        connection.execute(f"ALTER TABLE event ADD COLUMN body tsvector GENERATED ALWAYS AS ({BODY}) STORED")
        connection.execute("CREATE INDEX ix_event_body ON event USING gin (body)")
        connection.execute("VACUUM ANALYZE")
