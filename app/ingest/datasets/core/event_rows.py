"""Map events of a dataset to rows: the event, its claims, and its versions by report day.

Versions are those that `app.ingest.versions` would derive. A shorter rule gives them here, because all events of a
dataset are of one plain kind: each claim asserts one date, as fact or as reported, and at most one counts deaths.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.db.text_index import FIELD_SEPARATOR, index_words
from app.ingest.datasets.core.acled_row_builder import AcledRowBuilder
from app.ingest.datasets.core.batch import ACLED_TABLE
from app.ingest.datasets.core.dataset_events import DatasetClaim, DatasetEvent, Deaths
from app.ingest.datasets.core.entities import MAX_DATE, EntityRef, EntityRegistry
from app.ingest.datasets.core.records import StoredActorKind
from app.ingest.datasets.core.spellings import words_of
from app.ingest.served_json import (
    compile_writer,
    control_change_json,
    date_range_json,
    event_actor_json,
    list_json,
    ref_json,
    string_json,
)
from app.names import fold
from app.schemas.base import Ref
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import CodedEventRow, CorroborationRow, EventDateRow, EventRow, PublishedFigureRow

SHARED_TEXTS = ("id", "title", "summary")
"""Texts that all rows of an event repeat, encoded once."""
coded_event_json = compile_writer(CodedEventRow, encoded=SHARED_TEXTS, movement=None, part_of=None)
event_json = compile_writer(EventRow, encoded=SHARED_TEXTS, movement=None, part_of=None)
published_json = compile_writer(
    PublishedFigureRow, measure="deaths", of=None, count_kind="cumulative", contradicted=False
)
event_ref_json = compile_writer(Ref, encoded=("id", "name"))
event_date_json = compile_writer(EventDateRow, printed=[])
corroboration_json = compile_writer(CorroborationRow, documents=1, denying=0)
claim_json = compile_writer(ClaimRow, stance="asserts", paragraph=None)
printed_json = compile_writer(PrintedRow, date=[], quantity=[], name=[])
figure_json = compile_writer(FigureRow, measure="deaths", of=None, count_kind="cumulative", printed=None)


class _EventFragments(NamedTuple):
    """JSON of an event's parts that several of its rows share."""

    reference: str
    """The event, as claims refer to it."""
    date: str
    """The date that all claims assert."""

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
        reported = sorted(claims, key=lambda claim: (claim.reported_on, str(claim.number)))
        if raw_table != ACLED_TABLE and (row := self.acled.row(pk, event, reported)):
            tables[ACLED_TABLE].append(row)
        tables["event_text"].append((pk, _event_search_words(event, title_words, reported)))
        self._add_claims(event, pk, claims, parts, title_words)
        versions = list(self._version_rows(event, pk, reported, parts))
        tables["event_version"].extend(versions)
        self.batch.chars += sum([len(row[-1]) for row in versions])

    def _add_event(self, event: DatasetEvent, pk: int, parts: _EventFragments) -> None:
        tables, place = self.batch.tables, event.place
        row = coded_event_json(
            id=parts.id,
            category=event.category,
            title=parts.title,
            summary=parts.summary,
            location=parts.location,
            location_precision=event.precision,
            actors=parts.actors,
            control_change=parts.control_change,
        )
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
        if event.printed_place and not (place and event.printed_place == place.name):
            place_words += FIELD_SEPARATOR + words_of(event.printed_place)
        precision, chars = event.date_precision, 0
        for claim in claims:
            pk, id_ = len(rows), f"{event.id}:{claim.number}"
            basis = "stated" if claim.reported_on_stated else "document"
            row = _claim_json(event, claim, id_, basis, parts)
            chars += len(row)
            rows.append(
                (
                    pk, id_, *self.context, row, event_pk, "asserts", claim.modality, claim.reported_on, basis,
                    event.earliest, event.latest, event.earliest, precision, event.document.id, None, place_id,
                )
            )  # fmt: skip
            hops.extend([(pk, at, hop.id) for at, hop in enumerate(claim.chain)])
            if claim.deaths:
                tables["figure"].append(
                    (pk, 0, f"{id_}-f1", "deaths", *claim.deaths, None, "cumulative", event.latest, None, True)
                )
            words = FIELD_SEPARATOR.join([title_words, index_words(claim.summary), *[hop.words for hop in claim.chain]])
            texts.append((pk, words + place_words))
        self.batch.chars += chars

    def _version_rows(
        self, event: DatasetEvent, pk: int, reported: Sequence[DatasetClaim], parts: _EventFragments
    ) -> Iterator[tuple[Any, ...]]:
        """Yield one version for each day of a report, from the claims known on that day; first reports come first."""
        place, precision = event.place, event.date_precision
        position = (place.id, place.country, place.latitude, place.longitude) if place else (None, None, None, None)
        edtf = event.earliest if precision == "day" else f"[{event.earliest}..{event.latest}]"
        dates = event_date_json(earliest=event.earliest, latest=event.latest, precision=precision, edtf=edtf)
        packs = list_json([f'"{self.context.pack_id}"'])
        location = place.place_json if place else "null"
        origins: dict[str, str] = {}
        unattributed = 0
        low = best = high = None
        deaths, figures = "null", "[]"
        for count, claim in enumerate(reported, 1):
            if claim.origin:
                origins[claim.origin.id] = claim.origin.json
            elif len(claim.chain) > 1:  # else it is the dataset's own word
                unattributed += 1
            if claim.deaths:
                low, best, high = bounds = claim.deaths.published()
                deaths = _published_json(event, claim, bounds)
                figures = list_json([deaths])
            known_until = reported[count].reported_on if count < len(reported) else MAX_DATE
            if known_until == claim.reported_on and count < len(reported):
                continue  # the next claim was reported on the same day
            status = "corroborated" if len(origins) >= 2 else "reported"
            row = event_json(
                id=parts.id,
                category=event.category,
                title=parts.title,
                summary=parts.summary,
                date=dates,
                location=location,
                location_precision=event.precision,
                actors=parts.actors,
                control_change=parts.control_change,
                status=status,
                corroboration=corroboration_json(
                    origins=list_json([origins[id_] for id_ in sorted(origins)]),
                    unattributed=unattributed,
                    asserting=count,
                ),
                deaths=deaths,
                figures=figures,
                packs=packs,
                revision=self.context.revision,
            )
            yield (
                pk, event.id, claim.reported_on, known_until, event.earliest, event.latest, event.earliest, precision,
                status, len(origins), False, False, low, best, high, event.category, *position, row,
            )  # fmt: skip


def _event_search_words(event: DatasetEvent, title_words: str, reported: Sequence[DatasetClaim]) -> str:
    """Return the indexed words of an event: title, summary, names of its actors and its place, and what claims say."""
    named = [ref for ref, _ in event.actors]
    named += [event.place] if event.place else []
    parts = {event.title: title_words}
    if event.summary not in parts:
        parts[event.summary] = index_words(event.summary)
    names = {ref.name: ref.words for ref in named}
    for ref in named:
        for alias in ref.aliases:
            names[alias] = index_words(alias)
    for name in sorted(names):
        parts.setdefault(name, names[name])
    for claim in reported:
        for text in (claim.summary, event.printed_place):
            if text and text not in parts:
                parts[text] = index_words(text)
    return FIELD_SEPARATOR.join(parts.values())


def _fragments(event: DatasetEvent) -> _EventFragments:
    id_, title = string_json(event.id), string_json(event.title)
    return _EventFragments(
        reference=event_ref_json(id=id_, name=title),
        date=date_range_json(earliest=event.earliest, latest=event.latest, precision=event.date_precision),
        id=id_,
        title=title,
        summary=string_json(event.summary),
        location=event.place.json if event.place else "null",
        actors=_actors_json(event),
        control_change=_control_change_json(event),
    )


def _claim_json(event: DatasetEvent, claim: DatasetClaim, id_: str, basis: str, parts: _EventFragments) -> str:
    return claim_json(
        id=id_,
        event=parts.reference,
        document=event.document.json,
        locator=claim.locator,
        summary=claim.summary,
        modality=claim.modality,
        attribution=list_json([hop.json for hop in claim.chain]),
        origin=claim.chain[0].json,
        reported_on=claim.reported_on,
        reported_basis=basis,
        date=parts.date,
        location=parts.location,
        printed=printed_json(place=_tokens_json(event.printed_place), other=_tokens_json(claim.printed)),
        figures=_figures_json(claim.deaths, event),
        note=claim.note,
    )


def _control_change_json(event: DatasetEvent) -> str:
    if event.change is None or event.place is None:
        return "null"
    gained, lost = (side.json if side else "null" for side in event.change[:2])
    return control_change_json(
        gained_by=gained,
        lost_by=lost,
        extent=event.change.extent,
        means=event.change.means,
    )


def _actors_json(event: DatasetEvent) -> str:
    """Return one row for each actor, with all its roles."""
    roles: dict[EntityRef, list[str]] = {}
    for ref, role in event.actors:
        roles.setdefault(ref, []).append(f'"{role}"')
    return list_json([event_actor_json(id=ref.id, name=ref.name, roles=list_json(held)) for ref, held in roles.items()])


def _tokens_json(text: str | None) -> str:
    return "[]" if text is None else list_json([string_json(text)])


def _published_json(event: DatasetEvent, claim: DatasetClaim, bounds: Deaths) -> str:
    """Return the published number of deaths that follows from one claim."""
    low, best, high = bounds
    reference = ref_json(id=f"{event.id}:{claim.number}", name=claim.locator)
    return published_json(low=low, best=best, high=high, as_of=event.latest, claims=list_json([reference]))


def _figures_json(deaths: Deaths | None, event: DatasetEvent) -> str:
    if deaths is None:
        return "[]"
    return list_json(
        [figure_json(low=deaths.low, best=deaths.best, high=deaths.high, since=event.earliest, as_of=event.latest)]
    )
