"""Docstrings of app/ begin with their object, and their first sentences are short enough to be read once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.settings import PROJECT_ROOT

APP = PROJECT_ROOT / "app"
MAX_WORDS = 25
WRONG_START = re.compile(r"(What|Where|Who|Whether|How|The same|It|As)\b")


def docstrings(path: Path) -> Iterator[str]:
    """Yield the docstrings of a module, its classes and functions, and the strings below its assignments."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for child in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                text = child.value.value
                if isinstance(text, str):
                    yield " ".join(text.split())


def faults(path: Path) -> list[str]:
    """Return the docstrings that begin with a wrong word or a sentence that is too long."""
    wrong = []
    for text in docstrings(path):
        first = re.split(r"(?<=[.:?])\s", text)[0]
        if WRONG_START.match(text) or len(first.split()) > MAX_WORDS:
            wrong.append(text[:100])
    return wrong


def test_docstrings_begin_with_their_object_and_a_short_sentence() -> None:
    found = {path.relative_to(APP).as_posix(): wrong for path in APP.rglob("*.py") if (wrong := faults(path))}
    assert not found
