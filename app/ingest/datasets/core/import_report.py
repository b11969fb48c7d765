"""Summary and reports (CSV) of an import."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import NamedTuple

from app.files import atomic_write
from app.formats.as_csv import escape_formula
from app.ingest.datasets.core.records import Rejected
from app.ingest.datasets.core.run import ImportResult
from app.models.entity_types import ENTITY_TYPES

REPORT_COLUMNS = ("file", "line", "id", "field", "value", "reason")


class ReportPaths(NamedTuple):
    """Files that list rows that were left out, and rows that were kept with a warning."""

    rejected: Path
    warnings: Path


def summary_lines(result: ImportResult) -> Iterator[str]:
    """Summarise what an import has read and changed."""
    parts = [
        f"{result.counts[resource, action]} {resource} {action}"
        for resource in ENTITY_TYPES
        for action in ("added", "updated", "removed")
        if result.counts[resource, action]
    ]
    changes = ", ".join(parts) or "what is known of it updated"
    outcome = f"revision {result.revision}: {changes}" if result.revision else "nothing changed"
    yield f"{result.dataset}: {result.rows} rows read: {outcome}"
    if result.nothing_removed:
        yield "a row without an id that can be read may be any of those that are missing: nothing was removed"


def write_reports(result: ImportResult, example: str, reports: ReportPaths) -> Iterator[str]:
    """Write the reports that have rows, and yield a line for each kind of row that was not simply stored.

    `example` is a usual reason for a warning of this dataset.
    """
    if result.warnings:
        _write_report(reports.warnings, result.warnings)
        yield (
            f"{result.warned_rows} rows are odd (such as {example}) and were kept as they are; "
            f"{reports.warnings} lists them"
        )
    if result.outdated_rows:
        yield f"{result.outdated_rows} rows were passed over, because a newer version of the same event is there"
    if result.rejected:
        _write_report(reports.rejected, result.rejected)
        left_out = {(file, row.line) for file, row in result.rejected}
        yield f"{len(left_out)} rows were left out; {reports.rejected} says why"


def _write_report(path: Path, rows: Iterable[tuple[str, Rejected]]) -> None:
    with atomic_write(str(path)) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(REPORT_COLUMNS)
        for name, row in rows:
            writer.writerow([escape_formula(str(cell)) for cell in (name, *astuple(row))])
        text.detach()
