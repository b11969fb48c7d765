"""the first tables"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from app.db.sql_functions import create_functions, drop_functions
from app.db.text_index import create_index

# Compared byte by byte on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
TEXT_INDEXES = ("event", "claim", "source", "actor", "location")

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    op.create_table(
        "pack",
        sa.Column("id", KEY, nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("covers_from", sa.Date(), nullable=True),
        sa.Column("covers_until", sa.Date(), nullable=True),
        sa.Column("cut_off", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.CheckConstraint("covers_from <= covers_until", name=op.f("ck_pack_covers_from_covers_until_order")),
        sa.ForeignKeyConstraint(
            ["added_in"], ["revision.id"], name=op.f("fk_pack_added_in_revision"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["revision"], ["revision.id"], name=op.f("fk_pack_revision_revision"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
    )
    op.create_table(
        "removed",
        sa.Column("resource", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("merged_into", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_removed_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("resource", "id", name=op.f("pk_removed")),
    )
    op.create_index("ix_removed_revision", "removed", ["revision"], unique=False)

    op.create_table(
        "actor",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("country", KEY, nullable=True),
        sa.CheckConstraint(
            "kind IN ('state_forces', 'rebel_group', 'militia', 'government', 'international_forces', 'organisation', 'person', 'civilians', 'other')",
            name=op.f("ck_actor_kind_code"),
        ),
        sa.ForeignKeyConstraint(
            ["added_in"],
            ["revision.id"],
            name=op.f("fk_actor_added_in_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["pack.id"], name=op.f("fk_actor_pack_id_pack"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_actor_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_actor")),
        sa.UniqueConstraint("id", name=op.f("uq_actor_id")),
    )
    op.create_index("ix_actor_country", "actor", ["country"], unique=False)
    op.create_index("ix_actor_pack_id", "actor", ["pack_id"], unique=False)
    op.create_index("ix_actor_revision", "actor", ["revision"], unique=False)

    op.create_table(
        "location",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("country", KEY, nullable=True),
        sa.Column("parent_id", KEY, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("point_kind", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('country', 'province', 'district', 'city', 'town', 'border_crossing', 'airbase', 'river', 'region')",
            name=op.f("ck_location_kind_code"),
        ),
        sa.CheckConstraint(
            "point_kind IN ('exact', 'centroid', 'approximate')", name=op.f("ck_location_point_kind_code")
        ),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_location_latitude_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_location_longitude_range")),
        sa.ForeignKeyConstraint(
            ["added_in"],
            ["revision.id"],
            name=op.f("fk_location_added_in_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["pack.id"], name=op.f("fk_location_pack_id_pack"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["location.id"],
            name=op.f("fk_location_parent_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_location_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_location")),
        sa.UniqueConstraint("id", name=op.f("uq_location_id")),
    )
    op.create_index("ix_location_country", "location", ["country"], unique=False)
    op.create_index("ix_location_pack_id", "location", ["pack_id"], unique=False)
    op.create_index("ix_location_parent_id", "location", ["parent_id"], unique=False)
    op.create_index("ix_location_revision", "location", ["revision"], unique=False)

    op.create_table(
        "actor_ancestor",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("ancestor_id", KEY, nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["actor.id"],
            name=op.f("fk_actor_ancestor_actor_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["ancestor_id"],
            ["actor.id"],
            name=op.f("fk_actor_ancestor_ancestor_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_actor_ancestor")),
    )
    op.create_index("ix_actor_ancestor_actor_id", "actor_ancestor", ["actor_id"], unique=False)
    op.create_index("ix_actor_ancestor_ancestor_id", "actor_ancestor", ["ancestor_id"], unique=False)

    op.create_table(
        "actor_code",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("scheme", KEY, nullable=False),
        sa.Column("version", KEY, nullable=True),
        sa.Column("code", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["actor.id"], name=op.f("fk_actor_code_owner_id_actor"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_actor_code")),
    )
    op.create_index("ix_actor_code_code", "actor_code", ["code"], unique=False)
    op.create_index("ix_actor_code_owner_id", "actor_code", ["owner_id"], unique=False)

    op.create_table(
        "actor_name",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("as_printed", KEY, nullable=True),
        sa.Column("owner_id", KEY, nullable=False),
        sa.CheckConstraint("kind IN ('id', 'name', 'alias')", name=op.f("ck_actor_name_kind_code")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["actor.id"], name=op.f("fk_actor_name_owner_id_actor"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_actor_name")),
    )
    op.create_index("ix_actor_name_key", "actor_name", ["key"], unique=False)
    op.create_index("ix_actor_name_owner_id", "actor_name", ["owner_id"], unique=False)

    op.create_table(
        "actor_relation",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("other_id", KEY, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "type IN ('part_of', 'allied_with', 'commands', 'successor_of')", name=op.f("ck_actor_relation_type_code")
        ),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_actor_relation_starts_on_ends_on_order")),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["actor.id"],
            name=op.f("fk_actor_relation_actor_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["actor.id"],
            name=op.f("fk_actor_relation_other_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_actor_relation")),
    )
    op.create_index("ix_actor_relation_actor_id", "actor_relation", ["actor_id"], unique=False)
    op.create_index("ix_actor_relation_other_id", "actor_relation", ["other_id"], unique=False)

    op.create_table(
        "event",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("title_key", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=True),
        sa.Column("location_precision", sa.String(), nullable=True),
        sa.Column("part_of_id", KEY, nullable=True),
        sa.CheckConstraint(
            "category IN ('control_change', 'clash', 'offensive', 'movement', 'border_measure', 'mobilisation', 'diplomacy', 'statement', 'humanitarian', 'violence_against_civilians', 'other')",
            name=op.f("ck_event_category_code"),
        ),
        sa.CheckConstraint(
            "location_precision IN ('exact', 'near', 'district', 'province', 'area', 'country', 'international')",
            name=op.f("ck_event_location_precision_code"),
        ),
        sa.ForeignKeyConstraint(
            ["added_in"],
            ["revision.id"],
            name=op.f("fk_event_added_in_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_event_location_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["pack.id"], name=op.f("fk_event_pack_id_pack"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["part_of_id"], ["event.id"], name=op.f("fk_event_part_of_id_event"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_event_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    op.create_index("ix_event_location_id", "event", ["location_id"], unique=False)
    op.create_index("ix_event_pack_id", "event", ["pack_id"], unique=False)
    op.create_index("ix_event_part_of_id", "event", ["part_of_id"], unique=False)
    op.create_index("ix_event_revision", "event", ["revision"], unique=False)
    op.create_index("ix_event_title_key", "event", ["title_key"], unique=False)

    op.create_table(
        "location_ancestor",
        sa.Column("ancestor_id", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["ancestor_id"],
            ["location.id"],
            name=op.f("fk_location_ancestor_ancestor_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_location_ancestor_location_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("ancestor_id", "location_id", name=op.f("pk_location_ancestor")),
    )
    op.create_index("ix_location_ancestor_location_id", "location_ancestor", ["location_id"], unique=False)

    op.create_table(
        "location_code",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("scheme", KEY, nullable=False),
        sa.Column("version", KEY, nullable=True),
        sa.Column("code", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["location.id"],
            name=op.f("fk_location_code_owner_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_location_code")),
    )
    op.create_index("ix_location_code_code", "location_code", ["code"], unique=False)
    op.create_index("ix_location_code_owner_id", "location_code", ["owner_id"], unique=False)

    op.create_table(
        "location_name",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("as_printed", KEY, nullable=True),
        sa.Column("owner_id", KEY, nullable=False),
        sa.CheckConstraint("kind IN ('id', 'name', 'alias')", name=op.f("ck_location_name_kind_code")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["location.id"],
            name=op.f("fk_location_name_owner_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_location_name")),
    )
    op.create_index("ix_location_name_key", "location_name", ["key"], unique=False)
    op.create_index("ix_location_name_owner_id", "location_name", ["owner_id"], unique=False)

    op.create_table(
        "source",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("organisation_id", KEY, nullable=True),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('article', 'outlet', 'agency', 'dataset', 'journalist', 'official', 'ministry', 'spokesperson', 'website', 'social_media_post', 'witness', 'unattributed')",
            name=op.f("ck_source_kind_code"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actor.id"], name=op.f("fk_source_actor_id_actor"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["added_in"],
            ["revision.id"],
            name=op.f("fk_source_added_in_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["source.id"],
            name=op.f("fk_source_organisation_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["pack.id"], name=op.f("fk_source_pack_id_pack"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_source_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_source")),
        sa.UniqueConstraint("id", name=op.f("uq_source_id")),
    )
    op.create_index("ix_source_pack_id", "source", ["pack_id"], unique=False)
    op.create_index("ix_source_revision", "source", ["revision"], unique=False)

    op.create_table(
        "claim",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("pack_id", KEY, nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("document_id", KEY, nullable=False),
        sa.Column("origin_id", KEY, nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.Column("modality", sa.String(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("reported_basis", sa.String(), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("sort_date", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("location_id", KEY, nullable=True),
        sa.CheckConstraint(
            "modality IN ('fact', 'reported', 'possible', 'planned')", name=op.f("ck_claim_modality_code")
        ),
        sa.CheckConstraint("precision IN ('day', 'range', 'span', 'unknown')", name=op.f("ck_claim_precision_code")),
        sa.CheckConstraint("reported_basis IN ('stated', 'document')", name=op.f("ck_claim_reported_basis_code")),
        sa.CheckConstraint("stance IN ('asserts', 'denies')", name=op.f("ck_claim_stance_code")),
        sa.CheckConstraint("earliest <= latest", name=op.f("ck_claim_earliest_latest_order")),
        sa.ForeignKeyConstraint(
            ["added_in"],
            ["revision.id"],
            name=op.f("fk_claim_added_in_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["source.id"],
            name=op.f("fk_claim_document_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["event_pk"], ["event.pk"], name=op.f("fk_claim_event_pk_event"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_claim_location_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["source.id"], name=op.f("fk_claim_origin_id_source"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["pack_id"], ["pack.id"], name=op.f("fk_claim_pack_id_pack"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["revision"],
            ["revision.id"],
            name=op.f("fk_claim_revision_revision"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_claim")),
        sa.UniqueConstraint("id", name=op.f("uq_claim_id")),
    )
    op.create_index("ix_claim_document_id", "claim", ["document_id"], unique=False)
    op.create_index("ix_claim_event_pk", "claim", ["event_pk"], unique=False)
    op.create_index("ix_claim_location_id", "claim", ["location_id"], unique=False)
    op.create_index("ix_claim_origin_id", "claim", ["origin_id"], unique=False)
    op.create_index("ix_claim_pack_id", "claim", ["pack_id"], unique=False)
    op.create_index("ix_claim_reported_on", "claim", ["reported_on"], unique=False)
    op.create_index("ix_claim_revision", "claim", ["revision"], unique=False)
    op.create_index("ix_claim_sort_date", "claim", ["sort_date"], unique=False)

    op.create_table(
        "control_change",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.Column("gained_by_id", KEY, nullable=True),
        sa.Column("lost_by_id", KEY, nullable=True),
        sa.Column("extent", sa.String(), nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.CheckConstraint("extent IN ('full', 'partial', 'surroundings')", name=op.f("ck_control_change_extent_code")),
        sa.CheckConstraint(
            "means IN ('captured', 'recaptured', 'handed_over', 'abandoned', 'unknown')",
            name=op.f("ck_control_change_means_code"),
        ),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_control_change_event_pk_event"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["gained_by_id"],
            ["actor.id"],
            name=op.f("fk_control_change_gained_by_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_control_change_location_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["lost_by_id"],
            ["actor.id"],
            name=op.f("fk_control_change_lost_by_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_pk", name=op.f("pk_control_change")),
    )
    op.create_index("ix_control_change_gained_by_id", "control_change", ["gained_by_id"], unique=False)
    op.create_index("ix_control_change_location_id", "control_change", ["location_id"], unique=False)
    op.create_index("ix_control_change_lost_by_id", "control_change", ["lost_by_id"], unique=False)

    op.create_table(
        "event_actor",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint(
            "role IN ('initiator', 'target', 'ally', 'host', 'speaker', 'participant', 'gains', 'loses', 'mover')",
            name=op.f("ck_event_actor_role_code"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["actor.id"],
            name=op.f("fk_event_actor_actor_id_actor"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_event_actor_event_pk_event"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_pk", "actor_id", "role", name=op.f("pk_event_actor")),
    )
    op.create_index("ix_event_actor_actor_id", "event_actor", ["actor_id"], unique=False)

    op.create_table(
        "event_place",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("location_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["event_pk"],
            ["event.pk"],
            name=op.f("fk_event_place_event_pk_event"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.id"],
            name=op.f("fk_event_place_location_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("event_pk", "location_id", name=op.f("pk_event_place")),
    )
    op.create_index("ix_event_place_location_id", "event_place", ["location_id"], unique=False)

    op.create_table(
        "event_view",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("known_from", sa.Date(), nullable=False),
        sa.Column("known_until", sa.Date(), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("sort_date", sa.Date(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("origins", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("contradictory", sa.Boolean(), nullable=False),
        sa.Column("deaths_low", sa.Integer(), nullable=True),
        sa.Column("deaths_best", sa.Integer(), nullable=True),
        sa.Column("deaths_high", sa.Integer(), nullable=True),
        sa.Column("category", KEY, nullable=False),
        sa.Column("location_id", KEY, nullable=True),
        sa.Column("country", KEY, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("row", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "precision IN ('day', 'range', 'span', 'unknown')", name=op.f("ck_event_view_precision_code")
        ),
        sa.CheckConstraint(
            "status IN ('reported', 'corroborated', 'unconfirmed', 'disputed', 'denied')",
            name=op.f("ck_event_view_status_code"),
        ),
        sa.CheckConstraint("earliest <= latest", name=op.f("ck_event_view_earliest_latest_order")),
        sa.CheckConstraint("known_from <= known_until", name=op.f("ck_event_view_known_from_known_until_order")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_event_view_latitude_range")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_event_view_longitude_range")),
        sa.ForeignKeyConstraint(
            ["event_pk"], ["event.pk"], name=op.f("fk_event_view_event_pk_event"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_event_view")),
    )
    op.create_index("ix_event_view_category", "event_view", ["category"], unique=False)
    op.create_index("ix_event_view_contradictory", "event_view", ["contradictory"], unique=False)
    op.create_index("ix_event_view_country_sort_date_id", "event_view", ["country", "sort_date", "id"], unique=False)
    op.create_index("ix_event_view_event_pk", "event_view", ["event_pk"], unique=False)
    op.create_index("ix_event_view_id", "event_view", ["id"], unique=False)
    op.create_index("ix_event_view_latitude_longitude", "event_view", ["latitude", "longitude"], unique=False)
    op.create_index("ix_event_view_location_id", "event_view", ["location_id"], unique=False)
    op.create_index("ix_event_view_sort_date_id", "event_view", ["sort_date", "id"], unique=False)
    op.create_index("ix_event_view_status", "event_view", ["status"], unique=False)

    op.create_table(
        "movement",
        sa.Column("event_pk", sa.Integer(), nullable=False),
        sa.Column("from_id", KEY, nullable=True),
        sa.Column("to_id", KEY, nullable=True),
        sa.Column("via_id", KEY, nullable=True),
        sa.Column("mover_id", KEY, nullable=True),
        sa.Column("population", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("cross_border", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('admitted', 'expelled', 'barred', 'deployed', 'withdrawn', 'unknown')",
            name=op.f("ck_movement_outcome_code"),
        ),
        sa.CheckConstraint(
            "population IN ('troops', 'militia', 'civilians', 'mixed', 'person')",
            name=op.f("ck_movement_population_code"),
        ),
        sa.ForeignKeyConstraint(
            ["event_pk"], ["event.pk"], name=op.f("fk_movement_event_pk_event"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["location.id"],
            name=op.f("fk_movement_from_id_location"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["mover_id"], ["actor.id"], name=op.f("fk_movement_mover_id_actor"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["to_id"], ["location.id"], name=op.f("fk_movement_to_id_location"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["via_id"], ["location.id"], name=op.f("fk_movement_via_id_location"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("event_pk", name=op.f("pk_movement")),
    )
    op.create_index("ix_movement_from_id", "movement", ["from_id"], unique=False)
    op.create_index("ix_movement_mover_id", "movement", ["mover_id"], unique=False)
    op.create_index("ix_movement_to_id", "movement", ["to_id"], unique=False)
    op.create_index("ix_movement_via_id", "movement", ["via_id"], unique=False)

    op.create_table(
        "source_name",
        sa.Column("pk", sa.Integer(), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("as_printed", KEY, nullable=True),
        sa.Column("owner_id", KEY, nullable=False),
        sa.CheckConstraint("kind IN ('id', 'name', 'alias')", name=op.f("ck_source_name_kind_code")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["source.id"],
            name=op.f("fk_source_name_owner_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_source_name")),
    )
    op.create_index("ix_source_name_key", "source_name", ["key"], unique=False)
    op.create_index("ix_source_name_owner_id", "source_name", ["owner_id"], unique=False)

    op.create_table(
        "claim_hop",
        sa.Column("claim_pk", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_pk"], ["claim.pk"], name=op.f("fk_claim_hop_claim_pk_claim"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_claim_hop_source_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("claim_pk", "position", name=op.f("pk_claim_hop")),
    )
    op.create_index("ix_claim_hop_source_id", "claim_hop", ["source_id"], unique=False)

    op.create_table(
        "figure",
        sa.Column("claim_pk", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("best", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=True),
        sa.Column("count_kind", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("printed", sa.Text(), nullable=True),
        sa.Column("as_given", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "count_kind IN ('increment', 'cumulative', 'stock', 'capacity')", name=op.f("ck_figure_count_kind_code")
        ),
        sa.CheckConstraint(
            "measure IN ('persons_moved', 'persons_mobilised', 'persons_present', 'persons_to_accommodate', 'visa_applicants', 'deaths', 'injuries', 'districts_held', 'provinces_attacked', 'attempts', 'medical_visits')",
            name=op.f("ck_figure_measure_code"),
        ),
        sa.CheckConstraint("as_given OR best <= high", name=op.f("ck_figure_best_high_order")),
        sa.CheckConstraint("as_given OR low <= best", name=op.f("ck_figure_low_best_order")),
        sa.CheckConstraint("as_given OR low <= high", name=op.f("ck_figure_low_high_order")),
        sa.ForeignKeyConstraint(
            ["claim_pk"], ["claim.pk"], name=op.f("fk_figure_claim_pk_claim"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("claim_pk", "position", name=op.f("pk_figure")),
        sa.UniqueConstraint("id", name=op.f("uq_figure_id")),
    )
    dialect = op.get_bind().dialect.name
    for statement in create_functions(dialect):
        op.execute(sa.text(statement))
    for name in TEXT_INDEXES:
        for statement in create_index(dialect, name):
            op.execute(statement)


def downgrade() -> None:
    for name in TEXT_INDEXES:
        op.execute(f"DROP TABLE {name}_text")
    for statement in drop_functions(op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("figure")
    op.drop_index("ix_claim_hop_source_id", table_name="claim_hop")

    op.drop_table("claim_hop")
    op.drop_index("ix_source_name_owner_id", table_name="source_name")
    op.drop_index("ix_source_name_key", table_name="source_name")

    op.drop_table("source_name")
    op.drop_index("ix_movement_via_id", table_name="movement")
    op.drop_index("ix_movement_to_id", table_name="movement")
    op.drop_index("ix_movement_mover_id", table_name="movement")
    op.drop_index("ix_movement_from_id", table_name="movement")

    op.drop_table("movement")
    op.drop_index("ix_event_view_status", table_name="event_view")
    op.drop_index("ix_event_view_sort_date_id", table_name="event_view")
    op.drop_index("ix_event_view_location_id", table_name="event_view")
    op.drop_index("ix_event_view_latitude_longitude", table_name="event_view")
    op.drop_index("ix_event_view_id", table_name="event_view")
    op.drop_index("ix_event_view_event_pk", table_name="event_view")
    op.drop_index("ix_event_view_country_sort_date_id", table_name="event_view")
    op.drop_index("ix_event_view_contradictory", table_name="event_view")
    op.drop_index("ix_event_view_category", table_name="event_view")

    op.drop_table("event_view")
    op.drop_index("ix_event_place_location_id", table_name="event_place")

    op.drop_table("event_place")
    op.drop_index("ix_event_actor_actor_id", table_name="event_actor")

    op.drop_table("event_actor")
    op.drop_index("ix_control_change_lost_by_id", table_name="control_change")
    op.drop_index("ix_control_change_location_id", table_name="control_change")
    op.drop_index("ix_control_change_gained_by_id", table_name="control_change")

    op.drop_table("control_change")
    op.drop_index("ix_claim_sort_date", table_name="claim")
    op.drop_index("ix_claim_revision", table_name="claim")
    op.drop_index("ix_claim_reported_on", table_name="claim")
    op.drop_index("ix_claim_pack_id", table_name="claim")
    op.drop_index("ix_claim_origin_id", table_name="claim")
    op.drop_index("ix_claim_location_id", table_name="claim")
    op.drop_index("ix_claim_event_pk", table_name="claim")
    op.drop_index("ix_claim_document_id", table_name="claim")

    op.drop_table("claim")
    op.drop_index("ix_source_revision", table_name="source")
    op.drop_index("ix_source_pack_id", table_name="source")

    op.drop_table("source")
    op.drop_index("ix_location_name_owner_id", table_name="location_name")
    op.drop_index("ix_location_name_key", table_name="location_name")

    op.drop_table("location_name")
    op.drop_index("ix_location_code_owner_id", table_name="location_code")
    op.drop_index("ix_location_code_code", table_name="location_code")

    op.drop_table("location_code")
    op.drop_index("ix_location_ancestor_location_id", table_name="location_ancestor")

    op.drop_table("location_ancestor")
    op.drop_index("ix_event_title_key", table_name="event")
    op.drop_index("ix_event_revision", table_name="event")
    op.drop_index("ix_event_part_of_id", table_name="event")
    op.drop_index("ix_event_pack_id", table_name="event")
    op.drop_index("ix_event_location_id", table_name="event")

    op.drop_table("event")
    op.drop_index("ix_actor_relation_other_id", table_name="actor_relation")
    op.drop_index("ix_actor_relation_actor_id", table_name="actor_relation")

    op.drop_table("actor_relation")
    op.drop_index("ix_actor_name_owner_id", table_name="actor_name")
    op.drop_index("ix_actor_name_key", table_name="actor_name")

    op.drop_table("actor_name")
    op.drop_index("ix_actor_code_owner_id", table_name="actor_code")
    op.drop_index("ix_actor_code_code", table_name="actor_code")

    op.drop_table("actor_code")
    op.drop_index("ix_actor_ancestor_ancestor_id", table_name="actor_ancestor")
    op.drop_index("ix_actor_ancestor_actor_id", table_name="actor_ancestor")

    op.drop_table("actor_ancestor")
    op.drop_index("ix_location_revision", table_name="location")
    op.drop_index("ix_location_parent_id", table_name="location")
    op.drop_index("ix_location_pack_id", table_name="location")
    op.drop_index("ix_location_country", table_name="location")

    op.drop_table("location")
    op.drop_index("ix_actor_revision", table_name="actor")
    op.drop_index("ix_actor_pack_id", table_name="actor")
    op.drop_index("ix_actor_country", table_name="actor")

    op.drop_table("actor")
    op.drop_index("ix_removed_revision", table_name="removed")

    op.drop_table("removed")
    op.drop_table("pack")
    op.drop_table("revision")
