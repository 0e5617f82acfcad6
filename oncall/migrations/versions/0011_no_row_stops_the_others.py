"""When a moment was last looked for in vain: such an enrolment neither stops nor crowds out the others"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("no_plan_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("enrolment", "no_plan_at")
