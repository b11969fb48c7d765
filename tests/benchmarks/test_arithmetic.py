"""What the benchmark works out, and that its bare SQL asks what Oxus is asked."""

import random
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Databases
from fastapi.testclient import TestClient

from benchmarks.arithmetic import Line, Overhead, Target, milliseconds, overhead, percentile
from benchmarks.client import _joined
from benchmarks.data import choose_rows
from benchmarks.handwritten_sql import opened, ways
from benchmarks.paths import KINDS, PAGE, _windows
from benchmarks.processes import resident_bytes, run
from benchmarks.questions import Question


@pytest.mark.parametrize(("percent", "value"), [(50, 3), (95, 5), (20, 1), (21, 2), (0, 1), (100, 5)])
def test_a_percentile_is_a_value_that_so_many_do_not_exceed(percent: float, value: float) -> None:
    assert percentile([5, 1, 4, 2, 3], percent) == value


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@pytest.mark.parametrize(
    ("ratio", "target", "verdict"),
    [
        (10.0, Target(at_least=10), "met"),
        (4.0, Target(at_least=10), "MISSED (2.50 times off)"),
        (0.0, Target(at_least=10), "MISSED"),
        (2.0, Target(at_most=2), "met"),
        (5.0, Target(at_most=2), "MISSED (2.50 times off)"),
        (5.0, None, ""),
        (None, Target(at_most=2), "FAILED"),
        (None, None, "FAILED"),
    ],
)
def test_a_line_says_whether_its_target_is_met(ratio: float | None, target: Target | None, verdict: str) -> None:
    assert Line("a", "b", "c", "d", ratio, target).verdict == verdict


def test_a_target_is_shown_with_its_unit() -> None:
    assert [str(Target(at_least=0.6)), str(Target(at_most=64, unit="MB"))] == [">= 0.6 x", "<= 64 MB"]


def test_the_cost_of_a_request_grows_with_its_answer_and_never_falls() -> None:
    assert overhead((1_000, 0.001), (2_000, 0.002)).of(500) == pytest.approx(0.0005)
    assert overhead((1_000, 0.002), (2_000, 0.001)) == Overhead(0.002, 0.0)


@pytest.mark.parametrize(("seconds", "shown"), [(0.00123, "1.23 ms"), (0.5, "0.50 s"), (123.4, "123 s")])
def test_times_are_shown_in_a_fitting_unit(seconds: float, shown: str) -> None:
    assert milliseconds(seconds) == shown


def test_chunks_are_put_together() -> None:
    assert bytes(_joined(bytearray(b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"))) == b"abc0123456789"


def test_rows_are_chosen_evenly_and_never_twice(tmp_path: Path) -> None:
    file, out = tmp_path / "all.csv", tmp_path / "some.csv"
    file.write_text("id,text\n" + "".join(f'{number},"a\nb"\n' for number in range(100)))
    assert choose_rows(file, 10, out) == 10
    chosen = [line.partition(",")[0] for line in out.read_text().splitlines() if "," in line]
    assert chosen == ["id", "0", "10", "20", "30", "40", "50", "60", "70", "80", "90"]


def test_windows_of_time_hold_a_page_and_values_without_one_are_left_out() -> None:
    days = [f"20{year:02}-01-{day:02}" for year in range(20) for day in range(1, 29)]
    drawn = _windows(random.Random(1), "country", {"AFG": days, "TJK": days[:50]})  # noqa: S311 - not for secrets
    for asked in (next(drawn) for _ in range(200)):
        assert asked["country"] == "AFG"
        assert sum(str(asked["start"]) <= day <= str(asked["end"]) for day in days) >= PAGE


def test_a_question_is_put_to_each_server_in_its_own_words() -> None:
    asked: dict[str, str | int] = {"country": 700, "start": "2001-01-01", "end": "2002-01-01"}
    ged = next(kind for kind in KINDS if kind.name == "page-ged")
    assert ged.oxus(asked) == (
        "/compat/ucdp/api/gedevents/25.1?pagesize=100&Country=700&StartDate=2001-01-01&EndDate=2002-01-01"
    )
    assert ged.plain(asked) == "/ged?country=700&start=2001-01-01&end=2002-01-01"
    assert "country_id=700&date_end__gte=2001-01-01&date_end__lte=2002-01-01&_sort=id" in ged.datasette(asked)


def test_the_memory_of_a_command_holds_that_of_its_children() -> None:
    child = "import time; held = bytearray(80_000_000); time.sleep(0.5)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    ran = run([sys.executable, "-c", script])
    assert ran.seconds > 0.5
    assert 80_000_000 < ran.peak_bytes < 200_000_000
    assert resident_bytes(2**22 + 1) == 0, "no such process"


PARTS = {
    "place": (("place", "balkh"),),
    "actor": (("actor", "afghan-government"),),
    "source": (("source", "ariana-news"),),
    "bbox": (("bbox", "67,36,68,38"),),
    "near": (("near", "67.53,37.13"), ("radius_km", "50")),
    "datetime": (("datetime", "2021-06-28/2021-06-30"),),
    "status": (("status", "reported"),),
    "deaths": (("deaths_min", "1"), ("deaths_max", "99")),
    "q": (("q", "taliban"),),
}
ASKED = [("place",), ("actor",), ("source",), ("bbox",), ("near",), ("datetime",), ("status",), ("deaths",), ("q",)]
ASKED += [
    ("actor", "datetime"),
    ("actor", "place"),
    ("place", "q"),
    ("q", "source"),
    ("near", "actor"),
    ("bbox", "status"),
]


@pytest.mark.parametrize("kinds", ASKED, ids="-".join)
def test_every_way_to_ask_in_sql_finds_what_oxus_finds(
    databases: Databases, pack_url: str, client: TestClient, kinds: tuple[str, ...]
) -> None:
    question = Question(tuple((kind, PARTS[kind]) for kind in kinds), ("rare",) * len(kinds))
    found = [row["id"] for row in client.get(question.path(100)).json()["items"]]
    assert found or kinds == ("deaths",)
    with closing(opened(databases.kind, pack_url)) as bare:
        for name, sql, values in ways(question, databases.kind, 100):
            assert [row[0] for row in bare.rows(sql, values)] == found, name
