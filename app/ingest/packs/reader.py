"""Read packs from their folders: TOML into drafts, with every problem of form."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app import __version__
from app.errors import BrokenPackError, Problem
from app.ingest.packs.catalogue import IDENTIFIED
from app.ingest.packs.drafts import (
    DRAFT_TYPES,
    ClaimDraft,
    Draft,
    EventDraft,
    MergeDraft,
    PackContent,
    PackDraft,
)
from app.models.entity_types import ENTITY_TYPES, EVENTS, REFERENCE_TYPES, EntityType
from app.names import closest_matches

_DATE = "a day without quotes (2021-06-29), or { earliest = ..., latest = ..., precision = ... }"
_UNREADABLE_KEYS: dict[type[BaseModel], tuple[str, str]] = {
    **{DRAFT_TYPES[resource]: (resource, "id") for resource in IDENTIFIED},
    ClaimDraft: (EVENTS.name, "event"),
}
"""Resource and key by which an unreadable draft is missed: a claim is missed by its event."""
_REFERENCE_FILES = {f"{entity.name}.toml": entity for entity in REFERENCE_TYPES}
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
TomlTable = dict[str, object]
_Model = TypeVar("_Model", bound=BaseModel)


class ProblemList(list[Problem]):
    """Problems of a pack so far; `unreadable` holds (resource, id) of drafts that could not be read."""

    def __init__(self) -> None:
        super().__init__()
        self.unreadable: set[tuple[str, str]] = set()


def find_packs(folder: Path, name: str | None = None) -> list[Path]:
    """Return the folders with a pack.toml, sorted. Raises BrokenPackError if there is none."""
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
    """Return a hash of a pack's files and of the software's version."""
    digest = hashlib.sha256(__version__.encode())
    for path in sorted(folder.rglob("*.toml")):
        content = path.read_bytes() if path.stat().st_size <= MAX_FILE_BYTES else b""
        digest.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()


def read_pack(folder: Path) -> tuple[PackContent | None, list[Problem]]:
    """Read a pack and its problems of form. The content is None if pack.toml cannot be used."""
    problems = ProblemList()
    pack: PackDraft | None = None
    drafts: dict[str, list[Any]] = {resource: [] for resource in ENTITY_TYPES}
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
        elif inside in _REFERENCE_FILES:
            drafts[_REFERENCE_FILES[inside].name] = _read_reference(_REFERENCE_FILES[inside], table, file, problems)
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


def _read_toml(path: Path, file: str, problems: ProblemList) -> TomlTable | None:
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


def _entries(table: TomlTable, key: str, file: str, problems: ProblemList) -> Iterator[TomlTable]:
    """Yield the tables of an array of tables; anything else there is a problem."""
    entries = table.pop(key, [])
    if not isinstance(entries, list):
        problems.append(Problem(file, "", key, "", f"write each as [[{key}]]"))
        return
    for entry in entries:
        if isinstance(entry, dict):
            yield entry | {"file": file}
        else:
            problems.append(Problem(file, "", key, str(entry)[:80], f"write each as [[{key}]]"))


def _refuse_unknown_keys(table: TomlTable, file: str, problems: ProblemList) -> None:
    problems.extend(Problem(file, "", key, "", "unknown key") for key in table)


def _read_reference(entity: EntityType, table: TomlTable, file: str, problems: ProblemList) -> list[Draft]:
    entries = _entries(table, entity.singular, file, problems)
    drafts = [_validate_draft(DRAFT_TYPES[entity.name], entry, problems) for entry in entries]
    _refuse_unknown_keys(table, file, problems)
    return [draft for draft in drafts if draft]


def _read_events(table: TomlTable, file: str, drafts: dict[str, list[Any]], problems: ProblemList) -> None:
    """Events with their claims, and claims on events of other packs (`[[claim]]` with `event`)."""
    claims = list(_entries(table, "claim", file, problems))
    for entry in _entries(table, "event", file, problems):
        below = list(_entries(entry, "claim", file, problems))
        for claim in below:
            if "event" in claim:
                reason = "a claim under an event is about that event; leave the key out, or write [[claim]]"
                problems.append(Problem(file, str(entry.get("id", "")), "event", str(claim["event"])[:80], reason))
            claims.append(claim | {"event": entry.get("id", "")})
        if draft := _validate_draft(EventDraft, entry, problems):
            drafts["events"].append(draft)
    drafts["claims"] += [built for claim in claims if (built := _validate_draft(ClaimDraft, claim, problems))]
    _refuse_unknown_keys(table, file, problems)


def _merges(table: TomlTable, file: str, problems: ProblemList) -> Iterator[MergeDraft | None]:
    for resource, lines in table.items():
        if not isinstance(lines, dict):
            problems.append(Problem(file, "", resource, "", "write [resource] and then old = new"))
            continue
        for old, new in lines.items():
            yield _validate_draft(MergeDraft, {"file": file, "resource": resource, "old": old, "new": new}, problems)


def _validate_draft(model: type[_Model], entry: TomlTable, problems: ProblemList) -> _Model | None:
    """Validate a draft; on errors return None and add a problem for each."""
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        problems.extend(_problem(model, entry, wrong) for wrong in error.errors(include_url=False))
        if model in _UNREADABLE_KEYS:
            resource, field = _UNREADABLE_KEYS[model]
            problems.unreadable.add((resource, str(entry.get(field))))
        return None


def _problem(model: type[BaseModel], entry: TomlTable, wrong: ErrorDetails) -> Problem:
    """Make the problem of a draft from an error of pydantic, in words for a curator."""
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
