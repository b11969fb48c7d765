"""Claims, the chains of their sources, and their figures."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field, SQLModel

from app import vocab
from app.db.column_types import BinaryText
from app.db.indexes import partial_index
from app.db.sql_functions import imprecise_sql
from app.models.base import LIST_ORDER, WITHOUT_ROWID, ServedRow, one_of, ordered

RARE_CODE_CONDITIONS = {
    "stance": f"stance = '{vocab.Stance.DENIES}'",
    "modality": f"modality IN ('{vocab.Modality.POSSIBLE}', '{vocab.Modality.PLANNED}')",
}
"""Conditions of the partial indexes of codes that few claims have; statements repeat these words to use them."""


class Claim(ServedRow, table=True):
    """A statement of a source about an event: one paragraph, one chain. Nothing overwrites a claim."""

    __table_args__ = (
        one_of("stance", vocab.Stance),
        one_of("modality", vocab.Modality),
        one_of("reported_basis", vocab.ReportedBasis),
        one_of("precision", vocab.Precision),
        ordered("earliest", "latest"),
        Index("ix_claim_sort_date_id", *LIST_ORDER),
        partial_index("ix_claim_paragraph", "document_id", "paragraph", where=lambda _dialect: "paragraph IS NOT NULL"),
        partial_index("ix_claim_stance", *LIST_ORDER, where=lambda _dialect: RARE_CODE_CONDITIONS["stance"]),
        partial_index("ix_claim_modality", *LIST_ORDER, where=lambda _dialect: RARE_CODE_CONDITIONS["modality"]),
        partial_index("ix_claim_open_start", *LIST_ORDER, where=lambda _dialect: "earliest IS NULL"),
        partial_index("ix_claim_imprecise", *LIST_ORDER, where=imprecise_sql),
    )

    event_pk: int = Field(foreign_key="event.pk", index=True)
    stance: str
    modality: str
    reported_on: date = Field(index=True)
    reported_basis: str
    earliest: date | None = None
    latest: date | None = None
    sort_date: date
    precision: str
    document_id: str = Field(sa_type=BinaryText, foreign_key="source.id")
    paragraph: int | None = None
    location_id: str | None = Field(default=None, sa_type=BinaryText, foreign_key="location.id", index=True)


class ClaimHop(SQLModel, table=True):
    """One hop of a claim's chain: position 0 is nearest the fact, the last one is the document."""

    __tablename__ = "claim_hop"
    __table_args__ = (Index("ix_claim_hop_source_id", "source_id", "claim_pk"), WITHOUT_ROWID)

    claim_pk: int = Field(foreign_key="claim.pk", primary_key=True)
    position: int = Field(primary_key=True)
    source_id: str = Field(sa_type=BinaryText, foreign_key="source.id")


class Figure(SQLModel, table=True):
    """One number of a claim, as printed and as understood."""

    __table_args__ = (
        one_of("measure", vocab.Measure),
        Index("ix_figure_measure", "measure", "claim_pk"),
        Index("ix_figure_count_kind", "count_kind", "claim_pk"),
        one_of("count_kind", vocab.CountKind),
        # Curated figures are ordered. Published datasets are not always; their cells are kept as given.
        CheckConstraint("as_given OR low <= best", name="low_best_order"),
        CheckConstraint("as_given OR best <= high", name="best_high_order"),
        CheckConstraint("as_given OR low <= high", name="low_high_order"),
    )

    claim_pk: int = Field(foreign_key="claim.pk", primary_key=True)
    position: int = Field(primary_key=True)
    id: str = Field(sa_type=BinaryText, unique=True)
    measure: str
    low: int | None = None
    best: int | None = None
    high: int | None = None
    of: int | None = None
    count_kind: str
    as_of: date | None = None
    printed: str | None = Field(default=None, sa_type=Text)
    as_given: bool = Field(default=False, description="from a dataset whose bounds may be out of order")
