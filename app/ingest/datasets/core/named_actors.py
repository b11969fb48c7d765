"""Actors of datasets that give them names and no numbers, and whose kind may differ from record to record."""

from collections.abc import Mapping
from typing import Any, ClassVar

from app.ingest.datasets.core.entities import EntityRef
from app.ingest.datasets.core.event_rows import RowBuilder
from app.ingest.datasets.core.records import StoredActorKind
from app.ingest.datasets.core.spellings import MAX_TEXT_CHARS, slug


class NamedActorRowBuilder(RowBuilder):
    """Row builder of such a dataset.

    The kind of an actor is the first in `kind_precedence` that any record gives it, so that the order of records does
    not matter.
    """

    actor_scheme: ClassVar[str]
    """Scheme of actors' codes, which are their names; also the first part of their ids."""
    kind_precedence: ClassVar[tuple[str, ...]]

    def __init__(self, *stored: Any, collect_references: bool) -> None:
        super().__init__(*stored, collect_references=collect_references)
        self._curated = {
            slug(code): ref for (scheme, code), ref in self.known_actors.items() if scheme == self.actor_scheme
        }
        self._written_kinds: dict[str, str] = {}
        self._recorded_kinds: dict[str, str] = {}

    def seed_actor_kinds(self, kinds: Mapping[str, StoredActorKind]) -> None:
        """Take note of the kinds of stored actors; a minimum counts like the kind of a record."""
        self._written_kinds = {id_: kind for id_, (kind, _) in kinds.items()}
        self._recorded_kinds = {id_: kind for id_, (kind, is_minimum) in kinds.items() if is_minimum}

    def resolve_actor_kinds(self) -> dict[str, str]:
        """Return the kinds, by id, of actors that a later record gave a kind of higher precedence."""
        return {id_: kind for id_, kind in self._recorded_kinds.items() if self._written_kinds[id_] != kind}

    def named_actor(self, name: str, kind: str) -> EntityRef:
        """Return an actor by its name, adding it if it is new."""
        key = slug(name)
        if key in self._curated:
            return self._curated[key]
        id_ = f"{self.actor_scheme}:{key}"
        self._recorded_kinds[id_] = self.dominant_kind(self._recorded_kinds.get(id_, kind), kind)
        written = self._written_kinds.setdefault(id_, kind)
        return self.actor(self.actor_scheme, key, name, written, code=name[:MAX_TEXT_CHARS])

    @classmethod
    def dominant_kind(cls, one: str, other: str) -> str:
        """Return the one of two kinds that takes precedence."""
        return min(one, other, key=cls.kind_precedence.index)
