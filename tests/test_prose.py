"""Docstrings of app/ begin with their object, and their first sentences are short enough to be read once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
MAX_WORDS = 25
WRONG_START = re.compile(r"(What|Where|Who|Whether|How|The same|It|As)\b")
BEING_REWRITTEN: frozenset[str] = frozenset(
    {
        "api/compat/acled.py",
        "codebooks/countries.py",
        "db/__init__.py",
        "db/backup.py",
        "db/bulk.py",
        "db/engine.py",
        "db/grid.py",
        "db/migrate.py",
        "db/schema.py",
        "db/spatial_index.py",
        "db/sql_functions.py",
        "db/statements.py",
        "db/text_index.py",
        "ingest/datasets/acled/cells.py",
        "ingest/datasets/acled/claims.py",
        "ingest/datasets/acled/codes.py",
        "ingest/datasets/acled/event_rows.py",
        "ingest/datasets/core/batch.py",
        "ingest/datasets/core/dataset.py",
        "ingest/datasets/core/dedupe.py",
        "ingest/datasets/core/entities.py",
        "ingest/datasets/core/event_rows.py",
        "ingest/datasets/core/existing.py",
        "ingest/datasets/core/files.py",
        "ingest/datasets/core/pack_metadata.py",
        "ingest/datasets/core/run.py",
        "ingest/datasets/core/subprocess_reader.py",
        "ingest/datasets/core/writer.py",
        "ingest/datasets/ucdp_ged/cells.py",
        "ingest/datasets/ucdp_ged/entities.py",
        "ingest/datasets/ucdp_ged/reader.py",
        "ingest/datasets/ucdp_ged/sources.py",
        "ingest/denormalised_names.py",
        "ingest/packs/catalogue.py",
        "ingest/packs/checks/__init__.py",
        "ingest/packs/drafts.py",
        "ingest/packs/load.py",
        "ingest/packs/loaded_rows.py",
        "ingest/packs/provenance.py",
        "ingest/packs/reader.py",
        "ingest/records.py",
        "ingest/versions.py",
        "models/__init__.py",
        "models/actors.py",
        "models/base.py",
        "models/claims.py",
        "models/events.py",
        "models/locations.py",
        "models/packs.py",
        "models/sources.py",
        "query/__init__.py",
        "query/compat/acled/crosswalk.py",
        "query/compat/acled/exact_filters.py",
        "query/compat/acled/fetch.py",
        "query/compat/acled/filters.py",
        "query/compat/acled/prefilters.py",
        "query/compat/acled/raw_cell_filters.py",
        "query/compat/acled/request.py",
        "query/compat/acled/rows.py",
        "query/compat/acled/sides.py",
        "query/lists/request.py",
        "query/lists/select.py",
        "query/planner/cost_model.py",
        "query/planner/parametrize.py",
        "query/planner/planner.py",
        "vocab.py",
    }
)
"""Modules below app/ with docstrings that still break the rule. Empty this list; add nothing to it."""


def docstrings(path: Path) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and functions, and the strings below its assignments."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for child in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                text = child.value.value
                if isinstance(text, str):
                    yield " ".join(text.split())


def faults(path: Path) -> list[str]:
    """Return the docstrings that begin with a wrong word or a sentence that is too long."""
    wrong = []
    for text in docstrings(path):
        first = re.split(r"(?<=[.:?])\s", text)[0]
        if WRONG_START.match(text) or len(first.split()) > MAX_WORDS:
            wrong.append(text[:100])
    return wrong


def test_docstrings_begin_with_their_object_and_a_short_sentence() -> None:
    found = {path.relative_to(APP).as_posix(): wrong for path in APP.rglob("*.py") if (wrong := faults(path))}
    assert not {name: wrong for name, wrong in found.items() if name not in BEING_REWRITTEN}
