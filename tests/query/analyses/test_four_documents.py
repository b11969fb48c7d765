"""Answers of four documents that tell the same days again: the two articles, one that retells them, and a statement.

The third (RFE/RL Gandhara, 5 July 2021) retells the 1,037, the 94 and the flight in vague words; the fourth (a
statement of 22 June 2021) tells one crossing more exactly, and losses. Facts in own words, coded for these tests.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases
from factories.packs import copy_with_second
from stored_state import load

from app.ingest.packs.load import read_checked
from app.main import create_app
from app.settings import Settings

GetOk = Callable[..., Any]
PACKS = Path(__file__).parents[2] / "data" / "packs"
NIGHT, GROUP, KHATLON = "badakhshan-crossing-2021-07-05", "khwahan-crossing-2021-07-04", "khatlon-crossing-2021-07"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = copy_with_second(tmp_path_factory.mktemp("four") / "packs")
    for name in ("gandhara-taliban-sweep-2021", "khovar-sherkhan-bandar-2021"):
        shutil.copytree(PACKS / name, found / name)
    return found


@pytest.fixture(scope="module")
def four(databases: Databases, folder: Path) -> Iterator[GetOk]:
    url = databases.migrated()
    load(url, folder)
    with AppClient(create_app(Settings(database_url=url))) as client:

        def get(path: str, **params: str) -> Any:
            response = client.get(path, params=params)
            assert response.status_code == 200, response.text
            return response.json()

        yield get


def bounds(row: Any) -> tuple[int | None, int | None, int | None]:
    return row["low"], row["best"], row["high"]


def test_all_packs_are_without_problems(folder: Path) -> None:
    assert len(read_checked(folder)) == 4


def test_a_retelling_raises_no_count_of_an_event(four: GetOk) -> None:
    night, group = (four(f"/v1/events/{id_}") for id_ in (NIGHT, GROUP))
    assert bounds(night["movement"]["count"]) == (1037, 1037, 1037)
    assert (night["status"], [one["id"] for one in night["corroboration"]["origins"]]) == (
        "reported",
        ["tajik-border-guards"],
    )
    assert bounds(group["movement"]["count"]) == (94, 94, 94)
    assert bounds(four("/v1/movements/totals", **{"from": "badakhshan"})) == (1131, None, None)


def test_a_number_and_more_than_that_number_of_one_day_contradict_each_other(four: GetOk) -> None:
    count = four(f"/v1/events/{KHATLON}")["movement"]["count"]
    assert (bounds(count), count["contradicted"]) == ((300, None, None), True)
    ids = [row["id"] for row in four("/v1/contradictions", kind="figure")["items"]]
    assert f"figure:{KHATLON}:{KHATLON}-p9:{KHATLON}-gandhara-p2" in ids


@pytest.mark.parametrize(
    ("window", "expected", "contradicted"),
    [
        ("2021-07-04", (94, None, 245), False),
        ("2021-07-03", (300, None, 545), True),
        ("2021-07-03/2021-07-04", (394, None, 545), True),
        ("2021-06-22", (134, None, 1573), False),
        ("2021-06-30/2021-07-05", (1431, None, None), True),
    ],
)
def test_what_is_dated_more_exactly_tells_of_smaller_windows(
    four: GetOk, window: str, expected: tuple[int | None, ...], contradicted: bool
) -> None:
    found = four("/v1/movements/totals", to="tajikistan", datetime=window)
    assert (bounds(found), found["contradicted"]) == (expected, contradicted)


def test_on_the_day_of_the_statement_its_number_was_all_that_was_known(four: GetOk) -> None:
    found = four("/v1/movements/totals", to="tajikistan", known_by="2021-06-22")
    assert bounds(found) == (134, 134, 134)


def test_losses_told_together_bound_the_deaths(four: GetOk) -> None:
    deaths = four("/v1/events/sherkhan-bandar-assault-2021-06-22")["deaths"]
    assert (bounds(deaths), deaths["contradicted"]) == ((1, None, 100), False)


WINDOWS = [f"2021-06-{day}/2021-07-05" for day in range(21, 31)] + ["2021-07-01/2021-07-05", "2021-07-04/2021-07-05"]


def test_a_window_never_has_less_than_one_inside_it(four: GetOk) -> None:
    lows = [four("/v1/movements/totals", to="tajikistan", datetime=window)["low"] for window in WINDOWS]
    assert lows == sorted(lows, reverse=True)
