"""Fixtures for databases and clients, and the tiers of the tests (tests/README.md)."""

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
import statement_cache
from asgi_client import AppClient
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, make_url
from waiting import MAX_WAIT_SECONDS, start_postgresql

from app.api.http import read_pool
from app.db import engine
from app.db.engine import make_engine, read_transaction
from app.db.migrate import upgrade
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import PROJECT_ROOT, Settings

TESTS = Path(__file__).parent
PACK = "northern-afghanistan-2021"
SEED = PROJECT_ROOT / "seed"
NUMBERS = itertools.count()  # no two databases of a session have one name

EACH_DATABASE = (
    *("db", "faults", "ingest/packs", "models", "query"),
    *("api/http/test_bad_inputs.py", "api/http/test_hostile.py", "api/middleware/test_response_cache.py"),
)
"""Folders and files whose tests run on SQLite and on PostgreSQL, because SQL is what they are about. Tests elsewhere
run on SQLite, unless they are marked `each_database`."""
SLOW = ("api/http/test_hostile.py", "api/test_deploy.py", "clients", "faults", "web")
"""Folders and files that `pytest` leaves out and .ci/run runs, but for tests marked `smoke`."""
NOT_NEEDED = ("autovacuum", "fsync", "full_page_writes", "synchronous_commit")
"""Settings of PostgreSQL that only a crash of the machine needs, or a database that grows for hours; tests that need
statistics take them. Tests of crashes start servers of their own."""


@cache
def _lies_in(path: Path, parts: tuple[str, ...]) -> bool:
    """Return whether a test file is one of some files and folders below tests/."""
    return any(path.is_relative_to(TESTS / part) for part in parts)


def pytest_configure() -> None:
    """Lengthen each limit that a busy machine could reach, and have all engines compile a statement once.

    The limits are those of requests and of the examples of a property; tests of limits set their own.
    """
    engine.create_engine = statement_cache.create_engine
    for name in ("OXUS_QUERY_TIMEOUT_SECONDS", "OXUS_QUEUE_TIMEOUT_SECONDS"):
        os.environ[name] = str(MAX_WAIT_SECONDS)
    read_pool.GRACE_SECONDS = MAX_WAIT_SECONDS
    health = [HealthCheck.too_slow]
    settings.register_profile("any-machine", deadline=None, database=None, suppress_health_check=health)
    settings.load_profile("any-machine")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that needs databases on each kind that it is about."""
    if "databases" in metafunc.fixturenames:
        both = _lies_in(metafunc.definition.path, EACH_DATABASE) or metafunc.definition.get_closest_marker(
            "each_database"
        )
        kinds = ["sqlite", "postgresql"] if both else ["sqlite"]
        metafunc.parametrize("databases", kinds, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)  # before items are selected by their markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests."""
    for item in items:
        if _lies_in(item.path, SLOW) and not item.get_closest_marker("smoke"):
            item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Exempt modules and collected items from garbage collection, which would go through them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL server on a Unix socket; `{}` in its URL stands for the database."""
    server = start_postgresql(tmp_path_factory.mktemp("postgresql"))
    url = server.get_uri("DATABASE").replace("DATABASE", "{}", 1)
    with psycopg.connect(url.format("postgres"), autocommit=True) as connection:
        for name in NOT_NEEDED:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield url
    server.cleanup()


def examples(count: int) -> settings:
    """Return settings of a property that draw the same examples each time, unless a long run asks for more."""
    more = int(os.environ.get("OXUS_TEST_EXAMPLES", "0"))
    return settings(max_examples=more or count, derandomize=not more)


class Databases:
    """Makes databases of one kind: empty, migrated, or copies of a template."""

    def __init__(self, kind: str, folder: Path, server: str | None) -> None:
        self.kind = kind
        self.folder = folder
        self.server = server
        self.templates: dict[str, str] = {}

    def new(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of one that nobody is connected to."""
        name = f"oxus_{next(NUMBERS)}"
        if self.server is None:
            path = self.folder / f"{name}.db"
            if template:
                shutil.copy(template, path)
            return str(path)
        copied = f" TEMPLATE {make_url(template).database}" if template else ""
        with psycopg.connect(self.server.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{copied}")
        return self.server.format(name)

    def migrated(self) -> str:
        """A new database at the newest schema, without rows."""
        if "migrated" not in self.templates:
            self.templates["migrated"] = self.new()
            upgrade(self.templates["migrated"])
        return self.new(self.templates["migrated"])

    def loaded(self) -> str:
        """A new database with the packs that ship with Oxus."""
        if "loaded" not in self.templates:
            url = self.migrated()
            with engine_for(url, read_only=False) as engine:
                load_packs(engine, SEED)
                if self.server is None:  # a copied file must hold everything
                    with engine.connect() as connection:
                        connection.exec_driver_sql("ROLLBACK")
                        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            self.templates["loaded"] = url
        return self.new(self.templates["loaded"])


@contextmanager
def engine_for(url: str, *, read_only: bool) -> Iterator[Engine]:
    engine = make_engine(url, read_only=read_only)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def serving(databases: Databases, folder: Path, name: str, files: Mapping[str, str]) -> Iterator[AppClient]:
    """The API over a new database with one small pack, written from its files by path."""
    for file, text in files.items():
        path = folder / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    url = databases.migrated()
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, folder)
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Make databases of the kind that the test runs on: SQLite, or PostgreSQL in turn (see EACH_DATABASE)."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    return Databases(request.param, tmp_path_factory.mktemp(request.param), server)


@pytest.fixture(scope="session")
def pack_url(databases: Databases) -> str:
    """One database with the article's pack, shared by all tests that only read."""
    return databases.loaded()


@pytest.fixture(scope="session")
def client(pack_url: str) -> Iterator[AppClient]:
    """The API over the article's pack."""
    with AppClient(create_app(Settings(database_url=pack_url)), raise_server_exceptions=True) as client:
        yield client


@pytest.fixture(scope="session")
def uncached_client(pack_url: str) -> Iterator[AppClient]:
    """The API over the article's pack, without a memory of what it answered before."""
    with AppClient(create_app(Settings(database_url=pack_url, cache_mb=0))) as client:
        yield client


@pytest.fixture
def connection(pack_url: str) -> Iterator[Connection]:
    """A reading connection to the article's pack."""
    with engine_for(pack_url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        yield connection


@pytest.fixture(scope="session")
def get_ok(client: AppClient) -> Callable[..., Any]:
    """The body of an answer to a path and its parameters; asserts that it is a 200."""

    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params={name.rstrip("_"): value for name, value in params.items()})
        assert response.status_code == 200, response.text
        return response.json()

    return get


@pytest.fixture(scope="session")
def get_problem(client: AppClient) -> Callable[..., Any]:
    """The problem that a path and its parameters are answered with; asserts that it is a whole 400."""

    def get(path: str, /, **params: Any) -> Any:
        response = client.get(path, params={name.rstrip("_"): value for name, value in params.items()})
        assert response.status_code == 400, response.text
        assert response.headers["content-type"] == "application/problem+json"
        return response.json()

    return get


@pytest.fixture
def seed_dir(tmp_path: Path) -> Path:
    """A copy of the packs, to be broken or changed."""
    return Path(shutil.copytree(SEED, tmp_path / "seed"))
