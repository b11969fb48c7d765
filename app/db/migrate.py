"""Migrations of a database to the schema of this software, and comparison of its tables with the model."""

import re
import sqlite3
from warnings import catch_warnings, filterwarnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Index, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import SchemaItem

from app.db.driver_errors import translate_error
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
    """Run the migrations that are missing, in one transaction. Raises UnavailableError, SchemaError."""
    try:
        command.upgrade(config_for(url), to)
    except (DBAPIError, sqlite3.Error) as error:
        raise translate_error(error) from error


def downgrade(url: str, to: str = "base") -> None:
    """Revert migrations, in one transaction."""
    command.downgrade(config_for(url), to)


def is_model_table(name: str | None, kind: str, _parents: object = None) -> bool:
    """Return whether a table or index belongs to the model; text and spatial indexes are made by hand."""
    return kind not in ("table", "index") or not HAND_MADE.fullmatch(str(name))


def compare_options(dialect: str) -> dict[str, object]:
    """Return how Alembic compares the tables with the model.

    SQLite does not reflect the direction of index columns: an index that has one is compared by its name alone.
    """
    options: dict[str, object] = {"compare_type": True, "include_name": is_model_table}
    return options | ({"include_object": _is_reflected_whole} if dialect == "sqlite" else {})


def _is_reflected_whole(item: SchemaItem, _name: str | None, _kind: str, _reflected: bool, other: object) -> bool:
    has_direction = isinstance(item, Index) and any(not isinstance(part, Column) for part in item.expressions)
    return other is None or not has_direction


def differences(connection: Connection, model: MetaData) -> list[str]:
    """Return the differences between the tables and the model: none if every migration was written and run."""
    context = MigrationContext.configure(connection, opts=compare_options(connection.dialect.name))
    with catch_warnings():
        # An index on an expression cannot be compared on SQLite.
        filterwarnings("ignore", "(Skipped unsupported|autogenerate skipping).* expression-based index")
        return list(map(str, compare_metadata(context, model)))
