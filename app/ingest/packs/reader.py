"""Reading packs from their folder: TOML into drafts, with every problem of form found on the way."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from app import __version__
from app.errors import BrokenPackError, Problem
from app.ingest.packs.drafts import (
    ActorDraft,
    ClaimDraft,
    EventDraft,
    LocationDraft,
    MergeDraft,
    NamedDraft,
    PackContent,
    PackDraft,
    SourceDraft,
)
from app.names import closest_matches

_DATE = "a day without quotes (2021-06-29), or { earliest = ..., latest = ..., precision = ... }"
_UNREADABLE_KEYS: dict[type[BaseModel], tuple[str, str]] = {
    SourceDraft: ("sources", "id"),
    ActorDraft: ("actors", "id"),
    LocationDraft: ("locations", "id"),
    EventDraft: ("events", "id"),
    ClaimDraft: ("events", "event"),
}
"""What a draft that cannot be read is missed as: a claim is missed by its event."""
_REASONS = {
    "missing": "is needed",
    "extra_forbidden": "unknown key",
    "date_type": "a day, written without quotes: 2021-06-29",
    "string_type": "a text, in quotes",
    "tuple_type": 'a list of ids: ["..."]',
    "list_type": "a list: [...]",
    "int_type": "a whole number, without quotes",
    "model_type": "a table: { ... }",
}
MAX_FILE_BYTES = 16 * 1024 * 1024
_Model = TypeVar("_Model", bound=BaseModel)
_PLURALS = {"source": "sources", "actor": "actors", "location": "locations"}


class ProblemList(list[Problem]):
    """What is wrong with a pack so far, and what could not be read for it: (resource, id)."""

    def __init__(self) -> None:
        super().__init__()
        self.unreadable: set[tuple[str, str]] = set()


def find_packs(folder: Path, name: str | None = None) -> list[Path]:
    """The folders of packs (those that hold a pack.toml), sorted; raises BrokenPackError when there is none."""
    folders = sorted(path.parent for path in folder.glob("*/pack.toml"))
    if name is None and folders:
        return folders
    named = [path for path in folders if path.name == name]
    if named:
        return named
    if not folder.is_dir():
        raise BrokenPackError([Problem(folder.name, "", "seed", folder.name, "no such folder")])
    reason = "no such pack; packs here: " + (", ".join(path.name for path in folders) or "none")
    raise BrokenPackError([Problem(folder.name, "", "pack", name or "", reason)])


def digest_of(folder: Path) -> str:
    """What tells whether a pack, or the software that reads it, changed."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(folder.rglob("*.toml")):
        content = path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else b""
        digest.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()


def read_pack(folder: Path) -> tuple[PackContent | None, list[Problem]]:
    """A pack and its problems of form. The content is None when not even pack.toml can be used."""
    problems = ProblemList()
    pack: PackDraft | None = None
    drafts: dict[str, list[Any]] = {"sources": [], "actors": [], "locations": [], "events": [], "claims": []}
    merged: list[MergeDraft] = []
    for path in sorted(folder.rglob("*.toml")):
        file = path.relative_to(folder.parent).as_posix()
        inside = path.relative_to(folder).as_posix()
        table = _read_toml(path, file, problems)
        if table is None:
            continue
        if inside == "pack.toml":
            pack = _validate_draft(PackDraft, table | {"file": file}, problems)
        elif inside == "merged.toml":
            merged = [merge for merge in _merges(table, file, problems) if merge]
        elif inside in ("sources.toml", "actors.toml", "locations.toml"):
            _read_reference(inside.removesuffix("s.toml"), table, file, drafts, problems)
        elif inside.startswith("events/"):
            _read_events(table, file, drafts, problems)
        else:
            problems.append(Problem(file, "", "", inside, "no file of this name belongs to a pack"))
    if pack is None:
        return None, problems
    if pack.id != folder.name:
        problems.append(Problem(pack.file, pack.id, "id", pack.id, f"must be the folder's name, {folder.name}"))
    return PackContent(
        pack=pack, digest=digest_of(folder), merged=merged, unreadable=frozenset(problems.unreadable), **drafts
    ), problems


def _read_toml(path: Path, file: str, problems: ProblemList) -> dict[str, Any] | None:
    try:
        content = path.read_bytes()
        if len(content) > MAX_FILE_BYTES:
            problems.append(Problem(file, "", "", f"{len(content)} bytes", "larger than a pack's file may be"))
            return None
        return tomllib.loads(content.decode("utf-8"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "", "", "", f"not TOML: {error}"))
    except UnicodeDecodeError:
        problems.append(Problem(file, "", "", "", "not UTF-8"))
    except RecursionError:
        problems.append(Problem(file, "", "", "", "nested too deeply"))
    except OSError as error:
        problems.append(Problem(file, "", "", "", f"cannot be read: {error.strerror}"))
    return None


def _entries(table: dict[str, Any], key: str, file: str, problems: ProblemList) -> Iterator[dict[str, Any]]:
    """The tables of an array of tables; anything else there is a problem."""
    entries = table.pop(key, [])
    if not isinstance(entries, list):
        problems.append(Problem(file, "", key, "", f"write each as [[{key}]]"))
        return
    for entry in entries:
        if isinstance(entry, dict):
            yield entry | {"file": file}
        else:
            problems.append(Problem(file, "", key, str(entry)[:80], f"write each as [[{key}]]"))


def _refuse_unknown_keys(table: dict[str, Any], file: str, problems: ProblemList) -> None:
    problems.extend(Problem(file, "", key, "", "unknown key") for key in table)


def _read_reference(
    singular: str, table: dict[str, Any], file: str, drafts: dict[str, list[Any]], problems: ProblemList
) -> None:
    models: dict[str, type[NamedDraft]] = {"source": SourceDraft, "actor": ActorDraft, "location": LocationDraft}
    model = models[singular]
    built = [_validate_draft(model, entry, problems) for entry in _entries(table, singular, file, problems)]
    drafts[_PLURALS[singular]] = [draft for draft in built if draft]
    _refuse_unknown_keys(table, file, problems)


def _read_events(table: dict[str, Any], file: str, drafts: dict[str, list[Any]], problems: ProblemList) -> None:
    """Events with their claims, and claims on events of other packs (`[[claim]]` with `event`)."""
    claims = list(_entries(table, "claim", file, problems))
    for entry in _entries(table, "event", file, problems):
        below = list(_entries(entry, "claim", file, problems))
        claims += [claim | {"event": entry.get("id", "")} for claim in below]
        if draft := _validate_draft(EventDraft, entry, problems):
            drafts["events"].append(draft)
    drafts["claims"] += [built for claim in claims if (built := _validate_draft(ClaimDraft, claim, problems))]
    _refuse_unknown_keys(table, file, problems)


def _merges(table: dict[str, Any], file: str, problems: ProblemList) -> Iterator[MergeDraft | None]:
    for resource, lines in table.items():
        if not isinstance(lines, dict):
            problems.append(Problem(file, "", resource, "", "write [resource] and then old = new"))
            continue
        for old, new in lines.items():
            yield _validate_draft(MergeDraft, {"file": file, "resource": resource, "old": old, "new": new}, problems)


def _validate_draft(model: type[_Model], entry: dict[str, Any], problems: ProblemList) -> _Model | None:
    """A draft, or None and a problem for each thing that is wrong with it."""
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        problems.extend(_problem(model, entry, wrong) for wrong in error.errors(include_url=False))
        if model in _UNREADABLE_KEYS:
            resource, field = _UNREADABLE_KEYS[model]
            problems.unreadable.add((resource, str(entry.get(field))))
        return None


def _problem(model: type[BaseModel], entry: dict[str, Any], wrong: Any) -> Problem:
    """What is wrong with a draft, in words for a curator."""
    name = str(entry.get("id") or entry.get("old") or entry.get("event") or "")
    if model is ClaimDraft and "id" not in entry and isinstance(entry.get("paragraph"), int):
        name += f"-p{entry['paragraph']}"
    field = ".".join(str(part) for part in wrong["loc"])
    value = "" if wrong["type"] == "missing" else str(wrong["input"])[:80]
    reason = _REASONS.get(wrong["type"], wrong["msg"].removeprefix("Value error, "))
    if wrong["type"] == "extra_forbidden":
        near = closest_matches(str(wrong["loc"][-1]), [field.rstrip("_") for field in model.model_fields])
        reason += f"; did you mean {' or '.join(near)}?" if near and len(wrong["loc"]) == 1 else ""
    if field == "date" and model is ClaimDraft:
        reason = _DATE
    return Problem(str(entry.get("file")), name, field, value, reason)
