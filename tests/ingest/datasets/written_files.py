"""A file of a dataset, written for one test."""

from collections.abc import Callable
from pathlib import Path

import pytest

File = Callable[[bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A function that writes a file of this content, and returns its path."""

    def write(content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    return write
