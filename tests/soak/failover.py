"""Loss of the primary of two PostgreSQL servers amid reads and loads; the standby takes over."""

from collections.abc import Iterator

from faults.standby import a_pair, lose_the_primary

from .environment import Environment, Line


def run(environment: Environment) -> Iterator[Line]:
    """Do as the tests do, and tell the times."""
    if environment.database == "sqlite":
        yield environment.line("no server, no standby", "nothing to try", "-", True)
        return
    with a_pair() as pair:
        readers = lose_the_primary(pair, environment.folder)
    for name, reader in zip(
        ("a server that reads from the standby", "one that reads from the primary"), readers, strict=True
    ):
        yield environment.line(
            name,
            f"{len(reader.statuses)} reads, {len(reader.statuses) - reader.statuses.count(200)} failed, "
            f"longest time without an answer {reader.longest_gap:.2f} s; no acknowledged load lost",
            "no read fails but while it reconnects",
            reader.failed_in_a_row() <= (0 if "standby" in name else 3),
        )
