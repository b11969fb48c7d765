"""Parse TOML of curators: bounded in depth beforehand, because the standard parser takes the square of it."""

import re
import tomllib

from app.ingest.packs.limits import MAX_DOTS, MAX_NESTING

TomlTable = dict[str, object]

_LEXEME = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|[\[\]{}.\n]",
    re.DOTALL,
)
"""Strings and comments, which are passed over, and the characters that count. Each scans its characters once.

The parser reads the same strings up to the first error, and ends there.
"""


class TomlError(ValueError):
    """A file is not TOML that can be read; the message says why."""


def parse_toml(content: bytes) -> TomlTable:
    """Return the tables of a file. Raises TomlError."""
    if content.startswith(b"\xef\xbb\xbf"):
        raise TomlError("begins with a byte order mark; save it as UTF-8 without one")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise TomlError("not UTF-8") from None
    _refuse_depth(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(f"not TOML: {error}") from None
    except RecursionError:
        raise TomlError("nested too deeply") from None
    except ValueError:  # of Python's own conversion of digits
        raise TomlError("not TOML that can be read: a number has too many digits") from None


def _refuse_depth(text: str) -> None:
    """Raise TomlError for keys of too many parts and for values nested too deeply."""
    line, dots, depth = 1, 0, 0
    for lexeme in _LEXEME.finditer(text):
        match lexeme[0]:
            case "\n":
                line, dots = line + 1, 0
            case ".":
                dots += 1
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth = max(depth - 1, 0)
            case skipped:
                line += skipped.count("\n")
        if dots > MAX_DOTS:
            raise TomlError(f"line {line} has more than {MAX_DOTS} dots outside of quotes: a key has too many parts")
        if depth > MAX_NESTING:
            raise TomlError(f"nested too deeply: line {line} has more than {MAX_NESTING} brackets inside each other")
