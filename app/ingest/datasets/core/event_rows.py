"""Events of a published dataset as rows: an event, its claims, and the views that follow from them.

They are what `app.ingest.derive` would make of them; it is not asked, as there are hundreds of thousands of them and
all are of one plain kind: every claim asserts the same days, as fact or reported, at most one gives a number of
deaths, and nothing else is said of the event.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.db.text_index import FIELD_SEPARATOR, index_words
from app.ingest.datasets.core.entities import MAX_DATE, EntityRef, EntityRegistry, json_string
from app.names import fold


class StoredActorKind(NamedTuple):
    """What a stored actor is."""

    kind: str
    is_minimum: bool
    """Whether it is at least that, whatever the files tell: of a dataset that is given anew they alone count."""


class Deaths(NamedTuple):
    """How many died, over all that a record tells; None is unknown."""

    low: int | None
    best: int | None
    high: int | None


class DatasetControlChange(NamedTuple):
    """Who gained and who lost the place of an event."""

    gained: EntityRef | None
    lost: EntityRef | None
    extent: str
    means: str


@dataclass(slots=True)
class DatasetEvent:
    """An event as coded. Days are in the form YYYY-MM-DD."""

    id: str
    category: str
    title: str
    summary: str
    place: EntityRef | None
    precision: str | None
    actors: list[tuple[EntityRef, str]]
    """With their roles."""
    earliest: str
    latest: str
    document: EntityRef
    """What all its claims have as their document."""
    printed_place: str | None
    change: DatasetControlChange | None = None
    """Whose sides are among the actors, as who gains and who loses."""


class DatasetClaim(NamedTuple):
    """One claim on it."""

    number: int
    """The claim is `<event>:<number>`."""
    chain: Sequence[EntityRef]
    """From the first hop to the dataset."""
    reported_on: str
    reported_on_stated: bool
    """Whether the day of the report is given."""
    modality: str
    locator: str
    summary: str
    printed: str | None
    note: str | None
    origin: str | None
    """Whom it makes a voice of its own: see `rules.status.origin`."""
    deaths: Deaths | None = None


class RowBuilder(EntityRegistry):
    """Turns records of a dataset into rows; each dataset has its own `add`."""

    def add(self, record: Any) -> None:
        """Add the rows of one record."""
        raise NotImplementedError

    def seed_actor_kinds(self, kinds: Mapping[str, StoredActorKind]) -> None:
        """Take note of what stored actors are, where that is not told by one record alone."""

    def resolve_actor_kinds(self) -> dict[str, str]:
        """The kinds of actors that all records together make another one than was written, by id."""
        return {}

    def write(
        self, event: DatasetEvent, claims: list[DatasetClaim], raw_table: str, raw_columns: tuple[Any, ...]
    ) -> None:
        """Add an event with its claims (at least one) and what was `raw_columns`, a row of the table `raw_table` but
        its pk."""
        tables, place = self.batch.tables, event.place
        pk = len(tables["event"])
        id_ = json_string(event.id)
        head = (
            f'{{"id":{id_},"category":"{event.category}","title":{json_string(event.title)},'
            f'"summary":{json_string(event.summary)},'
        )
        where = place.json if place else "null"
        change = _control_change_json(event)
        acting = ",".join([f'{ref.json[:-1]},"role":"{role}"}}' for ref, role in event.actors])
        coded = f'"location":{where},"location_precision":{json_string(event.precision)},"actors":[{acting}],'
        folded_title = fold(event.title)
        tables["event"].append(
            (
                pk,
                event.id,
                *self.context,
                f'{head}{coded}"control_change":{change},"movement":null,"part_of":null}}',
                event.category,
                event.title,
                folded_title.replace(" ", ""),
                place.id if place else None,
                event.precision,
                None,
            )
        )
        tables["event_actor"].extend(sorted([(pk, ref.id, role) for ref, role in event.actors]))  # as it is kept
        if place:
            tables["event_location"].append((pk, place.id))
            if event.change:
                gained, lost = (side.id if side else None for side in event.change[:2])
                tables["control_change"].append((pk, place.id, gained, lost, *event.change[2:]))
        tables[raw_table].append((pk, *raw_columns))
        title_words = index_words(event.title)
        tables["event_text"].append((pk, _event_search_words(event, title_words)))
        self._add_claims(event, pk, claims, title_words)
        tables["event_version"].extend(self._version_rows(event, pk, claims, head, coded, change))

    def _add_claims(self, event: DatasetEvent, event_pk: int, claims: list[DatasetClaim], title_words: str) -> None:
        tables, place = self.batch.tables, event.place
        rows, hops, texts = tables["claim"], tables["claim_hop"], tables["claim_text"]
        place_id, where, location_words = (
            (place.id, place.json, FIELD_SEPARATOR + place.words) if place else (None, "null", "")
        )
        precision = "day" if event.earliest == event.latest else "range"
        about = (
            f'"event":{{"id":{json_string(event.id)},"name":{json_string(event.title)}}},'
            f'"document":{event.document.json},'
        )
        when = f'"date":{{"earliest":"{event.earliest}","latest":"{event.latest}","precision":"{precision}"}},'
        middle = f'{when}"location":{where},"printed":{{"date":null,"place":{json_string(event.printed_place)},'
        for claim in claims:
            pk, id_ = len(rows), f"{event.id}:{claim.number}"
            basis = "stated" if claim.reported_on_stated else "document"
            figure_json = _figure_json(claim.deaths, event.latest) if claim.deaths else ""
            row = (
                f'{{"id":{json_string(id_)},{about}"locator":{json_string(claim.locator)},"summary":{json_string(claim.summary)},'
                f'"stance":"asserts","modality":"{claim.modality}",'
                f'"attribution":[{",".join([hop.json for hop in claim.chain])}],"origin":{claim.chain[0].json},'
                f'"reported_on":"{claim.reported_on}","reported_basis":"{basis}",{middle}'
                f'"quantity":null,"name":null,"other":{json_string(claim.printed)}}},"figures":[{figure_json}],'
                f'"note":{json_string(claim.note)}}}'
            )
            rows.append(
                (
                    pk,
                    id_,
                    *self.context,
                    row,
                    event_pk,
                    "asserts",
                    claim.modality,
                    claim.reported_on,
                    basis,
                    event.earliest,
                    event.latest,
                    event.earliest,
                    precision,
                    place_id,
                )
            )
            hops.extend([(pk, at, hop.id) for at, hop in enumerate(claim.chain)])
            if claim.deaths:
                tables["figure"].append(
                    (pk, 0, f"{id_}-f1", "deaths", *claim.deaths, None, "cumulative", event.latest, None, True)
                )
            words = FIELD_SEPARATOR.join([title_words, index_words(claim.summary), *[hop.words for hop in claim.chain]])
            texts.append((pk, words + location_words))

    def _version_rows(
        self, event: DatasetEvent, pk: int, claims: list[DatasetClaim], head: str, coded: str, change: str
    ) -> Iterator[tuple[Any, ...]]:
        """One for each day on which something was reported, with what was known from that day on."""
        by_report_date = sorted(claims, key=lambda claim: (claim.reported_on, f"{event.id}:{claim.number}"))
        place = event.place
        at = (place.id, place.country, place.latitude, place.longitude) if place else (None, None, None, None)
        precision = "day" if event.earliest == event.latest else "range"
        when = (
            f'"date":{{"earliest":"{event.earliest}","latest":"{event.latest}",'
            f'"precision":"{precision}","printed":null}},'
        )
        tail = f'"part_of":null,"packs":["{self.context.pack_id}"],"revision":{self.context.revision}}}'
        origins: set[str] = set()
        deaths, figure = None, ""
        for number, claim in enumerate(by_report_date, 1):
            if claim.origin:
                origins.add(claim.origin)
            if claim.deaths:
                deaths, figure = claim.deaths, _figure_json(claim.deaths, event.latest)
            known_until = by_report_date[number].reported_on if number < len(by_report_date) else MAX_DATE
            if known_until == claim.reported_on and number < len(by_report_date):
                continue  # more is said on the same day
            status = "corroborated" if len(origins) >= 2 else "reported"
            low, best, high = deaths or (None, None, None)
            row = (
                f'{head}{when}{coded}"status":"{status}","corroboration":{{"documents":1,'
                f'"origins":{len(origins)},"asserting":{number},"denying":0}},"deaths":{_deaths_json(deaths)},'
                f'"control_change":{change},"movement":null,"figures":[{figure}],'
                f"{tail}"
            )
            yield (
                pk, event.id, claim.reported_on, known_until, event.earliest, event.latest, event.earliest, precision,
                status, len(origins), False, False, low, best, high, event.category, *at, row,
            )  # fmt: skip


def _event_search_words(event: DatasetEvent, title_words: str) -> str:
    """What full text finds an event by: see `app.ingest.derive`."""
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


def _control_change_json(event: DatasetEvent) -> str:
    """The change of control as it is said: see ControlChangeRow."""
    if event.change is None or event.place is None:
        return "null"
    gained, lost = (side.json if side else "null" for side in event.change[:2])
    return (
        f'{{"location":{event.place.json},"gained_by":{gained},"lost_by":{lost},"extent":"{event.change.extent}",'
        f'"means":"{event.change.means}"}}'
    )


def _int_json(number: int | None) -> str:
    return "null" if number is None else str(number)


def _deaths_json(deaths: Deaths | None) -> str:
    if deaths is None:
        return "null"
    low, best, high = map(_int_json, deaths)
    return f'{{"low":{low},"best":{best},"high":{high}}}'


def _figure_json(deaths: Deaths, as_of: str) -> str:
    low, best, high = map(_int_json, deaths)
    return (
        f'{{"measure":"deaths","low":{low},"best":{best},"high":{high},"of":null,"count_kind":"cumulative",'
        f'"as_of":"{as_of}","printed":null}}'
    )
