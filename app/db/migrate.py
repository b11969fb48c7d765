"""Migrations of a database to the schema of this software, and comparison of its tables with the model."""

import re
from collections import Counter
from warnings import catch_warnings, filterwarnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from app.settings import PROJECT_ROOT

HAND_MADE = re.compile(r"(ix_)?[a-z_]+_(text|point)(_[a-z]+)?")
"""Tables and indexes of full text and of points, with those that SQLite makes for them; no model table ends so."""


def config_for(url: str) -> Config:
    """Return the configuration of the migration chain for a database."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    command.upgrade(config_for(url), to)


def downgrade(url: str, to: str = "base") -> None:
    """Revert migrations, in one transaction."""
    command.downgrade(config_for(url), to)


def is_model_table(name: str | None, kind: str, _parents: object = None) -> bool:
    """Return whether a table or index belongs to the model; text and spatial indexes are made by hand."""
    return kind not in ("table", "index") or not HAND_MADE.fullmatch(str(name))


def differences(connection: Connection, model: MetaData) -> list[str]:
    """Return the differences between the tables and the model: none if every migration was written and run."""
    options = {"compare_type": True, "include_name": is_model_table}
    context = MigrationContext.configure(connection, opts=options)
    with catch_warnings():
        # An index on an expression cannot be compared on SQLite.
        filterwarnings("ignore", "(Skipped unsupported|autogenerate skipping).* expression-based index")
        diffs = compare_metadata(context, model)
    # SQLite reflects no direction of an index either: such a one looks removed and added.
    occurrences = Counter(difference[1].name for difference in diffs if difference[0] in ("add_index", "remove_index"))
    duplicated = {name for name, count in occurrences.items() if count > 1 and connection.dialect.name == "sqlite"}
    return [str(difference) for difference in diffs if getattr(difference[1], "name", None) not in duplicated]
