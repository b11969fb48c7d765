"""A primary and a hot standby behind one URL: who is asked, what is served meanwhile, what a failure leaves."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PACK, SEED, Databases, engine_for
from fastapi.testclient import TestClient

from app.db.engine import make_engine, reading
from app.db.migrate import upgrade
from app.db.state import current_revision
from app.errors import SchemaError, UnavailableError
from app.ingest.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import LONG_SECONDS, Served, fetch, oxus, served, until
from faults.clusters import Cluster, a_folder, primary, standby

MOST_FAILED = 3
"""Reads in a row that one reader may lose when the server it reads from is gone: one on the way, one that finds out."""


@dataclass
class Pair:
    """A primary with a synchronous standby, and one database that holds the article's pack."""

    primary: Cluster
    standby: Cluster
    loads: int = 0

    def load(self, folder: Path) -> bool:
        """Load something new through the URL of both; whether it was acknowledged as a new revision."""
        self.loads += 1
        with engine_for(self.url(), read_only=False) as engine:
            return load_packs(engine, retitled(folder / "seed", self.loads))[0].revision is not None

    @property
    def title(self) -> str:
        """What the newest load called the event that it changed."""
        return title_of(self.loads)

    def url(self, query: str = "") -> str:
        """Both in one URL."""
        hosts = f"{self.primary.host},{self.standby.host}"
        return f"postgresql://postgres@{hosts}/oxus{'?' + query if query else ''}"

    def caught_up(self) -> bool:
        """Whether the standby shows all that the primary holds."""
        there = self.primary.ask("SELECT pg_current_wal_lsn()")
        return bool(self.standby.ask(f"SELECT pg_last_wal_replay_lsn() >= '{there}'"))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Shared by all tests here; the last of them loses the primary."""
    with ExitStack() as stack:
        folder = stack.enter_context(a_folder())
        first = primary(folder / "primary")
        stack.callback(lambda: first.running and first.stop())
        first.ask("CREATE DATABASE oxus")
        upgrade(first.url())
        with engine_for(first.url(), read_only=False) as engine:
            load_packs(engine, SEED)
        second = standby(folder / "standby", first)
        stack.callback(lambda: second.running and second.stop())
        both = Pair(first, second)
        until(lambda: first.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)
        until(both.caught_up)
        yield both


def retitled(folder: Path, number: int) -> Path:
    """The packs that ship, with another title of one event for each number."""
    if not folder.exists():
        shutil.copytree(SEED, folder)
    file = folder / PACK / "events" / "flight-to-tajikistan.toml"
    text = (SEED / PACK / "events" / "flight-to-tajikistan.toml").read_text("utf-8")
    changed = text.replace("Government soldiers flee to Tajikistan", title_of(number))
    assert changed != text
    file.write_text(changed, "utf-8")
    return folder


def title_of(number: int) -> str:
    return f"Soldiers flee, told {number} times"


@dataclass
class Reader(threading.Thread):
    """Asks one server one question after another, each a new one, until it is told to stop."""

    server: Served
    statuses: list[int] = field(default_factory=list)
    longest_gap: float = 0.0
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        number, last = 0, time.monotonic()
        while not self.stopped.is_set():
            number += 1
            answer = self.server.fetch(f"/v1/events?limit={number % 900 + 1}&fields=id,title")
            self.statuses.append(answer.status)
            if answer.status == 200:
                assert answer.json()["items"]
                self.longest_gap = max(self.longest_gap, time.monotonic() - last)
                last = time.monotonic()

    def failed_in_a_row(self) -> int:
        """The most reads in a row that were no 200."""
        told = "".join("." if status == 200 else "x" for status in self.statuses)
        return max(map(len, re.findall("x+", told)), default=0)

    def goes_on(self) -> None:
        """Wait until some more was read well."""
        seen = len(self.statuses)
        until(lambda: self.statuses[seen:].count(200) > 5 or not self.is_alive())
        assert self.is_alive()


def readers_on(cluster: Cluster) -> int:
    """How many connections to the database a server has."""
    return int(cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = 'oxus'"))


QUESTIONS = [
    "/v1/events?limit=3",
    "/v1/events/flight-to-tajikistan-2021",
    "/v1/packs",
    "/v1/stats?group_by=category",
    "/",
]


@pytest.mark.parametrize("ahead", ["the one that is watched", "the one that answers"])
def test_an_answer_of_a_standby_that_lags_is_never_taken_for_a_newer_one(
    pair: Pair, tmp_path: Path, ahead: str
) -> None:
    with TestClient(create_app(Settings(database_url=pair.primary.url()))) as client:
        old = {path: client.get(path) for path in QUESTIONS}
        pair.standby.ask("SELECT pg_wal_replay_pause()")
        assert pair.load(tmp_path)
        new = {path: client.get(path) for path in QUESTIONS}
    assert all(old[path].headers["etag"] != new[path].headers["etag"] for path in QUESTIONS)

    watched, asked = (pair.primary, pair.standby) if "watched" in ahead else (pair.standby, pair.primary)
    app = create_app(Settings(database_url=watched.url()))
    app.state.reader.engine = make_engine(asked.url(), read_only=True)
    then = new if asked is pair.primary else old
    with TestClient(app) as client:
        for path in QUESTIONS * 2:
            answer = client.get(path)
            assert (answer.headers["etag"], answer.content) == (then[path].headers["etag"], then[path].content)
            again = client.get(path, headers={"If-None-Match": new[path].headers["etag"]})
            assert again.status_code == (304 if then is new else 200)
        pair.standby.ask("SELECT pg_wal_replay_resume()")
        until(pair.caught_up)
        for path in QUESTIONS * 2:
            answer = client.get(path)
            assert (answer.headers["etag"], answer.content) == (new[path].headers["etag"], new[path].content)
    app.state.reader.engine.dispose()


def test_readers_spread_over_a_lagging_standby_never_mix_its_revision_with_another(pair: Pair, tmp_path: Path) -> None:
    spread = pair.url("load_balance_hosts=random")
    pair.standby.ask("SELECT pg_wal_replay_pause()")
    assert pair.load(tmp_path)
    newest = pair.loads + 1
    found: dict[str, set[tuple[int, bytes]]] = {}
    with served(spread, tmp_path / "log") as server:

        def ask(path: str) -> int:
            answer = server.fetch(path)
            assert answer.status == 200
            revision = int(answer.headers["oxus-revision"])
            found.setdefault(f"{path} {answer.headers['etag']}", set()).add((revision, answer.body))
            return revision

        seen = set[int]()
        end = time.monotonic() + LONG_SECONDS
        while len(seen) < 2 and time.monotonic() < end:
            batch = [threading.Thread(target=lambda path=path: seen.add(ask(path))) for path in QUESTIONS * 4]
            for thread in batch:
                thread.start()
            for thread in batch:
                thread.join()
        assert seen == {newest - 1, newest}, "connections to both servers were wanted"
        for etag, told in found.items():
            assert len(told) == 1, f"{etag} stands for {len(told)} answers"
        pair.standby.ask("SELECT pg_wal_replay_resume()")
        until(pair.caught_up)
        assert {ask(path) for path in QUESTIONS * 4} == {newest}


def test_a_standby_alone_is_read_and_refuses_to_be_written_to(pair: Pair, tmp_path: Path) -> None:
    url = pair.standby.url()
    assert "postgresql, schema" in oxus("status", "--database", url).stdout
    for command in (["seed", "load"], ["db", "check"]):
        refused = oxus(*command, "--database", url)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr == (
            "the database takes no writes (a standby, or set to read only); name the primary in its URL, too\n"
        )
    with served(url, tmp_path / "log") as server:
        assert fetch(server.address, "/v1/events?limit=1").status == 200


def test_a_primary_that_dies_takes_no_acknowledged_load_with_it_and_readers_go_on(
    pair: Pair, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    acknowledged, broken, enough = list[bool](), threading.Event(), threading.Event()
    before = pair.loads

    def keep_loading() -> None:
        with suppress(UnavailableError):
            while not enough.is_set():
                acknowledged.append(pair.load(tmp_path))
        broken.set()

    with ExitStack() as stack:
        near = stack.enter_context(served(pair.url("target_session_attrs=prefer-standby"), tmp_path / "near"))
        assert (readers_on(pair.standby) > 0, readers_on(pair.primary)) == (True, 0)
        first = stack.enter_context(served(pair.url(), tmp_path / "first"))
        assert readers_on(pair.primary) > 0
        readers = [Reader(near), Reader(first)]
        for reader in readers:
            reader.start()
            stack.callback(reader.join)
            stack.callback(reader.stopped.set)
        loading = threading.Thread(target=keep_loading)
        loading.start()
        stack.callback(loading.join)
        stack.callback(enough.set)
        until(lambda: len(acknowledged) > 2 or not loading.is_alive())

        pair.primary.stop("immediate")
        assert broken.wait(LONG_SECONDS)
        for reader in readers:
            reader.goes_on()
        refused = oxus("seed", "load", "--database", pair.url(), "--seed", str(tmp_path / "seed"))
        assert (refused.returncode, refused.stdout) == (1, "")
        pair.standby.promote()

        with engine_for(pair.url(), read_only=True) as engine, reading(engine, LONG_SECONDS) as connection:
            found = current_revision(connection)
        # The load that was cut off may have reached the standby before its answer could be given.
        kept = found - 1 - before
        assert kept in (len(acknowledged), len(acknowledged) + 1)
        assert all(acknowledged)
        title = near.fetch("/v1/events/flight-to-tajikistan-2021").json()["title"]
        assert title == title_of(before + kept)
        assert oxus("db", "check", "--database", pair.url()).stdout == "clean\n"

        assert pair.load(tmp_path)
        for server in (near, first):
            told = server.fetch("/v1/events/flight-to-tajikistan-2021").json()
            assert (told["title"], told["revision"]) == (pair.title, found + 1)
        for reader in readers:
            reader.goes_on()
    assert readers[0].failed_in_a_row() == 0, "a reader of the standby need not notice"
    assert readers[1].failed_in_a_row() <= MOST_FAILED
    assert set(readers[1].statuses) <= {200, 503}
    record_property("longest gap in seconds", [round(reader.longest_gap, 3) for reader in readers])


def test_a_server_that_says_nothing_is_passed_over(databases_of_one_server: str, tmp_path: Path) -> None:
    path = tmp_path / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        head, _, tail = databases_of_one_server.partition("?host=")
        assert tail, "the tests' server is on a Unix socket"
        url = f"{head}?host={tmp_path},{tail}&connect_timeout=2"
        with engine_for(url, read_only=True) as engine, reading(engine, LONG_SECONDS) as connection:
            assert current_revision(connection) == 1


@pytest.fixture
def databases_of_one_server(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return Databases("postgresql", tmp_path_factory.mktemp("one"), postgresql).loaded()


@pytest.mark.parametrize("url", ["postgresql://u:secret@[h/x", "postgresql://u:secret@h/x?nonsense=1"])
def test_a_url_that_is_no_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SchemaError, match="not as PostgreSQL wants it") as refused:
        make_engine(url, read_only=True)
    assert "secret" not in str(refused.value)
