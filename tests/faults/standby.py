"""A primary with a hot standby, readers of both, and how the primary is lost."""

import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from conftest import PACK, SEED, engine_for
from waiting import MAX_WAIT_SECONDS, wait_until

from app.db.engine import read_transaction
from app.db.migrate import upgrade
from app.db.revision import current_revision
from app.errors import UnavailableError
from app.ingest.packs.load import load_packs
from faults import Served, oxus, served
from faults.clusters import Cluster, a_folder, primary, standby


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


@contextmanager
def a_pair() -> Iterator[Pair]:
    """Both servers, running."""
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
        wait_until(lambda: first.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1)
        wait_until(both.caught_up)
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
        wait_until(lambda: self.statuses[seen:].count(200) > 5 or not self.is_alive())
        assert self.is_alive()


def readers_on(cluster: Cluster) -> int:
    """How many connections to the database a server has."""
    return int(cluster.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = 'oxus'"))


def lose_the_primary(pair: Pair, folder: Path) -> tuple[Reader, Reader]:
    """Stop the primary without warning amid reads and loads, promote the standby, and load again through the same URL.

    Checks that no acknowledged load is lost; gives back a reader of the standby and one of the primary.
    """
    acknowledged, broken, enough = list[bool](), threading.Event(), threading.Event()
    before = pair.loads

    def keep_loading() -> None:
        with suppress(UnavailableError):
            while not enough.is_set():
                acknowledged.append(pair.load(folder))
        broken.set()

    with ExitStack() as stack:
        near = stack.enter_context(served(pair.url("target_session_attrs=prefer-standby"), folder / "near"))
        assert (readers_on(pair.standby) > 0, readers_on(pair.primary)) == (True, 0)
        first = stack.enter_context(served(pair.url(), folder / "first"))
        assert readers_on(pair.primary) > 0
        readers = Reader(near), Reader(first)
        for reader in readers:
            reader.start()
            stack.callback(reader.join)
            stack.callback(reader.stopped.set)
        loading = threading.Thread(target=keep_loading)
        loading.start()
        stack.callback(loading.join)
        stack.callback(enough.set)
        wait_until(lambda: len(acknowledged) > 2 or not loading.is_alive())

        pair.primary.stop("immediate")
        assert broken.wait(MAX_WAIT_SECONDS)
        for reader in readers:
            reader.goes_on()
        refused = oxus("seed", "load", "--database", pair.url(), "--seed", str(folder / "seed"))
        assert (refused.returncode, refused.stdout) == (1, "")
        pair.standby.promote()

        with engine_for(pair.url(), read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            found = current_revision(connection)
        # The load that was cut off may have reached the standby before its answer could be given.
        kept = found - 1 - before
        assert kept in (len(acknowledged), len(acknowledged) + 1)
        assert all(acknowledged)
        title = near.fetch("/v1/events/flight-to-tajikistan-2021").json()["title"]
        assert title == title_of(before + kept)
        assert oxus("db", "check", "--database", pair.url()).stdout == "clean\n"

        assert pair.load(folder)
        for server in (near, first):
            told = server.fetch("/v1/events/flight-to-tajikistan-2021").json()
            assert (told["title"], told["revision"]) == (pair.title, found + 1)
        for reader in readers:
            reader.goes_on()
    return readers
