"""Pages of drills beside those of alarms, a drill a shift, and calls found by when they were answered"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.alter_column("page", "alarm_id", nullable=True)
    op.add_column("page", sa.Column("drill_id", sa.Uuid(), sa.ForeignKey("drill.id"), nullable=True))
    op.create_index("ix_page_drill_id", "page", ["drill_id"])
    op.create_check_constraint("page_of_one", "page", "num_nonnulls(alarm_id, drill_id) = 1")
    op.drop_constraint("page_alarm_id_step_channel_staff_id_key", "page", type_="unique")
    op.create_unique_constraint("page_once", "page", ["alarm_id", "drill_id", "step", "channel", "staff_id"],
                                postgresql_nulls_not_distinct=True)  # fmt: skip
    op.drop_column("drill", "token")
    op.alter_column("drill", "staff_id", nullable=False)
    op.alter_column("drill", "shift_started_at", nullable=False)
    op.create_unique_constraint("drill_once_a_shift", "drill", ["staff_id", "shift_started_at"])
    op.create_index("attempt_answered", "attempt", ["answered_at"], postgresql_where=sa.text("answered_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("attempt_answered", "attempt")
    op.execute("DELETE FROM page WHERE drill_id IS NOT NULL")
    op.drop_constraint("drill_once_a_shift", "drill", type_="unique")
    op.alter_column("drill", "shift_started_at", nullable=True)
    op.alter_column("drill", "staff_id", nullable=True)
    op.add_column("drill", sa.Column("token", sa.String(), nullable=False, server_default=""))
    op.drop_constraint("page_once", "page", type_="unique")
    op.drop_constraint("page_of_one", "page", type_="check")
    op.drop_index("ix_page_drill_id", "page")
    op.drop_column("page", "drill_id")
    op.alter_column("page", "alarm_id", nullable=False)
    op.create_unique_constraint("page_alarm_id_step_channel_staff_id_key", "page",
                                ["alarm_id", "step", "channel", "staff_id"], postgresql_nulls_not_distinct=True)  # fmt: skip
