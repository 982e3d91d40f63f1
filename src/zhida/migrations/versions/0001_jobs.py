"""Jobs: the queue's own tables and functions, and why a job's last try failed.

The queue's schema is procrastinate's; a test pins which one, so that an upgrade of the package that changes it must
come with a step of its own. There is no way down: a restore is the way back.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SchemaManager.get_schema(), execution_options={"no_parameters": True})
    op.execute("""
        CREATE TABLE job_errors (
            job_id bigint PRIMARY KEY REFERENCES procrastinate_jobs (id) ON DELETE CASCADE,
            message text NOT NULL,
            failed_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    # newest first, by state and kind
    op.execute("CREATE INDEX jobs_by_status ON procrastinate_jobs (status, task_name, id DESC)")
