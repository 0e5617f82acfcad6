"""What people say of a call: reviews, evaluations, and each reading of a call by itself"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"

LEVELS = ("none", "watch", "concern", "urgent", "emergency")


def upgrade() -> None:
    op.add_column("assessment", sa.Column("passes", JSONB(), nullable=False, server_default="[]"))
    op.add_column("assessment", sa.Column("drawn", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("assessment_id", sa.Uuid(), sa.ForeignKey("assessment.id"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), sa.ForeignKey("resident.id"), nullable=False),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id"), nullable=False),
        sa.Column("staff_id", sa.Uuid(), sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("level", sa.Enum(*LEVELS, native_enum=False, create_constraint=True, length=32, name="level"),
                  nullable=False),
        sa.Column("codes", JSONB(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("assessment_id"),
    )  # fmt: skip
    for column in ("assessment_id", "resident_id", "area_id", "staff_id", "judged_at"):
        op.create_index(op.f(f"ix_review_{column}"), "review", [column], unique=False)
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("split", sa.String(), nullable=False),
        sa.Column("net_version", sa.String(), nullable=False),
        sa.Column("prompt_sha256", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
    )
    op.create_index(op.f("ix_evaluation_made_at"), "evaluation", ["made_at"], unique=False)


def downgrade() -> None:
    op.drop_table("evaluation")
    op.drop_table("review")
    op.drop_column("assessment", "drawn")
    op.drop_column("assessment", "passes")
