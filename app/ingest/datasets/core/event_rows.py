"""Map events of a dataset to rows: the event, its claims, and its versions by report day.

Versions are those that `app.ingest.versions` would derive. A shorter rule gives them here, because all events of a
dataset are of one plain kind: each claim asserts one date, as fact or as reported, and at most one counts deaths.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.db.text_index import FIELD_SEPARATOR, index_words
from app.ingest.datasets.core.acled_row_builder import AcledRowBuilder
from app.ingest.datasets.core.batch import ACLED_TABLE
from app.ingest.datasets.core.entities import MAX_DATE, EntityRef, EntityRegistry
from app.ingest.datasets.core.records import StoredActorKind
from app.ingest.served_json import (
    bounds_json,
    compile_writer,
    control_change_json,
    corroboration_json,
    date_range_json,
    event_actor_json,
    list_json,
    string_json,
)
from app.names import fold
from app.schemas.base import Ref
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import CodedEventRow, EventDateRow, EventRow

SHARED_TEXTS = ("id", "title", "summary")
"""Texts that all rows of an event repeat, encoded once."""
coded_event_json = compile_writer(CodedEventRow, encoded=SHARED_TEXTS, movement=None, part_of=None)
event_json = compile_writer(EventRow, encoded=SHARED_TEXTS, movement=None, part_of=None)
event_ref_json = compile_writer(Ref, encoded=("id", "name"))
event_date_json = compile_writer(EventDateRow, printed=None)
claim_json = compile_writer(ClaimRow, stance="asserts")
printed_json = compile_writer(PrintedRow, date=None, quantity=None, name=None)
figure_json = compile_writer(FigureRow, measure="deaths", of=None, count_kind="cumulative", printed=None)


class Deaths(NamedTuple):
    """Number of deaths in an event, civilians and fighters together; None is unknown."""

    low: int | None
    best: int | None
    high: int | None


class DatasetControlChange(NamedTuple):
    """Change of control over the place of an event."""

    gained: EntityRef | None
    lost: EntityRef | None
    extent: str
    means: str


@dataclass(slots=True)
class DatasetEvent:
    """Coded part of an event. Dates are texts, YYYY-MM-DD."""

    id: str
    category: str
    title: str
    summary: str
    place: EntityRef | None
    precision: str | None
    actors: list[tuple[EntityRef, str]]
    """Actors with their roles."""
    earliest: str
    latest: str
    document: EntityRef
    """Document of all its claims: the dataset."""
    printed_place: str | None
    change: DatasetControlChange | None = None
    """Change of control; its sides are among the actors, with the roles `gains` and `loses`."""

    @property
    def date_precision(self) -> str:
        """Precision of the date, as in `EventDateRow`."""
        return "day" if self.earliest == self.latest else "range"


class DatasetClaim(NamedTuple):
    """One claim about an event."""

    number: int
    """Last part of the id of the claim, `<event>:<number>`."""
    chain: Sequence[EntityRef]
    """Chain of attribution, from the first hop to the dataset."""
    reported_on: str
    reported_on_stated: bool
    """True if the file gives the day of the report."""
    modality: str
    locator: str
    summary: str
    printed: str | None
    note: str | None
    origin: str | None
    """Origin that counts as independent: see `app.rules.status.origin`."""
    deaths: Deaths | None = None


class _EventFragments(NamedTuple):
    """JSON of an event's parts that several of its rows share."""

    id: str
    title: str
    summary: str
    location: str
    actors: str
    control_change: str


class RowBuilder(EntityRegistry):
    """Build the rows of a dataset's records. Each dataset subclasses it with an `add` of its own."""

    acled: AcledRowBuilder
    """Set by the reader of the import."""

    def add(self, record: Any) -> None:
        """Add the rows of one record to the batch."""
        raise NotImplementedError

    def seed_actor_kinds(self, kinds: Mapping[str, StoredActorKind]) -> None:
        """Take note of the kinds of stored actors; without effect where one record tells the kind."""

    def resolve_actor_kinds(self) -> dict[str, str]:
        """Return the kinds, by id, of actors that later records make another kind than was written."""
        return {}

    def write(
        self, event: DatasetEvent, claims: Sequence[DatasetClaim], raw_table: str, raw_columns: tuple[object, ...]
    ) -> None:
        """Add an event with its claims, of which there is at least one, and with its row of the table of cells.

        `raw_columns` are the values of that row without its first, the pk of the event.
        """
        tables = self.batch.tables
        pk, title_words, parts = len(tables["event"]), index_words(event.title), _fragments(event)
        self._add_event(event, pk, parts)
        tables[raw_table].append((pk, *raw_columns))
        if raw_table != ACLED_TABLE and (row := self.acled.row(pk, event, claims)):
            tables[ACLED_TABLE].append(row)
        tables["event_text"].append((pk, _event_search_words(event, title_words)))
        self._add_claims(event, pk, claims, parts, title_words)
        tables["event_version"].extend(self._version_rows(event, pk, claims, parts))

    def _add_event(self, event: DatasetEvent, pk: int, parts: _EventFragments) -> None:
        tables, place = self.batch.tables, event.place
        row = coded_event_json(category=event.category, location_precision=event.precision, **parts._asdict())
        title_key = fold(event.title).replace(" ", "")
        place_id = place.id if place else None
        tables["event"].append(
            (pk, event.id, *self.context, row, event.category, event.title, title_key, place_id, event.precision, None)
        )
        # In the order of the primary key, in which SQLite stores the table.
        tables["event_actor"].extend(sorted([(pk, ref.id, role) for ref, role in event.actors]))
        if place_id:
            tables["event_location"].append((pk, place_id))
            if event.change:
                gained, lost = (side.id if side else None for side in event.change[:2])
                tables["control_change"].append((pk, place_id, gained, lost, *event.change[2:]))

    def _add_claims(
        self,
        event: DatasetEvent,
        event_pk: int,
        claims: Sequence[DatasetClaim],
        parts: _EventFragments,
        title_words: str,
    ) -> None:
        tables, place = self.batch.tables, event.place
        rows, hops, texts = tables["claim"], tables["claim_hop"], tables["claim_text"]
        place_id, place_words = (place.id, FIELD_SEPARATOR + place.words) if place else (None, "")
        precision = event.date_precision
        shared = {
            "event": event_ref_json(id=parts.id, name=parts.title),
            "document": event.document.json,
            "date": date_range_json(earliest=event.earliest, latest=event.latest, precision=precision),
            "location": parts.location,
        }
        for claim in claims:
            pk, id_ = len(rows), f"{event.id}:{claim.number}"
            basis = "stated" if claim.reported_on_stated else "document"
            row = _claim_json(event, claim, id_, basis, shared)
            rows.append(
                (
                    pk, id_, *self.context, row, event_pk, "asserts", claim.modality, claim.reported_on, basis,
                    event.earliest, event.latest, event.earliest, precision, place_id,
                )
            )  # fmt: skip
            hops.extend([(pk, at, hop.id) for at, hop in enumerate(claim.chain)])
            if claim.deaths:
                tables["figure"].append(
                    (pk, 0, f"{id_}-f1", "deaths", *claim.deaths, None, "cumulative", event.latest, None, True)
                )
            words = FIELD_SEPARATOR.join([title_words, index_words(claim.summary), *[hop.words for hop in claim.chain]])
            texts.append((pk, words + place_words))

    def _version_rows(
        self, event: DatasetEvent, pk: int, claims: Sequence[DatasetClaim], parts: _EventFragments
    ) -> Iterator[tuple[object, ...]]:
        """Yield one version for each day of a report, from the claims that are known on that day."""
        reported = sorted(claims, key=lambda claim: (claim.reported_on, f"{event.id}:{claim.number}"))
        place, precision = event.place, event.date_precision
        position = (place.id, place.country, place.latitude, place.longitude) if place else (None, None, None, None)
        dates = event_date_json(earliest=event.earliest, latest=event.latest, precision=precision)
        packs = list_json([f'"{self.context.pack_id}"'])
        texts = parts._asdict()
        origins: set[str] = set()
        deaths: Deaths | None = None
        for count, claim in enumerate(reported, 1):
            if claim.origin:
                origins.add(claim.origin)
            deaths = claim.deaths or deaths
            known_until = reported[count].reported_on if count < len(reported) else MAX_DATE
            if known_until == claim.reported_on and count < len(reported):
                continue  # the next claim was reported on the same day
            status = "corroborated" if len(origins) >= 2 else "reported"
            low, best, high = deaths or (None, None, None)
            row = event_json(
                category=event.category,
                date=dates,
                location_precision=event.precision,
                status=status,
                corroboration=corroboration_json(documents=1, origins=len(origins), asserting=count, denying=0),
                deaths=bounds_json(low=low, best=best, high=high) if deaths else "null",
                figures=_figures_json(deaths, event.latest),
                packs=packs,
                revision=self.context.revision,
                **texts,
            )
            yield (
                pk, event.id, claim.reported_on, known_until, event.earliest, event.latest, event.earliest, precision,
                status, len(origins), False, False, low, best, high, event.category, *position, row,
            )  # fmt: skip


def _event_search_words(event: DatasetEvent, title_words: str) -> str:
    """Return the indexed words of an event: title, summary, names of its actors and its place."""
    named = [ref for ref, _ in event.actors]
    named += [event.place] if event.place else []
    parts = {event.title: title_words}
    if event.summary not in parts:
        parts[event.summary] = index_words(event.summary)
    names = {ref.name: ref.words for ref in named}
    for ref in named:
        names |= {alias: index_words(alias) for alias in ref.aliases}
    for name in sorted(names):
        parts.setdefault(name, names[name])
    return FIELD_SEPARATOR.join(parts.values())


def _fragments(event: DatasetEvent) -> _EventFragments:
    return _EventFragments(
        id=string_json(event.id),
        title=string_json(event.title),
        summary=string_json(event.summary),
        location=event.place.json if event.place else "null",
        actors=list_json([event_actor_json(id=ref.id, name=ref.name, role=role) for ref, role in event.actors]),
        control_change=_control_change_json(event),
    )


def _claim_json(event: DatasetEvent, claim: DatasetClaim, id_: str, basis: str, shared: Mapping[str, str]) -> str:
    """Return the JSON of a claim; `shared` are its fields that are the same in all claims about the event."""
    return claim_json(
        id=id_,
        locator=claim.locator,
        summary=claim.summary,
        modality=claim.modality,
        attribution=list_json([hop.json for hop in claim.chain]),
        origin=claim.chain[0].json,
        reported_on=claim.reported_on,
        reported_basis=basis,
        printed=printed_json(place=event.printed_place, other=claim.printed),
        figures=_figures_json(claim.deaths, event.latest),
        note=claim.note,
        **shared,
    )


def _control_change_json(event: DatasetEvent) -> str:
    if event.change is None or event.place is None:
        return "null"
    gained, lost = (side.json if side else "null" for side in event.change[:2])
    return control_change_json(
        location=event.place.json,
        gained_by=gained,
        lost_by=lost,
        extent=event.change.extent,
        means=event.change.means,
    )


def _figures_json(deaths: Deaths | None, as_of: str) -> str:
    if deaths is None:
        return "[]"
    return list_json([figure_json(low=deaths.low, best=deaths.best, high=deaths.high, as_of=as_of)])
