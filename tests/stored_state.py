"""A database as a whole: what is served, revisions, removals, checks; and commands that are killed."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from asgi_client import AppClient
from conftest import engine_for
from sqlalchemy import Connection, delete, select, text
from waiting import MAX_WAIT_SECONDS

from app import models
from app.commands import check_database
from app.db.engine import read_transaction, write_transaction
from app.ingest.datasets.core.run import ImportResult
from app.ingest.packs.load import LoadResult, load_packs
from app.ingest.versions import derive
from app.main import create_app
from app.models.base import table_of
from app.models.entity_types import ENTITY_TYPES
from app.settings import Settings


@contextmanager
def reader(url: str) -> Iterator[Connection]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        yield connection


def served(url: str) -> dict[str, dict[str, Any]]:
    """Everything that can be asked for, by resource and id, without revisions; with the words it is found by."""
    found: dict[str, dict[str, Any]] = {}
    with reader(url) as connection:
        for resource, entity in ENTITY_TYPES.items():
            table = entity.table
            rows = connection.execute(select(table.c.pk, table.c.id, table.c.row)).all()
            names = {pk: id_ for pk, id_, _ in rows}
            found[resource] = {id_: json.loads(row) for _, id_, row in rows}
            words = connection.execute(text(f"SELECT rowid, CAST(body AS TEXT) FROM {table.name}_text"))  # noqa: S608
            # Sets: a word's place in the text says nothing; PostgreSQL writes 'word':place.
            found[f"words of {resource}"] = {
                names[pk]: set(re.sub(r"'|:[0-9,]+", "", body).split()) for pk, body in words
            }
        view, pack = table_of(models.EventVersion), table_of(models.Pack)
        found["views"] = {
            f"{id_} known {start}..{end}": json.loads(row) | {"revision": None}
            for id_, start, end, row in connection.execute(
                select(view.c.id, view.c.known_from, view.c.known_until, view.c.row)
            )
        }
        found["packs"] = {
            id_: json.loads(row) | {"revision": None} for id_, row in connection.execute(select(pack.c.id, pack.c.row))
        }
        for closure in (table_of(models.LocationAncestor), table_of(models.ActorAncestor)):
            columns = [column for column in closure.c if column.name != "pk"]
            found[closure.name] = {str(sorted(map(str, connection.execute(select(*columns))))): True}
    return found


def revisions(url: str) -> dict[tuple[str, str], int]:
    """The revision of every row."""
    with reader(url) as connection:
        return {
            (resource, id_): revision
            for resource, entity in ENTITY_TYPES.items()
            for id_, revision in connection.execute(select(entity.table.c.id, entity.table.c.revision))
        }


def newest(url: str) -> int:
    """How many revisions there are."""
    with reader(url) as connection:
        return len(connection.execute(select(table_of(models.Revision).c.id)).all())


def removals(url: str) -> dict[tuple[str, str], tuple[int, str | None]]:
    """What is gone, since when, and into what it was merged."""
    gone = table_of(models.Tombstone)
    with reader(url) as connection:
        return {
            (resource, id_): (revision, into)
            for resource, id_, revision, into in connection.execute(
                select(gone.c.resource, gone.c.id, gone.c.revision, gone.c.merged_into)
            )
        }


def emptied(url: str) -> str:
    """The database without a row."""
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        for table in models.METADATA.tables.values():
            connection.execute(delete(table))
        for name in (entity.singular for entity in ENTITY_TYPES.values()):
            connection.execute(text(f"DELETE FROM {name}_text"))  # noqa: S608 - names of ours
    return url


def load(url: str, folder: Path, name: str | None = None) -> list[LoadResult]:
    with engine_for(url, read_only=False) as engine:
        return load_packs(engine, folder, name)


KILLED = """
# Run `oxus` with the arguments once for each (database, step) on standard input, in a process of its own that kills
# itself without warning right before that step; a step is a statement or a commit. Prints how each process ended.
import json, os, signal, sys
from sqlalchemy import Engine, event
from app import cli, commands

for url, step in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        left = [step]
        def count(*_):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        try:
            cli.main([*sys.argv[1:], "--database", url])
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(3 if end.code else 0)
        os._exit(4)
    _, ended = os.waitpid(child, 0)
    print("ended", os.waitstatus_to_exitcode(ended), flush=True)
"""


def run_killed(runs: list[tuple[str, int]], *arguments: str) -> list[int]:
    """How `oxus` ended for each database when it killed itself before the step given; 0 is never."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], input=json.dumps(runs), capture_output=True, text=True, check=True
    )
    return [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("ended ")]


def counts_of(done: ImportResult) -> dict[str, int]:
    return {f"{resource} {action}": count for (resource, action), count in done.counts.items() if count}


def clean(url: str) -> bool:
    """Whether `oxus db check` finds nothing; no import touches the schema, so that one test is enough to compare it."""
    with patch("app.db.migrate.differences", return_value=[]):
        return check_database(Settings(database_url=url)) == []


def holds(url: str) -> dict[str, Any]:
    """Every row of every table, and the words it is found by; without row numbers and revisions."""
    found: dict[str, Any] = {name: rows for name, rows in served(url).items() if name.startswith("words")}
    with reader(url) as connection:
        owners = {
            f"{name}_pk": dict(connection.execute(select(table_of(model).c.pk, table_of(model).c.id)).all())
            for name, model in (("event", models.Event), ("claim", models.Claim))
        }
        for table in models.METADATA.sorted_tables:
            if table.name in ("revision", "tombstone"):
                continue
            rows = []
            for row in connection.execute(select(table)).mappings():
                left_out = ("pk", "revision", "added_in", "changed_at")  # differ from one load of the same to the next
                said = {name: value for name, value in row.items() if name not in left_out}
                said |= {name: owners[name][value] for name, value in said.items() if name in owners}
                if "row" in said:
                    said["row"] = {k: v for k, v in json.loads(said["row"]).items() if k != "revision"}
                rows.append(json.dumps(said, default=str, sort_keys=True))
            found[table.name] = sorted(rows)
    return found


def derived_anew(url: str, pack: str) -> int:
    """Derive the versions and words of all events of a pack anew, assert that they are as stored, and count the events.

    First beside what is stored, which must not change, then after versions are gone.
    """
    before = served(url)
    event, view = table_of(models.Event), table_of(models.EventVersion)
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        pks = connection.scalars(select(event.c.pk).where(event.c.pack_id == pack)).all()
        columns = [column for column in view.c if column.name != "pk"]
        rows = sorted(map(tuple, connection.execute(select(*columns))), key=str)
        revision = max(connection.scalars(select(event.c.revision)))
        assert derive(connection, pks, revision) == set()
        connection.execute(view.delete().where(view.c.event_pk.in_(pks)))
        for at in sorted(set(connection.scalars(select(event.c.revision).where(event.c.pk.in_(pks))))):
            of_revision = select(event.c.pk).where(event.c.pk.in_(pks), event.c.revision == at)
            derive(connection, connection.scalars(of_revision).all(), at)
        assert sorted(map(tuple, connection.execute(select(*columns))), key=str) == rows
    assert served(url) == before  # and so are the words that events are found by
    return len(pks)


GetOk = Callable[..., Any]
RESOURCES = ("actors", "claims", "events", "locations", "packs", "sources")
Copy = dict[tuple[str, str], Any]


@contextmanager
def answering(url: str) -> Iterator[GetOk]:
    with AppClient(create_app(Settings(database_url=url))) as client:

        def get(path: str, /, **params: Any) -> Any:
            response = client.get(path, params=params)
            assert response.status_code == 200, response.text
            return response.json()

        yield get


def entries(asked: GetOk, since: int, limit: int = 1000) -> tuple[int, list[Any]]:
    """All that the feed tells after a revision, page by page, and the revision it leads to."""
    page = asked("/v1/changes", since=since, limit=limit)
    rows = list(page["items"])
    while page["next"]:
        assert len(page["items"]) == limit
        page = asked("/v1/changes", since=since, limit=limit, cursor=page["next"].partition("cursor=")[2])
        rows += page["items"]
    return page["revision"], rows


def applied(copy: Copy, told: list[Any]) -> Copy:
    changed = dict(copy)
    for entry in told:
        at = entry["resource"], entry["id"]
        if entry["action"] == "removed":
            assert "row" not in entry
            changed.pop(at, None)
        else:
            assert at in copy or entry["action"] == "added", entry
            changed[at] = entry["row"]
    return changed


def lists(asked: GetOk) -> Copy:
    """Everything as the lists serve it."""
    return {(name, row["id"]): row for name in RESOURCES for row in asked(f"/v1/{name}", limit=1000)["items"]}
