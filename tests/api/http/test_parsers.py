"""Every parser of a request, given whatever there is: a value, or a refusal in words; never anything else."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from app.errors import InvalidParameterError
from app.geo import BBox, bounding_box, distance_km, parse_bbox, parse_point
from app.query.lists.cursors import format_sort, read_cursor, write_cursor
from app.query.params.param import Param, is_printable
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.timespan import DateRange, parse_date_range, parse_day

LISTS = STORED_LISTS | COMPUTED_LISTS
PARAMS = [(name, param) for name, asked in LISTS.items() for param in asked.params.values()]
BY_KIND: dict[tuple[str, str, str], tuple[str, Param]] = {}
for _list, _param in PARAMS:  # the same parameter of many lists is one
    BY_KIND.setdefault(
        (_param.name, _param.parser.__qualname__, json.dumps(_param.schema, sort_keys=True)), (_list, _param)
    )

SIGNS = [
    *",./-_%*\"'\\:;&=+ TZ",
    "..",
    "é",
    "\u0661",
    "\u00b2",
    "\u200d",
    "\ufdfa",
    "\U0001f9ff",
    "0",
    "9",
    "-0",
    "1e999",
]
WILD = [
    "",
    "\x00",
    "\n",
    "\ud800",
    "\udfff",
    "\ue000",
    "\u202e",
    "a" * 2001,
    "," * 500,
    "(" * 500,
    "[" * 5000,
    "9" * 500,
]


@st.composite
def mutated(draw: st.DrawFn, example: str) -> str:
    """A text that is nearly what is meant: pieces of it left out, doubled, or replaced."""
    text = example
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        upto = draw(st.integers(at, min(len(text), at + 4)))
        piece = draw(st.sampled_from(SIGNS) | st.sampled_from(WILD) | st.text(max_size=3) | st.just(text[:40]))
        text = text[:at] + piece + text[upto:]
    return text


def texts(param: Param) -> st.SearchStrategy[str]:
    return mutated(param.example or "x") | st.text(max_size=60) | st.sampled_from(WILD)


@pytest.mark.parametrize("known", sorted(BY_KIND), ids=lambda known: f"{known[0]}-{known[1]}")
@examples(40)
@given(data=st.data())
def test_a_parameter_is_read_or_refused_in_words(known: tuple[str, str, str], data: st.DataObject) -> None:
    _, param = BY_KIND[known]
    text = data.draw(texts(param))
    value, refusal = parse_or_error(param, text)
    if refusal is None:
        assert param.parse(text) == value
        assert not isinstance(value, list) or len(value) <= 1000
    else:
        assert refusal.parameter
        assert refusal.reason
        assert len(str(refusal)) <= 2 * param.max_length + 4000
        # What cannot be printed is shown as Python spells it, what is too long by how it begins.
        assert is_printable(refusal.value) or "'" in refusal.value or "longer than" in refusal.reason
        json.dumps([refusal.reason, refusal.did_you_mean]).encode()


def parse_or_error(param: Param, text: str) -> tuple[Any, InvalidParameterError | None]:
    """The value of a text, or why it has none; every other exception goes on."""
    try:
        return param.parse(text), None
    except InvalidParameterError as error:
        return None, error


@pytest.mark.parametrize(("name", "param"), PARAMS, ids=[f"{name}-{param.name}" for name, param in PARAMS])
def test_the_example_of_a_parameter_is_read(name: str, param: Param) -> None:
    if param.example:
        param.parse(param.example)


# --- time ---

days = st.dates()


@examples(100)
@given(days)
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    assert parse_day(day.isoformat()) == parse_day(f"{day.isoformat()}T") == day
    assert parse_date_range(day.isoformat()) == DateRange(day, day)


@examples(100)
@given(st.none() | days, st.none() | days, st.sampled_from(["", ".."]))
def test_an_interval_is_read_as_it_is_written(start: date | None, end: date | None, open_: str) -> None:
    text = "/".join(open_ if day is None else day.isoformat() for day in (start, end))
    if start and end and start > end:
        with pytest.raises(ValueError, match="ends before"):
            parse_date_range(text)
    else:
        assert parse_date_range(text) == DateRange(start, end)


@examples(100)
@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_its_day_in_utc(moment: Any, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{hours:02d}:{rest:02d}".rjust(25, "0")
    try:
        expected = (moment - timedelta(minutes=minutes)).date()
    except OverflowError:
        with pytest.raises(ValueError, match="no such instant"):
            parse_day(text)
    else:
        assert parse_day(text) == expected


@examples(100)
@given(st.text(max_size=30) | mutated("2021-06-28T10:00:00Z/2021-07-05") | mutated("../2021-07-05"))
def test_whatever_is_read_as_an_interval_is_in_order(text: str) -> None:
    try:
        interval = parse_date_range(text)
    except ValueError:
        return
    assert interval.is_valid
    assert text.isascii()


# --- space ---

longitudes, latitudes = st.floats(-180, 180), st.floats(-90, 90)


@examples(100)
@given(longitudes, latitudes, longitudes, latitudes)
def test_a_box_is_read_as_it_is_written(west: float, south: float, east: float, north: float) -> None:
    text = f"{west!r},{south!r},{east!r},{north!r}"
    if round(south, 12) > round(north, 12):
        with pytest.raises(ValueError, match="south lies north"):
            parse_bbox(text)
    else:
        assert parse_bbox(text) == BBox(*(round(number, 12) for number in (west, south, east, north)))


@examples(100)
@given(st.text(max_size=40) | mutated("66.5,36,69,38.25") | mutated("-180,-90,0,180,90,0"))
def test_whatever_is_read_as_a_box_lies_on_the_globe(text: str) -> None:
    try:
        box = parse_bbox(text)
    except ValueError:
        return
    assert -180 <= box.west <= 180
    assert -180 <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90


@examples(100)
@given(st.text(max_size=40) | mutated("67.53,37.13"))
def test_whatever_is_read_as_a_point_lies_on_the_globe(text: str) -> None:
    try:
        point = parse_point(text)
    except ValueError:
        return
    assert -180 <= point.longitude <= 180
    assert -90 <= point.latitude <= 90


@examples(100)
@given(longitudes, latitudes, st.floats(0.001, 20_037), longitudes, latitudes)
def test_what_is_near_a_point_lies_in_the_box_around_it(
    longitude: float, latitude: float, radius_km: float, other_longitude: float, other_latitude: float
) -> None:
    assume(distance_km(longitude, latitude, other_longitude, other_latitude) <= radius_km)
    box = bounding_box(parse_point(f"{longitude!r},{latitude!r}"), radius_km)
    assert box.south - 1e-9 <= other_latitude <= box.north + 1e-9
    if box.west <= box.east:
        assert box.west - 1e-9 <= other_longitude <= box.east + 1e-9
    else:
        assert other_longitude >= box.west - 1e-9 or other_longitude <= box.east + 1e-9


# --- order, fields, cursors ---


@pytest.mark.parametrize("name", sorted(STORED_LISTS))
@examples(100)
@given(data=st.data())
def test_any_choice_of_fields_and_any_order_is_read(name: str, data: st.DataObject) -> None:
    params = STORED_LISTS[name].params
    fields = data.draw(st.lists(st.sampled_from(params["fields"].parser(",".join(known_fields(name)))), min_size=1))
    assert set(params["fields"].parse(",".join(fields))) == set(fields)
    sorts = data.draw(st.lists(st.sampled_from(known_sorts(params["sort"])), min_size=1, unique=True))
    spelled = ",".join(data.draw(st.sampled_from(["", "-"])) + sort for sort in sorts)
    found = params["sort"].parse(spelled)
    assert found[-1][0] == "id"
    assert format_sort(found).startswith(spelled.partition(",")[0])


def known_fields(name: str) -> list[str]:
    """The fields of a list's rows, as a refusal names them."""
    with pytest.raises(InvalidParameterError) as refused:
        STORED_LISTS[name].params["fields"].parse("nothing-like-it")
    return refused.value.reason.removeprefix("rows have ").split(", ")


def known_sorts(param: Param) -> list[str]:
    """What rows may be sorted by, likewise."""
    with pytest.raises(InvalidParameterError) as refused:
        param.parse("nothing-like-it")
    return refused.value.reason.removeprefix("rows are sorted by ").split(", ")


printable = st.text(max_size=30).filter(is_printable)


@examples(100)
@given(st.lists(st.tuples(st.sampled_from(["date", "id", "name"]), st.booleans(), printable), min_size=1, max_size=4))
def test_a_cursor_is_read_as_it_was_written(parts: list[tuple[str, bool, str]]) -> None:
    sort = [(name, down) for name, down, _ in parts]
    values = [value for _, _, value in parts]
    assert read_cursor(write_cursor(sort, values)) == (format_sort(sort), values)


@examples(100)
@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: write_cursor([("id", False)], [repr(raw)])[1:]))
def test_whatever_is_no_cursor_is_refused(text: str) -> None:
    try:
        order, values = read_cursor(text)
    except ValueError as error:
        assert "follow next" in str(error)  # noqa: PT017 - most texts are refused, some are cursors by chance
    else:
        assert len(order.split(",")) == len(values)
