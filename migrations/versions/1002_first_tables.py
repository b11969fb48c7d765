"""first tables

The whole schema of Oxus's first release, by family: tables with their named constraints, indexes, full text, points.
Both databases get the same statements; DIALECTS holds the few words in which they differ.
"""

from collections.abc import Iterator, Sequence

from alembic import op

revision: str = "1002"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DIALECTS = {
    "sqlite": {
        "key": "VARCHAR",
        "serial": "INTEGER",
        "timestamp": "DATETIME",
        "false": "0",
        "without_rowid": " WITHOUT ROWID",
        "contradictory": "contradictory = 1",
        "imprecise": "(earliest IS NULL OR latest IS NULL OR julianday(latest) - julianday(earliest) > 31)",
    },
    "postgresql": {
        "key": 'VARCHAR COLLATE "C"',
        "serial": "SERIAL",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "false": "false",
        "without_rowid": "",
        "contradictory": "contradictory",
        "imprecise": "(earliest IS NULL OR latest IS NULL OR latest - earliest > 31)",
    },
}
"""Ids and codes (`key`) compare byte by byte on both databases. Tables that are nothing but their key have no rowid."""

COMMON = {
    "deferred": "DEFERRABLE INITIALLY DEFERRED",
    "is_current": "known_until = '9999-12-31'",
    "list_order": "sort_date DESC, id, earliest, latest, event_pk",
    "covering": "status, category, country, origins, deaths_best, deaths_low, latitude, longitude",
}
"""Foreign keys are checked at commit, so that a load may write its rows in any order. Indexes hold rows in the order of
lists, and the columns that filters ask for, so that they judge rows without reading them."""

PACKS = """
CREATE TABLE revision (
    id {serial} NOT NULL,
    made_at {timestamp} NOT NULL,
    summary VARCHAR NOT NULL,
    CONSTRAINT pk_revision PRIMARY KEY (id)
);

CREATE TABLE pack (
    id {key} NOT NULL,
    version VARCHAR NOT NULL,
    covers_from DATE,
    covers_until DATE,
    cut_off DATE,
    digest VARCHAR NOT NULL,
    dataset BOOLEAN DEFAULT {false} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    CONSTRAINT pk_pack PRIMARY KEY (id),
    CONSTRAINT ck_pack_covers_from_covers_until_order CHECK (covers_from <= covers_until),
    CONSTRAINT fk_pack_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_pack_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred}
);

CREATE TABLE tombstone (
    resource {key} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    revision INTEGER NOT NULL,
    merged_into {key},
    CONSTRAINT pk_tombstone PRIMARY KEY (resource, id),
    CONSTRAINT fk_tombstone_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred}
);
"""
"""Revisions, packs, and ids that are gone."""

ACTORS = """
CREATE TABLE actor (
    pk {serial} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    name {key} NOT NULL,
    kind {key} NOT NULL,
    country {key},
    CONSTRAINT pk_actor PRIMARY KEY (pk),
    CONSTRAINT ck_actor_kind_code CHECK (kind IN (
        'state_forces', 'rebel_group', 'militia', 'government', 'international_forces', 'organisation',
        'person', 'civilians', 'other'
    )),
    CONSTRAINT uq_actor_id UNIQUE (id),
    CONSTRAINT fk_actor_pack_id_pack FOREIGN KEY (pack_id) REFERENCES pack (id) {deferred},
    CONSTRAINT fk_actor_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_actor_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred}
);

CREATE TABLE actor_name (
    pk {serial} NOT NULL,
    "key" {key} NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    language VARCHAR,
    as_printed {key},
    owner_id {key} NOT NULL,
    CONSTRAINT pk_actor_name PRIMARY KEY (pk),
    CONSTRAINT ck_actor_name_kind_code CHECK (kind IN ('id', 'name', 'alias')),
    CONSTRAINT fk_actor_name_owner_id_actor FOREIGN KEY (owner_id) REFERENCES actor (id) {deferred}
);

CREATE TABLE actor_code (
    pk {serial} NOT NULL,
    scheme {key} NOT NULL,
    version {key},
    code {key} NOT NULL,
    owner_id {key} NOT NULL,
    CONSTRAINT pk_actor_code PRIMARY KEY (pk),
    CONSTRAINT fk_actor_code_owner_id_actor FOREIGN KEY (owner_id) REFERENCES actor (id) {deferred}
);

CREATE TABLE actor_relation (
    pk {serial} NOT NULL,
    actor_id {key} NOT NULL,
    type VARCHAR NOT NULL,
    other_id {key} NOT NULL,
    starts_on DATE,
    ends_on DATE,
    CONSTRAINT pk_actor_relation PRIMARY KEY (pk),
    CONSTRAINT ck_actor_relation_type_code CHECK (type IN ('part_of', 'allied_with', 'commands', 'successor_of')),
    CONSTRAINT ck_actor_relation_starts_on_ends_on_order CHECK (starts_on <= ends_on),
    CONSTRAINT fk_actor_relation_actor_id_actor FOREIGN KEY (actor_id) REFERENCES actor (id) {deferred},
    CONSTRAINT fk_actor_relation_other_id_actor FOREIGN KEY (other_id) REFERENCES actor (id) {deferred}
);

CREATE TABLE actor_ancestor (
    pk {serial} NOT NULL,
    ancestor_id {key} NOT NULL,
    actor_id {key} NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    CONSTRAINT pk_actor_ancestor PRIMARY KEY (pk),
    CONSTRAINT fk_actor_ancestor_ancestor_id_actor FOREIGN KEY (ancestor_id) REFERENCES actor (id) {deferred},
    CONSTRAINT fk_actor_ancestor_actor_id_actor FOREIGN KEY (actor_id) REFERENCES actor (id) {deferred}
);
"""
"""Actors, with their names, codes and relations; `actor_ancestor` is derived from `part_of`."""

SOURCES = """
CREATE TABLE source (
    pk {serial} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    name {key} NOT NULL,
    kind {key} NOT NULL,
    organisation_id {key},
    actor_id {key},
    published_on DATE,
    CONSTRAINT pk_source PRIMARY KEY (pk),
    CONSTRAINT ck_source_kind_code CHECK (kind IN (
        'article', 'outlet', 'agency', 'dataset', 'journalist', 'official', 'ministry', 'spokesperson',
        'website', 'social_media_post', 'witness', 'unattributed'
    )),
    CONSTRAINT uq_source_id UNIQUE (id),
    CONSTRAINT fk_source_pack_id_pack FOREIGN KEY (pack_id) REFERENCES pack (id) {deferred},
    CONSTRAINT fk_source_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_source_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_source_organisation_id_source FOREIGN KEY (organisation_id) REFERENCES source (id) {deferred},
    CONSTRAINT fk_source_actor_id_actor FOREIGN KEY (actor_id) REFERENCES actor (id) {deferred}
);

CREATE TABLE source_name (
    pk {serial} NOT NULL,
    "key" {key} NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    language VARCHAR,
    as_printed {key},
    owner_id {key} NOT NULL,
    CONSTRAINT pk_source_name PRIMARY KEY (pk),
    CONSTRAINT ck_source_name_kind_code CHECK (kind IN ('id', 'name', 'alias')),
    CONSTRAINT fk_source_name_owner_id_source FOREIGN KEY (owner_id) REFERENCES source (id) {deferred}
);
"""
"""Sources and their names."""

LOCATIONS = """
CREATE TABLE location (
    pk {serial} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    name {key} NOT NULL,
    kind {key} NOT NULL,
    country {key},
    parent_id {key},
    latitude FLOAT,
    longitude FLOAT,
    point_kind VARCHAR,
    CONSTRAINT pk_location PRIMARY KEY (pk),
    CONSTRAINT ck_location_kind_code CHECK (kind IN (
        'country', 'province', 'district', 'city', 'town', 'border_crossing', 'airbase', 'river', 'border',
        'region'
    )),
    CONSTRAINT ck_location_point_kind_code CHECK (point_kind IN ('exact', 'centroid', 'approximate')),
    CONSTRAINT ck_location_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT ck_location_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT uq_location_id UNIQUE (id),
    CONSTRAINT fk_location_pack_id_pack FOREIGN KEY (pack_id) REFERENCES pack (id) {deferred},
    CONSTRAINT fk_location_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_location_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_location_parent_id_location FOREIGN KEY (parent_id) REFERENCES location (id) {deferred}
);

CREATE TABLE location_name (
    pk {serial} NOT NULL,
    "key" {key} NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    language VARCHAR,
    as_printed {key},
    owner_id {key} NOT NULL,
    CONSTRAINT pk_location_name PRIMARY KEY (pk),
    CONSTRAINT ck_location_name_kind_code CHECK (kind IN ('id', 'name', 'alias')),
    CONSTRAINT fk_location_name_owner_id_location FOREIGN KEY (owner_id) REFERENCES location (id) {deferred}
);

CREATE TABLE location_code (
    pk {serial} NOT NULL,
    scheme {key} NOT NULL,
    version {key},
    code {key} NOT NULL,
    owner_id {key} NOT NULL,
    CONSTRAINT pk_location_code PRIMARY KEY (pk),
    CONSTRAINT fk_location_code_owner_id_location FOREIGN KEY (owner_id) REFERENCES location (id) {deferred}
);

CREATE TABLE location_cover (
    location_id {key} NOT NULL,
    covered_id {key} NOT NULL,
    CONSTRAINT pk_location_cover PRIMARY KEY (location_id, covered_id),
    CONSTRAINT fk_location_cover_location_id_location
        FOREIGN KEY (location_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_location_cover_covered_id_location
        FOREIGN KEY (covered_id) REFERENCES location (id) {deferred}
){without_rowid};

CREATE TABLE location_ancestor (
    ancestor_id {key} NOT NULL,
    location_id {key} NOT NULL,
    CONSTRAINT pk_location_ancestor PRIMARY KEY (ancestor_id, location_id),
    CONSTRAINT fk_location_ancestor_ancestor_id_location
        FOREIGN KEY (ancestor_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_location_ancestor_location_id_location
        FOREIGN KEY (location_id) REFERENCES location (id) {deferred}
){without_rowid};
"""
"""Places, with their names and codes; `location_ancestor` is derived from their parents and from what covers them."""

EVENTS = """
CREATE TABLE event (
    pk {serial} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    category VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    title_key {key} NOT NULL,
    location_id {key},
    location_precision VARCHAR,
    part_of_id {key},
    CONSTRAINT pk_event PRIMARY KEY (pk),
    CONSTRAINT ck_event_category_code CHECK (category IN (
        'control_change', 'clash', 'offensive', 'movement', 'border_measure', 'mobilisation', 'diplomacy',
        'statement', 'humanitarian', 'violence_against_civilians', 'other'
    )),
    CONSTRAINT ck_event_location_precision_code CHECK (location_precision IN (
        'exact', 'near', 'district', 'province', 'area', 'country', 'international'
    )),
    CONSTRAINT uq_event_id UNIQUE (id),
    CONSTRAINT fk_event_pack_id_pack FOREIGN KEY (pack_id) REFERENCES pack (id) {deferred},
    CONSTRAINT fk_event_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_event_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_event_location_id_location FOREIGN KEY (location_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_event_part_of_id_event FOREIGN KEY (part_of_id) REFERENCES event (id) {deferred}
);

CREATE TABLE event_version (
    pk {serial} NOT NULL,
    event_pk INTEGER NOT NULL,
    id {key} NOT NULL,
    known_from DATE NOT NULL,
    known_until DATE NOT NULL,
    earliest DATE,
    latest DATE,
    sort_date DATE NOT NULL,
    precision VARCHAR NOT NULL,
    status {key} NOT NULL,
    origins INTEGER NOT NULL,
    planned BOOLEAN NOT NULL,
    contradictory BOOLEAN NOT NULL,
    deaths_low INTEGER,
    deaths_best INTEGER,
    deaths_high INTEGER,
    category {key} NOT NULL,
    location_id {key},
    country {key},
    latitude FLOAT,
    longitude FLOAT,
    "row" TEXT NOT NULL,
    CONSTRAINT pk_event_version PRIMARY KEY (pk),
    CONSTRAINT ck_event_version_status_code CHECK (status IN (
        'reported', 'corroborated', 'unconfirmed', 'disputed', 'denied'
    )),
    CONSTRAINT ck_event_version_precision_code CHECK (precision IN ('day', 'range', 'span', 'unknown')),
    CONSTRAINT ck_event_version_earliest_latest_order CHECK (earliest <= latest),
    CONSTRAINT ck_event_version_known_from_known_until_order CHECK (known_from <= known_until),
    CONSTRAINT ck_event_version_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT ck_event_version_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT fk_event_version_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred}
);

CREATE TABLE event_actor (
    event_pk INTEGER NOT NULL,
    actor_id {key} NOT NULL,
    role VARCHAR NOT NULL,
    CONSTRAINT pk_event_actor PRIMARY KEY (event_pk, actor_id, role),
    CONSTRAINT ck_event_actor_role_code CHECK (role IN (
        'initiator', 'target', 'ally', 'host', 'speaker', 'participant', 'gains', 'loses', 'mover'
    )),
    CONSTRAINT fk_event_actor_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT fk_event_actor_actor_id_actor FOREIGN KEY (actor_id) REFERENCES actor (id) {deferred}
){without_rowid};

CREATE TABLE event_distinction (
    event_pk INTEGER NOT NULL,
    other_id {key} NOT NULL,
    CONSTRAINT pk_event_distinction PRIMARY KEY (event_pk, other_id),
    CONSTRAINT fk_event_distinction_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred}
){without_rowid};

CREATE TABLE event_location (
    event_pk INTEGER NOT NULL,
    location_id {key} NOT NULL,
    CONSTRAINT pk_event_location PRIMARY KEY (event_pk, location_id),
    CONSTRAINT fk_event_location_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT fk_event_location_location_id_location FOREIGN KEY (location_id) REFERENCES location (id) {deferred}
){without_rowid};

CREATE TABLE control_change (
    event_pk INTEGER NOT NULL,
    location_id {key} NOT NULL,
    gained_by_id {key},
    lost_by_id {key},
    extent VARCHAR NOT NULL,
    means VARCHAR NOT NULL,
    CONSTRAINT pk_control_change PRIMARY KEY (event_pk),
    CONSTRAINT ck_control_change_extent_code CHECK (extent IN ('full', 'partial', 'surroundings')),
    CONSTRAINT ck_control_change_means_code CHECK (means IN (
        'captured', 'recaptured', 'handed_over', 'abandoned', 'held', 'unknown'
    )),
    CONSTRAINT fk_control_change_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT fk_control_change_location_id_location FOREIGN KEY (location_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_control_change_gained_by_id_actor FOREIGN KEY (gained_by_id) REFERENCES actor (id) {deferred},
    CONSTRAINT fk_control_change_lost_by_id_actor FOREIGN KEY (lost_by_id) REFERENCES actor (id) {deferred}
);

CREATE TABLE movement (
    event_pk INTEGER NOT NULL,
    from_id {key},
    to_id {key},
    via_id {key},
    mover_id {key},
    population VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    cross_border BOOLEAN NOT NULL,
    CONSTRAINT pk_movement PRIMARY KEY (event_pk),
    CONSTRAINT ck_movement_population_code CHECK (population IN (
        'troops', 'militia', 'civilians', 'mixed', 'person'
    )),
    CONSTRAINT ck_movement_outcome_code CHECK (outcome IN (
        'admitted', 'expelled', 'barred', 'deployed', 'withdrawn', 'returned', 'unknown'
    )),
    CONSTRAINT fk_movement_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT fk_movement_from_id_location FOREIGN KEY (from_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_movement_to_id_location FOREIGN KEY (to_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_movement_via_id_location FOREIGN KEY (via_id) REFERENCES location (id) {deferred},
    CONSTRAINT fk_movement_mover_id_actor FOREIGN KEY (mover_id) REFERENCES actor (id) {deferred}
);
"""
"""Events as coded, their versions by report day, and what belongs to an event."""

CLAIMS = """
CREATE TABLE claim (
    pk {serial} NOT NULL,
    id {key} NOT NULL,
    pack_id {key} NOT NULL,
    added_in INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    "row" TEXT NOT NULL,
    event_pk INTEGER NOT NULL,
    stance VARCHAR NOT NULL,
    modality VARCHAR NOT NULL,
    reported_on DATE NOT NULL,
    reported_basis VARCHAR NOT NULL,
    earliest DATE,
    latest DATE,
    sort_date DATE NOT NULL,
    precision VARCHAR NOT NULL,
    document_id {key} NOT NULL,
    paragraph INTEGER,
    location_id {key},
    CONSTRAINT pk_claim PRIMARY KEY (pk),
    CONSTRAINT ck_claim_stance_code CHECK (stance IN ('asserts', 'denies')),
    CONSTRAINT ck_claim_modality_code CHECK (modality IN ('fact', 'reported', 'possible', 'planned')),
    CONSTRAINT ck_claim_reported_basis_code CHECK (reported_basis IN ('stated', 'document')),
    CONSTRAINT ck_claim_precision_code CHECK (precision IN ('day', 'range', 'span', 'unknown')),
    CONSTRAINT ck_claim_earliest_latest_order CHECK (earliest <= latest),
    CONSTRAINT uq_claim_id UNIQUE (id),
    CONSTRAINT fk_claim_pack_id_pack FOREIGN KEY (pack_id) REFERENCES pack (id) {deferred},
    CONSTRAINT fk_claim_added_in_revision FOREIGN KEY (added_in) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_claim_revision_revision FOREIGN KEY (revision) REFERENCES revision (id) {deferred},
    CONSTRAINT fk_claim_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT fk_claim_document_id_source FOREIGN KEY (document_id) REFERENCES source (id) {deferred},
    CONSTRAINT fk_claim_location_id_location FOREIGN KEY (location_id) REFERENCES location (id) {deferred}
);

CREATE TABLE claim_hop (
    claim_pk INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source_id {key} NOT NULL,
    CONSTRAINT pk_claim_hop PRIMARY KEY (claim_pk, position),
    CONSTRAINT fk_claim_hop_claim_pk_claim FOREIGN KEY (claim_pk) REFERENCES claim (pk) {deferred},
    CONSTRAINT fk_claim_hop_source_id_source FOREIGN KEY (source_id) REFERENCES source (id) {deferred}
){without_rowid};

CREATE TABLE figure (
    claim_pk INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id {key} NOT NULL,
    measure VARCHAR NOT NULL,
    low INTEGER,
    best INTEGER,
    high INTEGER,
    "of" INTEGER,
    count_kind VARCHAR NOT NULL,
    as_of DATE,
    printed TEXT,
    as_given BOOLEAN NOT NULL,
    CONSTRAINT pk_figure PRIMARY KEY (claim_pk, position),
    CONSTRAINT ck_figure_measure_code CHECK (measure IN (
        'persons_moved', 'persons_mobilised', 'persons_present', 'persons_to_accommodate', 'visa_applicants',
        'deaths', 'injuries', 'districts_held', 'provinces_attacked', 'attempts', 'medical_visits'
    )),
    CONSTRAINT ck_figure_count_kind_code CHECK (count_kind IN ('increment', 'cumulative', 'stock', 'capacity')),
    CONSTRAINT ck_figure_low_best_order CHECK (as_given OR low <= best),
    CONSTRAINT ck_figure_best_high_order CHECK (as_given OR best <= high),
    CONSTRAINT ck_figure_low_high_order CHECK (as_given OR low <= high),
    CONSTRAINT fk_figure_claim_pk_claim FOREIGN KEY (claim_pk) REFERENCES claim (pk) {deferred},
    CONSTRAINT uq_figure_id UNIQUE (id)
);
"""
"""Claims, their chains and figures."""

DATASETS = """
CREATE TABLE ged_event (
    event_pk INTEGER NOT NULL,
    number INTEGER NOT NULL,
    type_of_violence INTEGER NOT NULL,
    country_id INTEGER,
    dyad_id INTEGER,
    side_a_id INTEGER,
    side_b_id INTEGER,
    ends_on DATE NOT NULL,
    latitude FLOAT,
    longitude FLOAT,
    cells TEXT NOT NULL,
    CONSTRAINT pk_ged_event PRIMARY KEY (event_pk),
    CONSTRAINT ck_ged_event_type_of_violence_range CHECK (type_of_violence BETWEEN 1 AND 3),
    CONSTRAINT fk_ged_event_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred},
    CONSTRAINT uq_ged_event_number UNIQUE (number)
);

CREATE TABLE acled_event (
    event_pk INTEGER NOT NULL,
    id {key} NOT NULL,
    sort_date DATE NOT NULL,
    event_date DATE,
    year INTEGER,
    time_precision INTEGER NOT NULL,
    disorder_type {key} NOT NULL,
    event_type {key} NOT NULL,
    sub_event_type {key} NOT NULL,
    civilian_targeting {key} NOT NULL,
    actor1 {key} NOT NULL,
    assoc_actor_1 {key} NOT NULL,
    inter1 {key} NOT NULL,
    actor2 {key} NOT NULL,
    assoc_actor_2 {key} NOT NULL,
    inter2 {key} NOT NULL,
    interaction {key} NOT NULL,
    iso INTEGER NOT NULL,
    region {key} NOT NULL,
    country {key} NOT NULL,
    admin1 {key} NOT NULL,
    admin2 {key} NOT NULL,
    admin3 {key} NOT NULL,
    location {key} NOT NULL,
    latitude {key},
    longitude {key},
    latitude_degrees FLOAT,
    longitude_degrees FLOAT,
    geo_precision INTEGER NOT NULL,
    source {key} NOT NULL,
    source_scale {key} NOT NULL,
    notes {key} NOT NULL,
    fatalities INTEGER NOT NULL,
    tags {key} NOT NULL,
    status {key} NOT NULL,
    is_repeated BOOLEAN NOT NULL,
    timestamp INTEGER,
    changed_at INTEGER NOT NULL,
    folded TEXT,
    omitted VARCHAR,
    digest VARCHAR,
    CONSTRAINT pk_acled_event PRIMARY KEY (event_pk),
    CONSTRAINT fk_acled_event_event_pk_event FOREIGN KEY (event_pk) REFERENCES event (pk) {deferred}
);
"""
"""Rows of published datasets as given, and events in the shape of ACLED."""

INDEXES = """
CREATE INDEX ix_tombstone_revision ON tombstone (revision);
CREATE INDEX ix_actor_country ON actor (country);
CREATE INDEX ix_actor_pack_id ON actor (pack_id);
CREATE INDEX ix_actor_revision ON actor (revision);
CREATE INDEX ix_actor_name_key ON actor_name (key);
CREATE INDEX ix_actor_name_owner_id ON actor_name (owner_id);
CREATE INDEX ix_actor_code_code ON actor_code (code);
CREATE INDEX ix_actor_code_owner_id ON actor_code (owner_id);
CREATE INDEX ix_actor_relation_actor_id ON actor_relation (actor_id);
CREATE INDEX ix_actor_relation_other_id ON actor_relation (other_id);
CREATE INDEX ix_actor_ancestor_actor_id ON actor_ancestor (actor_id);
CREATE INDEX ix_actor_ancestor_ancestor_id ON actor_ancestor (ancestor_id);
CREATE INDEX ix_source_pack_id ON source (pack_id);
CREATE INDEX ix_source_revision ON source (revision);
CREATE INDEX ix_source_name_key ON source_name (key);
CREATE INDEX ix_source_name_owner_id ON source_name (owner_id);
CREATE INDEX ix_location_country ON location (country);
CREATE INDEX ix_location_kind ON location (kind, id);
CREATE INDEX ix_location_pack_id ON location (pack_id);
CREATE INDEX ix_location_parent_id ON location (parent_id);
CREATE INDEX ix_location_revision ON location (revision);
CREATE INDEX ix_location_unlocated ON location (id) WHERE latitude IS NULL;
CREATE INDEX ix_location_name_key ON location_name (key);
CREATE INDEX ix_location_name_owner_id ON location_name (owner_id);
CREATE INDEX ix_location_code_code ON location_code (code);
CREATE INDEX ix_location_code_owner_id ON location_code (owner_id);
CREATE INDEX ix_location_ancestor_location_id ON location_ancestor (location_id);
CREATE INDEX ix_location_cover_covered_id ON location_cover (covered_id);
CREATE INDEX ix_event_location_id ON event (location_id);
CREATE INDEX ix_event_pack_id ON event (pack_id);
CREATE INDEX ix_event_part_of_id ON event (part_of_id);
CREATE INDEX ix_event_revision ON event (revision);
CREATE INDEX ix_event_title_key ON event (title_key);
CREATE INDEX ix_event_version_category ON event_version (category, {list_order}) WHERE {is_current};
CREATE INDEX ix_event_version_contradictory ON event_version (event_pk) WHERE {is_current} AND {contradictory};
CREATE INDEX ix_event_version_country ON event_version (country, {list_order}) WHERE {is_current};
CREATE INDEX ix_event_version_current ON event_version ({list_order}, {covering}) WHERE {is_current};
CREATE INDEX ix_event_version_deaths ON event_version (coalesce(deaths_best, deaths_low)) WHERE {is_current};
CREATE INDEX ix_event_version_event_pk ON event_version
    (event_pk, known_until, known_from, sort_date, id, earliest, latest, {covering});
CREATE INDEX ix_event_version_id ON event_version (id);
CREATE INDEX ix_event_version_imprecise ON event_version ({list_order}, country) WHERE {is_current} AND {imprecise};
CREATE INDEX ix_event_version_open_start ON event_version ({list_order}) WHERE {is_current} AND earliest IS NULL;
CREATE INDEX ix_event_version_origins ON event_version (origins) WHERE {is_current};
CREATE INDEX ix_event_version_sort_date_id ON event_version ({list_order}, known_from, known_until);
CREATE INDEX ix_event_version_status ON event_version (status, {list_order}) WHERE {is_current};
CREATE INDEX ix_event_version_unlocated ON event_version ({list_order}, country)
    WHERE {is_current} AND latitude IS NULL;
CREATE INDEX ix_event_actor_actor_id ON event_actor (actor_id, event_pk, role);
CREATE INDEX ix_event_actor_role ON event_actor (role, event_pk);
CREATE INDEX ix_event_location_location_id ON event_location (location_id, event_pk);
CREATE INDEX ix_control_change_gained_by_id ON control_change (gained_by_id);
CREATE INDEX ix_control_change_location_id ON control_change (location_id);
CREATE INDEX ix_control_change_lost_by_id ON control_change (lost_by_id);
CREATE INDEX ix_movement_from_id ON movement (from_id);
CREATE INDEX ix_movement_mover_id ON movement (mover_id);
CREATE INDEX ix_movement_to_id ON movement (to_id);
CREATE INDEX ix_movement_via_id ON movement (via_id);
CREATE INDEX ix_claim_event_pk ON claim (event_pk);
CREATE INDEX ix_claim_imprecise ON claim ({list_order}) WHERE {imprecise};
CREATE INDEX ix_claim_location_id ON claim (location_id);
CREATE INDEX ix_claim_modality ON claim ({list_order}) WHERE modality IN ('possible', 'planned');
CREATE INDEX ix_claim_open_start ON claim ({list_order}) WHERE earliest IS NULL;
CREATE INDEX ix_claim_paragraph ON claim (document_id, paragraph) WHERE paragraph IS NOT NULL;
CREATE INDEX ix_claim_pack_id ON claim (pack_id);
CREATE INDEX ix_claim_reported_on ON claim (reported_on);
CREATE INDEX ix_claim_revision ON claim (revision);
CREATE INDEX ix_claim_sort_date_id ON claim ({list_order});
CREATE INDEX ix_claim_stance ON claim ({list_order}) WHERE stance = 'denies';
CREATE INDEX ix_claim_hop_source_id ON claim_hop (source_id, claim_pk);
CREATE INDEX ix_figure_count_kind ON figure (count_kind, claim_pk);
CREATE INDEX ix_figure_measure ON figure (measure, claim_pk);
CREATE INDEX ix_ged_event_country_id ON ged_event (country_id, ends_on, number, type_of_violence);
CREATE INDEX ix_ged_event_dyad_id ON ged_event (dyad_id);
CREATE INDEX ix_ged_event_ends_on ON ged_event (ends_on);
CREATE INDEX ix_ged_event_event_pk ON ged_event (event_pk, number, latitude, longitude);
CREATE INDEX ix_ged_event_side_a_id ON ged_event (side_a_id);
CREATE INDEX ix_ged_event_side_b_id ON ged_event (side_b_id);
CREATE INDEX ix_acled_event_sort_date_id ON acled_event (sort_date DESC, id);
"""
"""Constraints make their own indexes; these serve the lists and their filters."""

TEXT_TABLES = ("event", "claim", "source", "actor", "location")
TEXT_INDEXES = {
    "sqlite": ("CREATE VIRTUAL TABLE {table}_text USING fts5(body, tokenize=ascii, columnsize=0)",),
    "postgresql": (
        "CREATE TABLE {table}_text (rowid INTEGER PRIMARY KEY, body TSVECTOR NOT NULL)",
        "CREATE INDEX ix_{table}_text_body ON {table}_text USING GIN (body)",
    ),
}
"""Words arrive folded and separated by blanks, so the simplest tokenizer is right; nobody asks how long a text is."""

POINTS_ON_POSTGRESQL = (
    "CREATE INDEX ix_event_version_point ON event_version USING GIST (point(longitude, latitude)) WHERE {is_current}",
    "CREATE INDEX ix_location_point ON location USING GIST (point(longitude, latitude))",
)

POINTS_ON_SQLITE = (
    "CREATE VIRTUAL TABLE event_version_point USING rtree(pk, west, east, south, north, since, until)",
    """
CREATE TRIGGER event_version_point_added AFTER INSERT ON event_version
WHEN new.latitude IS NOT NULL AND new.{is_current}
BEGIN
    INSERT INTO event_version_point (pk, west, east, south, north, since, until)
    SELECT new.event_pk, new.longitude, new.longitude, new.latitude, new.latitude, {since}, {until};
END""",
    """
CREATE TRIGGER event_version_point_gone AFTER DELETE ON event_version
WHEN old.latitude IS NOT NULL AND old.{is_current}
BEGIN
    DELETE FROM event_version_point WHERE pk = old.event_pk;
END""",
    """
CREATE TRIGGER event_version_point_moved AFTER UPDATE ON event_version
BEGIN
    DELETE FROM event_version_point
    WHERE pk = old.event_pk AND old.latitude IS NOT NULL AND old.{is_current};
    INSERT INTO event_version_point (pk, west, east, south, north, since, until)
    SELECT new.event_pk, new.longitude, new.longitude, new.latitude, new.latitude, {since}, {until}
    WHERE new.latitude IS NOT NULL AND new.{is_current};
END""",
    "CREATE VIRTUAL TABLE location_point USING rtree(pk, west, east, south, north)",
    """
CREATE TRIGGER location_point_added AFTER INSERT ON location
WHEN new.latitude IS NOT NULL
BEGIN
    INSERT INTO location_point (pk, west, east, south, north)
    SELECT new.pk, new.longitude, new.longitude, new.latitude, new.latitude;
END""",
    """
CREATE TRIGGER location_point_gone AFTER DELETE ON location
WHEN old.latitude IS NOT NULL
BEGIN
    DELETE FROM location_point WHERE pk = old.pk;
END""",
    """
CREATE TRIGGER location_point_moved AFTER UPDATE ON location
BEGIN
    DELETE FROM location_point WHERE pk = old.pk AND old.latitude IS NOT NULL;
    INSERT INTO location_point (pk, west, east, south, north)
    SELECT new.pk, new.longitude, new.longitude, new.latitude, new.latitude WHERE new.latitude IS NOT NULL;
END""",
)
"""SQLite keeps the points of current event versions and of places in R*Trees, by triggers. The tree of events knows days
as years since 2000, numbers as large as degrees are; an unknown begin or end is 9999 years away."""

YEARS_ON_SQLITE = {
    "since": "coalesce((julianday(new.earliest) - 2451544.5) / 365.25, -9999.0)",
    "until": "coalesce((julianday(new.latest) - 2451544.5) / 365.25, 9999.0)",
}

GREAT_CIRCLE = """
CREATE FUNCTION great_circle_km(a_lon float8, a_lat float8, b_lon float8, b_lat float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2 * 6371.0088 * asin(least(1, sqrt(
    sin(radians(b_lat - a_lat) / 2) ^ 2
    + cos(radians(a_lat)) * cos(radians(b_lat)) * sin(radians(b_lon - a_lon) / 2) ^ 2)))
"""
"""Kilometres between two points; an embedded database gets this function from the engine."""

FAMILIES = (PACKS, ACTORS, SOURCES, LOCATIONS, EVENTS, CLAIMS, DATASETS)


def _statements(sql: str) -> Iterator[str]:
    """Yield the statements of a text without triggers."""
    return filter(None, map(str.strip, sql.split(";")))


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    words = COMMON | DIALECTS[dialect]
    for family in FAMILIES:
        for statement in _statements(family):
            op.execute(statement.format(**words))
    for statement in _statements(INDEXES):
        # One line each: bulk loads read the columns and the condition of an index back from the database.
        op.execute(" ".join(statement.format(**words).split()))
    for table in TEXT_TABLES:
        for statement in TEXT_INDEXES[dialect]:
            op.execute(statement.format(table=table))
    if dialect == "postgresql":
        for statement in (*POINTS_ON_POSTGRESQL, GREAT_CIRCLE):
            op.execute(statement.format(**words))
    else:
        for statement in POINTS_ON_SQLITE:
            op.execute(statement.strip().format(**words, **YEARS_ON_SQLITE))


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TEXT_TABLES:
        op.execute(f"DROP TABLE {table}_text")
    for table in () if on_postgresql else ("event_version", "location"):
        op.execute(f"DROP TABLE {table}_point")
    for family in reversed(FAMILIES):
        for statement in reversed(list(_statements(family))):
            op.execute(f"DROP TABLE {statement.split()[2]}")
    if on_postgresql:
        op.execute("DROP FUNCTION great_circle_km")
