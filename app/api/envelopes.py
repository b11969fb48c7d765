"""What goes around rows: the envelope, the links, the fields that were asked for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request

from app.api.answers import Snapshot
from app.query.listing import Page


def dumps(value: Any) -> str:
    """JSON as it is served: no spaces, no escapes that are not needed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def chosen(rows: Sequence[str], values: Mapping[str, Any]) -> list[str]:
    """The rows, cut down to the fields that were asked for."""
    fields = values.get("fields")
    if fields is None:
        return list(rows)
    whole = (json.loads(row) for row in rows)
    return [dumps({name: row[name] for name in fields if name in row}) for row in whole]


def envelope(
    snapshot: Snapshot,
    rows: Sequence[str],
    next_url: str | None = None,
    matched: int | None = None,
    omitted: Mapping[str, int] | None = None,
) -> bytes:
    """Rows that are JSON already, with what goes around them."""
    head: dict[str, Any] = {"revision": snapshot.revision, "packs": [pack.id for pack in snapshot.packs]}
    head |= {} if matched is None else {"matched": matched}
    head |= {"returned": len(rows), "next": next_url}
    tail = "" if omitted is None else f',"omitted":{dumps(omitted)}'
    return f'{dumps(head)[:-1]},"items":[{",".join(rows)}]{tail}}}'.encode()


def paged(
    request: Request,
    snapshot: Snapshot,
    pairs: Sequence[tuple[str, str]],
    values: Mapping[str, Any],
    found: Page,
) -> bytes:
    """A page with the link to the next one."""
    if found.next:
        kept = {name: value for name, value in pairs if name != "cursor"}
        snapshot.links["next"] = str(request.url.include_query_params(**kept, cursor=found.next))
    rows = chosen(found.rows, values)
    return envelope(snapshot, rows, snapshot.links.get("next"), found.matched, found.omitted)
