"""Lists of events, claims and figures, with their filters and indexes.

To add a filter, add one `Param` here and one row in tests/query/lists/test_filters.py.
"""

from sqlalchemy import FromClause, Table, select

from app import models, vocab
from app.models.base import table_of
from app.query.lists.definition import ListDefinition, define_list, field_names
from app.query.lists.figures import render_figure
from app.query.lists.reference import LOCATION_POINT_COLUMNS, MISSING_VALUE_PREDICATES
from app.query.params.filters import (
    ANY_VALUE_HELP,
    COUNTRY,
    EVENT_FILTERS,
    KNOWN_BY,
    NAME_HELP,
    NAMES_SCHEMA,
    SPACE,
    TIME,
)
from app.query.params.param import Param, code_param, integer_between, split_list
from app.query.planner.access_paths import BY_PK, Indexes
from app.query.predicates import column_values, entities, text, time, versions
from app.query.predicates.forms import SemiJoin
from app.schemas.analysis import FigureEntry
from app.schemas.claims import ClaimRow
from app.schemas.events import EventRow
from app.timespan import parse_date_range

event_version = table_of(models.EventVersion)
change = table_of(models.ControlChange)
movement = table_of(models.Movement)
claim = table_of(models.Claim)
location = table_of(models.Location)
place = location.alias("place")
EVENT_POINT_COLUMNS = (
    event_version.c.longitude,
    event_version.c.latitude,
    select(place.c.point_kind).where(place.c.id == event_version.c.location_id).scalar_subquery(),
)


EVENT_INDEXES = Indexes(
    by_date="ix_event_version_current",
    by_date_all_versions="ix_event_version_sort_date_id",
    open_start="ix_event_version_open_start",
    imprecise="ix_event_version_imprecise",
    by_code={name: f"ix_event_version_{name}" for name in ("country", "category", "status")},
    by_value={
        "deaths_min": "ix_event_version_deaths",
        "deaths_max": "ix_event_version_deaths",
        "min_origins": "ix_event_version_origins",
    },
    by_key={"event_pk": "ix_event_version_event_pk"},
    missing={"undated": "ix_event_version_imprecise", "unlocated": "ix_event_version_unlocated"},
    current_only=versions.IS_CURRENT,
)
CLAIM_INDEXES = Indexes(
    by_date="ix_claim_sort_date_id",
    by_date_all_versions="ix_claim_sort_date_id",
    open_start="ix_claim_open_start",
    imprecise="ix_claim_imprecise",
    rare_codes={name: (f"ix_claim_{name}", codes) for name, codes in column_values.RARE_CODES.items()},
    by_value={"reported": "ix_claim_reported_on"},
    by_key={
        "event_pk": "ix_claim_event_pk",
        "location_id": "ix_claim_location_id",
        "pk": BY_PK,
    },
    missing={"undated": "ix_claim_imprecise"},
)
MAX_PARAGRAPH = 1_000_000
EVENT_SORTS = {"date": "sort_date", "id": "id", "category": "category", "status": "status"}


def _event_list(
    name: str,
    filters: tuple[Param, ...] = (),
    source: FromClause | None = None,
    examples: dict[str, str] | None = None,
    subject: Table | None = None,
    empty_field: str | None = None,
) -> ListDefinition:
    """Define a list of event rows: all of them, or those joined with the table that is its subject.

    `empty_field` is a field that no row of the list can have a value in, and is left out.
    """
    return define_list(
        name,
        event_version,
        (*EVENT_FILTERS, *filters),
        EVENT_SORTS,
        "-date,id",
        [name for name in field_names(EventRow) if name != empty_field],
        examples,
        source=source,
        base_predicate=versions.version_known_by,
        missing_value_predicates=MISSING_VALUE_PREDICATES,
        point_columns=EVENT_POINT_COLUMNS,
        indexes=EVENT_INDEXES,
        empty_field=empty_field,
        subject=None if subject is None else SemiJoin(event_version.c.event_pk, select(subject.c.event_pk)),
    )


def _place_param(name: str, description: str, example: str, column: str) -> Param:
    help_ = f"{description} An id, exact alias or `scheme:code`; includes everything inside it. {ANY_VALUE_HELP}"
    return Param(
        name,
        help_,
        example,
        split_list,
        entities.column_in_location(movement, column),
        NAMES_SCHEMA,
        resolver=entities.resolve_locations(name),
    )


def _side_param(name: str, description: str, example: str, column: str) -> Param:
    help_ = f"{description} {NAME_HELP} Includes what is part of the actor. {ANY_VALUE_HELP}"
    return Param(
        name,
        help_,
        example,
        split_list,
        entities.control_side(change, column),
        NAMES_SCHEMA,
        resolver=entities.resolve_members(name),
    )


EVENTS = _event_list("events")
CONTROL_CHANGES = _event_list(
    "control-changes",
    (
        _side_param("gained_by", "The side that gains the place.", "taliban", "gained_by_id"),
        _side_param("lost_by", "The side that loses the place.", "afghan-government", "lost_by_id"),
        code_param("extent", vocab.ControlExtent, "full", column_values.in_joined_column(change, "extent")),
        code_param("means", vocab.ControlMeans, "recaptured", column_values.in_joined_column(change, "means")),
        code_param("kind", vocab.LocationKind, "district", column_values.in_joined_column(location, "kind")),
    ),
    event_version.join(change, change.c.event_pk == event_version.c.event_pk).join(
        location, location.c.id == change.c.location_id
    ),
    {"category": "control_change", "status": "unconfirmed"},
    change,
    "movement",
)
MOVEMENTS = _event_list(
    "movements",
    (
        _place_param("from", "Where the movement starts.", "badakhshan", "from_id"),
        _place_param("to", "Where the movement leads.", "tajikistan", "to_id"),
        _place_param("via", "What the movement goes through.", "uzbekistan", "via_id"),
        code_param("population", vocab.Population, "troops", column_values.in_joined_column(movement, "population")),
        code_param("outcome", vocab.MovementOutcome, "expelled", column_values.in_joined_column(movement, "outcome")),
        Param(
            "cross_border",
            "Whether the movement leads from one country into another.",
            "true",
            column_values.parse_boolean,
            column_values.is_true(movement, "cross_border"),
            {"type": "boolean"},
        ),
    ),
    event_version.join(movement, movement.c.event_pk == event_version.c.event_pk),
    {
        "bbox": "60,29,75,39",
        "near": "70.39,37.84",
        "radius_km": "500",
        "place": "badakhshan",
        "source": "pajhwok",
        "q": "Tajikistan",
        "known_by": "2021-07-05",
    },
    movement,
    "control_change",
)


CLAIM_FILTERS = (
    *TIME,
    Param(
        "reported",
        "The day on which it was said, or an interval of days.",
        "../2021-07-04",
        parse_date_range,
        time.reported_within,
    ),
    KNOWN_BY,
    *SPACE,
    Param(
        "event",
        f"The id of the event that the claim is about. {ANY_VALUE_HELP}",
        "kaldar-recaptured-2021-06-29",
        split_list,
        entities.claim_on_event,
        NAMES_SCHEMA,
        resolver=entities.resolve_events,
    ),
    Param(
        "place",
        "The place of the claim, everything inside it and what it covers; for movements also from, to and via. "
        f"{ANY_VALUE_HELP}",
        "balkh",
        split_list,
        entities.claim_at_location,
        NAMES_SCHEMA,
        resolver=entities.resolve_locations("place"),
    ),
    COUNTRY,
    Param(
        "actor",
        f"{NAME_HELP} Takes part in the event. {ANY_VALUE_HELP}",
        "taliban",
        split_list,
        entities.event_has_actor,
        NAMES_SCHEMA,
        resolver=entities.resolve_members("actor"),
    ),
    code_param("actor_role", vocab.ActorRole, "speaker", entities.event_has_role),
    Param(
        "source",
        f"{NAME_HELP} Matches any hop of the chain, or the document, with all that belongs to it. {ANY_VALUE_HELP}",
        "eurasianet",
        split_list,
        entities.claim_from_source,
        NAMES_SCHEMA,
        resolver=entities.resolve_sources("source"),
    ),
    Param(
        "document",
        f"{NAME_HELP} The document that the claim stands in. {ANY_VALUE_HELP}",
        "bne-intellinews-2021-07-05",
        split_list,
        entities.claim_in_document,
        NAMES_SCHEMA,
        resolver=entities.resolve_documents,
    ),
    Param(
        "paragraph",
        "The number of the paragraph in the document.",
        "17",
        integer_between(1, MAX_PARAGRAPH),
        column_values.equals("paragraph"),
        {"type": "integer", "minimum": 1, "maximum": MAX_PARAGRAPH},
    ),
    code_param("category", vocab.EventCategory, "movement", entities.event_in_category),
    code_param("stance", vocab.Stance, "denies", column_values.in_rare_codes("stance"), structural=True),
    code_param("modality", vocab.Modality, "possible", column_values.in_rare_codes("modality"), structural=True),
    Param(
        "q",
        "All words, in the claim and its printed tokens, its event's title and the names of its sources.",
        "Kaldar",
        text.parse_text_query,
        text.matches_text("claim", "pk"),
    ),
)
CLAIM_SORTS = {"date": "sort_date", "id": "id", "reported_on": "reported_on"}
CLAIM_SOURCE = claim.outerjoin(location, location.c.id == claim.c.location_id)
CLAIMS = define_list(
    "claims",
    claim,
    CLAIM_FILTERS,
    CLAIM_SORTS,
    "-date,id",
    field_names(ClaimRow),
    source=CLAIM_SOURCE,
    base_predicate=versions.claims_known_by,
    missing_value_predicates=MISSING_VALUE_PREDICATES,
    point_columns=LOCATION_POINT_COLUMNS,
    indexes=CLAIM_INDEXES,
)
figure = table_of(models.Figure)
FIGURES = define_list(
    "figures",
    claim,
    (
        *CLAIM_FILTERS,
        code_param("measure", vocab.Measure, "persons_moved", column_values.figure_in_column("measure")),
        code_param("count_kind", vocab.CountKind, "cumulative", column_values.figure_in_column("count_kind")),
    ),
    CLAIM_SORTS,
    "-date,id",
    field_names(FigureEntry),
    {
        "event": "flight-to-tajikistan-2021",
        "actor_role": "mover",
        "stance": "asserts",
        "modality": "reported",
        "paragraph": "25",
        "q": "Tajikistan",
    },
    source=CLAIM_SOURCE.join(figure, figure.c.claim_pk == claim.c.pk),
    base_predicate=versions.claims_known_by,
    missing_value_predicates=MISSING_VALUE_PREDICATES,
    point_columns=LOCATION_POINT_COLUMNS,
    indexes=CLAIM_INDEXES,
    subject=SemiJoin(claim.c.pk, select(figure.c.claim_pk)),
    child_table=figure,
    render_child=render_figure,
)
