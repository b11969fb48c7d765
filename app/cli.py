"""The commands, without logic: each reads its options, calls one function of `commands`, and prints the result."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from app import __version__
from app.errors import BrokenPackError, OxusError
from app.processes import EndedBySignalError, signals_as_errors
from app.settings import Settings

app = typer.Typer(
    name="oxus",
    help="A self-hosted REST API over a curated database of conflict events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="Upgrade and check the database.", no_args_is_help=True)
seed = typer.Typer(help="Check and load packs of curated data.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(seed, name="seed")
imports = typer.Typer(help="Import files of published datasets.", no_args_is_help=True)
app.add_typer(imports, name="import")
stdout = Console(soft_wrap=True, highlight=False)
stderr = Console(stderr=True, soft_wrap=True, highlight=False)

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="A SQLite file, or postgresql://user@host/name. Default: OXUS_DATABASE_URL, else oxus.db.",
    ),
]
SeedOption = Annotated[
    Path | None,
    typer.Option("--seed", help="Folder of packs. Default: OXUS_SEED_DIR, else those that ship with Oxus."),
]
PackArgument = Annotated[str | None, typer.Argument(help="Id of one pack. Default: all packs of the folder.")]
SnapshotOption = Annotated[
    str | None,
    typer.Option(help="Name of a dataset that the files hold completely: stored rows that they lack are removed."),
]
RejectedOption = Annotated[Path, typer.Option("--rejected", help="Report of rows that were left out (CSV).")]
OddOption = Annotated[Path, typer.Option("--odd", help="Report of rows that were kept with a warning (CSV).")]


def _settings(database: str | None = None, seed_dir: Path | None = None) -> Settings:
    overrides = {"database_url": database, "seed_dir": seed_dir}
    return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]


@contextmanager
def report_errors() -> Iterator[None]:
    """Print what ends a command, and exit; a signal exits with 128 and its number, as in a shell."""
    with print_errors(), signals_as_errors():
        yield


@contextmanager
def print_errors() -> Iterator[None]:
    """Print an OxusError or an error of a file and exit with 1; print a wrong setting and exit with 2."""
    try:
        yield
    except EndedBySignalError as error:
        stderr.print(str(error), markup=False)
        raise typer.Exit(error.exit_status) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more
        raise typer.Exit(1) from None
    except BrokenPackError as error:
        for line in _lines_of(error):
            stderr.print(line, markup=False)
        raise typer.Exit(1) from None
    except OxusError as error:
        stderr.print(str(error), markup=False)
        for name in getattr(error, "did_you_mean", []):
            stderr.print(f"did you mean {name}?", markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        stderr.print(f"{error.filename or 'a file'}: {error.strerror or error}", markup=False)
        raise typer.Exit(1) from None
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            name = "_".join(map(str, wrong["loc"])).upper()
            stderr.print(f"wrong setting OXUS_{name}: {wrong['msg'].removeprefix('Value error, ')}", markup=False)
        raise typer.Exit(2) from None


def _lines_of(error: BrokenPackError) -> Iterator[str]:
    yield from map(str, error.problems)
    if error.more:
        yield f"and {error.more} more"
    yield f"{len(error.problems) + error.more} problem(s); nothing was loaded."


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        stdout.print(f"oxus {__version__}")
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    database: DatabaseOption = None,
    workers: Annotated[int, typer.Option(help="Number of worker processes.", min=1)] = 1,
    seed: SeedOption = None,
) -> None:
    """Upgrade and seed an embedded database where needed, then serve the API."""
    from app.commands import connection_warnings, prepare, run_server

    with report_errors():
        settings = _settings(database, seed)
        for line, problems in prepare(settings):
            (stderr if problems else stdout).print(line, markup=False)
            for problem in problems:
                stderr.print(f"not loaded: {problem}", markup=False)
        for line in connection_warnings(settings, workers):
            stderr.print(f"warning: {line}", markup=False)
    with print_errors():
        run_server(settings, host, port, workers)


@db.command("upgrade")
def db_upgrade(database: DatabaseOption = None) -> None:
    """Create the database, or migrate it to the schema of this version."""
    from app.commands import upgrade_database

    with report_errors():
        stdout.print(f"schema {upgrade_database(_settings(database))}", markup=False)


@db.command("check")
def db_check(database: DatabaseOption = None) -> None:
    """Check integrity, schema, foreign keys, and that events follow from their claims. Exit with 1 on any fault."""
    from app.commands import check_database

    with report_errors():
        faults = check_database(_settings(database))
        for fault in faults:
            stderr.print(fault, markup=False)
        if faults:
            raise typer.Exit(1)
        stdout.print("clean")


@seed.command("check")
def seed_check(
    pack: PackArgument = None,
    document: Annotated[
        Path | None, typer.Option(help="Text of the pack's document, in which every quoted token must occur.")
    ] = None,
    seed: SeedOption = None,
) -> None:
    """Print every problem of the packs with file, id, field, value and reason. Exit with 1 on any problem.

    Warnings go to standard error and change no exit status.
    """
    from app.commands import check_packs

    with report_errors():
        for line, warnings in check_packs(_settings(None, seed), pack, document):
            stdout.print(line, markup=False)
            for warning in warnings:
                stderr.print(f"warning: {warning}", markup=False)


@seed.command("load")
def seed_load(pack: PackArgument = None, database: DatabaseOption = None, seed: SeedOption = None) -> None:
    """Load packs in one transaction, and print what changed."""
    from app.commands import load_seed

    with report_errors():
        for line in load_seed(_settings(database, seed), pack):
            stdout.print(line, markup=False)


@imports.command("ucdp-ged")
def import_ucdp_ged(
    files: Annotated[
        list[Path], typer.Argument(help="csv, csv.gz or csv.zst, in any layout since version 19.1.", exists=True)
    ],
    snapshot: SnapshotOption = None,
    rejected: RejectedOption = Path("rejected.csv"),
    odd: OddOption = Path("odd.csv"),
    database: DatabaseOption = None,
) -> None:
    """Import UCDP GED in one transaction. A file imported before changes nothing; a newer version updates."""
    _import("ucdp-ged", files, snapshot, rejected, odd, database)


@imports.command("acled")
def import_acled(
    files: Annotated[list[Path], typer.Argument(help="csv, csv.gz or csv.zst, as exported by ACLED.", exists=True)],
    snapshot: SnapshotOption = None,
    rejected: RejectedOption = Path("rejected.csv"),
    odd: OddOption = Path("odd.csv"),
    database: DatabaseOption = None,
) -> None:
    """Import ACLED in one transaction. A file imported before changes nothing; newer timestamps update."""
    _import("acled", files, snapshot, rejected, odd, database)


def _import(
    dataset: str, files: list[Path], snapshot: str | None, rejected: Path, warnings: Path, database: str | None
) -> None:
    from app.commands import import_files
    from app.ingest.datasets.core.reports import ReportPaths

    with report_errors(), progress_bar(sum(file.stat().st_size for file in files if file.exists())) as advance:
        lines = list(
            import_files(_settings(database), dataset, files, snapshot, ReportPaths(rejected, warnings), advance)
        )
    for line in lines:
        stdout.print(line, markup=False)


@contextmanager
def progress_bar(size: int) -> Iterator[Callable[[int, int], None]]:
    """Show a bar of the bytes read, with rows per second and the time left."""
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]}"), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:
        task = progress.add_task("", total=size, rows="")

        def advance(consumed: int, rows: int) -> None:
            elapsed = progress.tasks[0].elapsed or 0
            speed = f", {rows / elapsed:.0f} rows/s" if elapsed else ""
            progress.update(task, completed=consumed, rows=f"{rows} rows{speed}")

        yield advance


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def export(
    context: typer.Context,
    resource: Annotated[str, typer.Argument(help="A list of /v1: events, claims, movements, control, ...")],
    out: Annotated[str, typer.Option(help="File to write; - is standard output.")],
    f: Annotated[
        str | None,
        typer.Option(
            "--f", help="Format: csv, geojson, ndjson, parquet or json. Default: the file's extension, else csv."
        ),
    ] = None,
    database: DatabaseOption = None,
) -> None:
    """Write all matching rows of a list to a file. Every parameter of the list is an option: --place balkh."""
    from app.exports import export as export_rows

    with report_errors():
        query_pairs = [*parse_list_options(context.args), *([("f", f)] if f else [])]
        stderr.print(export_rows(_settings(database), resource, out, query_pairs), markup=False)


def parse_list_options(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Read `--name value` and `--name=value` into names and values of a query string."""
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--"):
            raise typer.BadParameter(f"{argument!r} belongs to no option")
        if not equals and (value := next(remaining, "")) == "":
            raise typer.BadParameter(f"--{name} needs a value")
        yield name.replace("-", "_"), value


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="File to write; an existing one is replaced once the copy is complete.")],
    database: DatabaseOption = None,
) -> None:
    """Copy an embedded database at one moment, while servers and loads go on."""
    from app.backups import backup as copy_database

    with report_errors():
        stdout.print(copy_database(_settings(database), file), markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `oxus backup` made.")], database: DatabaseOption = None
) -> None:
    """Check a backup of an embedded database, then put it into its place. Stop servers and loads first."""
    from app.backups import restore as restore_database

    with report_errors():
        stdout.print(restore_database(_settings(database), file), markup=False)


@app.command()
def status(database: DatabaseOption = None) -> None:
    """Print revision, number of rows, and packs."""
    from app.commands import status_rows

    with report_errors():
        table = Table("what", "value", box=None, show_header=False)
        for name, value in status_rows(_settings(database)):
            table.add_row(name, value)
        stdout.print(table)


def main(arguments: list[str] | None = None) -> None:
    """Run the `oxus` command."""
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # warnings of errors that it raises, too
    app(arguments)


if __name__ == "__main__":
    main()
