"""Runs the one chain of migrations on either database, each upgrade in one transaction."""

from alembic import context
from sqlalchemy import Engine

from app.db.engine import make_engine, prepare_for_writing, write_transaction
from app.db.migrate import compare_options
from app.db.schema import foreign_key_violations, needs_upgrade
from app.errors import SchemaError
from app.models import METADATA
from app.settings import Settings


def run() -> None:
    url = context.config.attributes.get("url") or Settings().database_url
    engine = make_engine(url, read_only=False)
    try:
        _migrate(engine)
    finally:
        engine.dispose()


def _migrate(engine: Engine) -> None:
    prepare_for_writing(engine)
    # A table that is made anew is gone for a moment, together with what others refer to.
    with write_transaction(engine, bulk=True, skip_foreign_keys=True) as connection:
        needs_upgrade(connection)  # raises where the chain does not lead to this database
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            **compare_options(connection.dialect.name),
            render_as_batch=connection.dialect.name == "sqlite",
        )
        migration = context.get_context()
        before = migration.get_current_heads()
        context.run_migrations()
        if migration.get_current_heads() != before and (faults := foreign_key_violations(connection)):
            raise SchemaError("; ".join(faults))


run()
