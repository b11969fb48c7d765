"""Find packs and read their files: nothing but plain files of a bounded size inside the folder of a pack."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from app import __version__
from app.errors import BrokenPackError, Problem
from app.ingest.packs.limits import MAX_FILE_BYTES, MAX_FOLDER_ENTRIES, MAX_PACK_BYTES, MAX_PACK_FILES
from app.ingest.packs.problems import shown
from app.names import forbidden_character

_IGNORED = (".", "#", "~")
"""First characters of hidden names, and of the lock files and backups of editors."""


@dataclass
class PackFiles:
    """The content of a pack's TOML files by path inside the pack, and what could not be read."""

    contents: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def digest(self) -> str | None:
        """A hash of the files and of the software's version; None if something could not be read."""
        if self.problems:
            return None
        digest = hashlib.sha256(__version__.encode())
        for inside, content in self.contents.items():
            digest.update(f"{inside} {len(content)} ".encode() + content)
        return digest.hexdigest()


def find_packs(folder: Path, name: str | None = None) -> list[Path]:
    """Return the folders with a pack.toml, sorted. Raises BrokenPackError if there is none."""
    try:
        folders = sorted(path for path in folder.iterdir() if _is_pack(path))
    except (FileNotFoundError, NotADirectoryError):
        raise BrokenPackError([Problem(folder.name, "", "seed", folder.name, "no such folder")]) from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise BrokenPackError([Problem(folder.name, "", "seed", folder.name, reason)]) from None
    named = folders if name is None else [path for path in folders if path.name == name]
    if named:
        return named
    reason = "no such pack; packs here: " + (", ".join(shown(path.name) for path in folders) or "none")
    raise BrokenPackError([Problem(folder.name, "", "pack", shown(name or ""), reason)])


def _is_pack(path: Path) -> bool:
    """Return whether a folder is a pack; a link that leads nowhere is one too, so that it is told."""
    if path.name.startswith(_IGNORED):
        return False
    return os.path.lexists(path / "pack.toml") or (path.is_symlink() and not path.exists())


def read_files(folder: Path) -> PackFiles:
    """Read the TOML files of a pack, in the order of their paths. Hidden files and those of editors are ignored."""
    result = PackFiles()
    found: list[tuple[Path, int]] = []
    try:
        for path in _walk(folder):
            try:
                if reason := _wrong_file(path, folder):
                    result.problems.append(_problem(folder, path, reason))
                else:
                    found.append((path, path.stat().st_size))
            except OSError as error:
                result.problems.append(_problem(folder, path, _unreadable(error)))
        _refuse_large(folder, found)
    except BrokenPackError as error:
        result.problems += error.problems
        return result
    except OSError as error:
        result.problems.append(_problem(folder, Path(error.filename or folder), _unreadable(error)))
        return result
    for path, _ in sorted(found):
        _read(path, folder, result)
    return result


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is named as a TOML file in a pack, and links to folders. Raises BrokenPackError, OSError."""
    pending, seen = [folder], 0
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MAX_FOLDER_ENTRIES:
                    reason = f"a pack has at most {MAX_FOLDER_ENTRIES} files of any kind"
                    raise BrokenPackError([_problem(folder, folder, reason)])
                if entry.name.startswith(_IGNORED):
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder:
                    pending.append(Path(entry.path))
                if entry.name.endswith(".toml") or (not is_folder and entry.is_symlink() and entry.is_dir()):
                    yield Path(entry.path)


def _wrong_file(path: Path, folder: Path) -> str | None:
    """Return why a file cannot be one of a pack. Raises OSError."""
    inside = path.relative_to(folder).as_posix()
    if not _is_text(inside):
        return "its name is not UTF-8"
    if found := forbidden_character(inside):
        return f"its name holds {found}"
    if reason := _wrong_link(path, folder):
        return reason
    stat = path.stat()
    if S_ISDIR(stat.st_mode):
        return (
            "a link to a folder; put the folder itself here" if path.is_symlink() else "a folder, where a file belongs"
        )
    if not S_ISREG(stat.st_mode):
        return "no plain file"
    if stat.st_size > MAX_FILE_BYTES:
        return f"holds {stat.st_size} bytes; a file of a pack has at most {MAX_FILE_BYTES}, split it"
    return None


def _wrong_link(path: Path, folder: Path) -> str | None:
    """Return why a link in a pack cannot be followed. The folder of the pack may be one itself."""
    if not path.is_symlink():
        return None
    try:
        target = path.resolve(strict=True)
    except FileNotFoundError:
        return "a link that leads nowhere"
    except (OSError, RuntimeError):  # which of the two tells a circle depends on the version of Python
        return "a link that leads in a circle, or cannot be followed"
    return None if target.is_relative_to(folder.resolve()) else "a link that leads out of the pack"


def _refuse_large(folder: Path, found: list[tuple[Path, int]]) -> None:
    """Raise BrokenPackError if the files are too many, or too large together."""
    if len(found) > MAX_PACK_FILES:
        reason = f"holds {len(found)} TOML files; a pack has at most {MAX_PACK_FILES}, join some"
        raise BrokenPackError([_problem(folder, folder, reason)])
    size = sum(size for _, size in found)
    if size > MAX_PACK_BYTES:
        reason = f"holds {size} bytes; a pack has at most {MAX_PACK_BYTES}, make two packs"
        raise BrokenPackError([_problem(folder, folder, reason)])


def _read(path: Path, folder: Path, result: PackFiles) -> None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        result.problems.append(_problem(folder, path, _unreadable(error)))
        return
    if len(content) > MAX_FILE_BYTES:
        result.problems.append(_problem(folder, path, f"a file of a pack has at most {MAX_FILE_BYTES} bytes, split it"))
        return
    result.contents[path.relative_to(folder).as_posix()] = content


def _unreadable(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"


def _problem(folder: Path, path: Path, reason: str) -> Problem:
    return Problem(_printable(path.relative_to(folder.parent).as_posix()), "", "", "", reason)


def _printable(name: str) -> str:
    """Return a name with bytes that are not UTF-8, and characters that a terminal would obey, made harmless."""
    return shown(os.fsencode(name).decode("utf-8", "backslashreplace"))


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
