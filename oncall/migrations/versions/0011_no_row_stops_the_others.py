"""When a moment was last looked for in vain, so that such an enrolment stops nobody; and which number a call went to"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("enrolment", sa.Column("no_plan_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attempt", sa.Column("phone_index", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("attempt", "phone_index")
    op.drop_column("enrolment", "no_plan_at")
