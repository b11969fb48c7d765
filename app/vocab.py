"""The code lists and conversion tables of `/v1/vocabularies`, with definitions and crosswalks.

Sources of the crosswalks: ACLED Codebook (event types and sub-event types), UCDP GED Codebook 25.1
(type_of_violence, where_prec), PLOVER Codebook 1.0 (event categories). A crosswalk names the nearest
counterpart, or None where a scheme has none.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from app.codebooks.acled import crosswalk_text

VERSION = "1"


@dataclass(frozen=True)
class Term:
    """One code: its definition, and its nearest counterpart in ACLED, PLOVER and UCDP."""

    code: str
    definition: str
    acled: str | None = None
    plover: str | None = None
    ucdp: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """A code list as served: its terms in the order of display."""

    name: str
    definition: str
    terms: tuple[Term, ...] = field(repr=False)

    @cached_property
    def codes(self) -> list[str]:
        """The codes alone, in order."""
        return [term.code for term in self.terms]


VOCABULARIES: dict[str, Vocabulary] = {}
"""Every code list by its served name; each subclass of `Code` adds its own."""


class Code(StrEnum):
    """Base of the code lists: a member is its code, a string, with its definition and counterparts in `term`."""

    _value_: str
    term: Term
    vocabulary: ClassVar[Vocabulary]

    def __new__(cls, term: Term) -> Self:
        """Make the member that stands for a term."""
        member = str.__new__(cls, term.code)
        member._value_ = term.code
        member.term = term
        return member

    def __init_subclass__(cls, *, name: str, definition: str) -> None:
        """Register the list under its served name."""
        cls.vocabulary = Vocabulary(name, definition, tuple(member.term for member in cls))
        VOCABULARIES[name] = cls.vocabulary

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a code as well as a member, in strict models too: TOML and JSON know only strings."""
        return core_schema.custom_error_schema(
            core_schema.enum_schema(cls, list(cls), sub_type="str", strict=False),
            custom_error_type="code",
            custom_error_message=f"not one of {', '.join(cls)}",
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, object]:
        """Show the whole list where it is used, with its definition."""
        return {"type": "string", "enum": cls.vocabulary.codes, "description": cls.vocabulary.definition}


class EventCategory(Code, name="category", definition="What kind of thing an event is."):
    """Kind of occasion; one for each event."""

    CONTROL_CHANGE = Term(
        "control_change",
        "A side gains, loses or hands over a place, wholly or in part, with or without a fight.",
        acled=crosswalk_text("control_change"),
        plover="ASSAULT / RETREAT",
    )
    CLASH = Term(
        "clash",
        "Armed groups fight each other at a place, without a change of control being told.",
        acled=crosswalk_text("clash"),
        plover="ASSAULT",
        ucdp="type_of_violence 1 or 2, if someone died",
    )
    OFFENSIVE = Term(
        "offensive",
        "An attack or campaign is opened or goes on against a place or region.",
        acled=crosswalk_text("offensive"),
        plover="ASSAULT",
        ucdp="type_of_violence 1 or 2, if someone died",
    )
    MOVEMENT = Term(
        "movement",
        "People move or are kept from moving: troops, militia, civilians or one person.",
        acled=crosswalk_text("movement"),
        plover="RETREAT / MOBILIZE",
    )
    BORDER_MEASURE = Term(
        "border_measure",
        "A state opens, closes, guards or prepares its border.",
        acled=crosswalk_text("border_measure"),
        plover="MOBILIZE",
    )
    MOBILISATION = Term(
        "mobilisation",
        "People take up arms or forces are raised or made ready.",
        acled=crosswalk_text("mobilisation"),
        plover="MOBILIZE",
    )
    DIPLOMACY = Term(
        "diplomacy",
        "States or groups talk, visit, ask, agree or refuse.",
        acled=crosswalk_text("diplomacy"),
        plover="CONSULT / REQUEST / AGREE / REJECT",
    )
    STATEMENT = Term(
        "statement",
        "Someone says something in public that is itself the news.",
        acled=crosswalk_text("statement"),
        plover="CONSULT",
    )
    HUMANITARIAN = Term(
        "humanitarian",
        "Shelter, aid or refuge for people in need is asked for, prepared or given.",
        acled=crosswalk_text("humanitarian"),
        plover="AID",
    )
    VIOLENCE_AGAINST_CIVILIANS = Term(
        "violence_against_civilians",
        "Armed actors attack people who do not fight.",
        acled=crosswalk_text("violence_against_civilians"),
        plover="ASSAULT",
        ucdp="type_of_violence 3, if someone died",
    )
    OTHER = Term("other", "Anything else that bears on the conflict.", acled=crosswalk_text("other"))


class EventStatus(Code, name="status", definition="How well an event is attested by the claims in view."):
    """Attestation of an event by the claims in view."""

    REPORTED = Term("reported", "Asserted as fact or reported, by one independent origin or none that is named.")
    CORROBORATED = Term("corroborated", "Asserted as fact or reported by two or more independent origins.")
    UNCONFIRMED = Term("unconfirmed", "Every asserting claim says only that it is possible or planned.")
    DISPUTED = Term("disputed", "Some claims assert it, others deny it.")
    DENIED = Term("denied", "Only denials are in view.")


class Stance(Code, name="stance", definition="Whether a claim says that the event happened."):
    """Position of a claim on its event."""

    ASSERTS = Term("asserts", "It happened, may have happened or will happen.")
    DENIES = Term("denies", "It did not happen, or not so.")


class Modality(Code, name="modality", definition="How the first hop of a claim put it."):
    """Reservation with which the first hop of a claim put it."""

    FACT = Term("fact", "Said without reservation.")
    REPORTED = Term("reported", "Said as hearsay: reportedly, is said to.")
    POSSIBLE = Term("possible", "Said as a possibility: may, possibly, seems likely.")
    PLANNED = Term("planned", "Said of the future: plans, intends, asks for.")


class ReportedBasis(Code, name="reported_basis", definition="Where a claim's reporting day comes from."):
    """Source of a claim's reporting day."""

    STATED = Term("stated", "The document gives the day on which the first hop said it.")
    DOCUMENT = Term("document", "The day on which the document was published.")


class Precision(Code, name="precision", definition="How a date is to be read."):
    """Reading of a date with two ends."""

    DAY = Term("day", "On that one day.", ucdp="date_prec 1", acled="time_precision 1")
    RANGE = Term(
        "range",
        "At one moment between earliest and latest.",
        ucdp="date_prec 2-5",
        acled="time_precision 2-3",
    )
    SPAN = Term("span", "Throughout, from earliest to latest.")
    UNKNOWN = Term("unknown", "The source gives no date.")


class LocationPrecision(Code, name="location_precision", definition="How exactly the place of an event is known."):
    """Exactness of an event's place."""

    EXACT = Term("exact", "A named town, crossing or point.", ucdp="where_prec 1", acled="geo_precision 1")
    NEAR = Term("near", "Within about 25 km of a named point.", ucdp="where_prec 2", acled="geo_precision 2")
    DISTRICT = Term("district", "Somewhere in a second-level unit.", ucdp="where_prec 3", acled="geo_precision 2")
    PROVINCE = Term("province", "Somewhere in a first-level unit.", ucdp="where_prec 4", acled="geo_precision 3")
    AREA = Term("area", "A line or region without sharp bounds.", ucdp="where_prec 5", acled="geo_precision 3")
    COUNTRY = Term("country", "Somewhere in a country.", ucdp="where_prec 6")
    INTERNATIONAL = Term("international", "International waters or airspace.", ucdp="where_prec 7")


class ActorRole(Code, name="role", definition="What an actor does in an event."):
    """Part of an actor in an event."""

    INITIATOR = Term("initiator", "Acts first: attacks, asks, decides.")
    TARGET = Term("target", "Is acted upon.")
    ALLY = Term("ally", "Acts on the side of another actor.")
    HOST = Term("host", "Receives, admits or shelters.")
    SPEAKER = Term("speaker", "Says it.")
    PARTICIPANT = Term("participant", "Takes part in any other way.")
    GAINS = Term("gains", "Gains control (derived from control_change).")
    LOSES = Term("loses", "Loses control (derived from control_change).")
    MOVER = Term("mover", "Moves (derived from movement).")


class ControlExtent(Code, name="extent", definition="How much of a place changes hands."):
    """Share of a place that changes hands."""

    FULL = Term("full", "The whole place.")
    PARTIAL = Term("partial", "A part of it.")
    SURROUNDINGS = Term("surroundings", "What lies around it, not the place itself.")


class ControlMeans(Code, name="means", definition="How a place changes hands."):
    """Manner in which a place changes hands."""

    CAPTURED = Term("captured", "Taken from the side that held it.")
    RECAPTURED = Term("recaptured", "Taken back by the side that had lost it.")
    HANDED_OVER = Term("handed_over", "Given up by agreement.")
    ABANDONED = Term("abandoned", "Left by the side that held it.")
    HELD = Term("held", "Nothing changes hands: the side is seen to hold the place on that day.")
    UNKNOWN = Term("unknown", "Not told.")


class Population(Code, name="population", definition="Who moves; different populations are never added up."):
    """Group of people who move; counts of different groups are never added."""

    TROOPS = Term("troops", "Soldiers and other state forces.")
    MILITIA = Term("militia", "Armed groups outside the state forces.")
    CIVILIANS = Term("civilians", "People who do not fight.")
    MIXED = Term("mixed", "Several of these, not told apart.")
    PERSON = Term("person", "One named person, with company or without.")


class MovementOutcome(Code, name="outcome", definition="How a movement ends."):
    """End of a movement."""

    ADMITTED = Term("admitted", "They were let in or arrived.")
    EXPELLED = Term("expelled", "They arrived and were sent back.")
    BARRED = Term("barred", "They were kept from entering.")
    DEPLOYED = Term("deployed", "They were sent to a place to act there.")
    WITHDRAWN = Term("withdrawn", "They left a place for good.")
    RETURNED = Term("returned", "They went back to where they had come from.")
    UNKNOWN = Term("unknown", "Not told.")


class CountKind(Code, name="count_kind", definition="What a figure counts."):
    """Reading of a figure as an increment, a running total, a stock or a capacity."""

    INCREMENT = Term("increment", "This many, on the days of the claim.")
    CUMULATIVE = Term("cumulative", "A running total from the day since to the day as_of.")
    STOCK = Term("stock", "How many there are on the day as_of.")
    CAPACITY = Term("capacity", "How many there could be.")


class Measure(Code, name="measure", definition="What is counted."):
    """Unit of a figure."""

    PERSONS_MOVED = Term("persons_moved", "People who moved, crossed or were evacuated.")
    PERSONS_MOBILISED = Term("persons_mobilised", "People who took up arms or were called up.")
    PERSONS_PRESENT = Term("persons_present", "People who are at a place.")
    PERSONS_TO_ACCOMMODATE = Term("persons_to_accommodate", "People for whom a place of refuge is asked or prepared.")
    VISA_APPLICANTS = Term("visa_applicants", "People who applied for a visa.")
    DEATHS = Term("deaths", "People killed.", acled="fatalities", ucdp="best, low, high")
    INJURIES = Term("injuries", "People wounded.")
    DISTRICTS_HELD = Term("districts_held", "Districts under the control of a side.")
    PROVINCES_ATTACKED = Term("provinces_attacked", "Provinces under attack.")
    ATTEMPTS = Term("attempts", "Times that something was tried.")
    MEDICAL_VISITS = Term("medical_visits", "Journeys for medical treatment.")


class SourceKind(Code, name="source_kind", definition="What kind of thing says something."):
    """Kind of source."""

    ARTICLE = Term("article", "One published text; a document.")
    OUTLET = Term("outlet", "A newspaper, broadcaster or news site.")
    AGENCY = Term("agency", "A news agency.")
    DATASET = Term("dataset", "A published collection of records; a document.")
    JOURNALIST = Term("journalist", "A person who reports.")
    OFFICIAL = Term("official", "A person who holds an office, speaking as such.")
    MINISTRY = Term("ministry", "A ministry, military command or other state body.")
    SPOKESPERSON = Term("spokesperson", "A person who speaks for a body.")
    WEBSITE = Term("website", "A website of a body, quoted as such.")
    SOCIAL_MEDIA_POST = Term("social_media_post", "A post, quoted as such.")
    WITNESS = Term("witness", "People on the spot who are not named.")
    UNATTRIBUTED = Term("unattributed", "The text does not say who; never counts as an independent origin.")


DOCUMENT_KINDS = (SourceKind.ARTICLE, SourceKind.DATASET)
"""The kinds of source that claims stand in."""


class LocationKind(Code, name="location_kind", definition="What kind of place it is."):
    """Kind of place."""

    COUNTRY = Term("country", "A state.")
    PROVINCE = Term("province", "A first-level unit.", ucdp="adm_1", acled="admin1")
    DISTRICT = Term("district", "A second-level unit.", ucdp="adm_2", acled="admin2")
    CITY = Term("city", "A large settlement, or the seat of a province.")
    TOWN = Term("town", "A smaller settlement.")
    BORDER_CROSSING = Term("border_crossing", "A point where a border may be crossed.")
    AIRBASE = Term("airbase", "A military airfield.")
    RIVER = Term("river", "A river.")
    BORDER = Term("border", "The line between two countries, or a stretch of it.")
    REGION = Term("region", "An area without an administration of its own.")


class PointKind(Code, name="point_kind", definition="What the coordinates of a place stand for."):
    """Relation of a place's coordinates to the place."""

    EXACT = Term("exact", "The place itself.")
    CENTROID = Term("centroid", "The centre of its area.")
    APPROXIMATE = Term("approximate", "Somewhere in or near it.")


class ActorKind(Code, name="actor_kind", definition="What kind of actor it is."):
    """Kind of actor."""

    STATE_FORCES = Term("state_forces", "Military or police of a state.", acled="inter1: State forces")
    REBEL_GROUP = Term("rebel_group", "Fights the state for power.", acled="inter1: Rebel group")
    MILITIA = Term("militia", "Armed, neither of the state nor for its overthrow.", acled="inter1: Political militia")
    GOVERNMENT = Term("government", "A state, its leadership or one of its bodies.", acled="inter1: State forces")
    INTERNATIONAL_FORCES = Term(
        "international_forces", "Forces of other states or of several.", acled="inter1: External/Other forces"
    )
    ORGANISATION = Term("organisation", "A company, outlet, alliance or international body.")
    PERSON = Term("person", "One human being.")
    CIVILIANS = Term("civilians", "People who do not fight.", acled="inter1: Civilians")
    OTHER = Term("other", "Anyone else.")


class RelationType(Code, name="relation", definition="How one actor stands to another."):
    """Relation of one actor to another."""

    PART_OF = Term("part_of", "Belongs to it; what it does is done by the whole.")
    ALLIED_WITH = Term("allied_with", "Fights beside it, on its own account.")
    COMMANDS = Term("commands", "Leads it.")
    SUCCESSOR_OF = Term("successor_of", "Came in its place.")


class ControlCertainty(Code, name="control_state", definition="How sure it is who controls a place on a day."):
    """Certainty of control of a place on a day."""

    HELD = Term("held", "By the holder, and nothing in view speaks against it.")
    UNCERTAIN = Term("uncertain", "A later change may have happened already, or not yet.")
    DISPUTED = Term("disputed", "Some claims say that another side took it, others deny it.")
    UNCONFIRMED = Term("unconfirmed", "It is only said to be possible that another side took it.")
    CONTESTED = Term("contested", "Another side has a part of it, or its surroundings.")
    UNKNOWN = Term(
        "unknown", "No change of control of this place is in view, or the day lies too far outside what packs cover."
    )


class ControlBasis(Code, name="control_basis", definition="What the holder of a place on a day rests on."):
    """Evidence for the holder of a place on a day."""

    STATED = Term("stated", "A change by which the last holder gained the place, or an observation of it.")
    INFERRED = Term("inferred", "The first change in view, by which the last holder lost it later.")
    CARRIED = Term("carried", "The last known state, carried beyond the day up to which the packs were curated.")
    CARRIED_BACK = Term("carried_back", "The first known state, carried back before the days that the packs cover.")


class ContradictionKind(Code, name="contradiction", definition="How claims contradict each other."):
    """Kind of contradiction between claims."""

    POLARITY = Term("polarity", "One event is asserted and denied.")
    DATE = Term("date", "Claims on one event put the same moment on days that do not meet.")
    FIGURE = Term(
        "figure", "Numbers for the same days cannot all be right, inside an event or with those of its parts."
    )
    CONTROL = Term("control", "A change of a whole place stands against what is said of it or of a place inside it.")
    OCCASION = Term(
        "occasion", "Two events of different packs may be one occasion, and disagree on its date or numbers."
    )


class ExclusionReason(Code, name="excluded", definition="Why a movement does not count in a total."):
    """Reason for leaving a movement out of a total."""

    PART_OF = Term("part_of", "What it is part of counts already.")
    NO_FIGURE = Term("no_figure", "No claim in view says how many.")
    WIDER_PLACE = Term("wider_place", "One end of it contains the place asked for, so only some of it may belong.")
    DISPUTED = Term("disputed", "Its status; `status=disputed` asks for it.")
    UNCONFIRMED = Term("unconfirmed", "Its status; `status=unconfirmed` asks for it.")
    DENIED = Term("denied", "Its status; `status=denied` asks for it.")


class SupersessionReason(Code, name="superseded", definition="Why a claim gives no bound of a movement's count."):
    """Reason for which a claim gives no bound of a movement's count."""

    LESS_EXACT = Term("less_exact", "Other tellings give closer bounds for the window.")
    REPLACED = Term("replaced", "Its source said something else of the same days later, or it is only possible.")
    NOT_A_COUNT = Term("not_a_count", "It gives a stock or a capacity.")
    NO_FIGURE = Term("no_figure", "It gives no figure.")
    PLANNED = Term("planned", "It is only planned.")
    DENIES = Term("denies", "It denies the movement.")


@dataclass(frozen=True)
class QuantityPhrase:
    """Reading of a printed phrase as bounds; N is the number printed with it."""

    phrase: str
    low: str | None = None
    best: str | None = None
    high: str | None = None


QUANTITY_PHRASES = (
    QuantityPhrase("N", low="N", best="N", high="N"),
    QuantityPhrase("dozens", low="24", high="99"),
    QuantityPhrase("hundreds", low="200", high="999"),
    QuantityPhrase("several hundred", low="300", high="999"),
    QuantityPhrase("several", low="3", high="9"),
    QuantityPhrase("thousands", low="2000", high="9999"),
    QuantityPhrase("more than N", low="N+1"),
    QuantityPhrase("at least N", low="N"),
    QuantityPhrase("up to N", high="N"),
    QuantityPhrase("about N", best="N"),
    QuantityPhrase("almost N", best="N"),
    QuantityPhrase("some N", best="N"),
    QuantityPhrase("no one", low="0", best="0", high="0"),
    QuantityPhrase("empty", low="0", best="0", high="0"),
)


@dataclass(frozen=True)
class RelativeDate:
    """Reading of a printed phrase as days counted from the reporting day D, or as a rule in words."""

    phrase: str
    earliest: int | None
    latest: int | None
    rule: str | None = None


RELATIVE_DATES = (
    RelativeDate("about a week ago", -9, -5),
    RelativeDate("almost two weeks", -14, -10),
    RelativeDate("last few days", -5, 0),
    RelativeDate("in the last week", -7, 0),
    RelativeDate("in the past week", -7, 0),
    RelativeDate("in the last two weeks", -14, 0),
    RelativeDate("in the past two weeks", -14, 0),
    RelativeDate("earlier this week", None, None, "its Monday to D"),
    RelativeDate("weekend", None, None, "the Saturday and Sunday on or last before D"),
    RelativeDate("weekday", None, None, "the last day of that name on or before D"),
)
