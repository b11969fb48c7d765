"""Whose data it is, under which licence, how to cite it, and of which revision: with every format."""

import json
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for, serving
from sqlalchemy import text

from app.main import create_app
from app.settings import Settings
from formats import LISTS, MEDIA, STREAMED, VARIED, fetched, links_of, parquet_of

CITATION = 'Ärzte “ohne” Grenzen; 100 % <b>, 紛争, таблица \\ "q"'
PACK = """
id = "odd"
title = "Odd"
version = "1"
licence = {licence}
citation = {citation}
document = "paper"
[coverage]
sources_searched = "None."
"""
SOURCES = '[[source]]\nid = "paper"\nname = "Paper"\nkind = "article"\npublished_on = 2021-07-01\n'


def files(citation: str, licence: str = "CC0-1.0") -> dict[str, str]:
    def quoted(value: str) -> str:
        return json.dumps(value).replace("\x7f", "\\u007f")

    pack = PACK.format(citation=quoted(citation), licence=quoted(licence))
    return {"pack.toml": pack, "sources.toml": SOURCES}


@pytest.fixture(scope="module")
def odd_names_client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    with serving(databases, tmp_path_factory.mktemp("packs"), "odd", files(CITATION)) as client:
        yield client


@pytest.mark.parametrize("path", [*VARIED, "/v1/stats", "/v1/packs"])
def test_revision_licence_and_citation_travel_with_every_format(client: AppClient, path: str) -> None:
    [pack] = fetched(client, "/v1/packs").json()["items"]
    owed = [{"id": pack["id"], "licence": "CC-BY-4.0", "citation": pack["citation"]}]
    for name in MEDIA:
        response = fetched(client, path, f=name, **LISTS[path])
        assert links_of(response)["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
        assert response.headers["oxus-revision"] == "1"
        assert response.headers["oxus-licence"] == "CC-BY-4.0"
        assert response.headers["oxus-citation"] == pack["citation"]
        if name == "json":
            assert (response.json()["revision"], response.json()["packs"]) == (1, [pack["id"]])
        elif name == "geojson":
            assert (response.json()["revision"], response.json()["packs"]) == (1, owed)
        elif name == "parquet":
            found = json.loads(parquet_of(response.content).schema.metadata[b"oxus"])
            assert found == {"revision": 1, "packs": owed}


@pytest.mark.parametrize("path", VARIED)
def test_they_travel_with_all_rows_at_once_too(client: AppClient, path: str) -> None:
    page = fetched(client, path, **LISTS[path]).headers
    for name in STREAMED:
        every = fetched(client, path, f=name, limit="all", **LISTS[path])
        for header in ("oxus-revision", "oxus-licence", "oxus-citation"):
            assert every.headers[header] == page[header]
        assert links_of(every)["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
        assert "next" not in links_of(every)


@pytest.mark.parametrize("limit", ["100", "all"])
def test_no_citation_breaks_the_headers(odd_names_client: AppClient, limit: str) -> None:
    for name in MEDIA:
        if (name, limit) == ("json", "all"):
            continue
        response = fetched(odd_names_client, "/v1/sources", f=name, limit=limit)
        header = response.headers["oxus-citation"]
        assert header.isascii()
        assert header.isprintable()
        assert unquote(header) == CITATION
    assert fetched(odd_names_client, "/v1/sources", f="geojson", limit=limit).json()["packs"][0]["citation"] == CITATION
    metadata = parquet_of(fetched(odd_names_client, "/v1/sources", f="parquet", limit=limit).content).schema.metadata
    assert json.loads(metadata[b"oxus"])["packs"][0]["citation"] == CITATION


@pytest.mark.parametrize("licence", ["Лицензия", "Prüfung 1", 'CC0>; rel="next", <http://evil.example/'])
def test_no_licence_breaks_the_headers(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, licence: str
) -> None:
    with serving(databases, tmp_path_factory.mktemp("packs"), "odd", files("None.", licence)) as client:
        for query in ({"f": "json"}, {"f": "geojson"}, {"f": "csv", "limit": "all"}, {"f": "parquet"}):
            headers = fetched(client, "/v1/sources", **query).headers
            assert unquote(headers["oxus-licence"]) == licence
            assert all(value.isascii() and value.isprintable() for value in headers.values())
            links = headers["link"].split(", ")
            assert len(links) == 1
            address = links[0].removesuffix('>; rel="license"').removeprefix("<")
            assert unquote(address) == f"https://spdx.org/licenses/{licence}.html"
            assert not set('<>" ') & set(address)
        assert fetched(client, "/v1/packs").json()["items"][0]["licence"] == licence


def test_control_characters_of_a_foreign_database_break_no_header(databases: Databases) -> None:
    """No pack may hold them, but a database may have been written by something else."""
    url, odd = databases.loaded(), {"licence": "CC0-1.0\rX-Evil: 1", "citation": "a\tb\x7f\r\nX-Evil: 2"}
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        row = json.loads(connection.execute(text("SELECT row FROM pack")).scalar_one()) | odd
        connection.execute(text("UPDATE pack SET row = :row"), {"row": json.dumps(row)})
    with AppClient(create_app(Settings(database_url=url))) as client:
        headers = fetched(client, "/v1/sources", f="csv").headers
    assert "x-evil" not in headers
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    assert (unquote(headers["oxus-licence"]), unquote(headers["oxus-citation"])) == (odd["licence"], odd["citation"])


def test_several_packs_are_all_named(databases: Databases) -> None:
    url = databases.loaded()
    with engine_for(url, read_only=False) as engine, engine.begin() as connection:
        [found] = connection.execute(text("SELECT * FROM pack")).mappings()
        for id_, licence, citation in (("b-pack", "CC0-1.0", "B."), ("z-pack", "CC-BY-4.0", "Z.")):
            row = json.loads(found["row"]) | {"id": id_, "licence": licence, "citation": citation}
            columns = {name: value for name, value in found.items() if name != "pk"}
            names = ", ".join(f'"{name}"' for name in columns)
            marks = ", ".join(f":{name}" for name in columns)
            connection.execute(
                text(f"INSERT INTO pack ({names}) VALUES ({marks})"),  # noqa: S608
                columns | {"id": id_, "row": json.dumps(row)},
            )
    with AppClient(create_app(Settings(database_url=url))) as client:
        first = json.loads(found["row"])["citation"]
        for name in MEDIA:
            headers = fetched(client, "/v1/actors", f=name).headers
            assert headers["oxus-licence"] == "CC0-1.0, CC-BY-4.0"
            assert headers["oxus-citation"] == f"B.; {first}; Z."
            assert headers["link"].count('rel="license"') == 2
        packs = fetched(client, "/v1/actors", f="geojson").json()["packs"]
        assert [pack["id"] for pack in packs] == ["b-pack", "northern-afghanistan-2021", "z-pack"]


def test_a_database_without_packs_owes_nothing(databases: Databases) -> None:
    with AppClient(create_app(Settings(database_url=databases.migrated()))) as client:
        for name in MEDIA:
            headers = fetched(client, "/v1/events", f=name).headers
            assert headers["oxus-revision"] == "0"
            assert not {"link", "oxus-licence", "oxus-citation"} & set(headers)
