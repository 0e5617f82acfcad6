"""The first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "city",
                "district",
                "dong",
                name="area_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("path", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["area.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("parent_id", "name"),
    )
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_index(op.f("ix_area_path"), "area", ["path"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "check_in",
                "first_contact",
                "heat",
                "cold",
                "recheck",
                "delivery",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "paused",
                "ended",
                name="campaign_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("every_seconds", sa.Integer(), nullable=True),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("windows", postgresql.JSONB(), nullable=False),
        sa.Column("holidays", sa.Boolean(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_after_seconds", postgresql.JSONB(), nullable=False),
        sa.Column("busy_retry_after_seconds", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column(
            "language",
            sa.Enum(
                "ko",
                "en",
                name="language",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(every_seconds IS NULL) <> (cron IS NULL)", name="one_cadence"),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(op.f("ix_campaign_area_id"), "campaign", ["area_id"], unique=False)
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("address_index", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_index"),
    )
    op.create_index(op.f("ix_household_area_id"), "household", ["area_id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "caseworker",
                "supervisor",
                "scheduler",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
    )
    op.create_index(op.f("ix_staff_area_id"), "staff", ["area_id"], unique=False)
    op.create_table(
        "resident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("preferred_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("phone2_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone2_index", sa.LargeBinary(), nullable=True),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_year_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("notes_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("emergency_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("emergency_phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "language",
            sa.Enum(
                "ko",
                "en",
                name="language",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum(
                "active",
                "paused",
                "withdrawn",
                "wrong_number",
                "deceased",
                "moved",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("standing_reason", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("preferred_time", sa.Time(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_id"),
    )
    op.create_index(op.f("ix_resident_area_id"), "resident", ["area_id"], unique=False)
    op.create_index(op.f("ix_resident_household_id"), "resident", ["household_id"], unique=False)
    op.create_index(op.f("ix_resident_phone2_index"), "resident", ["phone2_index"], unique=False)
    op.create_index(op.f("ix_resident_phone_index"), "resident", ["phone_index"], unique=False)
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "flagged",
                "unreached",
                "not_understood",
                "asked",
                "held",
                name="case_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "none",
                "watch",
                "concern",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("level_rank", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "close_reason",
            sa.Enum(
                "reached_well",
                "helped",
                "referred",
                "emergency_services",
                "not_needed",
                "deceased",
                "moved",
                name="close_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(
        "case_open_once",
        "case",
        ["household_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "case_queue",
        "case",
        ["level_rank", "due_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(op.f("ix_case_area_id"), "case", ["area_id"], unique=False)
    op.create_index(op.f("ix_case_closed_by"), "case", ["closed_by"], unique=False)
    op.create_index(op.f("ix_case_household_id"), "case", ["household_id"], unique=False)
    op.create_index(op.f("ix_case_resident_id"), "case", ["resident_id"], unique=False)
    op.create_index(op.f("ix_case_taken_by"), "case", ["taken_by"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "service",
                "recording",
                "overseas",
                "memory",
                name="consent_scope",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_consent_recorded_by"), "consent", ["recorded_by"], unique=False)
    op.create_index(op.f("ix_consent_resident_id"), "consent", ["resident_id"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "resident_id"),
    )
    op.create_index(
        "enrolment_falling_due",
        "enrolment",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(op.f("ix_enrolment_campaign_id"), "enrolment", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_enrolment_resident_id"), "enrolment", ["resident_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "verb",
            sa.Enum(
                "signed_in",
                "sign_in_refused",
                "signed_out",
                "read",
                "revealed",
                "played",
                "exported",
                "enrolled",
                "corrected",
                "standing_changed",
                "staff_changed",
                "consent_recorded",
                "campaign_changed",
                "check_in_moved",
                "case_opened",
                "case_raised",
                "case_taken",
                "case_released",
                "case_noted",
                "case_closed",
                "case_reopened",
                name="verb",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_resident_id"), "event", ["resident_id"], unique=False)
    op.create_index(op.f("ix_event_staff_id"), "event", ["staff_id"], unique=False)
    op.create_table(
        "check_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "due",
                "dialling",
                "speaking",
                "heard",
                "assessed",
                "unreached",
                "not_accounted",
                "held",
                "cancelled",
                name="check_in_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts_made", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("enrolment_id", "slot"),
    )
    op.create_index("check_in_by_state", "check_in", ["state", "changed_at"], unique=False)
    op.create_index(
        "check_in_waiting",
        "check_in",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index(op.f("ix_check_in_area_id"), "check_in", ["area_id"], unique=False)
    op.create_index(op.f("ix_check_in_campaign_id"), "check_in", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_check_in_enrolment_id"), "check_in", ["enrolment_id"], unique=False)
    op.create_index(op.f("ix_check_in_resident_id"), "check_in", ["resident_id"], unique=False)
    op.create_index(op.f("ix_check_in_slot"), "check_in", ["slot"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("call_sid", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "intended",
                "uncertain",
                "placed",
                "ringing",
                "answered",
                "ended",
                name="attempt_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "spoken",
                "no_answer",
                "busy",
                "failed",
                "machine",
                "hung_up",
                "broken",
                "cancelled",
                "not_placed",
                "unknown",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "answered_by",
            sa.Enum(
                "resident",
                "other",
                "machine",
                "unknown",
                name="answered_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("media_token_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"],
            ["check_in.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_sid"),
        sa.UniqueConstraint("check_in_id", "number"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(
        "attempt_on_the_line",
        "attempt",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index(op.f("ix_attempt_campaign_id"), "attempt", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_attempt_check_in_id"), "attempt", ["check_in_id"], unique=False)
    op.create_index(op.f("ix_attempt_resident_id"), "attempt", ["resident_id"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                "health_acute",
                "fall",
                "pain_chronic",
                "breathing",
                "stroke_signs",
                "chest_pain",
                "medication",
                "nutrition",
                "sleep",
                "cognition",
                "mood_low",
                "suicidal_ideation",
                "isolation",
                "abuse_neglect",
                "self_neglect",
                "finances",
                "utilities_arrears",
                "housing",
                "heat_cold",
                "safety_threat",
                "scam",
                "substance",
                "bereavement",
                "caregiver_strain",
                "service_request",
                name="signal_code",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "none",
                "watch",
                "concern",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "detector",
            sa.Enum(
                "net",
                "model",
                name="detector",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("quote_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("second", sa.Float(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alarm_attempt_id"), "alarm", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_alarm_case_id"), "alarm", ["case_id"], unique=False)
    op.create_index(op.f("ix_alarm_resident_id"), "alarm", ["resident_id"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "none",
                "watch",
                "concern",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("failed", sa.String(), nullable=False),
        sa.Column("unknown", postgresql.JSONB(), nullable=False),
        sa.Column(
            "answered_by",
            sa.Enum(
                "resident",
                "other",
                "machine",
                "unknown",
                name="answered_by",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("wants_human", sa.Boolean(), nullable=False),
        sa.Column("opt_out", sa.Boolean(), nullable=False),
        sa.Column("later", sa.Boolean(), nullable=False),
        sa.Column("for_review", sa.Boolean(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt_sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"],
            ["check_in.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_assessment_attempt_id"), "assessment", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_assessment_check_in_id"), "assessment", ["check_in_id"], unique=False)
    op.create_index(op.f("ix_assessment_resident_id"), "assessment", ["resident_id"], unique=False)
    op.create_table(
        "recording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "expected",
                "ready",
                "kept",
                "absent",
                name="recording_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("offset_ms", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sid"),
    )
    op.create_index(op.f("ix_recording_attempt_id"), "recording", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_recording_resident_id"), "recording", ["resident_id"], unique=False)
    op.create_table(
        "turn",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "live",
                "recording",
                name="turn_source",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "speaker",
            sa.Enum(
                "agent",
                "resident",
                name="speaker",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("starts_ms", sa.Integer(), nullable=False),
        sa.Column("ends_ms", sa.Integer(), nullable=False),
        sa.Column("cut_off", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("attempt_id", "source", "position"),
    )
    op.create_index(op.f("ix_turn_attempt_id"), "turn", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_turn_resident_id"), "turn", ["resident_id"], unique=False)
    op.create_table(
        "case_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "flag",
                "alarm",
                "unreached",
                "not_understood",
                "asked",
                "held",
                "taken",
                "released",
                "note",
                "closed",
                "reopened",
                name="entry_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("check_in_id", sa.Uuid(), nullable=True),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["check_in_id"],
            ["check_in.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_case_entry_assessment_id"),
        "case_entry",
        ["assessment_id"],
        unique=False,
    )
    op.create_index(op.f("ix_case_entry_case_id"), "case_entry", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_entry_check_in_id"), "case_entry", ["check_in_id"], unique=False)
    op.create_index(op.f("ix_case_entry_resident_id"), "case_entry", ["resident_id"], unique=False)
    op.create_index(op.f("ix_case_entry_staff_id"), "case_entry", ["staff_id"], unique=False)
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                "health_acute",
                "fall",
                "pain_chronic",
                "breathing",
                "stroke_signs",
                "chest_pain",
                "medication",
                "nutrition",
                "sleep",
                "cognition",
                "mood_low",
                "suicidal_ideation",
                "isolation",
                "abuse_neglect",
                "self_neglect",
                "finances",
                "utilities_arrears",
                "housing",
                "heat_cold",
                "safety_threat",
                "scam",
                "substance",
                "bereavement",
                "caregiver_strain",
                "service_request",
                name="signal_code",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "none",
                "watch",
                "concern",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "subject",
            sa.Enum(
                "resident",
                "household",
                "third_party",
                name="subject",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "tense",
            sa.Enum(
                "now",
                "recent",
                "past",
                name="tense",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column(
            "detector",
            sa.Enum(
                "net",
                "model",
                name="detector",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_signal_assessment_id"), "signal", ["assessment_id"], unique=False)
    op.create_index(op.f("ix_signal_resident_id"), "signal", ["resident_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.Integer(), nullable=False),
        sa.Column("quote_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("second", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signal_id"],
            ["signal.id"],
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"],
            ["turn.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_evidence_signal_id"), "evidence", ["signal_id"], unique=False)
    op.create_index(op.f("ix_evidence_turn_id"), "evidence", ["turn_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_evidence_turn_id"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_signal_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(op.f("ix_signal_resident_id"), table_name="signal")
    op.drop_index(op.f("ix_signal_assessment_id"), table_name="signal")
    op.drop_table("signal")
    op.drop_index(op.f("ix_case_entry_staff_id"), table_name="case_entry")
    op.drop_index(op.f("ix_case_entry_resident_id"), table_name="case_entry")
    op.drop_index(op.f("ix_case_entry_check_in_id"), table_name="case_entry")
    op.drop_index(op.f("ix_case_entry_case_id"), table_name="case_entry")
    op.drop_index(op.f("ix_case_entry_assessment_id"), table_name="case_entry")
    op.drop_table("case_entry")
    op.drop_index(op.f("ix_turn_resident_id"), table_name="turn")
    op.drop_index(op.f("ix_turn_attempt_id"), table_name="turn")
    op.drop_table("turn")
    op.drop_index(op.f("ix_recording_resident_id"), table_name="recording")
    op.drop_index(op.f("ix_recording_attempt_id"), table_name="recording")
    op.drop_table("recording")
    op.drop_index(op.f("ix_assessment_resident_id"), table_name="assessment")
    op.drop_index(op.f("ix_assessment_check_in_id"), table_name="assessment")
    op.drop_index(op.f("ix_assessment_attempt_id"), table_name="assessment")
    op.drop_table("assessment")
    op.drop_index(op.f("ix_alarm_resident_id"), table_name="alarm")
    op.drop_index(op.f("ix_alarm_case_id"), table_name="alarm")
    op.drop_index(op.f("ix_alarm_attempt_id"), table_name="alarm")
    op.drop_table("alarm")
    op.drop_index(op.f("ix_attempt_resident_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_check_in_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_campaign_id"), table_name="attempt")
    op.drop_index(
        "attempt_on_the_line",
        table_name="attempt",
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.drop_table("attempt")
    op.drop_index(op.f("ix_check_in_slot"), table_name="check_in")
    op.drop_index(op.f("ix_check_in_resident_id"), table_name="check_in")
    op.drop_index(op.f("ix_check_in_enrolment_id"), table_name="check_in")
    op.drop_index(op.f("ix_check_in_campaign_id"), table_name="check_in")
    op.drop_index(op.f("ix_check_in_area_id"), table_name="check_in")
    op.drop_index(
        "check_in_waiting",
        table_name="check_in",
        postgresql_where=sa.text("state = 'due'"),
    )
    op.drop_index("check_in_by_state", table_name="check_in")
    op.drop_table("check_in")
    op.drop_index(op.f("ix_event_staff_id"), table_name="event")
    op.drop_index(op.f("ix_event_resident_id"), table_name="event")
    op.drop_index(op.f("ix_event_at"), table_name="event")
    op.drop_table("event")
    op.drop_index(op.f("ix_enrolment_resident_id"), table_name="enrolment")
    op.drop_index(op.f("ix_enrolment_campaign_id"), table_name="enrolment")
    op.drop_index(
        "enrolment_falling_due",
        table_name="enrolment",
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.drop_table("enrolment")
    op.drop_index(op.f("ix_consent_resident_id"), table_name="consent")
    op.drop_index(op.f("ix_consent_recorded_by"), table_name="consent")
    op.drop_table("consent")
    op.drop_index(op.f("ix_case_taken_by"), table_name="case")
    op.drop_index(op.f("ix_case_resident_id"), table_name="case")
    op.drop_index(op.f("ix_case_household_id"), table_name="case")
    op.drop_index(op.f("ix_case_closed_by"), table_name="case")
    op.drop_index(op.f("ix_case_area_id"), table_name="case")
    op.drop_index("case_queue", table_name="case", postgresql_where=sa.text("closed_at IS NULL"))
    op.drop_index(
        "case_open_once",
        table_name="case",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("case")
    op.drop_index(op.f("ix_staff_session_staff_id"), table_name="staff_session")
    op.drop_table("staff_session")
    op.drop_index(op.f("ix_resident_phone_index"), table_name="resident")
    op.drop_index(op.f("ix_resident_phone2_index"), table_name="resident")
    op.drop_index(op.f("ix_resident_household_id"), table_name="resident")
    op.drop_index(op.f("ix_resident_area_id"), table_name="resident")
    op.drop_table("resident")
    op.drop_index(op.f("ix_staff_area_id"), table_name="staff")
    op.drop_table("staff")
    op.drop_index(op.f("ix_household_area_id"), table_name="household")
    op.drop_table("household")
    op.drop_index(op.f("ix_campaign_area_id"), table_name="campaign")
    op.drop_table("campaign")
    op.drop_index(op.f("ix_area_path"), table_name="area")
    op.drop_index(op.f("ix_area_parent_id"), table_name="area")
    op.drop_table("area")
