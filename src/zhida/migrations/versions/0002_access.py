"""Access: principals, keys, log-ins, groups, access lists, and the function that every resolve of hits asks.

Forward only: a later migration expands, a still later one contracts.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PRINCIPALS = """
CREATE TYPE access_role AS ENUM ('reader', 'editor', 'admin');  -- in rising order: LEAST() lowers a role

CREATE TABLE principals (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('user', 'key')),
    name text NOT NULL,
    role access_role NOT NULL,
    -- The user whom a key acts for. Null for a key means the operator of this machine, who may do all: so it must
    -- never become null by itself, and a deleted user takes the keys along.
    acts_for uuid REFERENCES principals ON DELETE CASCADE CHECK (acts_for IS NULL OR kind = 'key'),
    -- Whether a key is confined to its rows of key_scopes. Said here, so that losing the last row leaves it nothing.
    scoped boolean NOT NULL DEFAULT false,
    disabled_at timestamptz,
    expires_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX principals_acts_for ON principals (acts_for) WHERE acts_for IS NOT NULL;
CREATE INDEX principals_by_kind ON principals (kind, id);

CREATE TABLE users (
    principal_id uuid PRIMARY KEY REFERENCES principals ON DELETE CASCADE,
    email text NOT NULL UNIQUE,  -- in the one form that the program compares: NFKC, lower case
    password_hash text NOT NULL
);

CREATE TABLE api_keys (
    principal_id uuid PRIMARY KEY REFERENCES principals ON DELETE CASCADE,
    key_hash bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    key_prefix text NOT NULL,
    created_by uuid,
    local_to text UNIQUE,  -- the node whose command line uses this key; null for every other key
    last_used_at timestamptz
);
"""

LOG_INS = """
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    principal_id uuid NOT NULL REFERENCES principals ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_principal ON sessions (principal_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE one_time_links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    principal_id uuid NOT NULL REFERENCES principals ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX one_time_links_principal ON one_time_links (principal_id);
CREATE INDEX one_time_links_expiry ON one_time_links (expires_at);

CREATE TABLE login_attempts (
    counter bytea PRIMARY KEY CHECK (octet_length(counter) = 32),
    attempts integer NOT NULL,
    window_started_at timestamptz NOT NULL,
    locked_until timestamptz
);
CREATE INDEX login_attempts_age ON login_attempts (window_started_at);
"""

ACCESS_LISTS = """
CREATE TABLE groups (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE
);
INSERT INTO groups (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'everyone');

CREATE TABLE memberships (
    principal_id uuid NOT NULL REFERENCES principals ON DELETE CASCADE,
    group_id uuid NOT NULL REFERENCES groups ON DELETE CASCADE,
    PRIMARY KEY (principal_id, group_id)
);
CREATE INDEX memberships_group ON memberships (group_id);

CREATE TABLE access_lists (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE access_grants (
    grantee uuid NOT NULL,  -- of a group or of a principal
    access_list_id integer NOT NULL REFERENCES access_lists ON DELETE CASCADE,
    level text NOT NULL CHECK (level IN ('read', 'write')),
    PRIMARY KEY (grantee, access_list_id)
);
CREATE INDEX access_grants_list ON access_grants (access_list_id);

CREATE TABLE key_scopes (
    principal_id uuid NOT NULL REFERENCES principals ON DELETE CASCADE,
    access_list_id integer NOT NULL REFERENCES access_lists ON DELETE CASCADE,
    knowledge_base_id uuid NOT NULL,
    PRIMARY KEY (principal_id, access_list_id, knowledge_base_id)
);
CREATE INDEX key_scopes_list ON key_scopes (access_list_id);
"""

ACTIVE_PRINCIPALS = """
-- Every principal that may act now, and whose rights it acts by. A key ends with the user whom it acts for.
CREATE VIEW active_principals AS
SELECT
    p.id,
    p.kind,
    p.name,
    CASE WHEN o.id IS NULL THEN p.role ELSE LEAST(p.role, o.role) END AS role,
    p.acts_for,
    p.scoped,
    p.expires_at,
    COALESCE(o.id, p.id) AS person,
    -- A key reads what the one behind it may read; its own role says only what it may do with that.
    CASE WHEN p.kind = 'user' THEN p.role = 'admin' ELSE o.id IS NULL OR o.role = 'admin' END AS sees_all
FROM principals p
LEFT JOIN principals o ON o.id = p.acts_for
WHERE p.disabled_at IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > now())
    AND o.disabled_at IS NULL
    AND (o.expires_at IS NULL OR o.expires_at > now());
"""

LISTS_FUNCTION = """
-- The lists that a principal may {verb} now; none for one that is unknown, disabled, expired or revoked.
-- PL/pgSQL, since it keeps its plans: the same question in plain SQL is planned anew in each statement that asks it.
CREATE FUNCTION {name}(principal uuid) RETURNS SETOF integer
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20 AS $$
DECLARE
    who active_principals;
    reach uuid[];
BEGIN
    SELECT * INTO who FROM active_principals a WHERE a.id = principal{condition};
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF who.sees_all AND NOT who.scoped THEN
        RETURN QUERY SELECT l.id FROM access_lists l;
    ELSIF who.sees_all THEN
        RETURN QUERY SELECT DISTINCT s.access_list_id FROM key_scopes s WHERE s.principal_id = principal;
    ELSE
        reach := ARRAY[who.id, who.person, '00000000-0000-7000-8000-000000000001']
            || ARRAY(SELECT m.group_id FROM memberships m WHERE m.principal_id IN (who.id, who.person));
        RETURN QUERY SELECT DISTINCT g.access_list_id FROM access_grants g
            WHERE g.grantee = ANY (reach){level}
                AND (NOT who.scoped OR EXISTS (
                    SELECT FROM key_scopes s
                    WHERE s.principal_id = principal AND s.access_list_id = g.access_list_id));
    END IF;
END
$$;
"""


def upgrade() -> None:
    """Create the room's tables and functions, with the group that everyone belongs to."""
    for statements in (PRINCIPALS, LOG_INS, ACCESS_LISTS, ACTIVE_PRINCIPALS):
        op.execute(statements)
    op.execute(LISTS_FUNCTION.format(verb="read", name="readable_access_lists", condition="", level=""))
    op.execute(
        LISTS_FUNCTION.format(
            verb="change",
            name="writable_access_lists",
            condition=" AND a.role <> 'reader'",
            level=" AND g.level = 'write'",
        )
    )
