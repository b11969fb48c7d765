r"""CSV (RFC 4180): quoting, what spreadsheets must not run, lists, and that every cell can be read back."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from asgi_client import AppClient
from conftest import Databases, serving
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from app.formats import FORMATS
from app.formats.base import ResultMetadata, dumps
from app.formats.columns import columns_of
from app.geo import LocatedPoint
from formats import FORMULA, LISTS, csv_of, fetched, taken_apart, unarmed

DANGEROUS = [f"{first}1+1" for first in "=+-@＝＋－＠"]
PLAIN = ["'tis", "a=b", "1-1", "x@y", 'say "no"', "a,b", "a|b", "a\\|b\\", "—dash", "#x", "%x", "é,„ü”;", "کلدار"]
NAMES = [*DANGEROUS, *PLAIN]


def quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def places() -> str:
    """One place by each name, with all names as aliases of the first."""
    text = ""
    for at, name in enumerate(NAMES):
        text += f'[[location]]\nid = "z{at:02}"\nname = {quoted(name)}\nkind = "city"\ncountry = "AFG"\n'
        text += 'latitude = -1.5\nlongitude = -0.5\npoint_kind = "exact"\n'
        if at == 0:
            text += f"aliases = [{', '.join(f'{{ name = {quoted(alias)} }}' for alias in NAMES[1:])}]\n"
        elif name != "a|b":
            text += f"aliases = [{{ name = {quoted(name + name)} }}]\n"
    return text


FILES = {
    "pack.toml": """
id = "odd"
title = "Odd names"
version = "1"
licence = "CC0-1.0"
citation = "None."
document = "paper"
[coverage]
sources_searched = "None."
""",
    "sources.toml": '[[source]]\nid = "paper"\nname = "Paper"\nkind = "article"\npublished_on = 2021-07-01\n',
    "locations.toml": places(),
}


@pytest.fixture(scope="module")
def odd(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    with serving(databases, tmp_path_factory.mktemp("packs"), "odd", FILES) as client:
        yield client


def located(client: AppClient) -> tuple[list[Any], list[dict[str, str]]]:
    rows = fetched(client, "/v1/locations").json()["items"]
    return rows, csv_of(fetched(client, "/v1/locations", f="csv").content)[1]


def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_no_other_text_does(odd: AppClient) -> None:
    rows, found = located(odd)
    assert [row["name"] for row in rows] == NAMES
    assert [row["name"] for row in found] == [*(f"'{name}" for name in DANGEROUS), *PLAIN]


def test_a_list_that_begins_like_a_formula_gets_one_apostrophe(odd: AppClient) -> None:
    rows, found = located(odd)
    for row, cells in zip(rows, found, strict=True):
        aliases = [alias["name"] for alias in row["aliases"]]
        joined = "|".join(alias.replace("\\", "\\\\").replace("|", "\\|") for alias in aliases)
        dangerous = bool(joined) and joined[0] in FORMULA
        assert cells["aliases_name"] == ("'" if dangerous else "") + joined
        assert taken_apart(unarmed(cells["aliases_name"])) == aliases or aliases == []
    assert len(rows[0]["aliases"]) == len(NAMES) - 1


def test_numbers_and_dates_are_never_changed(odd: AppClient) -> None:
    for cells in located(odd)[1]:
        assert (cells["longitude"], cells["latitude"]) == ("-0.5", "-1.5")


def test_no_cell_of_the_first_pack_begins_like_a_formula(client: AppClient) -> None:
    for path in ("/v1/events", "/v1/claims", "/v1/sources", "/v1/actors", "/v1/locations", "/v1/changes"):
        query = {"limit": "1000"} | LISTS[path]
        for row in csv_of(fetched(client, path, f="csv", **query).content)[1]:
            numbers = {"longitude", "latitude", "location_longitude", "location_latitude"}
            assert not [cell for name, cell in row.items() if cell and cell[0] in FORMULA and name not in numbers]


def test_other_formats_keep_such_texts_as_they_are(odd: AppClient) -> None:
    lines = fetched(odd, "/v1/locations", f="ndjson").text.splitlines()
    assert [json.loads(line)["name"] for line in lines] == NAMES
    features = fetched(odd, "/v1/locations", f="geojson").json()["features"]
    assert [feature["properties"]["name"] for feature in features] == NAMES


class Odd(BaseModel):
    """A row with a column of each kind."""

    text: str | None = None
    texts: list[str | None] = []
    number: float | None = None
    count: int | None = None
    flag: bool | None = None
    day: date | None = None
    days: list[date | None] = []
    counts: list[int | None] = []
    anything: dict[str, Any] | None = None


HEAD = ResultMetadata(1, [], columns_of(Odd), spatial=False)


def written(*rows: Odd) -> bytes:
    return b"".join(FORMATS["csv"].write(HEAD, [[(row.model_dump_json(), None) for row in rows]]))


def test_lines_end_and_cells_are_quoted_as_rfc_4180_says() -> None:
    rows = [Odd(text='a "b", c'), Odd(text="two\r\nlines"), Odd(text="two\nlines"), Odd(text="a\rb"), Odd(text="plain")]
    rest = b",,,,,,,,\r\n"
    assert written(*rows) == (
        b"text,texts,number,count,flag,day,days,counts,anything\r\n"
        + b'"a ""b"", c"'
        + rest
        + b'"two\r\nlines"'
        + rest
        + b'"two\nlines"'
        + rest
        + b'"a\rb"'
        + rest
        + b"plain"
        + rest
    )


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (Odd(), ["", "", "", "", "", "", "", "", ""]),
        (Odd(text=""), ["", "", "", "", "", "", "", "", ""]),
        (Odd(text="\tx", texts=["\rx", "=y"]), ["'\tx", "'\rx|=y", "", "", "", "", "", "", ""]),
        (Odd(text="\nx", texts=["x", "=y"]), ["'\nx", "x|=y", "", "", "", "", "", "", ""]),
        (Odd(number=-1.5, count=-3, counts=[-1, None, 2]), ["", "", "-1.5", "-3", "", "", "", "-1||2", ""]),
        (Odd(number=1e-7, count=2**60), ["", "", "1e-07", "1152921504606846976", "", "", "", "", ""]),
        (Odd(flag=True), ["", "", "", "", "true", "", "", "", ""]),
        (Odd(flag=False), ["", "", "", "", "false", "", "", "", ""]),
        (Odd(day=date(2021, 7, 4), days=[None, date(1, 1, 1)]), [*[""] * 5, "2021-07-04", "|0001-01-01", "", ""]),
        (Odd(texts=["a|b", "c\\", None, "d"]), ["", "a\\|b|c\\\\||d", "", "", "", "", "", "", ""]),
        (Odd(anything={"a": ["é", None, 1]}), [*[""] * 8, '{"a":["é",null,1]}']),
        (Odd(anything={}), [*[""] * 8, "{}"]),
    ],
)
def test_each_kind_of_value_has_one_way_to_be_written(row: Odd, cells: list[str]) -> None:
    _, found = csv.reader(io.StringIO(written(row).decode(), newline=""), strict=True)
    assert found == cells


# Carriage returns and NUL are what readers of CSV stumble over; formulas are what is written otherwise than it is read.
TEXTS = st.text(max_size=12) | st.text(alphabet="'=+-@\t\r\n＝＋－＠|\\\",; x0\x00", max_size=6)
ROWS = st.builds(
    Odd,
    text=TEXTS,
    texts=st.lists(TEXTS.filter(bool), max_size=4),
    number=st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    count=st.integers(-(2**63), 2**63 - 1) | st.none(),
    flag=st.booleans() | st.none(),
    day=st.dates() | st.none(),
    counts=st.lists(st.integers(), min_size=2, max_size=3),
    anything=st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=2),
)


@settings(max_examples=150)
@given(rows=st.lists(ROWS, max_size=3))
@example(rows=[Odd(text="'=1+1", texts=["'=1", "x"], counts=[-1, 2], anything={})])
@example(rows=[Odd(text="=1+1", texts=["=1", "x"], counts=[-1, 2], anything={})])
@example(rows=[Odd(text="''-x", texts=["'", "''"], counts=[-1, 2], anything={})])
def test_every_cell_can_be_read_back(rows: list[Odd]) -> None:
    header, found = csv_of(written(*rows))
    assert header == list(Odd.model_fields)
    assert len(found) == len(rows)
    for cells, row in zip(found, rows, strict=True):
        assert unarmed(cells["text"]) == row.text
        assert (taken_apart(unarmed(cells["texts"])) if cells["texts"] else []) == row.texts
        assert (float(cells["number"]) if cells["number"] else None) == row.number
        assert (int(cells["count"]) if cells["count"] else None) == row.count
        assert {"true": True, "false": False, "": None}[cells["flag"]] is row.flag
        assert (date.fromisoformat(cells["day"]) if cells["day"] else None) == row.day
        assert [int(part) for part in cells["counts"].split("|")] == row.counts
        assert json.loads(cells["anything"]) == row.anything
        for name in ("text", "texts"):
            assert not cells[name] or cells[name][0] not in FORMULA


def test_texts_that_differ_are_written_differently() -> None:
    texts = ["=1", "'=1", "''=1", "'", "''", "'x", "x", "-", "'-"]
    assert len({written(Odd(text=text)) for text in texts}) == len(texts)
    assert len({written(Odd(texts=[text, "x"])) for text in texts}) == len(texts)


def test_the_header_names_only_the_fields_that_were_asked_for(client: AppClient) -> None:
    def header(path: str, fields: str) -> list[str]:
        return csv_of(fetched(client, path, f="csv", fields=fields, limit="1").content)[0]

    assert header("/v1/events", "id") == ["id"]
    assert header("/v1/events", "title,id") == ["id", "title"]
    assert header("/v1/events", "date,deaths") == [
        "date_earliest",
        "date_latest",
        "date_precision",
        "date_printed",
        "date_edtf",
        "deaths_measure",
        "deaths_low",
        "deaths_best",
        "deaths_high",
        "deaths_of",
        "deaths_count_kind",
        "deaths_as_of",
        "deaths_claims_id",
        "deaths_claims_name",
        "deaths_contradicted",
    ]
    assert header("/v1/events", "actors") == ["actors_id", "actors_name", "actors_roles"]
    assert header("/v1/locations", "latitude") == ["latitude"]


def test_a_row_of_one_empty_cell_is_still_a_row(client: AppClient) -> None:
    rows = fetched(client, "/v1/sources", fields="author", limit="1000").json()["items"]
    content = fetched(client, "/v1/sources", f="csv", fields="author", limit="1000").content
    header, found = csv_of(content)
    assert header == ["author"]
    assert [row["author"] or None for row in found] == [row["author"] for row in rows]
    assert None in [row["author"] for row in rows]
    assert b"\r\n\r\n" not in content  # an empty line is what readers skip


def test_where_a_row_lies_is_written_as_it_is(tmp_path: Path) -> None:
    head = ResultMetadata(1, [], columns_of(Odd), spatial=True)
    rows = [
        (Odd().model_dump_json(), spot)
        for spot in (LocatedPoint(-180.0, -0.1, "exact"), LocatedPoint(0.1 + 0.2, 1e-9, None), None)
    ]
    header, found = csv_of(b"".join(FORMATS["csv"].write(head, [rows])))
    assert header[-3:] == ["longitude", "latitude", "point_kind"]
    told = [[row[name] for name in header[-3:]] for row in found]
    assert told == [["-180.0", "-0.1", "exact"], ["0.30000000000000004", "1e-09", ""], ["", "", ""]]


def test_batches_are_written_as_they_come_and_the_header_once() -> None:
    start = date(2021, 1, 1)
    rows = [(dumps({"text": f"{at}", "day": (start + timedelta(at)).isoformat()}), None) for at in range(7)]
    head = ResultMetadata(
        1, [], [column for column in columns_of(Odd) if column.name in ("text", "day")], spatial=False
    )
    chunks = list(FORMATS["csv"].write(head, [rows[:3], [], rows[3:]]))
    assert b"".join(chunks).count(b"\r\n") == 8
    assert [chunk.count(b"\r\n") for chunk in chunks] == [4, 0, 4, 0]
    assert list(FORMATS["csv"].write(head, [])) == [b"text,day\r\n"]
