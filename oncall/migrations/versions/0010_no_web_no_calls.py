"""One more reason to hold the calls: no web process that could tell the carrier what to say"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _reasons("restored", "no_duty", "disk", "carrier", "no_web", "by_hand")


def downgrade() -> None:
    op.execute("DELETE FROM hold WHERE reason = 'no_web'")
    _reasons("restored", "no_duty", "disk", "carrier", "by_hand")


def _reasons(*known: str) -> None:
    op.drop_constraint("hold_reason", "hold", type_="check")
    op.create_check_constraint("hold_reason", "hold", f"reason IN ({', '.join(repr(one) for one in known)})")
