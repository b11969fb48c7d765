"""Newline-delimited JSON: one row per line, byte for byte as in the envelope of JSON."""

from collections.abc import Iterator

from app.formats.base import Batches, Format, ResultMetadata, select_fields


def write(metadata: ResultMetadata, batches: Batches) -> Iterator[bytes]:
    """Yield one chunk per batch."""
    for batch in batches:
        yield "".join(f"{select_fields(row, metadata.fields)}\n" for row, _ in batch).encode()


NDJSON = Format("ndjson", "application/x-ndjson", write, aliases=("application/ndjson", "application/jsonl"))
