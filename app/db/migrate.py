"""Bringing a database to the schema of this software."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from app.db.text_search import INDEXED
from app.settings import HOME


def config_for(url: str) -> Config:
    """The chain of migrations, pointed at a database."""
    config = Config()
    config.set_main_option("script_location", str(HOME / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    command.upgrade(config_for(url), to)


def downgrade(url: str, to: str = "base") -> None:
    """Take migrations back, in one transaction."""
    command.downgrade(config_for(url), to)


def is_model_table(name: str | None, kind: str, _parents: object = None) -> bool:
    """Whether the model knows of a table; text indexes are made by hand."""
    indexes = tuple(f"{indexed}_text" for indexed in INDEXED)
    return kind != "table" or not str(name).startswith(indexes)


def differences(connection: Connection, model: MetaData) -> list[str]:
    """How the tables differ from the model: nothing, if every migration was written and run."""
    options = {"compare_type": True, "include_name": is_model_table}
    context = MigrationContext.configure(connection, opts=options)
    return [str(difference) for difference in compare_metadata(context, model)]
