"""What the conversation needs: facts noted, manners, memory, requests, duty, pages, and an alarm's way to its close"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

VERBS = [
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
    "manner_changed",
    "remembered",
    "forgotten",
    "request_changed",
    "duty_changed",
    "alarm_acknowledged",
    "alarm_joined",
    "alarm_closed",
    "paged",
    "reviewed",
    "dialling_held",
    "dialling_released",
    "keys_rotated",
    "erased",
]


def upgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="duty_has_length"),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duty_now", "duty", ["area_id", "starts_at", "ends_at"], unique=False)
    op.create_index(op.f("ix_duty_area_id"), "duty", ["area_id"], unique=False)
    op.create_index(op.f("ix_duty_staff_id"), "duty", ["staff_id"], unique=False)
    op.create_table(
        "manner",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("speed", sa.Float(), nullable=False),
        sa.Column("patience_ms", sa.Integer(), nullable=False),
        sa.Column("louder", sa.Boolean(), nullable=False),
        sa.Column("hard_of_hearing", sa.Boolean(), nullable=False),
        sa.Column("circumstances", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.ForeignKeyConstraint(
            ["set_by"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("resident_id"),
    )
    op.create_index(op.f("ix_manner_set_by"), "manner", ["set_by"], unique=False)
    op.create_table(
        "fact_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "answered",
                "unclear",
                "not_asked",
                name="fact_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
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
        sa.UniqueConstraint("check_in_id", "fact"),
    )
    op.create_index(op.f("ix_fact_note_attempt_id"), "fact_note", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_fact_note_campaign_id"), "fact_note", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_fact_note_check_in_id"), "fact_note", ["check_in_id"], unique=False)
    op.create_index(op.f("ix_fact_note_noted_at"), "fact_note", ["noted_at"], unique=False)
    op.create_index(op.f("ix_fact_note_resident_id"), "fact_note", ["resident_id"], unique=False)
    op.create_table(
        "help_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "arranged",
                "arrived",
                "missing",
                "declined",
                name="request_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_help_request_area_id"), "help_request", ["area_id"], unique=False)
    op.create_index(op.f("ix_help_request_attempt_id"), "help_request", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_help_request_owner_id"), "help_request", ["owner_id"], unique=False)
    op.create_index(op.f("ix_help_request_resident_id"), "help_request", ["resident_id"], unique=False)
    op.create_table(
        "memory",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "name",
                "interest",
                "complaint",
                name="memory_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["resident.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_memory_attempt_id"), "memory", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_memory_changed_by"), "memory", ["changed_by"], unique=False)
    op.create_index(op.f("ix_memory_resident_id"), "memory", ["resident_id"], unique=False)
    op.create_table(
        "page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum("screen", "call", "sms", name="channel", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "wanted",
                "sent",
                "failed",
                "answered",
                "acknowledged",
                "joined",
                name="page_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["alarm_id"],
            ["alarm.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alarm_id", "step", "channel", "staff_id", postgresql_nulls_not_distinct=True),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_page_alarm_id"), "page", ["alarm_id"], unique=False)
    op.create_index(op.f("ix_page_staff_id"), "page", ["staff_id"], unique=False)
    op.add_column(
        "alarm",
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
            server_default="resident",
        ),
    )
    op.add_column("alarm", sa.Column("confidence", sa.Float(), nullable=False, server_default="0.9"))
    op.add_column(
        "alarm",
        sa.Column(
            "state",
            sa.Enum(
                "raised",
                "acknowledged",
                "joined",
                "closed",
                name="alarm_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            server_default="raised",
        ),
    )
    op.add_column("alarm", sa.Column("answers_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("alarm", sa.Column("acknowledged_by", sa.Uuid(), nullable=True))
    op.add_column("alarm", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("closed_by", sa.Uuid(), nullable=True))
    op.add_column("alarm", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("close_reason", sa.String(), nullable=False, server_default=""))
    op.create_index(op.f("ix_alarm_acknowledged_by"), "alarm", ["acknowledged_by"], unique=False)
    op.create_index(op.f("ix_alarm_closed_by"), "alarm", ["closed_by"], unique=False)
    op.create_foreign_key("alarm_acknowledged_by_fkey", "alarm", "staff", ["acknowledged_by"], ["id"])
    op.create_foreign_key("alarm_closed_by_fkey", "alarm", "staff", ["closed_by"], ["id"])
    op.add_column("attempt", sa.Column("media_token_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "attempt",
        sa.Column(
            "kind",
            sa.Enum(
                "planned",
                "redial",
                "call_back",
                name="attempt_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            server_default="planned",
        ),
    )
    op.add_column(
        "attempt",
        sa.Column(
            "path",
            sa.Enum("talk", "keypad", name="path", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            server_default="talk",
        ),
    )
    op.add_column("staff", sa.Column("phone_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("turn", sa.Column("latency_ms", sa.Integer(), nullable=True))
    op.add_column("turn", sa.Column("timing", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    words = ", ".join(f"'{verb}'" for verb in VERBS)
    op.drop_constraint("verb", "event", type_="check")
    op.create_check_constraint("verb", "event", f"verb IN ({words})")


def downgrade() -> None:
    for column in ("timing", "latency_ms"):
        op.drop_column("turn", column)
    op.drop_column("staff", "phone_sealed")
    for column in ("media_token_since", "path", "kind"):
        op.drop_column("attempt", column)
    for column in (
        "close_reason", "closed_at", "closed_by", "acknowledged_at", "acknowledged_by", "answers_sealed", "state",
        "confidence", "subject",
    ):  # fmt: skip
        op.drop_column("alarm", column)
    for table in ("page", "memory", "help_request", "fact_note", "manner", "duty"):
        op.drop_table(table)
    # The events' new verbs stay allowed: events are never thrown away.
