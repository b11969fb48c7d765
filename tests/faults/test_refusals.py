"""PostgreSQL refuses a user, a password, a name, a right, a URL: words in one line, without the password."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from conftest import SEED, engine_for
from fastapi.testclient import TestClient

from app.db import refusals
from app.db.migrate import upgrade
from app.ingest.packs.load import load_packs
from app.main import create_app
from app.settings import Settings
from faults import oxus
from faults.clusters import Cluster, a_folder, primary

PASSWORD = "the-password-of-nobody"  # noqa: S105 - of a server that lives for a minute
EMPTY = "the database is empty; run `oxus db upgrade` first"
WRITING = (["db", "upgrade"], ["seed", "load"], ["db", "check"])
READING = (["status"], ["export", "claims", "--out", "-"], ["serve", "--port", "0"])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server with a loaded database, an empty one, two of other encodings, and users with few rights."""
    with ExitStack() as stack:
        found = primary(stack.enter_context(a_folder()) / "primary")
        stack.callback(lambda: found.running and found.stop())
        rules = found.data / "pg_hba.conf"
        rules.write_text("host all secretive 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        for statement in (
            "SELECT pg_reload_conf()",
            "CREATE ROLE secretive LOGIN PASSWORD 'another'",
            "CREATE ROLE poor LOGIN",
            "CREATE DATABASE oxus",
            "CREATE DATABASE empty",
            "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
            "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
        ):
            found.ask(statement)
        upgrade(found.url())
        with engine_for(found.url(), read_only=False) as engine:
            load_packs(engine, SEED)
        yield found


def refused(url: str, command: list[str]) -> str:
    """The one line with which a command ends."""
    done = oxus(*command, "--database", url)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert PASSWORD not in done.stderr
    (line,) = done.stderr.splitlines()
    return line


def as_user(cluster: Cluster, user: str, database: str = "oxus", query: str = "") -> str:
    return cluster.url(database, query).replace("postgres@", f"{user}@")


def test_a_user_without_rights_is_told_which_are_needed(cluster: Cluster) -> None:
    for command in (*WRITING, *READING):
        assert refused(as_user(cluster, "poor"), command) == refusals.NO_RIGHT
    assert refused(as_user(cluster, "poor", "empty"), ["db", "upgrade"]) == refusals.NO_RIGHT
    assert refused(as_user(cluster, "poor", "empty"), ["status"]) == EMPTY
    cluster.ask("GRANT SELECT ON ALL TABLES IN SCHEMA public TO poor", "oxus")
    try:
        assert oxus("status", "--database", as_user(cluster, "poor")).returncode == 0
        assert refused(as_user(cluster, "poor"), ["db", "check"]) == refusals.NO_RIGHT
        cluster.ask("REVOKE SELECT ON claim FROM poor", "oxus")
        for command in READING[:2]:
            assert refused(as_user(cluster, "poor"), command) == refusals.NO_RIGHT
        with TestClient(create_app(Settings(database_url=as_user(cluster, "poor")))) as client:
            assert client.get("/v1/events?limit=1").status_code == 200
            answer = client.get("/v1/claims?limit=1")
            assert (answer.status_code, answer.json()["detail"]) == (503, refusals.NO_RIGHT)
    finally:
        cluster.ask("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM poor", "oxus")


def test_a_connection_that_is_refused_is_told_with_its_reason(cluster: Cluster) -> None:
    wrong_password = as_user(cluster, f"secretive:{PASSWORD}")
    cases = {
        wrong_password: refusals.WRONG_USER,
        as_user(cluster, "secretive"): refusals.WRONG_USER,
        as_user(cluster, "nobody"): refusals.WRONG_USER,
        cluster.url("nowhere"): "the server has no database of this name; create it first, with the encoding UTF8",
        cluster.url("latin"): refusals.NO_UTF8.format("LATIN1"),
        cluster.url("ascii"): refusals.NO_UTF8.format("SQL_ASCII"),
        cluster.url(query="sslmode=require"): "the server has no TLS, which the database URL asks for",
        cluster.url(query="options=-c%20nonsense"): refusals.WRONG_URL,
    }
    for url, words in cases.items():
        for command in (["status"], ["db", "upgrade"]):
            assert refused(url, command) == words
    with TestClient(create_app(Settings(database_url=wrong_password))) as client:
        answer = client.get("/v1/events")
        assert (answer.status_code, answer.json()["detail"]) == (503, refusals.WRONG_USER)


def test_the_encoding_of_the_client_is_always_utf_8(cluster: Cluster) -> None:
    url = cluster.url(query="client_encoding=latin1")
    told = oxus("export", "actors", "--out", "-", "--database", url)
    assert (told.returncode, told.stdout) == (
        0,
        oxus("export", "actors", "--out", "-", "--database", cluster.url()).stdout,
    )
