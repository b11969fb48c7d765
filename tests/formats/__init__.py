"""What the tests of formats share: every list with a question, readers of each format, and the application itself."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq
from asgi_client import AppClient

from app.resources import COMPUTED_LISTS, STORED_LISTS

MEDIA = {
    "json": "application/json",
    "geojson": "application/geo+json",
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
STREAMED = ("geojson", "csv", "ndjson", "parquet")
NEEDED = {
    "control": {"as_of": "2021-06-29"},
    "control/summary": {"datetime": "2021-06-21/2021-07-05"},
    "stats": {"group_by": "category"},
    "density": {"zoom": "6"},
    "search": {"q": "Taliban"},
    "resolve": {"q": "Hairaton"},
    "changes": {"since": "0"},
}
LISTS: dict[str, dict[str, str]] = {
    **{f"/v1/{name}": {} for name in STORED_LISTS},
    **{f"/v1/{name}": NEEDED.get(name, {}) for name in COMPUTED_LISTS},
    "/v1/locations/kaldar/control": {},
    "/v1/events/flight-to-tajikistan-2021/claims": {},
}
"""Every list there is, with what has to be asked."""

PAGED = {path: query for path, query in LISTS.items() if path not in ("/v1/stats", "/v1/resolve")}
"""The lists that take `limit` and `cursor`."""

SPATIAL = ("/v1/events", "/v1/control-changes", "/v1/movements", "/v1/claims", "/v1/figures", "/v1/locations")
SPATIAL = (*SPATIAL, "/v1/control", "/v1/density", "/v1/events/flight-to-tajikistan-2021/claims")
"""The lists whose rows may lie somewhere."""


VARIED = ("/v1/events", "/v1/figures", "/v1/control", "/v1/changes", "/v1/locations/kaldar/control")
"""Lists of every kind: stored rows, rows cut out of others, worked out ones, a feed, one below a path."""


def whole(path: str) -> dict[str, str]:
    """The question that gives all rows of a list of the article's pack in one page."""
    return LISTS[path] | ({"limit": "1000"} if path in PAGED else {})


def fetched(client: AppClient, path: str, **query: str) -> Any:
    """A response; asserts that it is a 200."""
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response


def flat(row: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A row with nested names joined by `_`; written apart from the product, which goes by schemas and not by rows."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and name != "row":  # what a change carries is a row of any kind
            found |= flat(value, f"{above}{name}_")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            # a list within a list has no columns of its own
            items = [
                flat({part: inner for part, inner in item.items() if not isinstance(inner, list)}, f"{above}{name}_")
                | {f"{above}{name}_{part}": inner for part, inner in item.items() if isinstance(inner, list)}
                for item in value
            ]
            found |= {part: [item.get(part) for item in items] for item in items for part in item}
        else:
            found[above + name] = value
    return found


FORMULA = "=+-@\t\r\n＝＋－＠"


def unarmed(cell: str) -> str:
    """A text without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if re.match(rf"'+[{re.escape(FORMULA)}]", cell) else cell


def taken_apart(cell: str) -> list[str]:
    r"""The values of a list joined with `|`, where `\\` and `\|` stand for what they end with."""
    return [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in re.findall(r"(?:^|\|)((?:\\.|[^\\|])*)", cell)]


def csv_of(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a CSV file."""
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    assert all(len(row) == len(header) for row in rows)
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def same_cell(cell: str, value: Any) -> bool:
    """Whether a cell of CSV says what a value of JSON says."""
    if value is None or value in ([], [None]):
        return cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, int | float):
        return float(cell) == value and cell[0] != "'"
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, list) for item in value)):
        return bool(json.loads(cell) == value)
    if isinstance(value, list):
        texts = [
            "" if item is None else str(item) if not isinstance(item, bool) else str(item).lower() for item in value
        ]
        return taken_apart(unarmed(cell)) == texts
    return unarmed(cell) == value


def same_value(found: Any, value: Any) -> bool:
    """Whether a value read from Parquet is that of JSON: days are days there, and what has no fixed fields a text."""
    if isinstance(value, dict):
        return bool(json.loads(found) == value)
    if isinstance(value, list):
        return len(found) == len(value) and all(map(same_item, found, value))
    return same_item(found, value)


def same_item(found: Any, value: Any) -> bool:
    """The same of one value within a list."""
    if isinstance(value, list):
        return bool(json.loads(found) == value)
    return bool((found.isoformat() if hasattr(found, "isoformat") else found) == value)


def parquet_of(content: bytes) -> pa.Table:
    """The table of a Parquet file, as pyarrow reads it."""
    return pq.read_table(io.BytesIO(content))


def duckdb_of(duck: Any, content: bytes, path: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of a Parquet file, as DuckDB reads them."""
    path.write_bytes(content)
    shown = ", ".join(f'"{column}"' for column in columns)
    rows = duck.execute(f"SELECT {shown} FROM read_parquet(?)", [str(path)]).fetchall()  # noqa: S608
    return [dict(zip(columns, row, strict=True)) for row in rows]


def links_of(response: Any) -> dict[str, str]:
    """The targets of the Link header by relation."""
    found = re.findall(r'<([^>]+)>; rel="([a-z]+)"', response.headers.get("link", ""))
    return {relation: url for url, relation in found}


@dataclass
class Received:
    """What the application sent for one request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    chunks: list[bytes] = field(default_factory=list)
    finished: bool = False

    @property
    def content(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)


async def call(
    app: Any,
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    on_chunk: Callable[[int], Awaitable[None]] | None = None,
    keep: bool = True,
) -> Received:
    """Ask the application itself, as a server does; `on_chunk` is awaited for each chunk and may hold the stream up."""
    given = {"host": "testserver"} | dict(headers or {})
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": urlencode(query or {}).encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
    }
    asked: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": b"", "more_body": False}])
    received = Received()

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await asyncio.Event().wait()  # the reader stays
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            received.status = message["status"]
            received.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            return
        received.finished = not message.get("more_body", False)
        received.chunks.append(message.get("body", b"") if keep else b"")
        if on_chunk and message.get("body"):
            await on_chunk(len(received.chunks))

    await app(scope, receive, send)
    return received
