"""Exports of lists to files."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app.commands import open_current_schema
from app.db.revision import current_revision
from app.errors import NotFoundError
from app.files import atomic_write
from app.formats import FORMATS
from app.formats.base import Batches
from app.names import closest_matches
from app.query.analyses.lookups import pack_rows
from app.resources import COMPUTED_LISTS, STORED_LISTS
from app.schemas.reference import PackRow
from app.settings import Settings


def export(settings: Settings, name: str, out: str, query_pairs: Sequence[tuple[str, str]]) -> str:
    """Write all matching rows of a list to a file (`-`: standard output), and return a summary.

    The format is `f`, else the file's extension, else CSV. An existing file is replaced once everything is written,
    so that a failure leaves it as it was. Raises InvalidParameterError, NotFoundError, OutputError.
    """
    lists = STORED_LISTS | COMPUTED_LISTS
    if name not in lists:
        raise NotFoundError("oxus export", name, closest_matches(name, lists))
    endpoint = lists[name]
    request = endpoint.parse(_with_defaults(query_pairs, out, "limit" in endpoint.params))
    format_ = FORMATS[request.format or "csv"]
    rows = RowCounter()
    with open_current_schema(settings) as connection, ExitStack() as stack:
        page = endpoint.fetch(connection, request, with_points=format_.flat)
        stack.callback(page.close)
        packs = [PackRow.model_validate_json(row) for row in pack_rows(connection)]
        metadata = endpoint.metadata(current_revision(connection), packs, request.fields, page)
        with atomic_write(out) as file:
            for chunk in format_.write(metadata, rows.count(page.batches)):
                file.write(chunk)
    return f"{rows.total} rows of {name}, revision {metadata.revision}, as {format_.name}"


def _with_defaults(query_pairs: Sequence[tuple[str, str]], out: str, is_paged: bool) -> list[tuple[str, str]]:
    """Add a format by the file's extension, and `limit=all` where a list is paged, unless they are given."""
    given = {name for name, _ in query_pairs}
    pairs = list(query_pairs)
    if "f" not in given:
        pairs.append(("f", Path(out).suffix.removeprefix(".") or "csv"))
    if is_paged and "limit" not in given:
        pairs.append(("limit", "all"))
    return pairs


@dataclass
class RowCounter:
    """Count rows while they are written."""

    total: int = 0

    def count(self, batches: Batches) -> Batches:
        """Pass batches on unchanged."""
        for batch in batches:
            self.total += len(batch)
            yield batch
