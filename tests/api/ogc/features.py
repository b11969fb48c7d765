"""Shared by the tests of OGC API Features."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, serving

GetOk = Callable[..., Any]
GetProblem = Callable[..., Any]
HERE = "http://testserver/ogc"
COLLECTIONS = ["events", "control-changes", "movements", "locations"]
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON = "application/geo+json"
PROBLEM = "application/problem+json"
KALDAR = "kaldar-recaptured-2021-06-29"
DOCUMENTS = ["/ogc", "/ogc/", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/collections/events"]
READ = [*DOCUMENTS, "/ogc/collections/events/items", f"/ogc/collections/events/items/{KALDAR}"]
everywhere = pytest.mark.parametrize("name", COLLECTIONS)


def items(name: str) -> str:
    return f"/ogc/collections/{name}/items"


def ids(page: Any) -> list[str]:
    return [feature["id"] for feature in page["features"]]


def linked(document: Any) -> dict[str, str]:
    """The targets of the links of a document, by relation."""
    return {link["rel"]: link["href"] for link in document["links"]}


def every(document: Any) -> Iterator[Any]:
    """Everything inside a JSON document, itself included."""
    yield document
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for value in inner:
        yield from every(value)


@pytest.fixture(scope="module")
def description(get_ok: GetOk) -> Any:
    return get_ok("/ogc/api")


COAST: Mapping[str, str] = {
    "pack.toml": """
        id = "coast"
        title = "Made data"
        version = "1"
        licence = "CC0-1.0"
        citation = "None."
        document = "paper"
        [coverage]
        sources_searched = "None."
    """,
    "sources.toml": """
        [[source]]
        id = "paper"
        name = "Paper"
        kind = "article"
        published_on = 2031-01-31
    """,
    "actors.toml": "",
    "locations.toml": """
        [[location]]
        id = "harbour"
        name = "Harbour"
        kind = "country"
        country = "AAA"
        latitude = 50
        longitude = 10
        point_kind = "exact"

        [[location]]
        id = "lighthouse"
        name = "Lighthouse"
        kind = "country"
        country = "BBB"
        latitude = 52
        longitude = 12
        point_kind = "exact"

        [[location]]
        id = "nowhere"
        name = "Nowhere"
        kind = "country"
        country = "CCC"
    """,
    "events/all.toml": "".join(
        f"""
        [[event]]
        id = "{id_}"
        category = "other"
        title = "Made up"
        summary = "Made up."
        {place and f'location = "{place}"'}
        [[event.claim]]
        id = "{id_}-p1"
        paragraph = {at}
        modality = "fact"
        summary = "Made up."
        {date and f"date = {date}"}
        printed = {{ date = "some day" }}
        note = "Made up."
        """
        for at, (id_, place, date) in enumerate(
            [
                ("founding", "harbour", "{ latest = 1975-01-02 }"),
                ("storm", "lighthouse", "2000-01-01"),
                ("repairs", "harbour", "{ earliest = 2030-05-06 }"),
                ("rumour", "harbour", ""),
                ("later-rumour", "nowhere", "2030-12-31"),
                ("placeless", "", "1900-01-01"),
            ],
            start=1,
        )
    ),
    "merged.toml": '[events]\n"old-storm" = "storm"\n',
}
BUOYS = "".join(
    f"""
        [[location]]
        id = "buoy-{at}"
        name = "Buoy {at}"
        kind = "river"
        parent = "harbour"
        latitude = 50
        longitude = 10
        point_kind = "approximate"
    """
    for at in range(1000, 2001)
)


@pytest.fixture(scope="module")
def coast(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """Few events, some dated at one end only, and more than a page of places."""
    files = {**COAST, "locations.toml": BUOYS + COAST["locations.toml"]}
    with serving(databases, tmp_path_factory.mktemp("packs"), "coast", files) as client:
        yield client
