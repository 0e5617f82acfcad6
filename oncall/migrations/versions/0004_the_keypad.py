"""Who noticed: the keypad check as well"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for table in ("alarm", "signal"):
        op.drop_constraint("detector", table, type_="check")
        op.create_check_constraint("detector", table, "detector IN ('net', 'model', 'keypad')")


def downgrade() -> None:
    for table in ("alarm", "signal"):
        op.drop_constraint("detector", table, type_="check")
        op.create_check_constraint("detector", table, "detector IN ('net', 'model')")
