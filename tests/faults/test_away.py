"""A PostgreSQL that is stopped and comes back, or is locked: the server says so, and recovers by itself."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from conftest import SEED, Databases, engine_for
from fastapi.testclient import TestClient
from httpx2 import Response
from waiting import MAX_WAIT_SECONDS, wait_until

from app.api.http import read_pool, respond
from app.db.migrate import upgrade
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import oxus
from faults.clusters import Cluster, a_folder, primary

ASKED = "/v1/events?limit=3"
ANOTHER = "/v1/events?limit=4"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        found = primary(stack.enter_context(a_folder()) / "primary")
        stack.callback(lambda: found.running and found.stop())
        found.ask("CREATE DATABASE oxus")
        upgrade(found.url())
        with engine_for(found.url(), read_only=False) as engine:
            load_packs(engine, SEED)
        yield found


def unavailable(answer: Response) -> str:
    """What a 503 says."""
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.headers["retry-after"] == "5"
    return str(answer.json()["detail"])


def test_while_postgresql_is_stopped_nothing_old_is_served_and_then_all_is_well_again(cluster: Cluster) -> None:
    away = "the database cannot be reached or is busy"
    with TestClient(create_app(Settings(database_url=cluster.url()))) as client:
        before = client.get(ASKED)
        assert client.get(ASKED).content == before.content, "from memory"
        assert client.get("/readyz").status_code == 200
        for mode in ("immediate", "fast"):
            cluster.stop(mode)
            for path in (ASKED, ANOTHER, "/readyz", ASKED):
                assert unavailable(client.get(path, headers={"If-None-Match": before.headers["etag"]})) == away
            assert client.get("/healthz").status_code == 200
            refused = oxus("seed", "load", "--database", cluster.url())
            assert (refused.returncode, refused.stderr) == (1, f"{away}\n")
            cluster.start()
            wait_until(lambda: client.get("/readyz").status_code == 200)
            for path in (ASKED, ANOTHER):
                wait_until(lambda path=path: client.get(path).status_code == 200)
            again = client.get(ASKED)
            assert (again.content, again.headers["etag"]) == (before.content, before.headers["etag"])


def test_a_table_that_somebody_locks_keeps_nobody_waiting_for_ever(postgresql: str, tmp_path: Path) -> None:
    url = Databases("postgresql", tmp_path, postgresql).loaded()
    with TestClient(create_app(Settings(database_url=url, query_timeout_seconds=0.5))) as client:
        wait_until(lambda: client.get(ASKED).status_code == 200)  # a busy machine may need longer than the limit
        before = client.get(ASKED)
        with psycopg.connect(url) as locking:
            locking.execute("LOCK TABLE revision IN ACCESS EXCLUSIVE MODE")
            for path in (ASKED, ANOTHER):
                assert unavailable(client.get(path)) == "the query took longer than it may; ask for less"
            locking.rollback()
        wait_until(lambda: client.get(ASKED).status_code == 200)
        assert client.get(ASKED).content == before.content


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop every process of a server for a while: it takes connections and answers nothing, as on a hung disk."""
    main = int((cluster.data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    processes = [main, *map(int, children)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def test_a_postgresql_that_hangs_holds_up_no_probe_and_no_asset_and_others_get_a_503(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(respond, "MAX_CHUNK_SECONDS", 3.0)  # an export may wait for minutes
    monkeypatch.setattr(read_pool, "GRACE_SECONDS", 1.0)  # as it is outside of tests
    paths = (ASKED, ANOTHER, "/readyz", "/v1/stats?group_by=day", "/v1/events?limit=all&f=csv", ASKED)
    with TestClient(create_app(Settings(database_url=cluster.url()))) as client, ThreadPoolExecutor(8) as asking:

        def ask(path: str) -> Future[Response]:
            return asking.submit(client.get, path)

        wait_until(lambda: client.get(ASKED).status_code == 200)
        before = client.get(ASKED)
        with frozen(cluster):
            running = [ask(path) for path in paths]
            for path in ("/healthz", "/docs", "/openapi.json", "/healthz"):
                assert ask(path).result(MAX_WAIT_SECONDS).status_code == 200
            for answer in running:
                assert unavailable(answer.result(MAX_WAIT_SECONDS)) == "the database cannot be reached or is busy"
        wait_until(lambda: client.get(ASKED).status_code == 200)
        assert client.get(ASKED).content == before.content
        assert client.get("/readyz").status_code == 200
