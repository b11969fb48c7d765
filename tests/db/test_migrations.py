"""The one chain of migrations, on both databases."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import column, inspect, table, text, update

from app import commands, models
from app.db.engine import read_transaction, write_transaction
from app.db.migrate import config_for, differences, downgrade, upgrade
from app.db.schema import CURRENT_SCHEMA, check_schema, integrity_errors, stored_schema
from app.errors import SchemaError
from app.main import create_app
from app.settings import Settings

VERSION = table("alembic_version", column("version_num"))


def tables_of(url: str) -> set[str]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        return set(inspect(connection).get_table_names())


def rows_of(url: str, statement: str) -> list[tuple[object, ...]]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def execute(url: str, *statements: str) -> None:
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        for statement in statements:
            connection.execute(text(statement))


def objects_of(url: str) -> list[str]:
    """Everything in a database, tables or not, apart from the mark of the schema."""
    kinds = {
        "sqlite": "SELECT name FROM sqlite_master WHERE name NOT LIKE '%alembic_version%'",
        "postgresql": "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relname NOT LIKE 'alembic_version%' "
        "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace "
        "AND typname NOT LIKE '%alembic_version'",
    }
    with engine_for(url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        return sorted(connection.scalars(text(kinds[connection.dialect.name])))


def refused_upgrade(url: str) -> str:
    """The words with which an upgrade is refused; the database is as it was."""
    before = objects_of(url)
    with pytest.raises(SchemaError) as refusal:
        commands.upgrade_database(Settings(database_url=url))
    assert objects_of(url) == before
    return str(refusal.value)


def refused_check(url: str) -> str:
    """The words with which a command that needs the schema is refused."""
    with (
        engine_for(url, read_only=True) as engine,
        read_transaction(engine, 60) as connection,
        pytest.raises(SchemaError) as refusal,
    ):
        check_schema(connection)
    return str(refusal.value)


def test_the_schema_of_the_code_is_the_head_of_the_chain() -> None:
    chain = ScriptDirectory.from_config(config_for("unused.db"))
    assert chain.get_heads() == [CURRENT_SCHEMA]
    assert len(chain.get_bases()) == 1


def test_up_down_to_nothing_and_up_again(databases: Databases) -> None:
    url = databases.new()
    upgrade(url)
    up = objects_of(url)
    assert models.METADATA.tables.keys() <= tables_of(url)
    downgrade(url)
    assert tables_of(url) == {"alembic_version"}
    assert objects_of(url) == []
    upgrade(url)
    assert objects_of(url) == up


def test_a_full_database_goes_down_to_nothing_and_up_again(databases: Databases) -> None:
    url = databases.loaded()
    downgrade(url)
    assert tables_of(url) == {"alembic_version"}
    assert commands.upgrade_database(Settings(database_url=url)) == CURRENT_SCHEMA
    (told,) = commands.load_seed(Settings(database_url=url))
    assert told.startswith("northern-afghanistan-2021 ")
    assert commands.check_database(Settings(database_url=url)) == []


def test_a_step_down_knows_the_document_and_the_origin_of_every_claim_and_a_step_up_keeps_all_rows(
    databases: Databases,
) -> None:
    url = databases.loaded()
    counts = {name: rows_of(url, f"SELECT count(*) FROM {name}") for name in ("claim", "claim_hop", "event_actor")}  # noqa: S608
    downgrade(url, "0002")
    wanted = "SELECT id, {} FROM claim ORDER BY id"
    hop = "(SELECT source_id FROM claim_hop WHERE claim_pk = claim.pk ORDER BY position {} LIMIT 1)"
    both = rows_of(url, wanted.format("origin_id, document_id"))
    assert both == rows_of(url, wanted.format(f"{hop.format('')}, {hop.format('DESC')}"))
    assert {document for _, _, document in both} == {"bne-intellinews-2021-07-05"}
    upgrade(url)
    assert {name: rows_of(url, f"SELECT count(*) FROM {name}") for name in counts} == counts  # noqa: S608
    assert commands.check_database(Settings(database_url=url)) == []
    with TestClient(create_app(Settings(database_url=url))) as client:
        assert client.get("/v1/events", params={"q": "taliban"}).json()["items"]


def test_the_tables_are_those_of_the_model(databases: Databases) -> None:
    with engine_for(databases.migrated(), read_only=True) as engine, read_transaction(engine, 60) as connection:
        assert differences(connection, models.METADATA) == []
        assert stored_schema(connection) == CURRENT_SCHEMA
        assert integrity_errors(connection) == []


def test_a_table_or_column_too_many_or_too_few_is_a_difference(databases: Databases) -> None:
    url = databases.migrated()
    execute(url, "CREATE TABLE stray (id INTEGER)", "ALTER TABLE pack ADD COLUMN stray INTEGER", "DROP TABLE figure")
    with engine_for(url, read_only=True) as engine, read_transaction(engine, 60) as connection:
        found = " ".join(differences(connection, models.METADATA))
    assert "add_table" in found
    assert "figure" in found
    assert found.count("stray") >= 2


def test_the_named_checks_are_the_same_in_the_database_as_in_the_model(databases: Databases) -> None:
    with engine_for(databases.migrated(), read_only=True) as engine, read_transaction(engine, 60) as connection:
        inspector = inspect(connection)
        for name, model in models.METADATA.tables.items():
            wanted = {str(c.name) for c in model.constraints if str(c.name).startswith("ck_")}
            assert {str(check["name"]) for check in inspector.get_check_constraints(name)} == wanted


def test_upgrading_twice_changes_nothing(databases: Databases) -> None:
    url = databases.new()
    assert commands.upgrade_database(Settings(database_url=url)) == CURRENT_SCHEMA
    up = objects_of(url)
    assert commands.upgrade_database(Settings(database_url=url)) == CURRENT_SCHEMA
    assert objects_of(url) == up


def test_an_empty_database_says_what_to_run(databases: Databases) -> None:
    url = databases.new()
    execute(url)
    assert refused_check(url) == "the database is empty; run `oxus db upgrade` first"


def test_a_database_of_someone_else_is_refused(databases: Databases) -> None:
    url = databases.new()
    execute(url, "CREATE TABLE invoice (id INTEGER)")
    expected = "this database holds tables that are not Oxus's; name another one"
    assert refused_upgrade(url) == expected
    assert refused_check(url) == expected
    assert tables_of(url) == {"invoice"}


@pytest.mark.parametrize("version", ["0000deadbeef", "ffff12345678"])
def test_a_database_of_someone_else_who_uses_the_same_migration_tool_is_refused(
    databases: Databases, version: str
) -> None:
    url = databases.new()
    execute(
        url,
        "CREATE TABLE invoice (id INTEGER)",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        f"INSERT INTO alembic_version VALUES ('{version}')",  # noqa: S608 - a value of this file
    )
    assert version in refused_upgrade(url) or "not Oxus's" in refused_upgrade(url)
    assert tables_of(url) == {"invoice", "alembic_version"}


def test_a_newer_schema_is_refused_and_says_so(databases: Databases) -> None:
    url = databases.migrated()
    with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
        connection.execute(update(VERSION).values(version_num="9999"))
    expected = f"the database is at schema 9999, newer than {CURRENT_SCHEMA}; it needs a newer Oxus"
    assert refused_upgrade(url) == expected
    assert refused_check(url) == expected


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    notes = "Not a database, but someone's notes. " * 100
    path.write_text(notes, encoding="utf-8")
    with pytest.raises(SchemaError, match="damaged or no database"):
        commands.upgrade_database(Settings(database_url=str(path)))
    assert path.read_text(encoding="utf-8") == notes


def test_a_database_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"no folder for the database file oxus\.db"):
        commands.upgrade_database(Settings(database_url=str(tmp_path / "nowhere" / "oxus.db")))
    assert not (tmp_path / "nowhere").exists()
