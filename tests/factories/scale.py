"""Packs with many rows of one kind, made as drafts and stored without being written or checked."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy import Engine

from app.db.engine import write_transaction
from app.ingest.packs.catalogue import DraftCatalogue
from app.ingest.packs.drafts import (
    ActorDraft,
    ClaimDraft,
    ControlChangeDraft,
    CoverageDraft,
    DateDraft,
    EventActorDraft,
    EventDraft,
    FigureDraft,
    LocationDraft,
    MovementDraft,
    PackContent,
    PackDraft,
    SourceDraft,
)
from app.ingest.packs.load import _load
from app.vocab import (
    ActorKind,
    ControlExtent,
    ControlMeans,
    CountKind,
    EventCategory,
    LocationKind,
    Measure,
    Modality,
    MovementOutcome,
    PointKind,
    Population,
    Precision,
    SourceKind,
)

FIRST_DAY = date(2019, 1, 1)
DAYS = 1000
SIDES = ("crown", "rebels", "guests")
HUB = "hub"
"""The place in which all others lie."""


def drawn_by(seed: int) -> Random:
    """Return a source of the same rows on every run."""
    return Random(seed)  # noqa: S311


def store(engine: Engine, contents: Sequence[PackContent]) -> None:
    """Load packs as `oxus seed load` does once they are checked."""
    catalogue = DraftCatalogue()
    for content in contents:
        catalogue.add(content)
    with write_transaction(engine) as connection:
        _load(connection, list(contents), catalogue)


def control_at_many_places(count: int) -> list[PackContent]:
    """Make changes of control, ten at each place."""
    random = drawn_by(1)
    places = [_place(f"place-{at}", at) for at in range(max(1, count // 10))]
    events = [_change(at, places[at % len(places)].id, random) for at in range(count)]
    return [_pack("many-places", events, [_event_claim(event, random) for event in events], places)]


def control_at_one_place(count: int) -> list[PackContent]:
    """Make changes of control of one place."""
    random = drawn_by(2)
    events = [_change(at, HUB, random) for at in range(count)]
    return [_pack("one-place", events, [_event_claim(event, random) for event in events])]


def figures_of_one_event(count: int) -> list[PackContent]:
    """Make an event of which as many numbers are told, each by a claim of its own."""
    random = drawn_by(3)
    event = _event(0, EventCategory.CLASH)
    claims = [
        ClaimDraft(
            file="",
            event=event.id,
            paragraph=at + 1,
            summary="Made up.",
            modality=Modality.FACT,
            via=(SIDES[at % 3],),
            date=_days(random),
            figures=[_figure(Measure.DEATHS, at)],
        )
        for at in range(count)
    ]
    return [_pack("one-event", [event], claims)]


def movements_with_parts(count: int) -> list[PackContent]:
    """Make movements of which every fifth has four parts."""
    random = drawn_by(4)
    events = [
        _event(at, EventCategory.MOVEMENT, part_of=f"event-{at - at % 5}" if at % 5 else None).model_copy(
            update={
                "movement": MovementDraft(
                    from_=HUB, mover=SIDES[0], population=Population.TROOPS, outcome=MovementOutcome.ADMITTED
                )
            }
        )
        for at in range(count)
    ]
    claims = [
        _event_claim(event, random, _figure(Measure.PERSONS_MOVED, 20 if at % 5 else 70))
        for at, event in enumerate(events)
    ]
    return [_pack("movements", events, claims)]


def possible_duplicates(count: int) -> list[PackContent]:
    """Make clashes at one place, told by two packs."""
    random = drawn_by(5)
    events = [_event(at, EventCategory.CLASH) for at in range(count)]
    halves = events[::2], events[1::2]
    return [
        _pack(name, half, [_event_claim(event, random) for event in half], has_shared=name == "one-telling")
        for name, half in zip(("one-telling", "other-telling"), halves, strict=True)
    ]


def named_entities(count: int) -> list[PackContent]:
    """Make actors of one kind, of which every two have one name and every tenth one that all of these share."""
    actors = [
        ActorDraft(
            file="",
            id=f"band-{at}",
            name=f"Band of the hill {'everywhere' if at % 10 == 0 else at // 2}",
            kind=ActorKind.MILITIA,
        )
        for at in range(count)
    ]
    return [_pack("names", [], [], actors=actors)]


KINDS: dict[str, Callable[[int], list[PackContent]]] = {
    "changes of control at many places": control_at_many_places,
    "changes of control at one place": control_at_one_place,
    "figures of one event": figures_of_one_event,
    "movements with parts": movements_with_parts,
    "possible duplicates at one place": possible_duplicates,
    "named actors": named_entities,
}


def _pack(
    name: str,
    events: list[EventDraft],
    claims: list[ClaimDraft],
    places: Sequence[LocationDraft] = (),
    actors: Sequence[ActorDraft] = (),
    has_shared: bool = True,
) -> PackContent:
    paper = SourceDraft(
        file="", id=f"{name}-paper", name=name, kind=SourceKind.ARTICLE, published_on=FIRST_DAY + timedelta(days=DAYS)
    )
    shared = [SourceDraft(file="", id=side, name=side, kind=SourceKind.OUTLET) for side in SIDES]
    sides = [ActorDraft(file="", id=side, name=side, kind=ActorKind.REBEL_GROUP) for side in SIDES]
    hub = LocationDraft(file="", id=HUB, name=HUB, kind=LocationKind.COUNTRY, country="AFG")
    return PackContent(
        pack=PackDraft(
            file=f"{name}/pack.toml",
            id=name,
            title=name,
            version="1",
            licence="CC0-1.0",
            citation="None.",
            document=paper.id,
            coverage=CoverageDraft(sources_searched="None."),
        ),
        digest=name,
        sources=[paper, *(shared if has_shared else [])],
        actors=[*(sides if has_shared else []), *actors],
        locations=[*([hub] if has_shared else []), *places],
        events=[event.model_copy(update={"file": f"{name}/events.toml"}) for event in events],
        claims=claims,
    )


def _place(id_: str, at: int) -> LocationDraft:
    return LocationDraft(
        file="",
        id=id_,
        name=f"Place {at}",
        kind=LocationKind.DISTRICT,
        parent=HUB,
        latitude=30 + at % 100 / 20,
        longitude=60 + at // 100 / 20,
        point_kind=PointKind.EXACT,
    )


def _event(at: int, category: EventCategory, place: str = HUB, part_of: str | None = None) -> EventDraft:
    actors = [EventActorDraft(actor=SIDES[0], role="initiator")]
    return EventDraft(
        file="",
        id=f"event-{at}",
        category=category,
        title=f"Event {at}",
        summary="Made up.",
        location=place,
        part_of=part_of,
        actors=actors,
    )


def _change(at: int, place: str, random: Random) -> EventDraft:
    gained, lost = random.sample(SIDES, 2)
    change = ControlChangeDraft(
        gained_by=gained,
        lost_by=lost,
        extent=random.choice([ControlExtent.FULL, ControlExtent.FULL, ControlExtent.PARTIAL]),
        means=random.choice([ControlMeans.CAPTURED, ControlMeans.CAPTURED, ControlMeans.HELD]),
    )
    return _event(at, EventCategory.CONTROL_CHANGE, place).model_copy(update={"control_change": change})


def _event_claim(event: EventDraft, random: Random, *figures: FigureDraft) -> ClaimDraft:
    return ClaimDraft(
        file="",
        event=event.id,
        paragraph=1,
        summary="Made up.",
        modality=Modality.FACT,
        date=_days(random),
        figures=list(figures),
    )


def _days(random: Random) -> DateDraft:
    first = FIRST_DAY + timedelta(days=random.randrange(DAYS - 9))
    return DateDraft(earliest=first, latest=first + timedelta(days=random.randrange(9)), precision=Precision.RANGE)


def _figure(measure: Measure, number: int) -> FigureDraft:
    return FigureDraft(measure=measure, printed=str(number), count_kind=CountKind.INCREMENT)
