"""Holds, the carrier's health, heartbeats, accountings, retention and drills; whom to call first"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    kind = sa.Integer() if target == "area.id" else sa.Uuid()
    return sa.Column(name, kind, sa.ForeignKey(target), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=False)


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), primary_key=True)


def upgrade() -> None:
    op.create_table(
        "hold", _id(), sa.Column("reason", sa.String(32), nullable=False), _text("code"), _text("node"), _text("why"),
        _to("area_id", "area.id", nullable=True), _moment("since"), _to("set_by", "staff.id", nullable=True),
        _moment("released_at", nullable=True), _to("released_by", "staff.id", nullable=True), _text("release_why"),
        sa.CheckConstraint("reason IN ('restored', 'no_duty', 'disk', 'carrier', 'by_hand')", name="hold_reason"),
    )  # fmt: skip
    op.create_index("hold_once", "hold", ["reason", "area_id", "node"], unique=True,
                    postgresql_where=sa.text("released_at IS NULL"), postgresql_nulls_not_distinct=True)  # fmt: skip
    op.create_table(
        "carrier_health", sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False), _whole("failures"),
        _text("code"), _whole("pauses"), _moment("tried_again_at", nullable=True), _moment("changed_at"),
    )  # fmt: skip
    op.create_table(
        "heartbeat", sa.Column("node", sa.String(), primary_key=True), sa.Column("kind", sa.String(32), nullable=False),
        _moment("at"), _whole("spooled_alarms"), _whole("spooled_records"), _whole("live_calls"),
        sa.Column("lag_ms", sa.Float(), nullable=False),
        sa.CheckConstraint("kind IN ('worker', 'web')", name="node_kind"),
    )  # fmt: skip
    op.create_table(
        "accounting", _id(), sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, unique=True),
        _moment("since"), _moment("made_at"), sa.Column("counts", postgresql.JSONB(), nullable=False),
        _moment("told_at", nullable=True),
    )  # fmt: skip
    op.create_table(
        "unaccounted", _id(), _to("accounting_id", "accounting.id"), _to("resident_id", "resident.id"),
        _to("area_id", "area.id"), _to("check_in_id", "check_in.id", nullable=True), _text("state"), _text("reason"),
    )  # fmt: skip
    op.create_table(
        "legal_hold", _id(), _to("resident_id", "resident.id"), _text("why"),
        sa.Column("until", sa.Date(), nullable=False), _moment("since"), _to("set_by", "staff.id"),
    )  # fmt: skip
    op.create_table(
        "retention_run", _id(), _moment("at"), _text("kind"), _whole("due"), _whole("removed"), _whole("held"),
        _whole("failed"),
    )  # fmt: skip
    op.create_index("ix_retention_run_at", "retention_run", ["at"])
    op.create_table(
        "drill", _id(), _moment("started_at"), _moment("shift_started_at", nullable=True),
        _to("staff_id", "staff.id", nullable=True), _text("token"), sa.Column("heard_ms", sa.Float(), nullable=True),
        sa.Column("written_ms", sa.Float(), nullable=True), _moment("paged_at", nullable=True),
        _moment("acknowledged_at", nullable=True), _moment("ended_at", nullable=True), _text("failure"),
    )  # fmt: skip
    for table, column in (
        ("hold", "area_id"), ("hold", "set_by"), ("hold", "released_by"), ("unaccounted", "accounting_id"),
        ("unaccounted", "resident_id"), ("unaccounted", "area_id"), ("unaccounted", "check_in_id"),
        ("legal_hold", "resident_id"), ("legal_hold", "set_by"), ("drill", "staff_id"),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.add_column("check_in", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("check_in_next", "check_in", ["campaign_id", sa.text("priority DESC"), "due_at"],
                    postgresql_where=sa.text("state = 'due'"))  # fmt: skip
    op.create_index("turn_latency", "turn", ["said_at"], postgresql_where=sa.text("latency_ms IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("turn_latency", "turn")
    op.drop_index("check_in_next", "check_in")
    op.drop_column("check_in", "priority")
    for table in (
        "drill",
        "retention_run",
        "legal_hold",
        "unaccounted",
        "accounting",
        "heartbeat",
        "carrier_health",
        "hold",
    ):
        op.drop_table(table)
