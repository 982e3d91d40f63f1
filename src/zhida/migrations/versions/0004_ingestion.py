"""The ingestion room: batches of uploads and what became of each file.

Forward only: a later migration expands, a still later one contracts.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    knowledge_base_id uuid NOT NULL REFERENCES knowledge_bases (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE batch_documents (
    batch_id uuid NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    document_id uuid NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    version_id uuid NOT NULL REFERENCES document_versions (id) ON DELETE CASCADE,
    duplicate boolean NOT NULL DEFAULT false,
    PRIMARY KEY (batch_id, ordinal)
);
CREATE INDEX batch_documents_version ON batch_documents (version_id);
"""


def upgrade() -> None:
    """Create the room's tables."""
    op.execute(DDL)
