"""All parsers of texts and files, given a thousand random ones each."""

import re
import subprocess
import sys
from collections.abc import Iterator

from .environment import Environment, Line
from .servers import HOME, environment

EXAMPLES = 1000
TESTS = ("tests/api/http/test_parsers.py", "tests/ingest/datasets/test_hostile_files.py")


def run(env: Environment) -> Iterator[Line]:
    """Run the ordinary tests of these properties with more examples, once, since they need no database."""
    if env.database != "sqlite":
        return
    examples = int(env.amount(EXAMPLES, 100))
    line = [sys.executable, "-m", "pytest", "-q", f"--hypothesis-seed={env.seed}", *TESTS]
    known = environment(OXUS_TEST_EXAMPLES=str(examples))
    log = env.folder / "pytest.log"
    with log.open("wb") as out:
        ended = subprocess.run(line, cwd=HOME, env=known, stdout=out, stderr=out, check=False)
    text = log.read_text("utf-8", "replace")
    summary = re.findall(r"^\d+ (?:passed|failed).*$", text, re.MULTILINE)
    if not summary:
        raise RuntimeError(f"the tests did not come to their end:\n{text[-3000:]}")
    found = re.sub(r" in [0-9.]+s.*", "", summary[-1])
    yield env.line(f"properties of parsers, {examples} examples each", found, "all pass", ended.returncode == 0)
