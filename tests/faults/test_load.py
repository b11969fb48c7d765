"""Some seconds of what `python -m tests.soak load` does for ten minutes: many readers while loads go on."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from conftest import Databases

from faults import served
from faults.kills import imports, seed_loads
from faults.load import read_while_loading


def test_readers_see_no_error_and_no_mixture_while_loads_go_on(databases: Databases, tmp_path: Path) -> None:
    url = databases.loaded()
    steps = [step for pair in zip(seed_loads(url, tmp_path), imports(url, tmp_path, 5), strict=True) for step in pair]
    with served(url, tmp_path / "log", env=os.environ | {"OXUS_CACHE_MB": "8"}) as server:
        port = urlsplit(server.address).port
        assert port
        found = read_while_loading(port, server.process.pid, steps, seconds=6, connections=16, rate=80, seed=20260705)
        assert server.fetch("/readyz").status == 200
    assert found.faults == []
    assert set(found.statuses) <= {200, 304}
    assert found.loads > 0
    assert len(found.revisions) > 1, "no reader saw a load happen"
    assert len(found.milliseconds) > 16, "each reader was answered"
