"""Build records from drafts of packs: served JSON, columns and child rows."""

from collections.abc import Iterable
from typing import Any

from app import models
from app.ingest.packs.catalogue import DraftCatalogue, figure_bounds
from app.ingest.packs.drafts import (
    ActorDraft,
    AliasDraft,
    ClaimDraft,
    EventDraft,
    FigureDraft,
    LocationDraft,
    NamedDraft,
    PackDraft,
    SourceDraft,
)
from app.ingest.row_records import Children, RowRecord, claim_text, joined_text, name_rows, sort_date
from app.names import match_key
from app.schemas.base import Alias, ApiModel, CodeRow, DateRangeRow, Ref
from app.schemas.claims import ClaimRow, FigureRow, PrintedRow
from app.schemas.events import CodedEventRow, ControlChangeRow, EventActorRow, MovementRow
from app.schemas.reference import ActorRow, LocationRow, RelationRow, SourceRow
from app.vocab import ActorRole, CountKind, LocationKind, LocationPrecision, ReportedBasis

PRECISION_OF_KIND = {
    LocationKind.COUNTRY: LocationPrecision.COUNTRY,
    LocationKind.PROVINCE: LocationPrecision.PROVINCE,
    LocationKind.DISTRICT: LocationPrecision.DISTRICT,
    LocationKind.REGION: LocationPrecision.AREA,
    LocationKind.RIVER: LocationPrecision.AREA,
    LocationKind.BORDER: LocationPrecision.AREA,
}
"""location_precision by kind of location, where a draft gives none; all other kinds are exact."""


class RecordBuilder:
    """Builder of records. Names of referenced rows come from the catalogue of all drafts."""

    def __init__(self, catalogue: DraftCatalogue, pack: PackDraft) -> None:
        self.catalogue = catalogue
        self.pack = pack

    def ref(self, resource: str, id_: str | None) -> Ref | None:
        """Return a reference with the name of the row; None if there is no id."""
        if id_ is None:
            return None
        draft = getattr(self.catalogue, resource)[id_]
        return Ref(id=id_, name=draft.title if resource == "events" else draft.name)

    def require_ref(self, resource: str, id_: str) -> Ref:
        """Return a reference to a row that must exist."""
        ref = self.ref(resource, id_)
        assert ref is not None  # noqa: S101 - an id that is given has a row, as `known_ids` checked
        return ref

    def source(self, draft: SourceDraft) -> RowRecord:
        """Build a source with its names."""
        row = SourceRow(
            id=draft.id,
            name=draft.name,
            kind=draft.kind,
            organisation=self.ref("sources", draft.organisation),
            actor=self.ref("actors", draft.actor),
            published_on=draft.published_on,
            author=draft.author,
            url=draft.url,
            language=draft.language,
            aliases=_aliases(draft.aliases),
            description=draft.description,
        )
        columns = {
            "name": draft.name,
            "kind": draft.kind,
            "organisation_id": draft.organisation,
            "actor_id": draft.actor,
            "published_on": draft.published_on,
        }
        text = joined_text(draft.name, *_spellings(draft.aliases), draft.author, draft.description)
        return RowRecord(draft.id, row.model_dump_json(), columns, {models.SourceName: _names(draft)}, text)

    def actor(self, draft: ActorDraft) -> RowRecord:
        """Build an actor with its names, codes and relations."""
        relations = [
            RelationRow(
                type=relation.type,
                actor=self.require_ref("actors", relation.actor),
                from_=relation.from_,
                until=relation.until,
            )
            for relation in draft.relations
        ]
        row = ActorRow(
            id=draft.id,
            name=draft.name,
            kind=draft.kind,
            country=draft.country,
            aliases=_aliases(draft.aliases),
            codes=[CodeRow(**code.model_dump()) for code in draft.codes],
            relations=relations,
        )
        children: Children = {
            models.ActorName: _names(draft),
            models.ActorCode: [code.model_dump() for code in draft.codes],
            models.ActorRelation: [
                {"type": r.type, "other_id": r.actor, "starts_on": r.from_, "ends_on": r.until} for r in draft.relations
            ],
        }
        columns = {"name": draft.name, "kind": draft.kind, "country": draft.country}
        return RowRecord(
            draft.id, row.model_dump_json(), columns, children, joined_text(draft.name, *_spellings(draft.aliases))
        )

    def location(self, draft: LocationDraft) -> RowRecord:
        """Build a location with its names, codes and path."""
        country, path = self.catalogue.country(draft.id), self.catalogue.path(draft.id)
        row = LocationRow(
            id=draft.id,
            name=draft.name,
            kind=draft.kind,
            country=country,
            parent=self.ref("locations", draft.parent),
            path=path,
            admin1=self._unit(path, LocationKind.PROVINCE),
            admin2=self._unit(path, LocationKind.DISTRICT),
            latitude=draft.latitude,
            longitude=draft.longitude,
            point_kind=draft.point_kind,
            covers=[self.require_ref("locations", id_) for id_ in draft.covers],
            aliases=_aliases(draft.aliases),
            codes=[CodeRow(**code.model_dump()) for code in draft.codes],
        )
        columns = {
            "name": draft.name,
            "kind": draft.kind,
            "country": country,
            "parent_id": draft.parent,
            "latitude": draft.latitude,
            "longitude": draft.longitude,
            "point_kind": draft.point_kind,
        }
        children: Children = {
            models.LocationName: _names(draft),
            models.LocationCode: [code.model_dump() for code in draft.codes],
            models.LocationCover: [{"covered_id": id_} for id_ in draft.covers],
        }
        return RowRecord(
            draft.id, row.model_dump_json(), columns, children, joined_text(draft.name, *_spellings(draft.aliases))
        )

    def _unit(self, path: list[str], kind: LocationKind) -> Ref | None:
        """Return the administrative unit of a kind on the path of a place."""
        return next((self.ref("locations", id_) for id_ in path if self.catalogue.locations[id_].kind == kind), None)

    def event(self, draft: EventDraft) -> RowRecord:
        """Build the coded part of an event, its actors in coded and derived roles, and all its locations."""
        change, movement = self._control_change(draft), self._movement(draft)
        roles = list(dict.fromkeys([(actor.actor, actor.role) for actor in draft.actors] + _derived_roles(draft)))
        precision = draft.location_precision
        if precision is None and draft.location:
            precision = PRECISION_OF_KIND.get(self.catalogue.locations[draft.location].kind, LocationPrecision.EXACT)
        row = CodedEventRow(
            id=draft.id,
            category=draft.category,
            title=draft.title,
            summary=draft.summary,
            location=self.ref("locations", draft.location),
            location_precision=precision,
            actors=self._actors(roles),
            control_change=change,
            movement=movement,
            part_of=self.ref("events", draft.part_of),
        )
        columns = {
            "category": draft.category,
            "title": draft.title,
            "title_key": match_key(draft.title),
            "location_id": draft.location,
            "location_precision": precision,
            "part_of_id": draft.part_of,
        }
        touched = [row.location, *([movement.from_, movement.to, movement.via] if movement else [])]
        children: Children = {
            models.EventActor: [{"actor_id": id_, "role": role} for id_, role in roles],
            models.EventLocation: [{"location_id": id_} for id_ in sorted({ref.id for ref in touched if ref})],
            models.ControlChange: [_flat_columns(change) | {"location_id": draft.location}] if change else [],
            models.Movement: [_flat_columns(movement)] if movement else [],
            models.EventDistinction: [{"other_id": id_} for id_ in draft.distinct_from],
        }
        return RowRecord(draft.id, row.model_dump_json(), columns, children)

    def _actors(self, roles: Iterable[tuple[str, str]]) -> list[EventActorRow]:
        """Return one row for each actor, with all its roles, in the order in which they are coded."""
        by_actor: dict[str, list[str]] = {}
        for id_, role in roles:
            by_actor.setdefault(id_, []).append(role)
        return [
            EventActorRow.model_validate(self.require_ref("actors", id_).model_dump() | {"roles": roles_})
            for id_, roles_ in by_actor.items()
        ]

    def _control_change(self, draft: EventDraft) -> ControlChangeRow | None:
        change = draft.control_change
        if change is None:
            return None
        return ControlChangeRow(
            gained_by=self.ref("actors", change.gained_by),
            lost_by=self.ref("actors", change.lost_by),
            extent=change.extent,
            means=change.means,
        )

    def _movement(self, draft: EventDraft) -> MovementRow | None:
        movement = draft.movement
        if movement is None:
            return None
        start, end = (place and self.catalogue.country(place) for place in (movement.from_, movement.to))
        return MovementRow(
            from_=self.ref("locations", movement.from_),
            to=self.ref("locations", movement.to),
            via=self.ref("locations", movement.via),
            mover=self.ref("actors", movement.mover),
            population=movement.population,
            outcome=movement.outcome,
            cross_border=bool(start and end and start != end),
            count=None,
        )

    def claim(self, draft: ClaimDraft, event_pk: int) -> RowRecord:
        """Build a claim with its chain of attribution and its figures."""
        chain = [self.require_ref("sources", hop) for hop in self.catalogue.chain(draft, self.pack)]
        event = self.catalogue.events[draft.event]
        reported_on = self.catalogue.reported_on(draft, self.pack)
        location = draft.location or event.location
        row = ClaimRow(
            id=draft.full_id,
            event=self.require_ref("events", draft.event),
            document=chain[-1],
            locator=f"paragraph {draft.paragraph}" if draft.paragraph else draft.locator,
            paragraph=draft.paragraph,
            summary=draft.summary,
            stance=draft.stance,
            modality=draft.modality,
            attribution=chain,
            origin=chain[0],
            reported_on=reported_on,
            reported_basis=ReportedBasis.STATED if draft.reported_on else ReportedBasis.DOCUMENT,
            date=DateRangeRow(**draft.date.model_dump()),
            location=self.ref("locations", location),
            printed=PrintedRow(**{name: list(getattr(draft.printed, name)) for name in PrintedRow.model_fields}),
            figures=[_figure_row(figure, draft) for figure in draft.figures],
            note=draft.note,
        )
        columns = {
            "event_pk": event_pk,
            "stance": draft.stance,
            "modality": draft.modality,
            "reported_on": reported_on,
            "reported_basis": row.reported_basis,
            "earliest": draft.date.earliest,
            "latest": draft.date.latest,
            "sort_date": sort_date(draft.date.interval),
            "precision": draft.date.precision,
            "document_id": chain[-1].id,
            "paragraph": draft.paragraph,
            "location_id": location,
        }
        hops = [{"position": at, "source_id": hop.id} for at, hop in enumerate(chain)]
        figures = [
            figure.model_dump(exclude={"since"}) | {"position": at, "id": f"{row.id}-f{at + 1}", "as_given": False}
            for at, figure in enumerate(row.figures)
        ]
        children: Children = {models.ClaimHop: hops, models.Figure: figures}
        return RowRecord(draft.full_id, row.model_dump_json(), columns, children, claim_text(row))


def _figure_row(draft: FigureDraft, claim: ClaimDraft) -> FigureRow:
    """Return the served row of a figure.

    Where none are coded, its bounds are those of the printed words, and its days those of the claim.
    """
    is_total = draft.count_kind == CountKind.CUMULATIVE
    low, best, high = figure_bounds(draft)
    return FigureRow(
        measure=draft.measure,
        low=low,
        best=best,
        high=high,
        of=draft.of,
        count_kind=draft.count_kind,
        since=draft.since or (claim.date.earliest if is_total else None),
        as_of=draft.as_of or claim.date.latest,
        printed=draft.printed,
    )


def _derived_roles(draft: EventDraft) -> list[tuple[str, str]]:
    change, movement = draft.control_change, draft.movement
    pairs = [
        (change and change.gained_by, ActorRole.GAINS),
        (change and change.lost_by, ActorRole.LOSES),
        (movement and movement.mover, ActorRole.MOVER),
    ]
    return [(id_, role) for id_, role in pairs if id_]


def _flat_columns(part: ApiModel) -> dict[str, Any]:
    """Return the columns of a nested part; references are ids in columns that end in `_id`."""
    columns = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name.rstrip("_") in ("gained_by", "lost_by", "from", "to", "via", "mover"):
            columns[f"{name.rstrip('_')}_id"] = value and value.id
        elif name != "count":
            columns[name] = value
    return columns


def _aliases(drafts: Iterable[AliasDraft]) -> list[Alias]:
    return [Alias(**draft.model_dump()) for draft in drafts]


def _spellings(drafts: Iterable[AliasDraft]) -> list[str]:
    return [draft.name for draft in drafts]


def _names(draft: NamedDraft) -> list[dict[str, Any]]:
    """Return the name rows of a draft: id, name and aliases."""
    return name_rows(draft.id, draft.name, [alias.model_dump() for alias in draft.aliases])
