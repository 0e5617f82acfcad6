"""Who said what raised an alarm, so that the call after a dropped line speaks to a child as to a child"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("alarm", sa.Column("speaks", sa.String(32), nullable=False, server_default="resident"))
    op.create_check_constraint("speaks", "alarm", "speaks IN ('resident', 'other', 'child')")


def downgrade() -> None:
    op.drop_column("alarm", "speaks")
