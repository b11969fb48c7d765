"""Summary of an import, in lines."""

from collections.abc import Iterator

from app.ingest.datasets.core.reports import MAX_REPORT_ROWS, Report, Reports
from app.ingest.datasets.core.run import ImportResult
from app.models.entity_types import ENTITY_TYPES


def summary_lines(result: ImportResult, example: str, reports: Reports) -> Iterator[str]:
    """Summarise what an import has read and changed, with a line for each kind of row that was not simply stored.

    `example` is a usual reason for a warning of this dataset.
    """
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
    if result.warned_rows:
        yield (
            f"{result.warned_rows} rows are odd (such as {example}) and were kept as they are; "
            f"{reports.warnings.path} lists {_listed(reports.warnings, 'them')}"
        )
    if result.outdated_rows:
        yield f"{result.outdated_rows} rows were passed over, because a newer version of the same event is there"
    if result.rejected_rows:
        path = reports.rejected.path
        yield f"{result.rejected_rows} rows were left out; {path} says {_listed(reports.rejected, 'why')}"


def _listed(report: Report, all_of_them: str) -> str:
    return all_of_them if report.rows <= MAX_REPORT_ROWS else f"the first {MAX_REPORT_ROWS} faults of {report.rows}"
