"""The one chain of migrations, on both databases."""

import ast
import warnings
from pathlib import Path

import pytest
from alembic.command import check
from alembic.script import ScriptDirectory
from conftest import Databases, engine_for
from fastapi.testclient import TestClient
from sqlalchemy import column, inspect, table, text, update
from typer.testing import CliRunner
from waiting import MAX_WAIT_SECONDS

from app import cli, commands, models
from app.db.engine import read_transaction, write_transaction
from app.db.migrate import config_for, differences, downgrade, upgrade
from app.db.schema import CURRENT_SCHEMA, check_schema, integrity_errors, stored_schema
from app.errors import SchemaError
from app.main import create_app
from app.settings import Settings

VERSION = table("alembic_version", column("version_num"))


def tables_of(url: str) -> set[str]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        return set(inspect(connection).get_table_names())


def rows_of(url: str, statement: str) -> list[tuple[object, ...]]:
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
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
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
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
        read_transaction(engine, MAX_WAIT_SECONDS) as connection,
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


def test_the_tables_are_those_of_the_model(databases: Databases) -> None:
    with (
        engine_for(databases.migrated(), read_only=True) as engine,
        read_transaction(engine, MAX_WAIT_SECONDS) as connection,
    ):
        assert differences(connection, models.METADATA) == []
        assert stored_schema(connection) == CURRENT_SCHEMA
        assert integrity_errors(connection) == []


def test_the_migration_tool_itself_finds_no_difference(databases: Databases) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*expression-based index")
        check(config_for(databases.migrated()))


def test_an_index_too_few_is_a_difference(databases: Databases) -> None:
    url = databases.migrated()
    execute(url, "DROP INDEX ix_claim_hop_source_id", "DROP INDEX ix_actor_country")
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        found = differences(connection, models.METADATA)
    assert len(found) == 2
    assert all("add_index" in difference for difference in found)


def test_a_table_or_column_too_many_or_too_few_is_a_difference(databases: Databases) -> None:
    url = databases.migrated()
    execute(url, "CREATE TABLE stray (id INTEGER)", "ALTER TABLE pack ADD COLUMN stray INTEGER", "DROP TABLE figure")
    with engine_for(url, read_only=True) as engine, read_transaction(engine, MAX_WAIT_SECONDS) as connection:
        found = " ".join(differences(connection, models.METADATA))
    assert "add_table" in found
    assert "figure" in found
    assert found.count("stray") >= 2


def test_the_named_checks_are_the_same_in_the_database_as_in_the_model(databases: Databases) -> None:
    with (
        engine_for(databases.migrated(), read_only=True) as engine,
        read_transaction(engine, MAX_WAIT_SECONDS) as connection,
    ):
        inspector = inspect(connection)
        for name, model in models.METADATA.tables.items():
            wanted = {str(c.name) for c in model.constraints if str(c.name).startswith("ck_")}
            assert {str(found["name"]) for found in inspector.get_check_constraints(name)} == wanted


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


def test_no_revision_imports_anything_of_the_software() -> None:
    for script in ScriptDirectory.from_config(config_for("unused.db")).walk_revisions():
        tree = ast.parse(Path(script.path).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        assert {(module or "").partition(".")[0] for module in imported} <= {"alembic", "collections", "sqlalchemy"}


MADE_ANEW = "made before Oxus's first release and cannot be upgraded; make it anew"


@pytest.mark.parametrize("version", ["0001", "0007", None])
def test_a_database_made_before_the_first_release_is_refused_and_says_that_it_must_be_made_anew(
    databases: Databases, version: str | None
) -> None:
    url = databases.migrated()
    execute(url, f"UPDATE alembic_version SET version_num = '{version}'" if version else "DROP TABLE alembic_version")  # noqa: S608
    assert MADE_ANEW in refused_upgrade(url)
    assert MADE_ANEW in refused_check(url)
    for command in (("db", "upgrade"), ("status",), ("serve", "--port", "1"), ("seed", "load"), ("db", "check")):
        result = CliRunner().invoke(cli.app, [*command, "--database", url])
        assert (result.exit_code, result.stdout) == (1, ""), command
        assert MADE_ANEW in " ".join(result.stderr.split())
        assert "Traceback" not in result.stderr


def test_the_migration_tool_itself_says_that_an_older_database_must_be_made_anew(databases: Databases) -> None:
    url = databases.migrated()
    execute(url, "UPDATE alembic_version SET version_num = '0007'")
    with pytest.raises(SchemaError, match=MADE_ANEW):
        upgrade(url)
    with pytest.raises(SchemaError, match=MADE_ANEW):
        downgrade(url)


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


READS = ("/v1/events?limit=1", "/v1/control?as_of=2021-07-01", "/ogc/collections/events/items?limit=1", "/readyz")


@pytest.mark.parametrize("cache_mb", [0, 64])
def test_a_server_whose_database_is_migrated_says_so_in_every_answer_until_it_fits_again(
    databases: Databases, cache_mb: int
) -> None:
    url = databases.loaded()
    with TestClient(create_app(Settings(database_url=url, cache_mb=cache_mb))) as client:
        before = [client.get(path) for path in READS]
        assert {answer.status_code for answer in before} == {200}
        for version, words in (("9999", "schema 9999, newer than"), ("0007", MADE_ANEW)):
            with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
                connection.execute(update(VERSION).values(version_num=version))
            for path, answer in zip(READS * 2, before * 2, strict=True):
                refused = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
                assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
                assert words in refused.json()["detail"]
        with engine_for(url, read_only=False) as engine, write_transaction(engine) as connection:
            connection.execute(update(VERSION).values(version_num=CURRENT_SCHEMA))
        assert [client.get(path).content for path in READS] == [answer.content for answer in before]


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
