"""Shared by the tests of problems."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgi_client import AppClient

from app.main import create_app
from app.resources import STORED_LISTS
from app.settings import Settings

GetProblem = Callable[..., Any]
PROBLEM = "application/problem+json"
PATHS = [f"/v1/{name}" for name in STORED_LISTS]


@pytest.fixture(scope="session")
def raw_client(pack_url: str) -> Iterator[AppClient]:
    """A client that sees a fault of ours as any client would: as a response, not as an exception."""
    with AppClient(create_app(Settings(database_url=pack_url)), raise_server_exceptions=False) as client:
        yield client


SUGGESTED: list[tuple[str, str, str, list[str]]] = [
    # list, parameter, value, what is suggested
    ("events", "kategory", "clash", ["category"]),
    ("events", "plase", "balkh", ["place"]),
    ("events", "Category", "clash", ["category"]),
    ("events", "date-match", "certain", ["date_match"]),
    ("movements", "form", "kaldar", ["from"]),
    ("claims", "reportd", "2021-07-01", ["reported"]),
    ("packs", "limits", "5", ["limit"]),
    ("events", "place", "Kalder", ["Kaldar"]),
    ("events", "place", "Balk", ["Balkh"]),
    ("events", "place", "Sherkan Bandar", ["Sherkhan Bandar"]),
    ("locations", "place", "kaldaar", ["Kaldar"]),
    ("movements", "via", "uzbekstan", ["Uzbekistan"]),
    ("events", "actor", "talibn", ["Taliban"]),
    ("actors", "actor", "ANSDF", ["ANDSF"]),
    ("control-changes", "gained_by", "talliban", ["Taliban"]),
    ("events", "source", "arianna news", ["Ariana News"]),
    ("sources", "organisation", "eurasia net x", ["Eurasianet"]),
    ("claims", "event", "kaldar-recaptured-2021-06-30", ["kaldar-recaptured-2021-06-29"]),
    ("events", "category", "clsh", ["clash"]),
    ("events", "category", "clash,statment", ["statement"]),
    ("events", "category", "Clash", ["clash"]),
    ("events", "status", "disputd", ["disputed"]),
    ("events", "actor_role", "iniciator", ["initiator"]),
    ("control-changes", "means", "re-captured", ["recaptured"]),
    ("events", "sort", "dat", ["date"]),
    ("events", "sort", "-date,status,stauts", ["status"]),
    ("events", "fields", "titel", ["title"]),
    ("claims", "fields", "id,atribution", ["attribution"]),
    ("events", "country", "AFH", ["AFG"]),
    ("actors", "country", "UZC", ["UZB"]),
    ("events", "date_match", "certian", ["certain"]),
    ("events", "f", "jsn", ["json"]),
    ("events", "count", "exakt", ["exact"]),
]
