"""Bringing a database to the schema of this software, and telling whether it is there."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.db.text_search import INDEXED
from app.settings import HOME


def alembic_config(url: str) -> Config:
    """The chain of migrations, pointed at a database."""
    config = Config()
    config.set_main_option("script_location", str(HOME / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(url: str, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction."""
    command.upgrade(alembic_config(url), to)


def downgrade(url: str, to: str = "base") -> None:
    """Take migrations back, in one transaction."""
    command.downgrade(alembic_config(url), to)


def head() -> str:
    """The newest migration that this software knows."""
    found = ScriptDirectory(str(HOME / "migrations")).get_current_head()
    assert found is not None  # noqa: S101 - the chain is part of the software
    return found


def is_text_index(name: str) -> bool:
    """Whether a table belongs to a text index, which is made by hand and no part of the model."""
    return any(name == f"{indexed}_text" or name.startswith(f"{indexed}_text_") for indexed in INDEXED)


def differences(connection: Connection) -> list[str]:
    """How the tables differ from the model: nothing, if every migration was written and run."""
    from app.models import METADATA

    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not is_text_index(str(name)),
        },
    )
    return [str(difference) for difference in compare_metadata(context, METADATA)]
