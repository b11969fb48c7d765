"""Read packs from their folders: TOML into drafts, with every problem of form."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.errors import Problem
from app.ingest.packs.catalogue import IDENTIFIED
from app.ingest.packs.drafts import (
    DRAFT_TYPES,
    ClaimDraft,
    EventDraft,
    MergeDraft,
    PackContent,
    PackDraft,
)
from app.ingest.packs.files import read_files
from app.ingest.packs.limits import MAX_ENTRIES, MAX_SUGGESTED, MAX_VALUE_CHARS
from app.ingest.packs.problems import ProblemList, shown
from app.ingest.packs.toml import TomlError, TomlTable, parse_toml
from app.models.entity_types import ENTITY_TYPES, EVENTS, REFERENCE_TYPES, EntityType
from app.names import closest_matches, forbidden_character, is_invisible

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
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass
class ReadPack:
    """A pack as read. The content is None without a pack.toml that can be used, and with too many entries."""

    name: str
    content: PackContent | None
    problems: ProblemList


def read_pack(folder: Path) -> ReadPack:
    """Read a pack and its problems of form."""
    files = read_files(folder)
    reader = _PackReader(ProblemList(files.problems))
    for inside, content in files.contents.items():
        if reader.entries <= MAX_ENTRIES:
            reader.read(content, f"{folder.name}/{inside}", inside)
    return ReadPack(folder.name, reader.content(folder.name, files.digest or ""), reader.problems)


@dataclass
class _PackReader:
    """The drafts of a pack so far; `unreadable` holds (resource, id) of drafts that could not be read."""

    problems: ProblemList
    pack: PackDraft | None = None
    drafts: dict[str, list[Any]] = field(default_factory=lambda: {resource: [] for resource in ENTITY_TYPES})
    merged: list[MergeDraft] = field(default_factory=list)
    unreadable: set[tuple[str, str]] = field(default_factory=set)
    entries: int = 0
    suggested: int = 0

    def content(self, folder: str, digest: str) -> PackContent | None:
        """Return everything that was read; None without a pack.toml, and if not everything was."""
        if self.pack is None or self.entries > MAX_ENTRIES:
            return None
        if self.pack.id != folder:
            reason = f"must be the folder's name, {folder}"
            self.problems.add(Problem(self.pack.file, self.pack.id, "id", self.pack.id, reason))
        return PackContent(
            pack=self.pack, digest=digest, merged=self.merged, unreadable=frozenset(self.unreadable), **self.drafts
        )

    def read(self, content: bytes, file: str, inside: str) -> None:
        """Read a file by its path inside the pack."""
        try:
            table = parse_toml(content)
        except TomlError as error:
            self.problems.add(Problem(file, "", "", "", str(error)))
            return
        if inside == "pack.toml":
            self.pack = self._draft(PackDraft, table | {"file": file})
        elif inside == "merged.toml":
            self.merged = [merge for merge in self._merges(table, file) if merge]
        elif inside in _REFERENCE_FILES:
            self._read_reference(_REFERENCE_FILES[inside], table, file)
        elif inside.startswith("events/"):
            self._read_events(table, file)
        else:
            self.problems.add(Problem(file, "", "", inside, "no file of this name belongs to a pack"))

    def _entries(self, table: TomlTable, key: str, file: str) -> Iterator[TomlTable]:
        """Yield the tables of an array of tables; anything else there is a problem."""
        entries = table.pop(key, [])
        if not isinstance(entries, list):
            self.problems.add(Problem(file, "", key, "", f"write each as [[{key}]]"))
            return
        for entry in entries:
            if self._is_over_full(file):
                return
            if isinstance(entry, dict):
                yield entry | {"file": file}
            else:
                self.problems.add(Problem(file, "", key, shown(entry), f"write each as [[{key}]]"))

    def _is_over_full(self, file: str) -> bool:
        """Count an entry, and return whether it is one too many."""
        self.entries += 1
        if self.entries <= MAX_ENTRIES:
            return False
        reason = f"a pack has at most {MAX_ENTRIES} entries, make two packs"
        self.problems.add(Problem(file.partition("/")[0], "", "", "", reason))
        return True

    def _refuse_unknown_keys(self, table: TomlTable, file: str) -> None:
        self.problems.extend(Problem(file, "", shown(key), "", "unknown key") for key in table)

    def _read_reference(self, entity: EntityType, table: TomlTable, file: str) -> None:
        drafts = [self._draft(DRAFT_TYPES[entity.name], entry) for entry in self._entries(table, entity.singular, file)]
        self._refuse_unknown_keys(table, file)
        self.drafts[entity.name] = [draft for draft in drafts if draft]

    def _read_events(self, table: TomlTable, file: str) -> None:
        """Read events with their claims, and claims on events of other packs (`[[claim]]` with `event`)."""
        claims = list(self._entries(table, "claim", file))
        for entry in self._entries(table, "event", file):
            for claim in self._entries(entry, "claim", file):
                if "event" in claim:
                    reason = "a claim under an event is about that event; leave the key out, or write [[claim]]"
                    self.problems.add(Problem(file, shown(entry.get("id", "")), "event", shown(claim["event"]), reason))
                claims.append(claim | {"event": entry.get("id", "")})
            if draft := self._draft(EventDraft, entry):
                self.drafts["events"].append(draft)
        self.drafts["claims"] += [built for claim in claims if (built := self._draft(ClaimDraft, claim))]
        self._refuse_unknown_keys(table, file)

    def _merges(self, table: TomlTable, file: str) -> Iterator[MergeDraft | None]:
        for resource, lines in table.items():
            if not isinstance(lines, dict):
                self.problems.add(Problem(file, "", shown(resource), "", "write [resource] and then old = new"))
                continue
            for old, new in lines.items():
                if self._is_over_full(file):
                    return
                yield self._draft(MergeDraft, {"file": file, "resource": resource, "old": old, "new": new})

    def _draft(self, model: type[_Model], entry: TomlTable) -> _Model | None:
        """Validate a draft; on errors return None and add a problem for each."""
        wrong_texts = [_text_problem(model, entry, *wrong) for wrong in _wrong_texts(entry)]
        self.problems.extend(wrong_texts)
        try:
            draft = model.model_validate(entry)
        except ValidationError as error:
            self._add_errors(model, entry, error)
        else:
            if not wrong_texts:
                return draft
        if model in _UNREADABLE_KEYS:
            resource, key = _UNREADABLE_KEYS[model]
            id_ = entry.get(key)
            self.unreadable.add((resource, id_ if isinstance(id_, str) else shown(id_)))
        return None

    def _add_errors(self, model: type[BaseModel], entry: TomlTable, error: ValidationError) -> None:
        if self.problems.is_full:
            self.problems.more += error.error_count()
            return
        for wrong in error.errors(include_url=False):
            if self.problems.is_full:
                self.problems.more += 1
            else:
                self.problems.add(self._problem(model, entry, wrong))

    def _problem(self, model: type[BaseModel], entry: TomlTable, wrong: ErrorDetails) -> Problem:
        """Make the problem of a draft from an error of pydantic, in words for a curator."""
        field = ".".join(str(part) for part in wrong["loc"])
        value = "" if wrong["type"] == "missing" else shown(wrong["input"])
        reason = _REASONS.get(wrong["type"], wrong["msg"].removeprefix("Value error, "))
        if wrong["type"] == "extra_forbidden" and len(wrong["loc"]) == 1 and self.suggested < MAX_SUGGESTED:
            self.suggested += 1
            near = closest_matches(field, [name.rstrip("_") for name in model.model_fields])
            reason += f"; did you mean {' or '.join(near)}?" if near else ""
        if field == "date" and model is ClaimDraft:
            reason = _DATE
        return Problem(str(entry.get("file")), _name_of(model, entry), shown(field), value, reason)


def _name_of(model: type[BaseModel], entry: TomlTable) -> str:
    """Return the id by which a curator finds an entry."""
    name = shown(entry.get("id") or entry.get("old") or entry.get("event") or "")
    if model is ClaimDraft and "id" not in entry and isinstance(entry.get("paragraph"), int):
        name += f"-p{shown(entry['paragraph'])}"
    return name


def _wrong_texts(value: object, field: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield field, text and reason of every text in a table that holds what no question may hold."""
    if isinstance(value, str):
        if found := forbidden_character(value):
            yield field, value, f"holds {found}, a character that no question may hold"
        elif value and is_invisible(value):
            yield field, value, "nothing of it can be seen"
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from _wrong_texts(member, f"{field}.{at}")
    elif isinstance(value, dict):
        for key, member in value.items():
            if key != "file" or field:  # which the reader put in
                yield from _wrong_texts(member, f"{field}.{key}" if field else key)


def _text_problem(model: type[BaseModel], entry: TomlTable, field: str, value: str, reason: str) -> Problem:
    return Problem(str(entry.get("file")), _name_of(model, entry), shown(field), value[:MAX_VALUE_CHARS], reason)
