"""PyPI's `acled` against a server of ours. It is GPL, so it is no dependency: it runs in an environment of its own."""

import json
import os
from typing import Any

import pytest

from clients.conftest import Server, run

PYTHON = os.environ.get("OXUS_ACLED_PYTHON", "")
pytestmark = pytest.mark.skipif(
    not PYTHON,
    reason="the package acled is not installed: OXUS_ACLED_PYTHON names no interpreter that has it "
    "(pip install acled==1.0.2, in an environment of its own)",
)
BEGIN = """
import datetime, json
from acled import AcledClient
from acled.exceptions import ClientError
client = AcledClient(api_key="no-key-is-needed", email="reader@newsroom.example")
def told(value):
    print(json.dumps(value, default=str))
"""


def asked(server: Server, root: str, script: str) -> Any:
    """What a script tells that uses the package, which reads its address when it is imported."""
    environment = {"ACLED_API_HOST": server.url + root, "ACLED_MAX_RETRIES": "0"}
    line = [PYTHON, "-W", "ignore::DeprecationWarning", "-c", BEGIN + script]
    return json.loads(run(line, env=environment).stdout.splitlines()[-1])  # before it, the package writes its log


ROOTS = ("/compat/acled/api", "/compat/acled")


@pytest.mark.parametrize("root", ROOTS)
def test_it_reads_the_events_of_a_country_and_some_days(server: Server, root: str) -> None:
    found = asked(
        server,
        root,
        'rows = client.get_data(country="Afghanistan", event_date="2021-06-29|2021-06-30", limit=10, '
        'query_params={"event_date_where": "BETWEEN"})\n'
        'told([[row["event_id_cnty"], str(row["event_date"]), row["year"], row["latitude"], row["fatalities"], '
        'isinstance(row["timestamp"], datetime.datetime), len(row)] for row in rows])',
    )
    assert found == [
        ["aman-statement-2021-06-30", "2021-06-30", 2021, 33.94, 0, True, 31],
        ["kaldar-lost-again-2021-06-30", "2021-06-30", 2021, 37.13249, 0, True, 31],
        ["kaldar-recaptured-2021-06-29", "2021-06-29", 2021, 37.13249, 0, True, 31],
    ]


def test_it_pages_and_filters_by_every_parameter_that_it_has(server: Server) -> None:
    found = asked(
        server,
        ROOTS[0],
        "ids = []\npage = 1\nwhile True:\n"
        '    rows = client.get_data(event_type="BATTLES", year=2021, iso=4, region=13, inter1=2, fields='
        '"event_id_cnty|event_date", limit=7, page=page)\n'
        '    ids += [row["event_id_cnty"] for row in rows]\n'
        "    page += 1\n"
        "    if len(rows) < 7:\n        break\n"
        'whole = client.get_data(event_type="battles", year=2021, iso=4, inter1=2, limit=1000)\n'
        'told([len(ids), len(set(ids)), ids == [row["event_id_cnty"] for row in whole], page])',
    )
    assert found[0] == found[1] > 14
    assert found[2] is True
    assert found[3] > 3


def test_all_rows_arrive_over_a_real_connection(server: Server) -> None:
    found = asked(
        server,
        ROOTS[0],
        'rows = client.get_data(query_params={"limit": 0, "timestamp": ""})\n'
        'told([len(rows), sorted({row["country"] for row in rows})])',
    )
    countries = ["Afghanistan", "Kazakhstan", "Tajikistan", "United States", "Uzbekistan"]
    assert found == [49, countries]


def test_it_reads_what_was_deleted(server: Server) -> None:
    script = "told(client.get_deleted_data(deleted_timestamp=datetime.date(2021, 7, 1), limit=5))"
    assert asked(server, ROOTS[0], script) == []


def test_it_says_that_a_wrong_question_is_one(server: Server) -> None:
    found = asked(
        server,
        ROOTS[0],
        'try:\n    client.get_data(country="Afganistan")\nexcept ClientError as error:\n    told(str(error))\n',
    )
    assert found.startswith("Client error (400): 400 Client Error: Bad Request for url:")
