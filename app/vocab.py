"""Every code list that Oxus serves, with definitions and crosswalks; `/v1/vocabularies` is this module.

Sources of the crosswalks: ACLED Codebook (event types and sub-event types), UCDP GED Codebook 25.1
(type_of_violence, where_prec), PLOVER Codebook 1.0 (event categories). A crosswalk names the nearest
counterpart; where a scheme has none it is None.
"""

from dataclasses import dataclass, field
from functools import cached_property

VERSION = "1"


@dataclass(frozen=True)
class Term:
    """One code: what it means, and its nearest counterpart in ACLED, PLOVER and UCDP."""

    code: str
    definition: str
    acled: str | None = None
    plover: str | None = None
    ucdp: str | None = None


@dataclass(frozen=True)
class Vocabulary:
    """A code list: the terms in the order in which they are shown."""

    name: str
    definition: str
    terms: tuple[Term, ...] = field(repr=False)

    @cached_property
    def codes(self) -> list[str]:
        """The codes alone, in order."""
        return [term.code for term in self.terms]


VOCABULARIES: dict[str, Vocabulary] = {}


def _register(name: str, definition: str, *terms: Term) -> Vocabulary:
    VOCABULARIES[name] = Vocabulary(name, definition, terms)
    return VOCABULARIES[name]


CATEGORY = _register(
    "category",
    "What kind of thing an event is.",
    Term(
        "control_change",
        "A side gains, loses or hands over a place, wholly or in part, with or without a fight.",
        acled="Battles: Government regains territory / Non-state actor overtakes territory; "
        "Strategic developments: Non-violent transfer of territory",
        plover="ASSAULT / RETREAT",
    ),
    Term(
        "clash",
        "Armed groups fight each other at a place, without a change of control being told.",
        acled="Battles: Armed clash",
        plover="ASSAULT",
        ucdp="type_of_violence 1 or 2, if someone died",
    ),
    Term(
        "offensive",
        "An attack or campaign is opened or goes on against a place or region.",
        acled="Battles: Armed clash",
        plover="ASSAULT",
        ucdp="type_of_violence 1 or 2, if someone died",
    ),
    Term(
        "movement",
        "People move or are kept from moving: troops, militia, civilians or one person.",
        acled="Strategic developments: Change to group/activity; Other",
        plover="RETREAT / MOBILIZE",
    ),
    Term(
        "border_measure",
        "A state opens, closes, guards or prepares its border.",
        acled="Strategic developments: Other",
        plover="MOBILIZE",
    ),
    Term(
        "mobilisation",
        "People take up arms or forces are raised or made ready.",
        acled="Strategic developments: Change to group/activity",
        plover="MOBILIZE",
    ),
    Term(
        "diplomacy",
        "States or groups talk, visit, ask, agree or refuse.",
        acled="Strategic developments: Agreement; Other",
        plover="CONSULT / REQUEST / AGREE / REJECT",
    ),
    Term(
        "statement",
        "Someone says something in public that is itself the news.",
        acled=None,
        plover="CONSULT",
    ),
    Term(
        "humanitarian",
        "Shelter, aid or refuge for people in need is asked for, prepared or given.",
        acled=None,
        plover="AID",
    ),
    Term(
        "violence_against_civilians",
        "Armed actors attack people who do not fight.",
        acled="Violence against civilians",
        plover="ASSAULT",
        ucdp="type_of_violence 3, if someone died",
    ),
    Term("other", "Anything else that bears on the conflict.", acled="Strategic developments: Other"),
)

STATUS = _register(
    "status",
    "How well an event is attested by the claims in view.",
    Term("reported", "Asserted as fact or reported, by one independent origin or none that is named."),
    Term("corroborated", "Asserted as fact or reported by two or more independent origins."),
    Term("unconfirmed", "Every asserting claim says only that it is possible or planned."),
    Term("disputed", "Some claims assert it, others deny it."),
    Term("denied", "Only denials are in view."),
)

STANCE = _register(
    "stance",
    "Whether a claim says that the event happened.",
    Term("asserts", "It happened, may have happened or will happen."),
    Term("denies", "It did not happen, or not so."),
)

MODALITY = _register(
    "modality",
    "How the first hop of a claim put it.",
    Term("fact", "Said without reservation."),
    Term("reported", "Said as hearsay: reportedly, is said to."),
    Term("possible", "Said as a possibility: may, possibly, seems likely."),
    Term("planned", "Said of the future: plans, intends, asks for."),
)

REPORTED_BASIS = _register(
    "reported_basis",
    "Where a claim's reporting day comes from.",
    Term("stated", "The document gives the day on which the first hop said it."),
    Term("document", "The day on which the document was published."),
)

PRECISION = _register(
    "precision",
    "How a date is to be read.",
    Term("day", "On that one day.", ucdp="date_prec 1", acled="time_precision 1"),
    Term(
        "range",
        "At one moment between earliest and latest.",
        ucdp="date_prec 2-5",
        acled="time_precision 2-3",
    ),
    Term("span", "Throughout, from earliest to latest."),
    Term("unknown", "The source gives no date."),
)

LOCATION_PRECISION = _register(
    "location_precision",
    "How exactly the place of an event is known.",
    Term("exact", "A named town, crossing or point.", ucdp="where_prec 1", acled="geo_precision 1"),
    Term("near", "Within about 25 km of a named point.", ucdp="where_prec 2", acled="geo_precision 2"),
    Term("district", "Somewhere in a second-level unit.", ucdp="where_prec 3", acled="geo_precision 2"),
    Term("province", "Somewhere in a first-level unit.", ucdp="where_prec 4", acled="geo_precision 3"),
    Term("area", "A line or region without sharp bounds.", ucdp="where_prec 5", acled="geo_precision 3"),
    Term("country", "Somewhere in a country.", ucdp="where_prec 6"),
    Term("international", "International waters or airspace.", ucdp="where_prec 7"),
)

ROLE = _register(
    "role",
    "What an actor does in an event.",
    Term("initiator", "Acts first: attacks, asks, decides."),
    Term("target", "Is acted upon."),
    Term("ally", "Acts on the side of another actor."),
    Term("host", "Receives, admits or shelters."),
    Term("speaker", "Says it."),
    Term("participant", "Takes part in any other way."),
    Term("gains", "Gains control (derived from control_change)."),
    Term("loses", "Loses control (derived from control_change)."),
    Term("mover", "Moves (derived from movement)."),
)

EXTENT = _register(
    "extent",
    "How much of a place changes hands.",
    Term("full", "The whole place."),
    Term("partial", "A part of it."),
    Term("surroundings", "What lies around it, not the place itself."),
)

MEANS = _register(
    "means",
    "How a place changes hands.",
    Term("captured", "Taken from the side that held it."),
    Term("recaptured", "Taken back by the side that had lost it."),
    Term("handed_over", "Given up by agreement."),
    Term("abandoned", "Left by the side that held it."),
    Term("unknown", "Not told."),
)

POPULATION = _register(
    "population",
    "Who moves; different populations are never added up.",
    Term("troops", "Soldiers and other state forces."),
    Term("militia", "Armed groups outside the state forces."),
    Term("civilians", "People who do not fight."),
    Term("mixed", "Several of these, not told apart."),
    Term("person", "One named person, with company or without."),
)

OUTCOME = _register(
    "outcome",
    "How a movement ends.",
    Term("admitted", "They were let in or arrived."),
    Term("expelled", "They arrived and were sent back."),
    Term("barred", "They were kept from entering."),
    Term("deployed", "They were sent to a place to act there."),
    Term("withdrawn", "They left a place for good."),
    Term("unknown", "Not told."),
)

COUNT_KIND = _register(
    "count_kind",
    "What a figure counts.",
    Term("increment", "This many more, on that occasion."),
    Term("cumulative", "A running total up to the day as_of."),
    Term("stock", "How many there are on the day as_of."),
    Term("capacity", "How many there could be."),
)

MEASURE = _register(
    "measure",
    "What is counted.",
    Term("persons_moved", "People who moved, crossed or were evacuated."),
    Term("persons_mobilised", "People who took up arms or were called up."),
    Term("persons_present", "People who are at a place."),
    Term("persons_to_accommodate", "People for whom a place of refuge is asked or prepared."),
    Term("visa_applicants", "People who applied for a visa."),
    Term("deaths", "People killed.", acled="fatalities", ucdp="best, low, high"),
    Term("injuries", "People wounded."),
    Term("districts_held", "Districts under the control of a side."),
    Term("provinces_attacked", "Provinces under attack."),
    Term("attempts", "Times that something was tried."),
    Term("medical_visits", "Journeys for medical treatment."),
)

SOURCE_KIND = _register(
    "source_kind",
    "What kind of thing says something.",
    Term("article", "One published text; a document."),
    Term("outlet", "A newspaper, broadcaster or news site."),
    Term("agency", "A news agency."),
    Term("dataset", "A published collection of records; a document."),
    Term("journalist", "A person who reports."),
    Term("official", "A person who holds an office, speaking as such."),
    Term("ministry", "A ministry, military command or other state body."),
    Term("spokesperson", "A person who speaks for a body."),
    Term("website", "A website of a body, quoted as such."),
    Term("social_media_post", "A post, quoted as such."),
    Term("witness", "People on the spot who are not named."),
    Term("unattributed", "The text does not say who; never counts as an independent origin."),
)
DOCUMENT_KINDS = ["article", "dataset"]

LOCATION_KIND = _register(
    "location_kind",
    "What kind of place it is.",
    Term("country", "A state."),
    Term("province", "A first-level unit.", ucdp="adm_1", acled="admin1"),
    Term("district", "A second-level unit.", ucdp="adm_2", acled="admin2"),
    Term("city", "A large settlement, or the seat of a province."),
    Term("town", "A smaller settlement."),
    Term("border_crossing", "A point where a border may be crossed."),
    Term("airbase", "A military airfield."),
    Term("river", "A river."),
    Term("region", "An area without an administration of its own."),
)

POINT_KIND = _register(
    "point_kind",
    "What the coordinates of a place stand for.",
    Term("exact", "The place itself."),
    Term("centroid", "The centre of its area."),
    Term("approximate", "Somewhere in or near it."),
)

ACTOR_KIND = _register(
    "actor_kind",
    "What kind of actor it is.",
    Term("state_forces", "Military or police of a state.", acled="inter1: State forces"),
    Term("rebel_group", "Fights the state for power.", acled="inter1: Rebel group"),
    Term("militia", "Armed, neither of the state nor for its overthrow.", acled="inter1: Political militia"),
    Term("government", "A state, its leadership or one of its bodies.", acled="inter1: State forces"),
    Term("international_forces", "Forces of other states or of several.", acled="inter1: External/Other forces"),
    Term("organisation", "A company, outlet, alliance or international body."),
    Term("person", "One human being."),
    Term("civilians", "People who do not fight.", acled="inter1: Civilians"),
    Term("other", "Anyone else."),
)

RELATION = _register(
    "relation",
    "How one actor stands to another.",
    Term("part_of", "Belongs to it; what it does is done by the whole."),
    Term("allied_with", "Fights beside it, on its own account."),
    Term("commands", "Leads it."),
    Term("successor_of", "Came in its place."),
)

CONTROL_STATE = _register(
    "control_state",
    "How sure it is who controls a place on a day.",
    Term("held", "By the holder, and nothing in view speaks against it."),
    Term("uncertain", "A later change may have happened already, or not yet."),
    Term("disputed", "Some claims say that another side took it, others deny it."),
    Term("unconfirmed", "It is only said to be possible that another side took it."),
    Term("contested", "Another side has a part of it, or its surroundings."),
    Term("unknown", "No change of control of this place is in view."),
)

CONTROL_BASIS = _register(
    "control_basis",
    "What the holder of a place on a day rests on.",
    Term("stated", "A change by which the holder gained the place."),
    Term("inferred", "The first change in view, by which the holder lost it later."),
    Term("carried", "The last known state, carried beyond the day up to which the pack was curated."),
)

CONTRADICTION = _register(
    "contradiction",
    "How claims contradict each other.",
    Term("polarity", "One event is asserted and denied."),
    Term("date", "Claims on one event give dates that share no day."),
    Term("figure", "Claims on one event give numbers for the same days that cannot both be right."),
    Term("control", "A change of a whole place stands against what is said of it or of a place inside it."),
)

EXCLUSION_REASON = _register(
    "excluded",
    "Why a movement does not count in a total.",
    Term("part_of", "What it is part of counts already."),
    Term("no_figure", "No claim in view says how many."),
    Term("disputed", "Its status; `status=disputed` asks for it."),
    Term("unconfirmed", "Its status; `status=unconfirmed` asks for it."),
    Term("denied", "Its status; `status=denied` asks for it."),
)

SUPERSESSION_REASON = _register(
    "superseded",
    "Why a claim on a movement does not decide its count.",
    Term("earlier", "A running total as of a later day decides."),
    Term("less_exact", "Another claim tells the same day better: with a best, narrower, or later."),
    Term("covered", "An increment that the running total holds already."),
    Term("not_a_count", "It gives a stock or a capacity."),
    Term("no_figure", "It gives no figure."),
    Term("planned", "It is only planned."),
    Term("denies", "It denies the movement."),
)

COUNTED_BOUND = _register(
    "counts",
    "What a movement gives to a total.",
    Term("all", "Low, best and high: it lies wholly inside the window."),
    Term("high", "Its high alone: it lies only partly inside the window."),
    Term("low", "Its low alone: a part, wholly inside, of a whole that is only partly inside."),
)


@dataclass(frozen=True)
class QuantityPhrase:
    """How one printed phrase is read as a number; N is the number printed with it."""

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
    """How a printed phrase is read as days; D is the reporting day, in days from D (or a rule in words)."""

    phrase: str
    earliest: int | None
    latest: int | None
    rule: str | None = None


RELATIVE_DATES = (
    RelativeDate("about a week ago", -9, -5),
    RelativeDate("almost two weeks", -14, -10),
    RelativeDate("last few days", -5, 0),
    RelativeDate("in the last week", -7, 0),
    RelativeDate("weekend", None, None, "the Saturday and Sunday on or last before D"),
)
