"""Loading: what a load changes, what it leaves alone, and what survives being killed."""

import random
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import PACK, SEED, Databases, engine_for
from factories.packs import Look, War, looks, wars
from factories.packs import write_pack as _write
from fastapi.testclient import TestClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from stored_state import (
    answering,
    emptied,
    holds,
    load,
    newest,
    reader,
    removals,
    revisions,
    run_killed,
    served,
)

from app.commands import check_database
from app.errors import BrokenPackError
from app.ingest.packs.load import is_unchanged, load_packs
from app.main import create_app
from app.settings import Settings

FLIGHT = "flight-to-tajikistan-2021"
DIPLOMACY, FLIGHTS = "events/diplomacy.toml", "events/flight-to-tajikistan.toml"


# Small packs: one tells of a war, the other looks at it again and refers to the first for almost everything.


# What is in a database.


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
    events = {FLIGHT, "khwahan-crossing-2021-07-04"}  # the crossing is part of the flight, and names it
    wanted = {("events", id_) for id_ in events} | {("claims", id_) for id_ in claims}
    assert {key for key, revision in revisions(url).items() if revision == 2} == wanted
    assert (loaded.changes["events"].updated, loaded.changes["claims"].updated) == (events, claims)
    assert served(url)["claims"][f"{FLIGHT}-p25"]["event"] == {"id": FLIGHT, "name": "Soldiers flee north"}
    view = next(view for view in served(url)["views"].values() if view["id"] == FLIGHT)
    assert view["title"] == "Soldiers flee north"
    part = next(view for view in served(url)["views"].values() if view["id"] == "khwahan-crossing-2021-07-04")
    assert part["part_of"] == {"id": FLIGHT, "name": "Soldiers flee north"}


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
    assert taken["corroboration"] == {
        "documents": 2,
        "origins": [{"id": "gazette", "name": "Gazette"}, {"id": "herald", "name": "Herald"}],
        "unattributed": 0,
        "asserting": 2,
        "denying": 0,
    }
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
        assert recaptured["corroboration"] == {
            "documents": 2,
            "origins": [{"id": "bne-intellinews", "name": "bne IntelliNews"}],
            "unattributed": 0,
            "asserting": 1,
            "denying": 1,
        }
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
    assert view["actors"] == [{"id": "taliban", "name": "Taliban movement", "roles": ["initiator"]}]
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
    "what a region covers": War(covers=True),
    "the title of a whole": War(crossing="Over the water"),
    "the number of a whole": War(crossed="dozens"),
}
LEANING_LOOK = Look(covers=True, in_vale=True, part_of="crossing", marched="60")


@pytest.mark.parametrize("war", CHANGES_OF_THE_WAR.values(), ids=CHANGES_OF_THE_WAR)
def test_rows_of_another_pack_follow_a_change_of(war: War, empty_urls: tuple[str, str], tmp_path: Path) -> None:
    url, fresh = map(emptied, empty_urls)
    War(vale="Vale").write(tmp_path)
    LEANING_LOOK.write(tmp_path)
    load(url, tmp_path)
    replace(war, vale="Old Vale").write(tmp_path)
    load(url, tmp_path, "eastern-war")
    load(fresh, tmp_path)
    assert holds(url) == holds(fresh)


def test_names_follow_through_units_parents_covers_and_wholes(empty_url: str, tmp_path: Path) -> None:
    War(vale="Vale").write(tmp_path)
    LEANING_LOOK.write(tmp_path)
    load(empty_url, tmp_path)
    before = revisions(empty_url)
    War(vale="Old Vale", ford="Old Ford", crossing="Over the water").write(tmp_path)
    load(empty_url, tmp_path, "eastern-war")
    with answering(empty_url) as asked:
        weir, mill, dyke = (asked(f"/v1/locations/{id_}") for id_ in ("weir", "mill", "dyke"))
        march, burnt = asked("/v1/events/march"), asked("/v1/events/mill-burnt")
    vale, ford = {"id": "vale", "name": "Old Vale"}, {"id": "ford", "name": "Old Ford"}
    assert (weir["parent"], weir["admin1"], weir["admin2"]) == (vale, vale, None)
    assert (mill["parent"], mill["admin1"], mill["admin2"]) == (ford, None, ford)
    assert dyke["covers"] == [ford, {"id": "mill", "name": "Mill"}]
    assert (march["location"]["admin1"], march["part_of"]) == (vale, {"id": "crossing", "name": "Over the water"})
    assert (burnt["location"]["admin2"], burnt["claims"][0]["location"]) == (ford, ford)
    changed = {key for key, revision in revisions(empty_url).items() if revision != before[key]}
    assert {("locations", id_) for id_ in ("weir", "mill", "dyke")} <= changed
    assert {("events", id_) for id_ in ("march", "mill-burnt", "crossing", "ford-taken")} <= changed
    assert ("claims", "march-p3") not in changed


def count_of(url: str, id_: str, **params: str) -> tuple[Any, ...]:
    """Bounds of a movement's published count, the claims that give them, and whether these contradict each other."""
    with answering(url) as asked:
        count = asked(f"/v1/events/{id_}", **params)["movement"]["count"]
    bounds = tuple(count[name] for name in ("low", "best", "high"))
    return (*bounds, [claim["id"] for claim in count["claims"]], count["contradicted"])


def test_a_whole_is_derived_anew_when_a_part_in_another_pack_comes_changes_or_goes(
    empty_url: str, tmp_path: Path
) -> None:
    War(crossed="dozens").write(tmp_path)
    load(empty_url, tmp_path)
    assert count_of(empty_url, "crossing") == (24, None, 99, ["crossing-p3"], False)
    Look(part_of="crossing", marched="60").write(tmp_path)
    load(empty_url, tmp_path, "western-look")
    assert revisions(empty_url)["events", "crossing"] == 2
    assert count_of(empty_url, "crossing") == (60, None, 99, ["crossing-p3", "march-p3"], False)
    assert count_of(empty_url, "crossing", known_by="2021-07-09") == (24, None, 99, ["crossing-p3"], False)
    # What is told one by one stands: loose words bound it no more, and a number contradicts it.
    Look(part_of="crossing", marched="200").write(tmp_path)
    load(empty_url, tmp_path, "western-look")
    assert count_of(empty_url, "crossing") == (200, None, None, ["march-p3"], False)
    War(crossed="94").write(tmp_path)
    load(empty_url, tmp_path, "eastern-war")
    assert count_of(empty_url, "crossing") == (200, None, None, ["march-p3"], True)
    Look(marched="200").write(tmp_path)
    load(empty_url, tmp_path, "western-look")
    assert count_of(empty_url, "crossing") == (94, 94, 94, ["crossing-p3"], False)
    with answering(empty_url) as asked:
        assert asked("/v1/events/march")["part_of"] is None


PART_OF_A_PART = {
    "pack": 'id = "third-tale"\ntitle = "Third"\nversion = "1"\nlicence = "CC-BY-4.0"\ncitation = "Third."\n'
    'document = "chronicle-1"\n[coverage]\nsources_searched = "One book."\n',
    "sources": '[[source]]\nid = "chronicle-1"\nname = "Chronicle"\nkind = "article"\npublished_on = 2021-07-20\n',
    "events/all": '[[event]]\nid = "tents"\ncategory = "clash"\ntitle = "Tents"\nsummary = "Fire."\n'
    'location = "north"\npart_of = "march"\n[[event.claim]]\nparagraph = 1\nmodality = "fact"\n'
    'summary = "Fire."\ndate = 2021-07-01\n'
    '[[claim]]\nid = "no-boots"\nevent = "march"\nparagraph = 2\nmodality = "fact"\nstance = "denies"\n'
    'summary = "No boots."\ndate = 2021-07-01\n',
}


def test_a_part_of_a_part_follows_what_the_outermost_event_becomes(empty_urls: tuple[str, str], tmp_path: Path) -> None:
    url, fresh = map(emptied, empty_urls)
    War().write(tmp_path)
    Look(part_of="ford-taken").write(tmp_path)
    _write(tmp_path / "third-tale", PART_OF_A_PART)
    load(url, tmp_path)

    def shown() -> list[str]:
        with answering(url) as asked:
            found = asked("/compat/acled/api/acled/read", event_id_cnty="tents", fields="event_id_cnty")["data"]
        return [row["event_id_cnty"] for row in found]

    assert shown() == []  # the fall of the ford, of which it is a part, has its row
    War(denied=True).write(tmp_path)
    load(url, tmp_path, "eastern-war")
    assert shown() == ["tents"]  # neither the disputed fall nor the disputed march has one
    load(fresh, tmp_path)
    assert holds(url) == holds(fresh)


ECHO = {
    "pack": PART_OF_A_PART["pack"],
    "sources": PART_OF_A_PART["sources"]
    + '[[source]]\nid = "echo"\nname = "Echo"\nkind = "journalist"\norganisation = "gazette"\n',
    "events/all": '[[event]]\nid = "storm"\ncategory = "other"\ntitle = "Storm"\nsummary = "Wind."\n'
    '[[event.claim]]\nparagraph = 1\nmodality = "fact"\nvia = ["echo"]\nsummary = "Wind."\ndate = 2021-07-01\n',
}


@pytest.mark.parametrize(
    ("war", "old", "new", "origin"),
    [
        (War(), 'name = "Gazette"', 'name = "The Gazette"', {"id": "gazette", "name": "The Gazette"}),
        (War(organisation="trust"), "", "", {"id": "trust", "name": "Trust"}),
    ],
)
def test_origins_follow_the_organisation_of_a_source_of_another_pack(
    empty_url: str, tmp_path: Path, war: War, old: str, new: str, origin: dict[str, str]
) -> None:
    War().write(tmp_path)
    _write(tmp_path / "third-tale", ECHO)
    load(empty_url, tmp_path)
    with answering(empty_url) as asked:
        before = asked("/v1/events/storm")["corroboration"]["origins"]
    assert before == [{"id": "gazette", "name": "Gazette"}]
    war.write(tmp_path)
    sources = tmp_path / "eastern-war" / "sources.toml"
    sources.write_text(sources.read_text("utf-8").replace(old, new) if old else sources.read_text("utf-8"), "utf-8")
    load(empty_url, tmp_path, "eastern-war")
    with answering(empty_url) as asked:
        assert asked("/v1/events/storm")["corroboration"]["origins"] == [origin]


def test_a_document_under_two_ids_counts_once(empty_url: str, tmp_path: Path) -> None:
    War().write(tmp_path)
    Look().write(tmp_path)
    sources = tmp_path / "western-look" / "sources.toml"
    text = sources.read_text("utf-8").replace("published_on = 2021-07-10", 'published_on = 2021-07-10\nurl = "{}"')
    war = tmp_path / "eastern-war" / "sources.toml"
    gazette = war.read_text("utf-8")
    for url, documents in (("https://gazette.example/2", 2), ("https://gazette.example/1", 1)):
        sources.write_text(text.format(url), "utf-8")
        published = "published_on = 2021-07-05"
        war.write_text(gazette.replace(published, f'{published}\nurl = "https://gazette.example/1"'), "utf-8")
        load(empty_url, tmp_path)
        with answering(empty_url) as asked:
            assert asked("/v1/events/ford-taken")["corroboration"]["documents"] == documents


def test_changes_of_one_place_without_an_order_are_loaded_and_open(url: str, seed_dir: Path) -> None:
    edit(seed_dir, "events/balkh.toml", 'id = "kaldar-captured-2021-06"', "latest = 2021-06-28", "latest = 2021-06-30")
    (loaded,) = load(url, seed_dir)
    assert loaded.revision == 2
    with answering(url) as asked:
        (kaldar,) = asked("/v1/control", as_of="2021-06-29", place="kaldar")["items"]
    assert (kaldar["state"], kaldar["holder"]) == ("uncertain", None)
    assert "kaldar-captured-2021-06" in {change["change"]["id"] for change in kaldar["open"]}
    assert {candidate["id"] for candidate in kaldar["candidates"]} >= {"taliban"}


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


@pytest.mark.slow
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
    War(vale="Vale").write(folder)
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


@pytest.mark.slow
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
