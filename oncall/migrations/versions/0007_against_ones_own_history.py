"""Against one's own history: what changed in a call, kept with its assessment"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("assessment", sa.Column("trend", JSONB(), nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("assessment", "trend")
