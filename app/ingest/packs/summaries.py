"""Sentences about loads of packs, for the commands."""

from app.ingest.packs.load import LoadResult
from app.ingest.packs.problems import ProblemList


def summary_line(loaded: LoadResult) -> str:
    """Summarise what loading a pack has changed."""
    if loaded.revision is None:
        return f"{loaded.pack} {loaded.version}: nothing changed"
    parts = [
        f"{len(ids)} {resource} {action}"
        for resource, delta in loaded.changes.items()
        for action, ids in vars(delta).items()
        if ids
    ]
    return f"{loaded.pack} {loaded.version}: revision {loaded.revision}: {', '.join(parts) or 'pack.toml updated'}"


def left_out_line(pack: str, problems: ProblemList) -> str:
    """Say that a pack was left out, and what to do."""
    return (
        f"pack {pack} was not loaded, because it has {len(problems)} problem(s); what the database held of it is "
        f"served. Mend it, as `oxus seed check` tells, then run `oxus seed load`"
    )
