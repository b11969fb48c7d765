"""The whole description, asked by schemathesis: a short form of `python -m tests.soak hostile`."""

from pathlib import Path

from conftest import Databases
from soak.hostile import asked
from soak.servers import oxus_serving


def test_nothing_that_the_description_allows_or_forbids_breaks_the_server(
    databases: Databases, pack_url: str, tmp_path: Path
) -> None:
    phases, examples = ("coverage,fuzzing", 2) if databases.kind == "sqlite" else ("fuzzing", 6)
    with oxus_serving(pack_url, tmp_path / "server.log") as server:
        found = asked(server.url, tmp_path, phases, examples, 20_260_705)
    assert found.operations >= 31
    assert found.cases > (3000 if databases.kind == "sqlite" else 150)
    assert not found.failures, found.log.read_text("utf-8")[-6000:]
    assert "Traceback" not in (tmp_path / "server.log").read_text("utf-8")
