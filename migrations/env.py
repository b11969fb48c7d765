"""Runs the one chain of migrations on either database, each upgrade in one transaction."""

from alembic import context
from sqlalchemy import Engine

from app.db.engine import make_engine, prepare_for_writing, writing
from app.db.migrate import is_model_table
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
    with writing(engine) as connection:
        context.configure(
            connection=connection,
            target_metadata=METADATA,
            include_name=is_model_table,
            compare_type=True,
            render_as_batch=connection.dialect.name == "sqlite",
        )
        context.run_migrations()


run()
