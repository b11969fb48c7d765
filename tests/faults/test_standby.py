"""A primary and a hot standby behind one URL: who is asked, what is served meanwhile, what a failure leaves."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from waiting import MAX_WAIT_SECONDS, wait_until

from app.db.engine import make_engine, read_transaction
from app.db.revision import current_revision
from app.errors import SchemaError
from app.main import create_app
from app.settings import Settings
from faults import fetch, ran, served
from faults.standby import Pair, a_pair, lose_the_primary

MOST_FAILED = 3
"""Reads in a row that one reader may lose when the server it reads from is gone: one on the way, one that finds out."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Shared by all tests here; the last of them loses the primary."""
    with a_pair() as both:
        yield both


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
    app.state.read_pool.engine = make_engine(asked.url(), read_only=True)
    then = new if asked is pair.primary else old
    with TestClient(app) as client:
        for path in QUESTIONS * 2:
            answer = client.get(path)
            assert (answer.headers["etag"], answer.content) == (then[path].headers["etag"], then[path].content)
            again = client.get(path, headers={"If-None-Match": new[path].headers["etag"]})
            assert again.status_code == (304 if then is new else 200)
        pair.standby.ask("SELECT pg_wal_replay_resume()")
        wait_until(pair.caught_up)
        for path in QUESTIONS * 2:
            answer = client.get(path)
            assert (answer.headers["etag"], answer.content) == (new[path].headers["etag"], new[path].content)
    app.state.read_pool.engine.dispose()


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
        end = time.monotonic() + MAX_WAIT_SECONDS
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
        wait_until(pair.caught_up)
        assert {ask(path) for path in QUESTIONS * 4} == {newest}


def test_a_standby_alone_is_read_and_refuses_to_be_written_to(pair: Pair, tmp_path: Path) -> None:
    url = pair.standby.url()
    assert "postgresql, schema" in ran("status", "--database", url)[1]
    refused = "the database takes no writes (a standby, or set to read only); name the primary in its URL, too\n"
    for command in (["seed", "load"], ["db", "check"], ["db", "upgrade"]):
        assert ran(*command, "--database", url) == (1, "", refused)
    with served(url, tmp_path / "log") as server:
        assert fetch(server.address, "/v1/events?limit=1").status == 200


def test_a_primary_that_dies_takes_no_acknowledged_load_with_it_and_readers_go_on(pair: Pair, tmp_path: Path) -> None:
    readers = lose_the_primary(pair, tmp_path)
    assert readers[0].failed_in_a_row() == 0, "a reader of the standby need not notice"
    assert readers[1].failed_in_a_row() <= MOST_FAILED
    assert set(readers[1].statuses) <= {200, 503}


def test_a_server_that_says_nothing_is_passed_over(databases_of_one_server: str, tmp_path: Path) -> None:
    path = tmp_path / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        head, _, tail = databases_of_one_server.partition("?host=")
        assert tail, "the tests' server is on a Unix socket"
        url = f"{head}?host={tmp_path},{tail}&connect_timeout=10"
        with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
            assert current_revision(connection) == 1


@pytest.fixture
def databases_of_one_server(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return Databases("postgresql", tmp_path_factory.mktemp("one"), postgresql).loaded()


@pytest.mark.parametrize("url", ["postgresql://u:secret@[h/x", "postgresql://u:secret@h/x?nonsense=1"])
def test_a_url_that_is_no_url_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SchemaError, match="not as PostgreSQL wants it") as refused:
        make_engine(url, read_only=True)
    assert "secret" not in str(refused.value)
