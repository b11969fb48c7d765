"""Every operation of the OpenAPI description, asked legal and illegal questions by schemathesis."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from waiting import MAX_WAIT_SECONDS

from .environment import Environment, Line
from .servers import database_of, oxus_serving

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.executable).parent / "schemathesis"
EXAMPLES = 300


@dataclass(frozen=True)
class Asked:
    """Requests of schemathesis, and the failures that it found."""

    cases: int
    operations: int
    failures: dict[str, int]
    log: Path

    @property
    def told(self) -> str:
        """Numbers, in words."""
        wrong = ", ".join(f"{name}: {count}" for name, count in sorted(self.failures.items())) or "no fault"
        return f"{self.cases} requests to {self.operations} operations: {wrong}"


def asked(url: str, folder: Path, phases: str, examples: int, seed: int) -> Asked:
    """Let schemathesis ask a server, with two workers. Raises RuntimeError when it breaks off."""
    log, report = folder / "schemathesis.log", folder / "schemathesis.json"
    report.unlink(missing_ok=True)
    line = [str(PROGRAM), "--config-file", str(HERE / "schemathesis.toml"), "run", f"{url}/openapi.json", "--no-color"]
    line += ["--phases", phases, "--max-examples", str(examples), "--seed", str(seed), "--generation-database", "none"]
    line += ["--workers", "2", "--continue-on-failure", "--request-timeout", str(MAX_WAIT_SECONDS), "--report", "json"]
    line += ["--report-json-path", str(report)]
    known = os.environ | {"SCHEMATHESIS_HOOKS": "leaks", "PYTHONPATH": str(HERE), "NO_PROXY": "127.0.0.1"}
    with log.open("wb") as out:
        ended = subprocess.run(line, stdout=out, stderr=out, cwd=folder, env=known, check=False)
    told = json.loads(report.read_text("utf-8")) if report.exists() else {"complete": False}
    if not told["complete"] or told["errors"]:
        raise RuntimeError(f"schemathesis ended with {ended.returncode}:\n{log.read_text('utf-8')[-4000:]}")
    failures = Counter(failure["title"] for failure in told["failures"])
    return Asked(told["test_cases"]["generated"], told["operations"]["tested"], dict(failures), log)


def run(environment: Environment) -> Iterator[Line]:
    """Run all phases, with many examples."""
    with database_of(environment) as database, oxus_serving(database, environment.folder / "server.log") as server:
        found = asked(
            server.url,
            environment.folder,
            "examples,coverage,fuzzing,stateful",
            int(environment.amount(EXAMPLES)),
            environment.seed,
        )
    yield environment.line(
        "the whole description, asked by schemathesis", found.told, "no fault", not found.failures, found.failures
    )
