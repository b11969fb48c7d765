"""A few rounds of what `python -m tests.soak kills` does a hundred times: kill -9 at random moments."""

from pathlib import Path

import pytest
from conftest import Databases

from faults.kills import imports, rounds, seed_loads

ROUNDS = 3


@pytest.mark.parametrize("what", ["seed load", "import"])
def test_a_killed_writer_leaves_the_old_content_or_the_new_one_again_and_again(
    databases: Databases, tmp_path: Path, what: str
) -> None:
    url = databases.loaded()
    steps = seed_loads(url, tmp_path) if what == "seed load" else imports(url, tmp_path, 20)
    tally = rounds(url, steps, ROUNDS, 20260705)
    assert tally.rounds == ROUNDS
    assert tally.old + tally.new > 0, "none was killed on its way"
