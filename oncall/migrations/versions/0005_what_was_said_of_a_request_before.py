"""What was said of a request before its last change, so that the change can be undone"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("help_request", sa.Column("answer_before_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("help_request", "answer_before_sealed")
