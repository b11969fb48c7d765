"""ACLED's filters: every column and operator finds what a plain reading of all rows finds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from acled_pack import FILES
from conftest import Databases, serving
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.query.compat.acled.columns import EVENT_COLUMNS
from app.query.compat.acled.filters import OPERATORS, Pattern

READ = "/compat/acled/api/acled/read"
Row = dict[str, str]
TYPES: dict[str, Any] = {"day": date.fromisoformat, "number": float} | dict.fromkeys(("year", "whole", "moment"), int)
"""How cells are compared that are no text."""


@pytest.fixture(scope="module")
def hills(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API over the pack of hard cases."""
    with serving(databases, tmp_path_factory.mktemp("packs"), "hills", FILES) as client:
        yield client


@pytest.fixture(scope="module")
def served(client: TestClient, hills: TestClient) -> list[tuple[TestClient, list[Row]]]:
    """Both databases with all of their rows."""
    return [(one, one.get(READ, params={"limit": 0}).json()["data"]) for one in (client, hills)]


def found(client: TestClient, query: str) -> list[str]:
    response = client.get(f"{READ}?limit=0&fields=event_id_cnty&{query}")
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["total_count"] == body["count"] == len(body["data"])
    return [row["event_id_cnty"] for row in body["data"]]


def known(rows: list[Row], column: str, *values: str) -> list[str]:
    return [row["event_id_cnty"] for row in rows if row[column] in values]


# --- the property ---


@dataclass(frozen=True)
class Asked:
    """One filter as it is sent."""

    column: str
    operator: str
    values: tuple[str, ...]
    separator: str = "|"

    @property
    def params(self) -> dict[str, str]:
        separator = self.separator.replace("column", self.column)
        return {self.column: separator.join(self.values), f"{self.column}_where": self.operator}

    def matches(self, row: Row) -> bool:
        """What the filter means, read plainly."""
        cell, kind = row[self.column], EVENT_COLUMNS[self.column].kind
        if self.operator == "LIKE" or (self.operator == "=" and kind not in TYPES):
            search = re.search if self.operator == "LIKE" else re.fullmatch
            patterns = (".*".join(map(re.escape, re.split("[%*]", value.casefold()))) for value in self.values)
            return any(search(pattern, cell.lower(), re.DOTALL) for pattern in patterns)
        read = TYPES.get(kind, str.lower)
        mine, wanted = read(cell), [read(value) for value in self.values]
        return {
            "=": lambda: mine in wanted,
            ">": lambda: mine > wanted[0],
            "<": lambda: mine < wanted[0],
            ">=": lambda: mine >= wanted[0],
            "<=": lambda: mine <= wanted[0],
            "BETWEEN": lambda: wanted[0] <= mine <= wanted[1],
        }[self.operator]()


def spoilt(draw: st.DrawFn, value: str) -> str:
    """A part of a text, with a wildcard, in another case."""
    start = draw(st.integers(0, len(value)))
    part = value[start : draw(st.integers(start, len(value)))]
    at = draw(st.integers(0, len(part)))
    part = draw(st.sampled_from([value, part, f"{part[:at]}%{part[at + 1 :]}", f"*{part}", f"{part}%"]))
    return draw(st.sampled_from([part, part.upper(), part.lower()]))


@st.composite
def filters(draw: st.DrawFn, rows: list[Row]) -> Asked:
    """A filter made of cells that are there, so that it mostly finds something and mostly not all."""
    name = draw(st.sampled_from(list(EVENT_COLUMNS)))
    kind, operator = EVENT_COLUMNS[name].kind, draw(st.sampled_from(OPERATORS))
    count = {"=": draw(st.integers(1, 3)), "LIKE": draw(st.integers(1, 3)), "BETWEEN": 2}.get(operator, 1)
    values = [draw(st.sampled_from(rows))[name] for _ in range(count)]
    if operator == "LIKE" or (operator == "=" and kind == "text"):
        values = [spoilt(draw, value) for value in values]
    elif kind in TYPES and kind != "day" and draw(st.booleans()):
        values = [str(TYPES[kind](value) + 1) for value in values]
    instead = {"country": "Kosovo", "region": "Europe"}.get(kind, "x")  # of an empty cell, which cannot be asked for
    values = [value.replace("|", " ").strip() or instead for value in values]
    if operator == "BETWEEN":
        values.sort(key=TYPES.get(kind, str.lower))
    return Asked(name, operator, tuple(values), draw(st.sampled_from(["|", ":OR:", ":or:column=", " | "])))


@pytest.mark.each_database
@given(data=st.data())
@settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_filters_find_what_a_plain_reading_of_all_rows_finds(
    served: list[tuple[TestClient, list[Row]]], data: st.DataObject
) -> None:
    client, rows = data.draw(st.sampled_from(served))
    asked = data.draw(st.lists(filters(rows), min_size=1, max_size=3, unique_by=lambda one: one.column))
    limit, page = data.draw(st.integers(0, 20)), data.draw(st.integers(1, 4))
    params: dict[str, Any] = {"limit": limit, "page": page}
    for one in asked:
        params |= one.params
    expected = [row for row in rows if all(one.matches(row) for one in asked)]
    response = client.get(READ, params=params)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["total_count"] == len(expected)
    shown = expected[(page - 1) * limit : page * limit] if limit else expected if page == 1 else []
    assert body["data"] == shown


@given(
    parts=st.lists(st.text("ab", max_size=3), min_size=1, max_size=5),
    whole=st.booleans(),
    text=st.text("ab", max_size=12),
)
@settings(max_examples=500)
def test_a_pattern_finds_what_the_regular_expression_finds(parts: list[str], whole: bool, text: str) -> None:
    search = re.fullmatch if whole else re.search
    assert Pattern(tuple(parts), whole).found_in(text) == bool(search(".*".join(parts), text))


def test_a_pattern_of_many_parts_is_not_slow() -> None:
    assert not Pattern(("a",) * 5000 + ("b",), anchored=False).found_in("a" * 100_000)


# --- each column by its own operator ---


@pytest.mark.each_database
@pytest.mark.parametrize("column", EVENT_COLUMNS)
def test_every_column_is_a_filter(served: list[tuple[TestClient, list[Row]]], column: str) -> None:
    for client, rows in served:
        for value in sorted({row[column] for row in rows} - {""})[:12]:
            if EVENT_COLUMNS[column].operator == "=":
                expected = known(rows, column, value)
            elif EVENT_COLUMNS[column].operator == ">=":
                expected = [row["event_id_cnty"] for row in rows if int(row[column]) >= int(value)]
            else:
                pattern = value.replace("|", "%").lower().split("%")
                expected = [
                    row["event_id_cnty"]
                    for row in rows
                    if re.search(".*".join(map(re.escape, pattern)), row[column].lower())
                ]
            assert expected
            response = client.get(READ, params={column: value.replace("|", "%"), "limit": 0})
            assert [row["event_id_cnty"] for row in response.json()["data"]] == expected, (column, value)


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("country=Afghanistan", 36),
        ("country=afghanistan", 36),
        ("country=United%States", 3),  # as R's acled.api writes a space
        ("country=Af*", 36),
        ("country=ghan", None),
        ("country=T%C3%BCrkiye&status=unconfirmed", 3),  # the ISO name
        ("country=Turkey&status=unconfirmed,denied", 3),
        ("country=Turkey|Uzbekistan", 7),
        ("country=Turkey:OR:country=Uzbekistan", 7),
        ("country=Turkey:OR:Uzbekistan", 7),
        ("country=Germany", 0),
        ("country=stan&country_where=LIKE", 46),
        ("iso=792|860&status=unconfirmed", 3),
        ("iso=4&iso_where=>", 13),
        ("region=13", 46),
        ("region=Caucasus and Central Asia", 46),
        ("region=caucasus-and central asia", 46),
        ("region=13|18", 49),
        ("region=asia&region_where=like", 46),
        ("region=1|7", 0),
        ("year=2021", 46),
        ("year=1984|1994", 2),
        ("year=2000&year_where=%3C", 2),
        ("year=2020&year_where=%3C=", 3),
        ("year=1980|2020&year_where=BETWEEN", 3),
        ("year=2020&year_where=%3E", 46),
        ("year=19&year_where=LIKE", 2),
        ("event_date=2021-07-04", 1),
        ("event_date=2021-07-04T", 1),
        ("event_date=2021-06-29|2021-07-01&event_date_where=BETWEEN", 6),
        ("event_date=2021-06-29|2021-06-30", 4),
        ("event_date=2021-07-03&event_date_where=%3E%3D", 19),
        ("event_date=2021-07-03&event_date_where=%3E", 13),
        ("event_date=2021-06&event_date_where=LIKE", 21),
        ("event_type=BATTLES:OR:event_type=RIOTS", 22),
        ("event_type=battles", 22),
        ("event_type=Explosions/Remote violence", 0),
        ("disorder_type=political", 22),
        ("disorder_type=Political violence|Strategic developments", 41),
        ("disorder_type=%25", 49),
        ("sub_event_type=overtakes", 7),
        ("sub_event_type=Government regains territory", 1),
        ("sub_event_type=non-violent", 1),
        ("inter1=2", 20),
        ("inter1=Rebel group", 20),
        ("inter1=0", 7),
        ("interaction=12", 21),
        ("interaction=21", 21),
        ("interaction=State forces-Rebel group", 21),
        ("interaction=80", 2),
        ("admin1=balkh", 5),
        ("admin2=Kaldar", 3),
        ("latitude=37.13249", 3),
        ("latitude=37|38&latitude_where=BETWEEN", 15),
        ("longitude=0&longitude_where=%3C", 3),
        ("geo_precision=1", 6),
        ("time_precision=1", 9),
        ("source=ariana&admin2=kaldar", 0),
        ("fatalities=0", 49),
        ("fatalities=1&fatalities_where=%3E%3D", 0),
        ("fatalities=-1&fatalities_where=%3E", 49),
        ("tags=status=disputed|status=denied", 0),
        ("tags=status=disputed|status=denied&status=disputed,denied", 3),
        ("status=disputed", 2),
        ("status=reported,corroborated", 59),
        ("tags=status=reported&notes=district", 6),
        ("event_id_cnty=kaldar", 3),
        ("event_id_cnty=KALDAR%252021", 3),
        ("event_id_cnty=kaldar&event_id_cnty_where=%3D", 0),
        ("event_id_cnty=k%C3%A4ldar", 0),
        ("timestamp=", 49),
        ("timestamp=2021-07-05", 49),
        ("timestamp=99999999999", 0),
        ("event_date=&event_date_where=BETWEEN", 49),
        ("event_date_where=BETWEEN", 49),
        ("EVENT_TYPE=battles&Event_Type_Where=like", 22),
        ("actor1=taliban&actor2=andsf|forces", 14),
    ],
)
def test_filters_are_understood_as_clients_write_them(client: TestClient, query: str, count: int | None) -> None:
    if count is None:
        assert client.get(f"{READ}?{query}").status_code == 400
    else:
        assert len(found(client, query)) == count


@pytest.mark.each_database
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fatalities=5", ["attack"]),
        ("fatalities=5&fatalities_where=%3E", ["crowd"]),
        ("fatalities=5|7", ["crowd", "attack"]),
        ("fatalities=5|6&fatalities_where=BETWEEN", ["attack"]),
        ("civilian_targeting=civilian", ["attack"]),
        ("civilian_targeting=civilian targeting&civilian_targeting_where=%3D", ["attack"]),
        ("event_type=violence against", ["attack"]),
        ("event_type=Strategic developments&fatalities=0&time_precision=1", ["left", "gift", "trek"]),
        ("event_type=battles&sub_event_type=territory", ["regained", "lost"]),
        ("iso=0&year=2020", ["trek"]),
        ("country=XKX", []),
        ("country=Kosovo&year=2019", ["talks"]),
        (
            "latitude=-1.25&longitude=-30.75&admin2=upper",
            ["rumour-seen", "row-blows", "crowd-later", "lost", "march", "left"],
        ),
        ("latitude=-1.25&latitude_where=%3C", ["talks"]),
        ("notes=50* a_b", ["trek"]),
        ("notes=a%25b,", ["trek"]),
        ("notes=axb", []),
        ("notes=äö", ["trek"]),
        ("notes=stra%C3%9Fe", ["trek"]),
        ("notes=STRASSE", []),  # a letter beyond ASCII is never taken for letters of ASCII
        ("notes=back%5Cslash", ["trek"]),
        ("notes=%25%25", None),
        ('notes="QUOTED"', ["trek"]),
        ("assoc_actor_2=crown; lent", ["crowd"]),
        ("assoc_actor_2=LÉGION", ["crowd"]),
        ("actor1==bandits(1)", ["march"]),
        ("source=%2BWire", ["attack"]),
        ("source=gazette&actor2=guard", ["raid", "crowd", "left"]),
        ("location=-&actor2=guard", ["raid", "crowd"]),
        ("tags=pack=hills&year=2020", ["trek"]),
        ("tags=reported; pack&year=2020", ["trek"]),
        ("tags=status=denied", []),
        ("admin1=%25&admin1_where=%3D&year=2019|2020", ["trek", "talks"]),
        ("admin1=west&year=2019|2020", ["trek"]),
        ("actor1=a&actor1_where=%3C", ["rumour-seen", "row-blows", "lost", "march", "left", "nowhere-seen", "attack"]),
    ],
)
def test_hard_cases_are_found(hills: TestClient, query: str, expected: list[str] | None) -> None:
    assert found(hills, query) == (found(hills, "") if expected is None else expected)
