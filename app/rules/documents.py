"""Documents that stand under two ids: one text that two packs, or one pack twice, name as a source."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.names import match_key


@dataclass(frozen=True)
class DocumentFacts:
    """A document, with what tells whether another id stands for the same text."""

    id: str
    name: str
    url: str | None
    outlet: str | None
    published_on: date | None

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """Keys of which the same text shares at least one: its url; its outlet, day and title."""
        keys: list[tuple[str, ...]] = [("id", self.id)]
        if self.url:
            keys.append(("url", self.url))
        if self.outlet and self.published_on:
            keys.append(("title", self.outlet, self.published_on.isoformat(), match_key(self.name)))
        return keys


def one_id_per_document(documents: Iterable[DocumentFacts]) -> dict[str, str]:
    """Map each document to one id of its text.

    Sources with one url are one document, and so are those of one outlet on one day with one title.
    """
    owners: dict[tuple[str, ...], str] = {}
    result: dict[str, str] = {}
    for document in sorted(documents, key=lambda document: document.id):
        first = min((owners[key] for key in document.keys if key in owners), default=document.id)
        result[document.id] = first
        for key in document.keys:
            owners.setdefault(key, first)
    return result
