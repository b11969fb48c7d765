"""A typed client made from /openapi.json by openapi-python-client, in an environment of its own, and what it is for."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clients.conftest import Server, chosen, run

Ask = Callable[[str], Any]
COMPLAINTS = ("warning", "skipping", "unable", "error", "cannot", "unsupported")


@pytest.fixture(scope="module")
def generator() -> Path:
    """The program, beside the interpreter of its environment."""
    return Path(chosen("OXUS_OPENAPI_CLIENT", "openapi-python-client", "openapi-python-client"))


@pytest.fixture(scope="module")
def generated(server: Server, generator: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the package `oxus`, and what the program said while it made it."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(server.content("/openapi.json"))
    line = [str(generator), "generate", "--path", "openapi.json", "--output-path", "oxus", "--meta", "none"]
    beside = {"PATH": f"{generator.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    ended = run(line, cwd=folder, env=beside)
    return folder, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def ask(server: Server, generator: Path, generated: tuple[Path, str]) -> Ask:
    """Runs a script with the package and its client `oxus`; what the script puts into `told`."""
    start = f"""
import datetime, json
from oxus import Client
oxus, told = Client(base_url={server.url!r}, raise_on_unexpected_status=True), []
"""

    def asked(script: str) -> Any:
        ended = run(
            [str(generator.parent / "python"), "-c", f"{start}{script}\nprint(json.dumps(told))"], cwd=generated[0]
        )
        return json.loads(ended.stdout)

    return asked


def test_nothing_of_the_description_is_left_out(server: Server, generated: tuple[Path, str]) -> None:
    folder, said = generated
    assert [word for word in COMPLAINTS if word in said.lower()] == [], said
    described = {methods["get"]["operationId"] for methods in server.json("/openapi.json")["paths"].values()}
    made = {path.stem for path in (folder / "oxus" / "api").glob("*/*.py")} - {"__init__"}
    assert made == described


def test_control_changes_in_balkh_are_typed_rows(server: Server, ask: Ask) -> None:
    told = ask("""
from oxus.api.control_changes import list_control_changes
from oxus.models import ControlChangeEventRow, EnvelopeControlChangeEventRow
from oxus.models import ControlChangeEventRowCategory, ControlChangeEventRowStatus
found = list_control_changes.sync(client=oxus, place=["balkh"], sort="date", limit=1000)
assert isinstance(found, EnvelopeControlChangeEventRow)
for row in found.items:
    assert isinstance(row, ControlChangeEventRow)
    assert isinstance(row.status, ControlChangeEventRowStatus)
    assert row.category is ControlChangeEventRowCategory.CONTROL_CHANGE
    assert row.date.latest is None or isinstance(row.date.latest, datetime.date)
    side = row.control_change.gained_by
    told.append([row.id, str(row.date.latest), side.id if side else None, row.control_change.extent.value])
""")
    rows = server.json("/v1/control-changes?place=balkh&sort=date&limit=1000")["items"]
    assert told == [
        [
            row["id"],
            str(row["date"]["latest"]),
            row["control_change"]["gained_by"] and row["control_change"]["gained_by"]["id"],
            row["control_change"]["extent"],
        ]
        for row in rows
    ]
    assert ["kaldar-recaptured-2021-06-29", "2021-06-29", "afghan-government", "full"] in told


@pytest.mark.parametrize(
    ("module", "arguments", "rows"),
    [
        ("events.list_events", "", 87),
        ("claims.list_claims", "", 100),
        ("movements.list_movements", "to=['tajikistan']", 2),
        ("locations.list_locations", "", 60),
        ("figures.list_figures", "", 15),
        ("contradictions.list_contradictions", "", 6),
        ("control.list_control", "as_of=datetime.date(2021, 6, 29), place=['kaldar']", 1),
        ("control.list_control_summary", "datetime_='2021-06-21/2021-07-05'", 6),
        ("stats.list_stats", "group_by=list_stats.ListStatsGroupBy.WEEK", 3),
        ("names.list_resolve", "q='Hairaton'", 1),
        ("changes.list_changes", "since=0", 100),
    ],
)
def test_every_kind_of_list_answers_a_plain_call(ask: Ask, module: str, arguments: str, rows: int) -> None:
    group, _, function = module.partition(".")
    (told,) = ask(f"""
from oxus.api.{group} import {function}
found = {function}.sync(client=oxus, {arguments})
told.append([type(found).__name__, len(getattr(found, "items", []))])
""")
    assert told[0].startswith("Envelope")
    assert told[1] == rows


def test_several_codes_mean_any_of_them(server: Server, ask: Ask) -> None:
    told = ask("""
from oxus.api.events import list_events
from oxus.models import ListEventsCategoryItem as Category
found = list_events.sync(client=oxus, category=[Category.CLASH, Category.MOVEMENT], country=["TJK", "AFG"], limit=1000)
told = [row.id for row in found.items]
""")
    wanted = server.json("/v1/events?category=clash,movement&country=TJK,AFG&limit=1000")["items"]
    assert told == [row["id"] for row in wanted]
    assert len(told) > 5


def test_pages_are_followed_by_their_cursor(server: Server, ask: Ask) -> None:
    told = ask("""
from urllib.parse import parse_qs, urlsplit
from oxus.api.claims import list_claims
page = list_claims.sync(client=oxus, limit=50)
told += [row.id for row in page.items]
while page.next_:
    (cursor,) = parse_qs(urlsplit(page.next_).query)["cursor"]
    page = list_claims.sync(client=oxus, limit=50, cursor=cursor)
    told += [row.id for row in page.items]
""")
    assert told == [row["id"] for row in server.json("/v1/claims?limit=1000")["items"]]
    assert len(told) == 132


def test_one_row_totals_and_problems_are_typed_too(ask: Ask) -> None:
    event, total, refusal, missing = ask("""
from oxus.api.events import get_event, list_events
from oxus.api.movements import get_movement_totals
from oxus.models import ProblemRow
event = get_event.sync("kaldar-recaptured-2021-06-29", client=oxus)
told.append([event.title, [claim.id for claim in event.claims]])
total = get_movement_totals.sync(client=oxus, to=["tajikistan"])
told.append([total.low, total.high, [left.reason.value for left in total.excluded]])
for refusal in (
    list_events.sync_detailed(client=oxus, place=["Heiratan"]),
    get_event.sync_detailed("kaldar-recaptured-2021-06-28", client=oxus),
):
    assert isinstance(refusal.parsed, ProblemRow)
    told.append([refusal.status_code, refusal.parsed.did_you_mean[0]])
""")
    assert event == ["Government forces and militia retake Kaldar", ["kaldar-recaptured-2021-06-29-p17"]]
    assert total == [545, 545, ["part_of"]]
    assert refusal == [400, "Hairatan"]
    assert missing == [404, "kaldar-recaptured-2021-06-29"]
