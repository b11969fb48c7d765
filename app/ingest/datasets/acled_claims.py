"""Claims of a row of ACLED: the dataset's own record, and one for each source that it names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from pydantic_core import to_json

from app import models
from app.ingest.datasets.acled import COLUMNS, AcledRecord
from app.ingest.datasets.ged_references import MOST_TEXT, Named, slug
from app.ingest.records import Children, Record, joined_text
from app.rules.facts import ClaimFact, FigureFact
from app.schemas.claims import FigureRow
from app.timespan import Interval

DATASET = Named("acled", "Armed Conflict Location & Event Data")
UNDATED = "When it was said is not given: the last day of the event stands in."
_UNNAMED = ("undisclosed source", "unknown source", "unspecified source")
"""What ACLED prints where it does not say who; such a source is nobody's independent word."""

Sourced = Callable[[str, str, str], Named]
"""Makes a source of an id, a name and a kind."""


def claims(record: AcledRecord, event: Named, place: Named, note: str | None, source: Sourced) -> Iterator[Record]:
    """The claims on an event; `note` is what a reader of the dataset's own must know beside."""
    about = _About(record, event, place)
    figures = []
    if record.fatalities is not None:
        count = record.fatalities
        figures = [FigureFact("deaths", "cumulative", count, count, count, as_of=record.latest)]
    yield about.claim(0, [DATASET], f"event {record.id}", _estimate(record), "fact", figures, note)
    for at, name in enumerate(record.sources, 1):
        unnamed = name.casefold() in _UNNAMED
        said_by = source(f"acled-source:{slug(name)}", name, "unattributed" if unnamed else "outlet")
        locator = f"event {record.id}, source {at}"
        yield about.claim(at, [said_by, DATASET], locator, "Named by ACLED as a source.", "reported", [], None)


def _estimate(record: AcledRecord) -> str:
    if record.fatalities is None:
        return "ACLED gives no number of deaths."
    if record.fatalities == 0:
        return "ACLED records no deaths: none, or none reported."
    return f"ACLED records {record.fatalities} reported death{'s' * (record.fatalities != 1)}."


@dataclass(frozen=True, slots=True)
class _About:
    """What the claims of one record share."""

    record: AcledRecord
    event: Named
    place: Named

    def claim(
        self,
        number: int,
        chain: list[Named],
        locator: str,
        summary: str,
        modality: str,
        figures: list[FigureFact],
        note: str | None,
    ) -> Record:
        """One claim: its row, its columns, what hangs on it, and what the rules see of it."""
        id_, first, last = f"{self.event.id}:{number}", self.record.earliest, self.record.latest
        precision = "day" if first == last else "range"
        said = [{name: getattr(figure, name) for name in FigureRow.model_fields} for figure in figures]
        row = {  # in the order of ClaimRow
            "id": id_,
            "event": self.event.row,
            "document": DATASET.row,
            "locator": locator,
            "summary": summary,
            "stance": "asserts",
            "modality": modality,
            "attribution": [hop.row for hop in chain],
            "origin": chain[0].row,
            "reported_on": last,
            "reported_basis": "document",
            "date": {"earliest": first, "latest": last, "precision": precision},
            "location": self.place.row,
            "printed": self._printed(),
            "figures": said,
            "note": " ".join(part for part in (UNDATED, note) if part),
        }
        columns = {
            "event_id": self.event.id,
            "document_id": DATASET.id,
            "origin_id": chain[0].id,
            "stance": "asserts",
            "modality": modality,
            "reported_on": last,
            "reported_basis": "document",
            "earliest": first,
            "latest": last,
            "sort_date": first,
            "precision": precision,
            "location_id": self.place.id,
        }
        children: Children = {
            models.ClaimHop: [{"position": at, "source_id": hop.id} for at, hop in enumerate(chain)],
            models.Figure: [
                figure | {"position": at, "id": f"{id_}-f{at + 1}", "as_given": True} for at, figure in enumerate(said)
            ],
        }
        text = joined_text(self.event.name, summary, *(hop.name for hop in chain), self.place.name)
        fact = self._fact(id_, chain, modality, last, precision, figures)
        return Record(id_, to_json(row).decode(), columns, children, text, fact)

    def _printed(self) -> dict[str, str | None]:
        where = dict(zip(COLUMNS, self.record.cells, strict=True))["location"]
        place = where[:MOST_TEXT] if where else None
        return {"date": None, "place": place, "quantity": None, "name": None, "other": None}

    def _fact(
        self, id_: str, chain: list[Named], modality: str, reported_on: date, precision: str, figures: list[FigureFact]
    ) -> ClaimFact:
        # Sources belong to no organisation; a dataset and sources without a name are no origins: `rules.status.origin`.
        named = len(chain) > 1 and chain[0].name.casefold() not in _UNNAMED
        return ClaimFact(
            id=id_,
            document=DATASET.id,
            origin=chain[0].id if named else None,
            stance="asserts",
            modality=modality,
            reported_on=reported_on,
            date=Interval(self.record.earliest, self.record.latest),
            precision=precision,
            figures=tuple(figures),
        )
