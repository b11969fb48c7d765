"""Imports of UCDP GED beside curated packs: each keeps its meaning, and follows the other."""

from pathlib import Path
from typing import Any

import pytest
from conftest import PACK, SEED
from factories.packs import War
from fastapi.testclient import TestClient
from readme_commands import TOUR, path_of
from sqlalchemy import select
from stored_state import (
    answering,
    clean,
    counts_of,
    holds,
    load,
    newest,
    reader,
    removals,
    served,
)

from app.errors import BrokenPackError
from app.main import create_app
from app.query.params.resolve import ACTORS, LOCATIONS, SOURCES
from app.query.params.resolve import resolve_ids as resolved
from app.settings import Settings
from ingest.datasets.ucdp_ged.ged_import import CLAIM, GIVEN, NO_SOURCE, RECORDS, Write, ids, rec, run, second_pack
from ingest.datasets.ucdp_ged.ged_import import empty_url as empty_url
from ingest.datasets.ucdp_ged.ged_import import empty_urls as empty_urls
from ingest.datasets.ucdp_ged.ged_import import url as url
from ingest.datasets.ucdp_ged.ged_import import write as write

# Curated packs keep their meaning.


def curated_answers(url: str) -> dict[str, Any]:
    """What the tour, control, totals and contradictions answer, without what tells of the state of the database."""
    found: dict[str, Any] = {}
    with TestClient(create_app(Settings(database_url=url))) as client:
        places = client.get("/v1/locations", params={"limit": 1000}).json()["items"]
        # to resolve a name is to ask for everything that it may mean, imported rows included
        paths = [path_of(command) for command, _ in TOUR if "/v1/resolve" not in command]
        paths += [f"/v1/control?as_of={day}" for day in ("2021-06-29", "2021-07-01", "2021-07-05")]
        paths += ["/v1/control/summary?datetime=2021-06-21/2021-07-05", "/v1/control-changes?limit=1000"]
        paths += ["/v1/movements?limit=1000", "/v1/movements/totals", "/v1/contradictions?limit=1000"]
        paths += ["/v1/movements/totals?to=tajikistan&known_by=2021-07-03", "/v1/movements?actor=taliban"]
        paths += [
            "/v1/events?actor=taliban&datetime=../2021-12-31",
            "/v1/events?place=balkh",
            "/v1/figures?place=kaldar",
        ]
        paths += ["/v1/events?source=Reuters", "/v1/events?place=Termez", "/v1/events?place=Kaldar"]
        paths += [f"/v1/locations/{row['id']}/control" for row in places if not row["id"].startswith("ucdp")]
        for path in paths:
            answer = client.get(path).json()
            found[path] = {name: value for name, value in answer.items() if name not in ("revision", "packs")}
    return found


def names_of(url: str) -> list[tuple[Any, str, str]]:
    """Every name of the curated rows, with where it is looked up and the parameter that takes it."""
    with reader(url) as connection:
        return [
            (where, parameter, name)
            for where, parameter in ((LOCATIONS, "place"), (ACTORS, "actor"), (SOURCES, "source"))
            for name in connection.scalars(select(where.names.c.name).order_by(where.names.c.pk))
        ]


def meanings(url: str, names: list[tuple[Any, str, str]]) -> list[Any]:
    with reader(url) as connection:
        return [(name, resolved(connection, where, parameter, [name])) for where, parameter, name in names]


@pytest.mark.each_database
def test_after_an_import_that_shares_names_and_codes_every_curated_answer_is_the_same(url: str, write: Write) -> None:
    names = names_of(url)
    before, meant = curated_answers(url), meanings(url, names)
    after_the_article = {"date_start": "2022-03-05", "date_end": "2022-03-05", "year": "2022"}
    rows = [
        rec(
            number,
            **after_the_article,
            side_a=name,
            side_a_new_id=str(70_000 + number),
            side_b="Taliban",
            side_b_new_id="303",
            where_coordinates=name,
            adm_1=name,
            adm_2="Kaldar",
            source_article=f'"{name},2022-03-06,{name}"',
            source_original=name,
        )
        for number, (_, _, name) in enumerate(names, 1)
    ]
    here = NO_SOURCE | {"side_a_new_id": "130", "country": "Tajikistan", "country_id": "702"}
    rows.append(rec(5000, **after_the_article | here))
    done = run(url, write(*rows))
    assert (done.revision, done.rejected) == (2, [])
    assert curated_answers(url) == before
    assert meanings(url, names) == meant
    assert clean(url)
    with answering(url) as asked:  # the imported rows are there beside them
        found = ids(asked("/v1/events", actor="taliban", datetime="2022-03-05", source=GIVEN, limit=1000))
        assert found == {f"ucdp-ged:{number}" for number in range(1, len(rows))}
        found = ids(asked("/v1/events", actor="Afghan government", datetime="2022-03-05", source=GIVEN))
        assert found == {"ucdp-ged:5000"}


def test_loading_the_seed_again_after_an_import_changes_nothing(url: str, write: Write) -> None:
    run(url, write(*RECORDS))
    before = holds(url)
    (loaded,) = load(url, SEED)
    assert (loaded.pack, loaded.revision) == (PACK, None)
    assert holds(url) == before


@pytest.mark.each_database
def test_a_changed_pack_loads_after_an_import_and_imported_rows_follow_its_names(
    url: str, seed_dir: Path, write: Write
) -> None:
    path = write(*RECORDS)
    run(url, path)
    for file, old, new in (
        ("actors.toml", 'name = "Taliban"', 'name = "The Movement"'),
        ("locations.toml", 'name = "Tajikistan"', 'name = "Tojikiston"'),
    ):
        toml = seed_dir / PACK / file
        text = toml.read_text("utf-8")
        assert old in text
        toml.write_text(text.replace(old, new, 1), "utf-8")
    assert [loaded.revision for loaded in load(url, seed_dir)] == [3]
    assert clean(url)
    with answering(url) as asked:
        actors = asked("/v1/events/ucdp-ged:1")["actors"]
        assert [row["name"] for row in actors][:2] == ["Government of Afghanistan", "The Movement"]
        assert "ucdp-ged:1" in ids(asked("/v1/events", q='"the movement"', limit=1000))
    assert run(url, path).revision is None  # the import would write the same
    assert clean(url)


def test_a_code_that_moves_in_a_pack_moves_imported_events_with_the_next_import(
    url: str, seed_dir: Path, write: Write
) -> None:
    path = write(*RECORDS)
    run(url, path)
    toml = seed_dir / PACK / "actors.toml"
    text = toml.read_text("utf-8")
    line = 'codes = [{ scheme = "ucdp-actor", code = "303" }]\n'
    assert text.count(line) == 1
    toml.write_text(text.replace(line, ""), "utf-8")
    load(url, seed_dir)
    done = run(url, path)
    assert counts_of(done) == {"actors added": 1, "events updated": 1}
    with answering(url) as asked:
        names = [(row["id"], row["name"]) for row in asked("/v1/events/ucdp-ged:1")["actors"]]
        assert names[1] == ("ucdp-actor:303", "Taleban movement")
    assert clean(url)


@pytest.mark.each_database
def test_packs_load_into_a_database_that_was_imported_into_first(empty_url: str, write: Write) -> None:
    run(empty_url, write(*RECORDS))
    assert [loaded.pack for loaded in load(empty_url, SEED)] == [PACK]


def test_a_country_that_shares_a_number_with_a_curated_place_is_that_place(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    location = '[[location]]\nid = "lost-land"\nname = "Lost Land"\nkind = "region"\n'
    second_pack(tmp_path / "packs", locations=location + 'codes = [{ scheme = "gwno", code = "9998" }]\n')
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(*RECORDS))
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", place="gwno:9998")) == {"ucdp-ged:7"}


def test_a_country_that_a_pack_has_without_a_code_is_not_there_twice(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    War().write(tmp_path / "packs")  # its country `north` is Norway
    load(empty_url, tmp_path / "packs")
    run(empty_url, write(rec(1, country="Norway", country_id="385"), rec(2, country="Norway", country_id="385")))
    with answering(empty_url) as asked:
        assert asked("/v1/stats", group_by="country")["items"][0] == {"group": "NOR", "label": "North", "count": 4}
        assert {"ucdp-ged:1", "ford-taken"} <= ids(asked("/v1/events", place="North"))


@pytest.mark.parametrize("snapshot", [None, GIVEN])
def test_a_country_that_a_pack_adds_later_takes_over_what_was_imported_into_it(
    empty_url: str, tmp_path: Path, write: Write, snapshot: str | None
) -> None:
    path = write(rec(1, country="Nigeria", country_id="475"))
    run(empty_url, path, snapshot=snapshot)
    country = '[[location]]\nid = "nigeria"\nname = "Nigeria"\nkind = "country"\ncountry = "NGA"\n'
    second_pack(
        tmp_path / "packs",
        locations=country + 'codes = [{ scheme = "iso-3166-1-alpha-3", code = "NGA" }]\n',
    )
    load(empty_url, tmp_path / "packs")
    run(empty_url, path, snapshot=snapshot)
    with answering(empty_url) as asked:
        assert ids(asked("/v1/events", place="Nigeria")) == {"ucdp-ged:1"}
        where = asked("/v1/events/ucdp-ged:1")["location"]["id"]
        assert asked(f"/v1/locations/{where}")["path"][0] == "nigeria"
    assert clean(empty_url)
    assert run(empty_url, path, snapshot=snapshot).revision is None


@pytest.mark.each_database
def test_a_curated_claim_on_an_imported_event_counts_and_outlives_imports(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    for best in ("3", "9"):
        run(empty_url, write(rec(1), rec(2, best=best)), snapshot="made-up")
        with answering(empty_url) as asked:
            event = asked("/v1/events/ucdp-ged:2")
        assert (event["status"], event["packs"]) == ("disputed", ["made-up", "second"])
        assert event["corroboration"] == {
            "documents": 2,
            "origins": [],
            "unattributed": 1,
            "asserting": 2,
            "denying": 1,
        }
        assert event["deaths"]["best"] == int(best)
        assert clean(empty_url)


@pytest.mark.each_database
def test_a_curated_claim_follows_the_title_of_the_imported_event(empty_url: str, tmp_path: Path, write: Write) -> None:
    run(empty_url, write(rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    run(empty_url, write(rec(2, where_coordinates="Weir")), snapshot="made-up")
    with answering(empty_url) as asked:
        event = asked("/v1/events/ucdp-ged:2")
    assert {claim["event"]["name"] for claim in event["claims"]} == {event["title"]}


@pytest.mark.each_database
def test_a_snapshot_that_would_remove_an_event_with_curated_claims_is_refused_whole(
    empty_url: str, tmp_path: Path, write: Write
) -> None:
    run(empty_url, write(rec(1), rec(2)), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", events=CLAIM))
    before, at = holds(empty_url), newest(empty_url)
    with pytest.raises(BrokenPackError) as refused:
        run(empty_url, write(rec(1, best="4"), rec(3)), snapshot="made-up")
    assert [problem.file for problem in refused.value.problems] == ["made-up"]
    assert (holds(empty_url), newest(empty_url), removals(empty_url)) == (before, at, {})
    assert clean(empty_url)


LEANING = {
    "an event": {
        "events": '[[event]]\nid = "hut"\ncategory = "clash"\ntitle = "Hut"\nsummary = "Hut."\n'
        'location = "ucdp-place:afg:far-province:far-district"\n'
        'actors = [{ actor = "ucdp-actor:15", role = "initiator" }]\n[[event.claim]]\nparagraph = 2\n'
        'modality = "fact"\nsummary = "Smoke."\ndate = 2021-07-03\nvia = ["ucdp-source:far-echo"]\n'
    },
    "a place": {
        "locations": '[[location]]\nid = "hut"\nname = "Hut"\nkind = "town"\n'
        'parent = "ucdp-place:afg:far-province:far-district"\n'
    },
    "an actor": {
        "actors": '[[actor]]\nid = "scouts"\nname = "Scouts"\nkind = "militia"\n'
        'relations = [{ type = "part_of", actor = "ucdp-actor:15" }]\n'
    },
}
FAR = rec(
    2,
    adm_1="Far province",
    adm_2="Far district",
    side_b_new_id="15",
    side_b="Far Front",
    source_article='"Far Echo,2014-03-06,x"',
)


@pytest.mark.each_database
@pytest.mark.parametrize(
    "leaning",
    [
        "an event",
        "a place",
        pytest.param("an actor"),
    ],
)
def test_a_snapshot_keeps_what_curated_rows_refer_to(
    empty_url: str, tmp_path: Path, write: Write, leaning: str
) -> None:
    run(empty_url, write(rec(1), FAR), snapshot="made-up")
    load(empty_url, second_pack(tmp_path / "packs", **LEANING[leaning]))
    curated = served(empty_url)
    done = run(empty_url, write(rec(1)), snapshot="made-up")
    assert (counts_of(done)["events removed"], counts_of(done)["claims removed"]) == (1, 2)
    kept = served(empty_url)
    for resource in ("events", "actors", "locations", "sources"):
        own = {id_: row for id_, row in curated[resource].items() if not id_.startswith("ucdp")}
        assert {id_: row for id_, row in kept[resource].items() if id_ in own} == own
    assert ("ucdp-actor:15" in kept["actors"]) is (leaning != "a place")
    assert clean(empty_url)
