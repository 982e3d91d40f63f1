"""The knowledge room: knowledge bases, documents, versions, elements, chunks, embeddings, change feed.

Forward only: a later migration expands, a still later one contracts.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DDL = """
CREATE TABLE knowledge_bases (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    access_list_id integer NOT NULL REFERENCES access_lists (id),
    embedding_model text NOT NULL,
    chunk_size integer NOT NULL,
    chunk_overlap integer NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX knowledge_bases_name ON knowledge_bases (lower(name));

CREATE TABLE documents (
    id uuid PRIMARY KEY,
    knowledge_base_id uuid NOT NULL REFERENCES knowledge_bases (id) ON DELETE CASCADE,
    access_list_id integer NOT NULL REFERENCES access_lists (id),
    name text NOT NULL,
    latest_version_id uuid NOT NULL,
    current_version_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX documents_listed ON documents (knowledge_base_id, id);
CREATE INDEX documents_named ON documents (knowledge_base_id, name);

CREATE TABLE document_versions (
    id uuid PRIMARY KEY,
    key bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    document_id uuid NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    knowledge_base_id uuid NOT NULL,
    number integer NOT NULL,
    content_hash text NOT NULL,
    object_key text,
    media_type text,
    size_bytes bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'processing', 'ready', 'failed')),
    stage text,
    progress real,
    reason_code text,
    reason text,
    attempt integer NOT NULL DEFAULT 0,
    chunk_count integer NOT NULL DEFAULT 0,
    published_revision bigint,
    retracted_revision bigint,
    retracted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    UNIQUE (document_id, number)
);
CREATE INDEX document_versions_content ON document_versions (knowledge_base_id, content_hash);
CREATE INDEX document_versions_object ON document_versions (object_key) WHERE object_key IS NOT NULL;
CREATE INDEX document_versions_retracted ON document_versions (retracted_at) WHERE retracted_at IS NOT NULL;
ALTER TABLE documents ADD FOREIGN KEY (latest_version_id) REFERENCES document_versions (id)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE document_elements (
    version_id uuid PRIMARY KEY REFERENCES document_versions (id) ON DELETE CASCADE,
    body bytea NOT NULL
);
ALTER TABLE document_elements ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE chunks (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    version_id uuid NOT NULL REFERENCES document_versions (id) ON DELETE CASCADE,
    document_id uuid NOT NULL,
    knowledge_base_id uuid NOT NULL,
    ordinal integer NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    location jsonb NOT NULL,
    UNIQUE (version_id, ordinal)
);

CREATE TABLE embeddings (
    chunk_key bigint NOT NULL REFERENCES chunks (key) ON DELETE CASCADE,
    model text NOT NULL,
    vector bytea NOT NULL,
    PRIMARY KEY (chunk_key, model)
);
ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE PLAIN;

CREATE TABLE change_feed (
    knowledge_base_id uuid NOT NULL REFERENCES knowledge_bases (id) ON DELETE CASCADE,
    revision bigint NOT NULL,
    retracted_key bigint,
    published_key bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (knowledge_base_id, revision)
);
"""


def upgrade() -> None:
    """Create the room's tables."""
    op.execute(DDL)
