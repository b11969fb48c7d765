"""Pages: whatever the limit and the order, `next` leads over every row exactly once, even while rows are added."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from asgi_client import AppClient
from conftest import Databases, engine_for
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.ingest.packs.load import load_packs
from app.main import create_app
from app.query.lists.cursors import write_cursor
from app.resources import STORED_LISTS
from app.settings import Settings

GetOk = Callable[..., Any]
GetProblem = Callable[..., Any]

PACK = """
id = "random"
title = "Random data"
version = "1"
licence = "CC0-1.0"
citation = "None."
document = "paper"
[coverage]
sources_searched = "None."
"""
CATEGORIES = ["clash", "diplomacy", "offensive", "other", "statement"]
MODALITIES = ["fact", "planned", "possible", "reported"]
NAMES = ["Beta", "alpha", "Émile", "Zeta 1", "zeta-1", "کلدار", "Beta", "O'Hara & Söhne, %_+#?"]
START = date(2021, 6, 1)


def random_when(dice: random.Random) -> str:
    """No date, an open one, one day of few (so that many rows share it), or a range."""
    first = START + timedelta(days=dice.randrange(6))
    return dice.choice(
        [
            "",
            f"date = {{ earliest = {first} }}",
            f"date = {{ latest = {first} }}",
            f"date = {first}",
            f"date = {first}",
            f'date = {{ earliest = {first}, latest = {first + timedelta(days=2)}, precision = "span" }}',
        ]
    )


def random_event(id_: str, dice: random.Random) -> str:
    text = f"""
[[event]]
id = "{id_}"
category = "{dice.choice(CATEGORIES)}"
title = "Made up"
summary = "Made up."
"""
    if dice.random() < 0.5:
        text += f'movement = {{ from = "z{dice.randrange(4)}", population = "troops", outcome = "unknown" }}\n'
    for paragraph in range(1, dice.choice([2, 3])):
        text += f"""
[[event.claim]]
paragraph = {paragraph}
modality = "{dice.choice(MODALITIES)}"
stance = "{dice.choice(["asserts", "asserts", "denies"])}"
summary = "Made up."
reported_on = {START + timedelta(days=10 + dice.randrange(3))}
{random_when(dice)}
"""
    return text


def named(table: str, kinds: list[str], dice: random.Random) -> str:
    found = '[[source]]\nid = "paper"\nname = "Paper"\nkind = "article"\npublished_on = 2021-07-01\n'
    text = found if table == "source" else ""
    for number, name in enumerate(NAMES):
        country = '\ncountry = "AFG"' if table == "location" else ""
        text += f'\n[[{table}]]\nid = "z{number}"\nname = "{name}"\nkind = "{dice.choice(kinds)}"{country}\n'
    return text


def write_pack(folder: Path, numbers: list[int]) -> Path:
    """A pack of random events, each the same whenever its number is among those asked for."""
    dice = random.Random(1)  # noqa: S311 - made data, the same every time
    files = {
        "pack.toml": PACK,
        "sources.toml": named("source", ["agency", "outlet"], dice),
        "actors.toml": named("actor", ["militia", "person"], dice),
        "locations.toml": named("location", ["city", "district"], dice),
        # ids that sort otherwise than they were added
        "events/all.toml": "".join(
            random_event(f"e{number * 37 % 101}-{number}", random.Random(number))  # noqa: S311
            for number in numbers
        ),
    }
    for name, text in files.items():
        path = folder / "random" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def load(url: str, folder: Path) -> None:
    with engine_for(url, read_only=False) as engine:
        load_packs(engine, folder)


@pytest.fixture(scope="session")
def made(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    url = databases.migrated()
    load(url, write_pack(tmp_path_factory.mktemp("packs"), list(range(60))))
    with AppClient(create_app(Settings(database_url=url))) as client:
        yield client


def get(client: AppClient, url: str, **params: Any) -> Any:
    response = client.get(url, params=params or None)
    assert response.status_code == 200, response.text
    return response.json()


def walked(client: AppClient, name: str, **params: Any) -> Iterator[list[Any]]:
    """The pages of a list, one after the other."""
    page = get(client, f"/v1/{name}", **params)
    while True:
        assert page["returned"] == len(page["items"])
        yield page["items"]
        if page["next"] is None:
            return
        page = get(client, page["next"])


def sort_key(name: str, row: Any) -> Any:
    """What a row is sorted by, read off the row as it is served."""
    if name == "date":
        return row["date"]["earliest"] or row["date"]["latest"] or "0001-01-01"
    return row[name]


def sort_in_python(rows: list[Any], order: str) -> list[str]:
    for part in reversed([*order.split(","), "id"]):
        name = part.removeprefix("-")
        rows = sorted(rows, key=lambda row: sort_key(name, row), reverse=part.startswith("-"))
    return [row["id"] for row in rows]


LISTS = [(name, list(resource.listing.sorts)) for name, resource in STORED_LISTS.items()]


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, str]:
    """A list and any order that it allows."""
    name, sorts = draw(st.sampled_from(LISTS))
    chosen = draw(st.lists(st.sampled_from(sorts), min_size=1, max_size=len(sorts), unique=True))
    return name, ",".join(draw(st.sampled_from(["", "-"])) + part for part in chosen)


@settings(max_examples=15)
@given(order=orders(), limit=st.integers(4, 70))
@example(order=("events", "-date"), limit=1)
@example(order=("events", "date"), limit=7)
@example(order=("movements", "status,date"), limit=2)
@example(order=("claims", "-reported_on,date"), limit=5)
@example(order=("claims", "reported_on"), limit=9)
@example(order=("actors", "name"), limit=1)
@example(order=("actors", "-name"), limit=2)
@example(order=("sources", "-kind,name"), limit=1)
@example(order=("locations", "name"), limit=4)
def test_following_next_gives_every_row_once_in_the_order_of_one_big_page(
    made: AppClient, order: tuple[str, str], limit: int
) -> None:
    name, sort = order
    big = get(made, f"/v1/{name}", sort=sort, limit=1000, count="exact")
    pages = list(walked(made, name, sort=sort, limit=limit))
    assert [row for page in pages for row in page] == big["items"]
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert len(pages[-1]) <= limit
    assert pages[-1] or len(pages) == 1
    assert [row["id"] for row in big["items"]] == sort_in_python(big["items"], sort)
    assert big["matched"] == big["returned"] == len({row["id"] for row in big["items"]})
    assert big["next"] is None


def test_the_made_data_holds_what_makes_paging_hard(made: AppClient) -> None:
    rows = get(made, "/v1/events", limit=1000)["items"]
    dates = [sort_key("date", row) for row in rows]
    assert len(rows) == 60
    assert dates.count("0001-01-01") >= 5
    assert max(map(dates.count, dates)) >= 5
    assert {row["status"] for row in rows} >= {"reported", "unconfirmed", "disputed", "denied"}


def test_the_default_order_is_the_latest_date_first_and_then_the_id(made: AppClient) -> None:
    rows = get(made, "/v1/events", limit=1000)["items"]
    assert [row["id"] for row in rows] == sort_in_python(rows, "-date,id")
    assert rows == get(made, "/v1/events", limit=1000, sort="-date,id")["items"]
    assert rows == get(made, "/v1/events", limit=1000, sort="-date")["items"]


def test_a_page_holds_100_rows_unless_another_limit_is_asked_for(made: AppClient, get_ok: GetOk) -> None:
    assert [len(page) for page in walked(made, "events", limit=59)] == [59, 1]
    assert get_ok("/v1/claims")["returned"] == 100
    assert get_ok("/v1/claims", limit=1000)["returned"] == get_ok("/v1/claims", count="exact", limit=1)["matched"]
    assert get_ok("/v1/claims", limit=1)["returned"] == 1


def test_pages_keep_their_filters_and_counts(made: AppClient) -> None:
    params = {"category": "clash,other", "datetime": "2021-06-02/2021-06-05", "fields": "id,category"}
    whole = get(made, "/v1/events", **params, limit=1000, count="exact")
    first = get(made, "/v1/events", **params, limit=2, count="exact")
    second = get(made, first["next"])
    assert first["items"] + second["items"] == whole["items"][:4]
    assert first["matched"] == second["matched"] == whole["matched"] == len(whole["items"])
    assert first["omitted"] == second["omitted"] == whole["omitted"]
    assert list(second["items"][0]) == ["id", "category"]


def test_pages_of_what_was_known_on_a_day_stay_on_that_day(made: AppClient) -> None:
    whole = get(made, "/v1/events", known_by="2021-06-11", limit=1000)["items"]
    assert 10 < len(whole) < 60
    assert [row for page in walked(made, "events", known_by="2021-06-11", limit=3) for row in page] == whole


def test_count_exact_is_the_number_of_rows_and_is_left_out_otherwise(made: AppClient) -> None:
    for name in STORED_LISTS:
        whole = get(made, f"/v1/{name}", limit=1000)
        assert "matched" not in whole
        assert get(made, f"/v1/{name}", limit=1, count="exact")["matched"] == len(whole["items"])


def test_an_order_ends_with_the_id_and_nothing_after_the_id_matters(made: AppClient) -> None:
    assert get(made, "/v1/events", sort="-id,date") == get(made, "/v1/events", sort="-id")
    assert get(made, "/v1/events", sort="status,status") == get(made, "/v1/events", sort="status,id")


def test_the_claims_of_one_event_are_paged_too(get_ok: GetOk, client: AppClient) -> None:
    path = "events/flight-to-tajikistan-2021/claims"
    whole = get_ok(f"/v1/{path}", limit=1000)["items"]
    assert len(whole) > 5
    assert [row for page in walked(client, path, limit=2) for row in page] == whole


@pytest.mark.parametrize("sort", ["-date,id", "date", "-id", "status,-date"])
def test_rows_added_between_pages_never_make_an_old_row_skipped_or_repeated(
    databases: Databases, tmp_path: Path, sort: str
) -> None:
    url = databases.migrated()
    numbers = list(range(0, 24, 2))
    load(url, write_pack(tmp_path, numbers))
    with AppClient(create_app(Settings(database_url=url))) as client:
        before = get(client, "/v1/events", sort=sort, limit=1000)["items"]
        assert len(before) == 12
        page = get(client, "/v1/events", sort=sort, limit=3)
        seen = page["items"]
        while page["next"]:
            numbers += [len(numbers) * 2 - 23, len(numbers) * 2 - 21]  # odd ones
            load(url, write_pack(tmp_path, numbers))
            page = get(client, page["next"])
            seen += page["items"]
        after = get(client, "/v1/events", sort=sort, limit=1000)["items"]
    ids = [row["id"] for row in seen]
    old = [row["id"] for row in before]
    assert [id_ for id_ in ids if id_ in old] == old
    assert len(ids) == len(set(ids))
    assert ids == [row["id"] for row in after if row["id"] in ids]
    assert len(after) > len(before)


def cursor_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["cursor"][0]


def forged(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def test_a_truncated_cursor_is_refused_wherever_it_is_cut(get_ok: GetOk, get_problem: GetProblem) -> None:
    cursor = cursor_of(get_ok("/v1/events", limit=1)["next"])
    for end in range(len(cursor)):
        assert get_problem("/v1/events", cursor=cursor[:end])["parameter"] == "cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        "abc",
        "*",
        "=",
        "a b",
        "é",
        "DROP TABLE event",
        forged("[]"),
        forged("{}"),
        forged("1"),
        forged("null"),
        forged('"-date,id"'),
        forged("[" * 700),
        forged('{"a": 1, "b": 2}'),
        forged(["-date,id", []]),
        forged(["-date,id", ["2021-07-04"]]),
        forged(["-date,id", ["2021-07-04", "x", "y"]]),
        forged(["-date,id", ["2021-02-30", "x"]]),
        forged(["-date,id", ["soon", "x"]]),
        forged(["-date,id", [20210704, "x"]]),
        forged(["-date,id", [None, "x"]]),
        forged(["-date,id", ["2021-07-04", 5]]),
        forged(["-date,id", ["2021-07-04", None]]),
        forged(["-date,id", ["2021-07-04", ["x"]]]),
        forged(["-date,id", ["2021-07-04", True]]),
        forged(["-date,id", ["2021-07-04", "x\x00"]]),
        forged('["-date,id", ["2021-07-04", "\\ud800"]]'),
        forged(["-date,id", {"2021-07-04": "x"}]),
        forged([["-date", "id"], ["2021-07-04", "x"]]),
        forged(["sort_date,id", ["2021-07-04", "x"]]),
        forged(["", [""]]),
        forged('["-date,id", ["2021-07-04", "x"]] '[:-3]),
        forged('["-date,id", [NaN, "x"]]'),
    ],
)
def test_a_forged_cursor_is_refused(get_problem: GetProblem, cursor: str) -> None:
    problem = get_problem("/v1/events", cursor=cursor)
    assert problem["parameter"] == "cursor"
    assert "follow next" in problem["reason"]


@settings(max_examples=30)
@given(cursor=st.text(min_size=1, max_size=60) | st.binary(min_size=1, max_size=40).map(lambda raw: forged(str(raw))))
def test_no_text_of_any_kind_as_cursor_is_more_than_a_400(get_problem: GetProblem, cursor: str) -> None:
    assert get_problem("/v1/claims", cursor=cursor.encode("utf-8", "replace").decode())["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("given_sort", "other_sort"),
    [("-date", "date"), ("id", "-id"), ("date,id", "date,-id"), ("category", "status"), ("category,date", "category")],
)
def test_a_cursor_of_another_order_is_refused(
    get_ok: GetOk, get_problem: GetProblem, given_sort: str, other_sort: str
) -> None:
    cursor = cursor_of(get_ok("/v1/events", limit=1, sort=given_sort)["next"])
    assert get_ok("/v1/events", sort=given_sort, cursor=cursor)["returned"] > 1
    problem = get_problem("/v1/events", sort=other_sort, cursor=cursor)
    assert problem["parameter"] == "cursor"
    assert "another sort" in problem["reason"]


@pytest.mark.parametrize(
    "name",
    ["می\N{ZERO WIDTH NON-JOINER}رود", "no\N{NO-BREAK SPACE}break", "soft\N{SOFT HYPHEN}hyphen", "کلدار " * 300 + "x"],
    ids=["zero-width non-joiner", "no-break space", "soft hyphen", "long"],
)
def test_next_can_be_followed_whatever_a_name_holds(databases: Databases, tmp_path: Path, name: str) -> None:
    write_pack(tmp_path, [1])
    actors = tmp_path / "random" / "actors.toml"
    actors.write_text(actors.read_text("utf-8").replace('"Beta"', f'"{name}"'), "utf-8")
    url = databases.migrated()
    load(url, tmp_path)
    with AppClient(create_app(Settings(database_url=url))) as client:
        ids = [row["id"] for page in walked(client, "actors", sort="name", limit=1) for row in page]
    assert sorted(ids) == [f"z{number}" for number in range(len(NAMES))]


def test_what_the_page_before_wrote_is_what_the_next_page_reads(get_ok: GetOk) -> None:
    first = get_ok("/v1/events", limit=1, sort="-date,id")
    last = first["items"][0]
    day = date.fromisoformat(sort_key("date", last))
    assert cursor_of(first["next"]) == write_cursor([("date", True), ("id", False)], [day, last["id"]])
