"""JSON: the envelope of a page."""

from collections.abc import Iterator
from typing import Any

from app.formats.base import Batches, Format, ResultMetadata, dumps, select_fields


def write(head: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """Rows are JSON already; what goes around them is made here."""
    rows = [select_fields(row, head.fields) for batch in batches for row, _ in batch]
    start: dict[str, Any] = {"revision": head.revision, "packs": [credit.id for credit in head.attributions]}
    start |= {} if head.matched is None else {"matched": head.matched}
    start |= {"returned": len(rows), "next": head.next}
    end = "" if head.omitted is None else f',"omitted":{dumps(head.omitted)}'
    yield f'{dumps(start)[:-1]},"items":[{",".join(rows)}]{end}}}'.encode()


JSON = Format("json", "application/json", write, streams=False)
