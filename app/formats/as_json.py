"""JSON: a page in its envelope."""

from collections.abc import Iterator
from typing import Any

from app.formats.base import Batches, Format, ResultMetadata, dumps, select_fields


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """Yield the envelope with its rows, which are stored as JSON, as one chunk."""
    rows = [select_fields(row, metadata.fields) for batch in batches for row, _ in batch]
    start: dict[str, Any] = {"revision": metadata.revision, "packs": [credit.id for credit in metadata.attributions]}
    start |= {} if metadata.matched is None else {"matched": metadata.matched}
    start |= {"returned": len(rows), "next": metadata.next}
    end = "" if metadata.omitted is None else f',"omitted":{dumps(metadata.omitted)}'
    yield f'{dumps(start)[:-1]},"items":[{",".join(rows)}]{end}}}'.encode()


JSON = Format("json", "application/json", write, streams=False, names_next=True)
