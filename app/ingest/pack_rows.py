"""Write the row of a pack or imported dataset itself."""

from sqlalchemy import Connection, insert, select, update

from app import models
from app.ingest.packs.drafts import PackDraft
from app.models.base import table_of
from app.schemas.base import Ref
from app.schemas.reference import CoverageRow, PackRow


def store_pack(
    connection: Connection, draft: PackDraft, document: Ref | None, dataset: bool, revision: int, digest: str = ""
) -> bool:
    """Write the row; return whether it differs from the stored one. `digest` is the hash of a pack's files."""
    table = table_of(models.Pack)
    coverage = CoverageRow(**draft.coverage.model_dump())
    fields = draft.model_dump(include={"id", "title", "version", "licence", "citation", "cut_off"})

    def row(at: int) -> str:
        return PackRow(**fields, coverage=coverage, document=document, revision=at).model_dump_json()

    stored = connection.execute(select(table).where(table.c.id == draft.id)).one_or_none()
    if stored and stored.row == row(stored.revision):
        connection.execute(update(table).where(table.c.id == draft.id).values(digest=digest))
        return False
    values = {
        "version": draft.version,
        "covers_from": coverage.from_,
        "covers_until": coverage.until,
        "cut_off": draft.cut_off,
        "digest": digest,
        "dataset": dataset,
        "revision": revision,
        "row": row(revision),
    }
    if stored:
        connection.execute(update(table).where(table.c.id == draft.id).values(values))
    else:
        connection.execute(insert(table).values(id=draft.id, added_in=revision, **values))
    return True
