"""Bringing a database to the schema of this software."""

from collections import Counter
from warnings import catch_warnings, filterwarnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from app.db.spatial_index import SPATIAL_TABLES
from app.db.text_index import INDEXED_TABLES
from app.settings import PROJECT_ROOT


def config_for(url: str) -> Config:
    """The chain of migrations, pointed at a database."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT_ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    command.upgrade(config_for(url), to)


def downgrade(url: str, to: str = "base") -> None:
    """Take migrations back, in one transaction."""
    command.downgrade(config_for(url), to)


def is_model_table(name: str | None, kind: str, _parents: object = None) -> bool:
    """Whether the model knows of a table; indexes of texts and points are made by hand."""
    indexes = (*(f"{name}_text" for name in INDEXED_TABLES), *(f"{name}_point" for name in SPATIAL_TABLES))
    return kind not in ("table", "index") or not str(name).removeprefix("ix_").startswith(indexes)


def differences(connection: Connection, model: MetaData) -> list[str]:
    """How the tables differ from the model: nothing, if every migration was written and run."""
    options = {"compare_type": True, "include_name": is_model_table}
    context = MigrationContext.configure(connection, opts=options)
    with catch_warnings():
        # An index on an expression cannot be compared on SQLite.
        filterwarnings("ignore", "(Skipped unsupported|autogenerate skipping).* expression-based index")
        diffs = compare_metadata(context, model)
    # Nor does SQLite tell the direction of an index: such a one looks removed and added.
    occurrences = Counter(difference[1].name for difference in diffs if difference[0] in ("add_index", "remove_index"))
    duplicated = {name for name, count in occurrences.items() if count > 1 and connection.dialect.name == "sqlite"}
    return [str(difference) for difference in diffs if getattr(difference[1], "name", None) not in duplicated]
