"""Loading: what a load changes, what it leaves alone, and what survives being killed."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PACK, SEED, Databases, engine_for
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, event, select, text

from app import models
from app.commands import check_database
from app.db.engine import read_transaction, write_transaction
from app.db.text_index import INDEXED_TABLES
from app.errors import BrokenPackError
from app.ingest.packs.load import LoadResult, is_unchanged, load_packs
from app.ingest.upsert import TABLES
from app.main import create_app
from app.models.base import table_of
from app.settings import Settings

FLIGHT = "flight-to-tajikistan-2021"
DIPLOMACY, FLIGHTS = "events/diplomacy.toml", "events/flight-to-tajikistan.toml"


# Small packs: one tells of a war, the other looks at it again and refers to the first for almost everything.


@dataclass(frozen=True)
class War:
    """What varies in the first small pack."""

    rebels: str = "Rebels of the Ford"
    ford: str = "Ford"
    parent: str = "north"
    title: str = "Rebels take the ford"
    place: str = "ford"
    means: str = "captured"
    published: str = "2021-07-05"
    organisation: str | None = None
    part_of_side: bool = True
    crossed: str = "94"
    flood: bool = False
    denied: bool = False
    loose_id: str = "loose"
    parent_event: bool = False

    def write(self, folder: Path) -> None:
        """Write the pack into a folder of packs."""
        sides = '\nrelations = [{ type = "part_of", actor = "rebels" }]' if self.part_of_side else ""
        owner = f'\norganisation = "{self.organisation}"' if self.organisation else ""
        part_of = '\npart_of = "ford-taken"' if self.parent_event else ""
        _write(
            folder / "eastern-war",
            {
                "pack": 'id = "eastern-war"\ntitle = "War"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "War."\n'
                'document = "gazette-1"\n[coverage]\nsources_searched = "One paper."\n',
                "sources": f'[[source]]\nid = "gazette"\nname = "Gazette"\nkind = "outlet"{owner}\n'
                '[[source]]\nid = "gazette-1"\nname = "Gazette, one"\nkind = "article"\norganisation = "gazette"\n'
                f'published_on = {self.published}\n[[source]]\nid = "trust"\nname = "Trust"\nkind = "outlet"\n',
                "actors": '[[actor]]\nid = "crown"\nname = "Crown"\nkind = "government"\n'
                f'[[actor]]\nid = "lancers"\nname = "Lancers"\nkind = "militia"{sides}\n'
                f'[[actor]]\nid = "{self.loose_id}"\nname = "Loose band"\nkind = "militia"\n'
                f'[[actor]]\nid = "rebels"\nname = "{self.rebels}"\nkind = "rebel_group"\n',
                "locations": f'[[location]]\nid = "ford"\nname = "{self.ford}"\nkind = "district"\n'
                f'parent = "{self.parent}"\n'
                '[[location]]\nid = "north"\nname = "North"\nkind = "country"\ncountry = "NOR"\n'
                'latitude = 60.5\nlongitude = 9.25\npoint_kind = "centroid"\n'
                '[[location]]\nid = "south"\nname = "South"\nkind = "country"\ncountry = "ZAF"\n',
                "events/all": f'[[event]]\nid = "ford-taken"\ncategory = "control_change"\ntitle = "{self.title}"\n'
                f'summary = "It fell."\nlocation = "{self.place}"\n'
                'actors = [{ actor = "rebels", role = "initiator" }]\n'
                f'[event.control_change]\ngained_by = "rebels"\nlost_by = "crown"\nextent = "full"\n'
                f'means = "{self.means}"\n'
                '[[event.claim]]\nparagraph = 1\nmodality = "fact"\nsummary = "It fell."\ndate = 2021-07-01\n'
                + (
                    '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nstance = "denies"\nvia = ["trust"]\n'
                    'reported_on = 2021-07-02\nsummary = "It stands."\ndate = 2021-07-01\n'
                    if self.denied
                    else ""
                )
                + '[[event]]\nid = "crossing"\ncategory = "movement"\ntitle = "They cross"\nsummary = "South."\n'
                f'location = "ford"{part_of}\n'
                '[event.movement]\nfrom = "ford"\nto = "south"\nmover = "lancers"\npopulation = "militia"\n'
                'outcome = "admitted"\n'
                '[[event.claim]]\nparagraph = 3\nmodality = "fact"\nsummary = "They went."\n'
                '[[event.claim.figures]]\nmeasure = "persons_moved"\ncount_kind = "increment"\n'
                f'printed = "{self.crossed}"\nas_of = 2021-07-02\n'
                + (
                    '[[event]]\nid = "flood"\ncategory = "other"\ntitle = "Flood"\nsummary = "Water."\n'
                    '[[event.claim]]\nparagraph = 4\nmodality = "possible"\nsummary = "Rain."\n'
                    if self.flood
                    else ""
                ),
            },
        )


@dataclass(frozen=True)
class Look:
    """What varies in the second small pack, whose claims and event lean on the first."""

    pack: str = "western-look"
    stance: str = "asserts"
    mill: str = "Mill"
    claim: bool = True
    actor: str = "rebels"
    hop: str | None = None

    def write(self, folder: Path) -> None:
        """Write the pack into a folder of packs."""
        hop = f'via = ["{self.hop}"]\n' if self.hop else ""
        _write(
            folder / self.pack,
            {
                "pack": f'id = "{self.pack}"\ntitle = "Look"\n'
                'version = "1"\nlicence = "CC-BY-4.0"\ncitation = "Look."\n'
                'document = "herald-1"\n[coverage]\nsources_searched = "Another paper."\n',
                "sources": '[[source]]\nid = "herald"\nname = "Herald"\nkind = "outlet"\n'
                '[[source]]\nid = "herald-1"\nname = "Herald, one"\nkind = "article"\norganisation = "herald"\n'
                "published_on = 2021-07-10\n"
                '[[source]]\nid = "stringer"\nname = "Stringer"\nkind = "journalist"\norganisation = "gazette"\n',
                "actors": '[[actor]]\nid = "scouts"\nname = "Scouts"\nkind = "militia"\n'
                'relations = [{ type = "part_of", actor = "rebels" }]\n',
                "locations": f'[[location]]\nid = "mill"\nname = "{self.mill}"\nkind = "town"\nparent = "ford"\n',
                "events/all": (
                    '[[claim]]\nid = "seen-again"\nevent = "ford-taken"\nparagraph = 1\nmodality = "fact"\n'
                    f'stance = "{self.stance}"\n'
                    f'{hop}summary = "Seen again."\ndate = 2021-07-01\n'
                    if self.claim
                    else ""
                )
                + '[[event]]\nid = "mill-burnt"\ncategory = "clash"\ntitle = "The mill burns"\nsummary = "Fire."\n'
                f'location = "mill"\nactors = [{{ actor = "{self.actor}", role = "initiator" }}]\n'
                '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nvia = ["stringer"]\nsummary = "Smoke."\n'
                'date = 2021-07-03\nlocation = "ford"\n'
                '[[event]]\nid = "march"\ncategory = "movement"\ntitle = "A march"\nsummary = "To the south."\n'
                'location = "mill"\n[event.movement]\nfrom = "mill"\nto = "south"\nmover = "scouts"\n'
                'population = "militia"\noutcome = "unknown"\n'
                '[[event.claim]]\nparagraph = 3\nmodality = "reported"\nsummary = "Boots."\n',
            },
        )


def _write(folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


# What is in a database.


@contextmanager
def reader(url: str) -> Iterator[Connection]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        yield connection


def served(url: str) -> dict[str, dict[str, Any]]:
    """Everything that can be asked for, by resource and id, without revisions; with the words it is found by."""
    found: dict[str, dict[str, Any]] = {}
    with reader(url) as connection:
        for resource, model in TABLES.items():
            table = table_of(model)
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
            for resource, model in TABLES.items()
            for id_, revision in connection.execute(select(table_of(model).c.id, table_of(model).c.revision))
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
        for name in INDEXED_TABLES:
            connection.execute(text(f"DELETE FROM {name}_text"))  # noqa: S608 - names of ours
    return url


def load(url: str, folder: Path, name: str | None = None) -> list[LoadResult]:
    with engine_for(url, read_only=False) as engine:
        return load_packs(engine, folder, name)


def edit(seed_dir: Path, file: str, after: str, old: str, new: str) -> None:
    """Put `new` in place of the first `old` after a mark in a file of the article's pack."""
    path = seed_dir / PACK / file
    content = path.read_text(encoding="utf-8")
    start = content.index(old, content.index(after))
    path.write_text(content[:start] + new + content[start + len(old) :], encoding="utf-8")


def cut(seed_dir: Path, file: str, id_: str) -> str:
    """Take an event with its claims out of a file of the article's pack; what was taken."""
    path = seed_dir / PACK / file
    head, *events = path.read_text(encoding="utf-8").split("[[event]]\n")
    (taken,) = [event for event in events if event.startswith(f'id = "{id_}"\n')]
    path.write_text("[[event]]\n".join([head, *(event for event in events if event != taken)]), encoding="utf-8")
    return taken


@pytest.fixture
def url(databases: Databases) -> str:
    """A database of one's own with the article's pack."""
    return databases.loaded()


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with the two small packs."""
    folder = tmp_path / "packs"
    War().write(folder)
    Look().write(folder)
    return folder


@pytest.fixture(scope="module")
def empty_urls(databases: Databases) -> tuple[str, str]:
    """Two migrated databases that tests empty and fill in turn: a new one for each would take its time."""
    return databases.migrated(), databases.migrated()


@pytest.fixture
def small_packs_url(empty_urls: tuple[str, str], packs: Path) -> str:
    """A database with the two small packs."""
    url = emptied(empty_urls[0])
    load(url, packs)
    return url


@pytest.fixture
def empty_url(empty_urls: tuple[str, str]) -> str:
    """A database without rows."""
    return emptied(empty_urls[1])


# One pack.


def test_the_first_load_adds_every_row_in_revision_1(url: str) -> None:
    assert newest(url) == 1
    assert set(revisions(url).values()) == {1}
    assert {"kaldar-captured-2021-06", "kaldar-recaptured-2021-06-29", FLIGHT} <= served(url)["events"].keys()
    assert removals(url) == {}


def test_loading_twice_changes_nothing_and_makes_no_new_revision(url: str, seed_dir: Path) -> None:
    before, rows = revisions(url), served(url)
    (loaded,) = load(url, seed_dir)
    assert (loaded.pack, loaded.revision, loaded.changes) == (PACK, None, {})
    assert (newest(url), revisions(url), served(url)) == (1, before, rows)


def test_an_edit_of_a_comment_makes_no_revision_and_is_remembered(url: str, seed_dir: Path) -> None:
    before = revisions(url)
    with (seed_dir / PACK / FLIGHTS).open("a", encoding="utf-8") as file:
        file.write("# One more comment.\n")
    with reader(url) as connection:
        assert not is_unchanged(connection, seed_dir)
    (loaded,) = load(url, seed_dir)
    assert loaded.revision is None
    assert (newest(url), revisions(url)) == (1, before)
    with reader(url) as connection:
        assert is_unchanged(connection, seed_dir)


def test_moving_an_event_to_another_file_makes_no_revision(url: str, seed_dir: Path) -> None:
    before = revisions(url)
    taken = cut(seed_dir, FLIGHTS, "sherkhan-bandar-captured-2021-06-21")
    with (seed_dir / PACK / DIPLOMACY).open("a", encoding="utf-8") as file:
        file.write("\n[[event]]\n" + taken)
    (loaded,) = load(url, seed_dir)
    assert loaded.revision is None
    assert (newest(url), revisions(url)) == (1, before)


def test_another_title_updates_that_event_and_its_claims_and_no_other_row(url: str, seed_dir: Path) -> None:
    edit(seed_dir, FLIGHTS, f'id = "{FLIGHT}"', "Government soldiers flee to Tajikistan", "Soldiers flee north")
    claims = {id_ for id_, row in served(url)["claims"].items() if row["event"]["id"] == FLIGHT}
    assert f"{FLIGHT}-p25" in claims
    (loaded,) = load(url, seed_dir)
    assert loaded.revision == 2
    wanted = {("events", FLIGHT)} | {("claims", id_) for id_ in claims}
    assert {key for key, revision in revisions(url).items() if revision == 2} == wanted
    assert (loaded.changes["events"].updated, loaded.changes["claims"].updated) == ({FLIGHT}, claims)
    assert served(url)["claims"][f"{FLIGHT}-p25"]["event"] == {"id": FLIGHT, "name": "Soldiers flee north"}
    view = next(view for view in served(url)["views"].values() if view["id"] == FLIGHT)
    assert view["title"] == "Soldiers flee north"


def test_another_number_updates_the_claim_and_the_event_that_follows_from_it(url: str, seed_dir: Path) -> None:
    edit(seed_dir, FLIGHTS, 'id = "khwahan-crossing-2021-07-04"', 'printed = "94"', 'printed = "95"')
    (loaded,) = load(url, seed_dir)
    changed = {key for key, revision in revisions(url).items() if revision == 2}
    assert changed == {("events", "khwahan-crossing-2021-07-04"), ("claims", "khwahan-crossing-2021-07-04-p24")}
    (view,) = [view for view in served(url)["views"].values() if view["id"] == "khwahan-crossing-2021-07-04"]
    assert (view["movement"]["count"]["low"], view["movement"]["count"]["best"]) == (95, 95)
    assert {name: vars(delta) for name, delta in loaded.changes.items() if delta.touched} == {
        "events": {"added": set(), "updated": {"khwahan-crossing-2021-07-04"}, "removed": set()},
        "claims": {"added": set(), "updated": {"khwahan-crossing-2021-07-04-p24"}, "removed": set()},
    }


def test_a_new_version_in_pack_toml_touches_no_row(url: str, seed_dir: Path) -> None:
    before = revisions(url)
    edit(seed_dir, "pack.toml", "version", "version = ", "# was ")
    edit(seed_dir, "pack.toml", "# was ", "# was ", 'version = "2021.07.06"\n# was ')
    (loaded,) = load(url, seed_dir)
    assert (loaded.version, loaded.revision) == ("2021.07.06", 2)
    assert revisions(url) == before
    assert served(url)["packs"][PACK]["version"] == "2021.07.06"


def test_an_added_event_is_added_and_touches_no_other_row(url: str, seed_dir: Path) -> None:
    with (seed_dir / PACK / DIPLOMACY).open("a", encoding="utf-8") as file:
        file.write(
            '\n[[event]]\nid = "made-up"\ncategory = "other"\ntitle = "Made up"\nsummary = "For a test."\n'
            'location = "kaldar"\n[[event.claim]]\nparagraph = 4\nmodality = "possible"\nsummary = "For a test."\n'
        )
    (loaded,) = load(url, seed_dir)
    assert (loaded.changes["events"].added, loaded.changes["claims"].added) == ({"made-up"}, {"made-up-p4"})
    changed = {key for key, revision in revisions(url).items() if revision == 2}
    assert changed == {("events", "made-up"), ("claims", "made-up-p4")}
    assert removals(url) == {}


def test_a_removed_event_is_a_removal_with_its_claims_and_comes_back_whole(url: str, seed_dir: Path) -> None:
    rows = served(url)
    path = seed_dir / PACK / FLIGHTS
    original = path.read_text(encoding="utf-8")
    cut(seed_dir, FLIGHTS, "khwahan-crossing-2021-07-04")
    (loaded,) = load(url, seed_dir)
    assert loaded.changes["events"].removed == {"khwahan-crossing-2021-07-04"}
    assert removals(url) == {
        ("events", "khwahan-crossing-2021-07-04"): (2, None),
        ("claims", "khwahan-crossing-2021-07-04-p24"): (2, None),
    }
    assert "khwahan-crossing-2021-07-04" not in served(url)["events"]
    assert not [view for view in served(url)["views"].values() if view["id"] == "khwahan-crossing-2021-07-04"]
    assert [key for key, revision in revisions(url).items() if revision == 2] == []
    path.write_text(original, encoding="utf-8")
    load(url, seed_dir)
    assert served(url) == rows
    assert removals(url) == {}
    back = {key for key, revision in revisions(url).items() if revision == 3}
    assert back == {("events", "khwahan-crossing-2021-07-04"), ("claims", "khwahan-crossing-2021-07-04-p24")}


def test_a_load_of_the_changed_pack_equals_a_fresh_load(url: str, empty_url: str, seed_dir: Path) -> None:
    cut(seed_dir, FLIGHTS, "khwahan-crossing-2021-07-04")
    edit(seed_dir, "actors.toml", 'id = "taliban"', 'name = "Taliban"', 'name = "The Taliban"')
    edit(seed_dir, "locations.toml", 'id = "kaldar"', 'parent = "balkh"', 'parent = "afghanistan"')
    load(url, seed_dir)
    load(empty_url, seed_dir)
    assert served(url) == served(empty_url)


# Ids that were given up.


def ask_unredirected(url: str, path: str) -> tuple[int, str | None]:
    """Status and target of an answer."""
    with TestClient(create_app(Settings(database_url=url)), follow_redirects=False) as client:
        response = client.get(path)
    return response.status_code, response.headers.get("location")


def test_a_merged_event_and_its_claims_redirect(url: str, seed_dir: Path) -> None:
    old, new = "khwahan-crossing-2021-07-04", "khwahan-soldiers-cross-2021-07-04"
    edit(seed_dir, FLIGHTS, f'id = "{old}"', old, new)
    merged = f'[events]\n"{old}" = "{new}"\n[claims]\n"{old}-p24" = "{new}-p24"\n'
    (seed_dir / PACK / "merged.toml").write_text(merged, encoding="utf-8")
    load(url, seed_dir)
    assert removals(url) == {("events", old): (2, new), ("claims", f"{old}-p24"): (2, f"{new}-p24")}
    status, location = ask_unredirected(url, f"/v1/events/{old}")
    assert status == 308
    assert str(location).endswith(f"/v1/events/{new}")
    status, location = ask_unredirected(url, f"/v1/claims/{old}-p24")
    assert status == 308
    assert str(location).endswith(f"/v1/claims/{new}-p24")
    with TestClient(create_app(Settings(database_url=url))) as client:
        followed = client.get(f"/v1/events/{old}")
        assert followed.status_code == 200
        assert followed.json()["id"] == new
        assert [claim["id"] for claim in followed.json()["claims"]] == [f"{new}-p24"]


def test_a_merged_place_redirects_and_its_names_still_resolve(url: str, seed_dir: Path) -> None:
    path = seed_dir / PACK / "locations.toml"
    head, *places = path.read_text(encoding="utf-8").split("[[location]]\n")
    kept = [place for place in places if not place.startswith('id = "baku"\n')]
    assert len(kept) == len(places) - 1
    path.write_text("[[location]]\n".join([head, *kept]), encoding="utf-8")
    for toml in (seed_dir / PACK).rglob("*.toml"):
        content = toml.read_text(encoding="utf-8")
        toml.write_text(content.replace('"baku"', '"azerbaijan"'), encoding="utf-8")
    edit(seed_dir, "locations.toml", 'id = "azerbaijan"', "codes = ", 'aliases = [{ name = "Baku" }]\ncodes = ')
    (seed_dir / PACK / "merged.toml").write_text('[locations]\n"baku" = "azerbaijan"\n', encoding="utf-8")
    load(url, seed_dir)
    status, location = ask_unredirected(url, "/v1/locations/baku")
    assert (status, str(location).rpartition("/v1")[2]) == (308, "/locations/azerbaijan")
    with TestClient(create_app(Settings(database_url=url))) as client:
        found = client.get("/v1/resolve", params={"q": "Baku"}).json()["items"]
        assert [(row["id"], row["match"]) for row in found if row["match"] != "near"] == [("azerbaijan", "alias")]
        listed = client.get("/v1/events", params={"place": "Baku"})
        assert listed.status_code == 200


def test_an_id_may_be_merged_after_it_was_removed(small_packs_url: str, packs: Path) -> None:
    War(loose_id="lost").write(packs)
    load(small_packs_url, packs)
    assert removals(small_packs_url) == {("actors", "loose"): (2, None)}
    (packs / "eastern-war" / "merged.toml").write_text('[actors]\n"loose" = "lost"\n', encoding="utf-8")
    load(small_packs_url, packs)
    assert removals(small_packs_url) == {("actors", "loose"): (3, "lost")}
    assert newest(small_packs_url) == 3
    assert ask_unredirected(small_packs_url, "/v1/actors/loose")[0] == 308


def test_a_merged_id_that_is_used_again_is_no_redirect_any_more(small_packs_url: str, packs: Path) -> None:
    War(loose_id="lost").write(packs)
    (packs / "eastern-war" / "merged.toml").write_text('[actors]\n"loose" = "lost"\n', encoding="utf-8")
    load(small_packs_url, packs)
    assert ask_unredirected(small_packs_url, "/v1/actors/loose")[0] == 308
    War().write(packs)
    load(small_packs_url, packs)
    assert ask_unredirected(small_packs_url, "/v1/actors/loose")[0] == 200
    assert removals(small_packs_url) == {("actors", "lost"): (3, None)}


# Two packs, one of which refers to the other.


def test_a_claim_of_a_second_pack_counts_on_an_event_of_the_first(small_packs_url: str) -> None:
    with TestClient(create_app(Settings(database_url=small_packs_url))) as client:
        taken = client.get("/v1/events/ford-taken").json()
        assert client.get("/v1/events").json()["packs"] == ["eastern-war", "western-look"]
    assert taken["packs"] == ["eastern-war", "western-look"]
    assert taken["corroboration"] == {"documents": 2, "origins": 2, "asserting": 2, "denying": 0}
    assert taken["status"] == "corroborated"
    assert [claim["document"]["id"] for claim in taken["claims"]] == ["gazette-1", "herald-1"]


def test_a_second_pack_alone_joins_the_article(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    _write(
        folder / "second",
        {
            "pack": 'id = "second"\ntitle = "Second"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "Second."\n'
            'document = "herald-1"\n[coverage]\narea = ["balkh"]\nsources_searched = "One paper."\n',
            "sources": '[[source]]\nid = "herald-1"\nname = "Herald"\nkind = "article"\npublished_on = 2021-07-10\n',
            "events/all": '[[claim]]\nid = "herald-denies"\nevent = "kaldar-recaptured-2021-06-29"\nparagraph = 1\n'
            'modality = "fact"\nstance = "denies"\nsummary = "It was not."\ndate = 2021-06-29\n'
            '[[event]]\nid = "kaldar-clash"\ncategory = "clash"\ntitle = "A clash"\n'
            'summary = "At Kaldar."\nlocation = "kaldar"\nactors = [{ actor = "taliban", role = "initiator" }]\n'
            '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nsummary = "A clash."\ndate = 2021-07-07\n',
        },
    )
    (loaded,) = load(url, folder)
    assert (loaded.pack, loaded.revision) == ("second", 2)
    changed = {key for key, revision in revisions(url).items() if revision == 2}
    assert changed == {
        ("sources", "herald-1"),
        ("events", "kaldar-clash"),
        ("events", "kaldar-recaptured-2021-06-29"),
        ("claims", "herald-denies"),
        ("claims", "kaldar-clash-p2"),
    }
    with TestClient(create_app(Settings(database_url=url))) as client:
        recaptured = client.get("/v1/events/kaldar-recaptured-2021-06-29").json()
        assert recaptured["packs"] == [PACK, "second"]
        assert recaptured["corroboration"] == {"documents": 2, "origins": 1, "asserting": 1, "denying": 1}
        assert recaptured["status"] == "disputed"
        then = client.get("/v1/events/kaldar-recaptured-2021-06-29", params={"known_by": "2021-07-09"}).json()
        assert (then["packs"], then["status"]) == ([PACK], "reported")
        in_balkh = client.get("/v1/events", params={"place": "balkh", "datetime": "2021-07-07"}).json()["items"]
        assert "kaldar-clash" in [row["id"] for row in in_balkh]


def test_a_renamed_actor_is_renamed_in_the_rows_of_another_pack(url: str, seed_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    _write(
        folder / "second",
        {
            "pack": 'id = "second"\ntitle = "Second"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "Second."\n'
            'document = "herald-1"\n[coverage]\nsources_searched = "One paper."\n',
            "sources": '[[source]]\nid = "herald-1"\nname = "Herald"\nkind = "article"\npublished_on = 2021-07-10\n',
            "events/all": '[[event]]\nid = "kaldar-clash"\ncategory = "clash"\ntitle = "A clash"\n'
            'summary = "At Kaldar."\nlocation = "kaldar"\nactors = [{ actor = "taliban", role = "initiator" }]\n'
            '[[event.claim]]\nparagraph = 2\nmodality = "fact"\nsummary = "A clash."\ndate = 2021-07-07\n',
        },
    )
    load(url, folder)
    edit(seed_dir, "actors.toml", 'id = "taliban"', 'name = "Taliban"', 'name = "Taliban movement"')
    (loaded,) = load(url, seed_dir)
    assert loaded.revision == 3
    (view,) = [view for view in served(url)["views"].values() if view["id"] == "kaldar-clash"]
    assert view["actors"] == [{"id": "taliban", "name": "Taliban movement", "role": "initiator"}]
    assert revisions(url)["events", "kaldar-clash"] == 3
    assert revisions(url)["claims", "kaldar-clash-p2"] == 2


CHANGES_OF_THE_WAR = {
    "an actor's name": War(rebels="New Model Army"),
    "a place's name": War(ford="Old Ford"),
    "an event's title": War(title="The ford falls"),
    "the parent of a place": War(parent="south"),
    "the place of an event": War(place="north"),
    "the organisation of a source": War(organisation="trust"),
    "the day of a document": War(published="2021-07-06"),
    "a denial": War(denied=True),
    "a relation": War(part_of_side=False),
}


@pytest.mark.parametrize("war", CHANGES_OF_THE_WAR.values(), ids=CHANGES_OF_THE_WAR)
def test_rows_of_another_pack_follow_a_change_of(war: War, small_packs_url: str, empty_url: str, packs: Path) -> None:
    war.write(packs)
    load(small_packs_url, packs)
    load(empty_url, packs)
    assert served(small_packs_url) == served(empty_url)


def test_a_pack_may_refer_to_one_whose_name_comes_later(empty_url: str, tmp_path: Path) -> None:
    War().write(tmp_path)
    Look(pack="a-look").write(tmp_path)
    assert [loaded.revision for loaded in load(empty_url, tmp_path)] == [1, 1]
    (view,) = [view for view in served(empty_url)["views"].values() if view["corroboration"]["documents"] == 2]
    assert (view["id"], view["packs"]) == ("ford-taken", ["a-look", "eastern-war"])


def test_one_broken_pack_of_two_loads_nothing(small_packs_url: str, packs: Path) -> None:
    before, rows = revisions(small_packs_url), served(small_packs_url)
    War(title="The ford falls").write(packs)
    Look(actor="rebel").write(packs)
    with pytest.raises(BrokenPackError) as refusal:
        load(small_packs_url, packs)
    (problem,) = refusal.value.problems
    assert (problem.file, problem.id, problem.field, problem.value) == (
        "western-look/events/all.toml",
        "mill-burnt",
        "actors.initiator",
        "rebel",
    )
    assert (newest(small_packs_url), revisions(small_packs_url), served(small_packs_url)) == (1, before, rows)


def test_a_pack_loaded_alone_cannot_take_away_what_another_refers_to(small_packs_url: str, packs: Path) -> None:
    rows = served(small_packs_url)
    path = packs / "eastern-war" / "locations.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('id = "ford"', 'id = "fjord"'), encoding="utf-8")
    events = packs / "eastern-war" / "events" / "all.toml"
    events.write_text(events.read_text(encoding="utf-8").replace('"ford"', '"fjord"'), encoding="utf-8")
    with pytest.raises(BrokenPackError) as refusal:
        load(small_packs_url, packs, "eastern-war")
    assert refusal.value.problems
    assert (newest(small_packs_url), served(small_packs_url)) == (1, rows)
    shutil.rmtree(packs / "western-look")  # the other pack is known from the database alone
    with pytest.raises(BrokenPackError) as refusal:
        load(small_packs_url, packs)
    assert refusal.value.problems
    assert (newest(small_packs_url), served(small_packs_url)) == (1, rows)


def test_the_same_id_in_two_packs_is_refused_with_both_files(empty_url: str, packs: Path) -> None:
    path = packs / "western-look" / "actors.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"scouts"', '"rebels"'), encoding="utf-8")
    with pytest.raises(BrokenPackError) as refusal:
        load(empty_url, packs)
    twice = [(problem.file, problem.id, problem.reason) for problem in refusal.value.problems if problem.field == "id"]
    assert twice == [("western-look/actors.toml", "rebels", "stands in eastern-war/actors.toml too")]
    assert newest(empty_url) == 0


# Any sequence of packs.

wars = st.builds(
    War,
    rebels=st.sampled_from(["Rebels of the Ford", "New Model Army"]),
    ford=st.sampled_from(["Ford", "Old Ford"]),
    parent=st.sampled_from(["north", "south"]),
    title=st.sampled_from(["Rebels take the ford", "The ford falls"]),
    place=st.sampled_from(["ford", "north"]),
    means=st.sampled_from(["captured", "unknown"]),
    published=st.sampled_from(["2021-07-05", "2021-07-06"]),
    organisation=st.sampled_from([None, "trust"]),
    part_of_side=st.booleans(),
    crossed=st.sampled_from(["94", "dozens"]),
    flood=st.booleans(),
    denied=st.booleans(),
    loose_id=st.sampled_from(["loose", "lost"]),
    parent_event=st.booleans(),
)
looks = st.builds(
    Look,
    stance=st.sampled_from(["asserts", "denies"]),
    mill=st.sampled_from(["Mill", "Old Mill"]),
    claim=st.booleans(),
    actor=st.sampled_from(["rebels", "lancers"]),
    hop=st.sampled_from([None, "trust", "stringer"]),
)


@settings(max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(variants=st.lists(wars, min_size=2, max_size=3))
def test_any_sequence_of_variants_of_a_pack_ends_like_a_fresh_load_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, variants: list[War]
) -> None:
    folder = tmp_path_factory.mktemp("variants")
    url, fresh = map(emptied, empty_urls)
    for war in variants:
        war.write(folder)
        load(url, folder)
    load(fresh, folder)
    assert served(url) == served(fresh)


@settings(max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
@given(
    variants=st.lists(
        st.tuples(wars, looks, st.sampled_from([None, "eastern-war", "western-look"])), min_size=2, max_size=3
    )
)
def test_any_sequence_of_variants_of_two_packs_ends_like_a_fresh_load_of_the_last(
    empty_urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, variants: list[tuple[War, Look, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("variants")
    url, fresh = map(emptied, empty_urls)
    War().write(folder)
    Look().write(folder)
    load(url, folder)
    for war, look, name in variants:
        if name != "western-look":
            war.write(folder)
        if name != "eastern-war":
            look.write(folder)
        load(url, folder, name)
    load(fresh, folder)
    assert served(url) == served(fresh)


# Killed on the way.

MOMENTS = 8
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


def steps_of(url: str, folder: Path) -> int:
    """How many statements and commits a load takes."""
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1

    with engine_for(url, read_only=False) as engine:
        event.listen(engine, "before_cursor_execute", count)
        event.listen(engine, "commit", count)
        load_packs(engine, folder)
    return steps


def test_a_load_killed_at_any_moment_leaves_the_old_content_or_the_new_one_whole(
    databases: Databases, url: str, seed_dir: Path
) -> None:
    old = served(url)
    cut(seed_dir, FLIGHTS, "khwahan-crossing-2021-07-04")
    edit(seed_dir, FLIGHTS, f'id = "{FLIGHT}"', "Government soldiers flee to Tajikistan", "Soldiers flee north")
    edit(seed_dir, "actors.toml", 'id = "taliban"', 'name = "Taliban"', 'name = "The Taliban"')
    steps = steps_of(url, seed_dir)
    new = served(url)
    assert old != new
    chosen = random.Random(20210705)  # noqa: S311 - the same moments on every run
    moments = sorted({1, steps, *chosen.sample(range(2, steps), MOMENTS - 2)})
    runs = [(databases.loaded(), moment) for moment in moments]
    loaded_again = databases.loaded()
    ended = run_killed([*runs, (loaded_again, moments[-2]), (loaded_again, 0)], "seed", "load", "--seed", str(seed_dir))
    assert ended == [-signal.SIGKILL] * (len(runs) + 1) + [0]
    for killed, moment in runs:
        assert check_database(Settings(database_url=killed)) == [], moment
        found = served(killed)
        assert found in (old, new), moment
        assert newest(killed) == (1 if found == old else 2), moment
    assert served(loaded_again) == new


def test_the_packs_that_ship_are_loaded_as_they_are(url: str) -> None:
    with reader(url) as connection:
        assert is_unchanged(connection, SEED)
