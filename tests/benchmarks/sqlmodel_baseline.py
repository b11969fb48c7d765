"""What one would write without Oxus: SQLModel tables, `def` routes, a session as a dependency, `response_model`.

`/ged` gives whole rows of UCDP GED, `/events` the fields of Oxus's `/v1/events`, from flat columns and JSON columns.
"""

import os
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, Session, SQLModel, create_engine, select


class GedBase(SQLModel):
    """The 49 columns of GED 25.1."""

    id: int = Field(primary_key=True)
    relid: str | None
    year: int
    active_year: int
    code_status: str | None
    type_of_violence: int
    conflict_dset_id: str | None
    conflict_new_id: int
    conflict_name: str
    dyad_dset_id: str | None
    dyad_new_id: int
    dyad_name: str
    side_a_dset_id: str | None
    side_a_new_id: int
    side_a: str
    side_b_dset_id: str | None
    side_b_new_id: int
    side_b: str
    number_of_sources: int
    source_article: str | None
    source_office: str | None
    source_date: str | None
    source_headline: str | None
    source_original: str | None
    where_prec: int
    where_coordinates: str
    where_description: str | None
    adm_1: str | None
    adm_2: str | None
    latitude: float
    longitude: float
    geom_wkt: str | None
    priogrid_gid: int
    country: str
    country_id: int | None
    region: str | None
    event_clarity: int
    date_prec: int
    date_start: date
    date_end: date
    deaths_a: int
    deaths_b: int
    deaths_civilians: int
    deaths_unknown: int
    best: int
    high: int
    low: int
    gwnoa: str | None
    gwnob: str | None


class Ged(GedBase, table=True):
    """The table of GED."""

    __table_args__ = (
        Index("ix_ged_country_date", "country_id", "date_end"),
        Index("ix_ged_date", "date_end"),
        Index("ix_ged_point", "latitude", "longitude"),
    )


class Event(SQLModel, table=True):
    """The table of events: flat columns, and JSON columns for what is nested in lists."""

    __table_args__ = (
        Index("ix_event_country_date", "country", "sort_date", "id"),
        Index("ix_event_date", "sort_date", "id"),
        Index("ix_event_point", "latitude", "longitude"),
    )

    pk: int = Field(primary_key=True)
    id: str = Field(unique=True)
    category: str
    title: str
    summary: str
    date_earliest: date | None
    date_latest: date | None
    date_precision: str
    date_printed: list[str] = Field(sa_column=Column(JSON))
    date_edtf: str | None
    location: dict[str, Any] | None = Field(sa_column=Column(JSON))
    location_precision: str | None
    actors: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    status: str
    documents: int
    origins: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    unattributed: int
    asserting: int
    denying: int
    deaths: dict[str, Any] | None = Field(sa_column=Column(JSON))
    deaths_low: int | None
    deaths_best: int | None
    deaths_high: int | None
    control_change: dict[str, Any] | None = Field(sa_column=Column(JSON))
    movement: dict[str, Any] | None = Field(sa_column=Column(JSON))
    figures: list[dict[str, Any]] = Field(sa_column=Column(JSON))
    part_of: dict[str, Any] | None = Field(sa_column=Column(JSON))
    packs: list[str] = Field(sa_column=Column(JSON))
    revision: int
    country: str | None
    latitude: float | None
    longitude: float | None
    sort_date: date
    names: str


class Ref(BaseModel):
    """A reference."""

    id: str
    name: str


class When(BaseModel):
    """A date."""

    earliest: date | None
    latest: date | None
    precision: str
    printed: list[str]
    edtf: str | None


class Place(Ref):
    """A place, with its units and its point."""

    kind: str
    country: str | None
    admin1: Ref | None
    admin2: Ref | None
    longitude: float | None
    latitude: float | None
    point_kind: str | None


class Actor(Ref):
    """An actor and its roles."""

    roles: list[str]


class Corroboration(BaseModel):
    """What an event rests on."""

    documents: int
    origins: list[Ref]
    unattributed: int
    asserting: int
    denying: int


class ControlChange(BaseModel):
    """Who gained and lost a place."""

    gained_by: Ref | None
    lost_by: Ref | None
    extent: str
    means: str


class Figure(BaseModel):
    """One published number."""

    measure: str
    low: int | None
    best: int | None
    high: int | None
    of: int | None
    count_kind: str
    as_of: date | None
    claims: list[Ref]
    contradicted: bool


class EventPublic(BaseModel):
    """An event as it is served."""

    id: str
    category: str
    title: str
    summary: str
    date: When
    location: Place | None
    location_precision: str | None
    actors: list[Actor]
    status: str
    corroboration: Corroboration
    deaths: Figure | None
    control_change: ControlChange | None
    movement: dict[str, Any] | None
    figures: list[Figure]
    part_of: Ref | None
    packs: list[str]
    revision: int


URL = os.environ.get("BENCHMARK_PLAIN", "sqlite://")
EMBEDDED = URL.startswith("sqlite")
engine = create_engine(URL, connect_args={"check_same_thread": False} if EMBEDDED else {})
WORDS = (
    "event.pk IN (SELECT rowid FROM event_fts WHERE event_fts MATCH :q)"
    if EMBEDDED
    else "event.body @@ plainto_tsquery('simple', :q)"
)


def get_session() -> Iterator[Session]:
    """A session for one request."""
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
app = FastAPI()


@app.get("/ready")
def ready() -> dict[str, bool]:
    """Whether it answers."""
    return {"ready": True}


@app.get("/ged", response_model=list[GedBase])
def read_ged(
    session: SessionDep,
    country: int | None = None,
    start: date | None = None,
    end: date | None = None,
    bbox: str | None = None,
) -> Any:
    """A page of whole rows of GED."""
    wanted = select(Ged)
    if country is not None:
        wanted = wanted.where(Ged.country_id == country)
    if start is not None:
        wanted = wanted.where(Ged.date_end >= start)
    if end is not None:
        wanted = wanted.where(Ged.date_end <= end)
    if bbox is not None:
        west, south, east, north = map(float, bbox.split(","))
        wanted = wanted.where(Ged.latitude >= south, Ged.latitude <= north)
        wanted = wanted.where(Ged.longitude >= west, Ged.longitude <= east)
    return session.exec(wanted.order_by(Ged.id).limit(100)).all()


@app.get("/events", response_model=list[EventPublic])
def read_events(
    session: SessionDep,
    country: str | None = None,
    start: date | None = None,
    end: date | None = None,
    bbox: str | None = None,
    q: str | None = None,
) -> Any:
    """A page of events as Oxus serves them."""
    wanted = select(Event)
    if country is not None:
        wanted = wanted.where(Event.country == country)
    if start is not None:
        wanted = wanted.where(Event.date_latest >= start)
    if end is not None:
        wanted = wanted.where(Event.sort_date <= end)  # bounds the walk along an index, as date_earliest does not
    if bbox is not None:
        west, south, east, north = map(float, bbox.split(","))
        wanted = wanted.where(Event.latitude >= south, Event.latitude <= north)
        wanted = wanted.where(Event.longitude >= west, Event.longitude <= east)
    if q is not None:
        wanted = wanted.where(text(WORDS).bindparams(q=q))
    rows = session.exec(wanted.order_by(Event.sort_date.desc(), Event.id).limit(100)).all()
    return [public(row) for row in rows]


def public(row: Event) -> EventPublic:
    """The nested shape of a row."""
    return EventPublic(
        id=row.id,
        category=row.category,
        title=row.title,
        summary=row.summary,
        date=When(
            earliest=row.date_earliest,
            latest=row.date_latest,
            precision=row.date_precision,
            printed=row.date_printed,
            edtf=row.date_edtf,
        ),
        location=row.location,
        location_precision=row.location_precision,
        actors=row.actors,
        status=row.status,
        corroboration=Corroboration(
            documents=row.documents,
            origins=row.origins,
            unattributed=row.unattributed,
            asserting=row.asserting,
            denying=row.denying,
        ),
        deaths=row.deaths,
        control_change=row.control_change,
        movement=row.movement,
        figures=row.figures,
        part_of=row.part_of,
        packs=row.packs,
        revision=row.revision,
    )
