"""Newline-delimited JSON: one row a line, the same bytes as in the envelope."""

from collections.abc import Iterator

from app.formats.base import Batches, Format, Head, cut


def write(head: Head, batches: Batches) -> Iterator[bytes]:
    """One chunk per batch."""
    for batch in batches:
        yield "".join(f"{cut(row, head.fields)}\n" for row, _ in batch).encode()


NDJSON = Format("ndjson", "application/x-ndjson", write, also=("application/ndjson", "application/jsonl"))
