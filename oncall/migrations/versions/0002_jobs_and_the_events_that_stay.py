"""The job queue's own tables, and events that nobody can change or remove (P-13, TH-16)."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    op.execute("""
        CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'events are only ever added'; END $$
    """)
    op.execute(
        "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_stays()"
    )
    op.execute("CREATE TRIGGER event_stays_whole BEFORE TRUNCATE ON event EXECUTE FUNCTION event_stays()")


def downgrade() -> None:
    raise NotImplementedError("events and jobs are not thrown away: restore a backup instead")
