"""ogctests: an independent suite over OGC API - Features Part 1, in an environment of its own (its pins are old)."""

import re
from pathlib import Path

from clients.conftest import Server, chosen, run

CHECKS = 29


def test_every_check_of_ogctests_passes(server: Server, tmp_path: Path) -> None:
    python = chosen("OXUS_OGCTESTS_PYTHON", "ogctests-python", "ogctests")
    line = [python, "-m", "ogctests", "features/core", "-i", server.ogc, "-v", "True"]
    # Its exit code says nothing. It finds its own fixtures only from a folder that its environment lies in.
    with server.watched() as asked:
        said = run(line, cwd=Path(python).parents[1], env={"HOME": str(tmp_path)}).stdout
    last = re.sub(r"\x1b\[[0-9;]*m", "", said).strip().splitlines()[-1]
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (\w+)", last.partition(" in ")[0])}
    assert {word: count for word, count in counts.items() if not word.startswith("warning")} == {"passed": CHECKS}, said
    assert len(asked) > 100
