"""The SQL of principals, keys, users and rights. Called by the service, with a connection or a unit's connection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from zhida.access.accounts import ApiKey, User
from zhida.access.grants import AccessEntry, KeyScope
from zhida.access.principals import Principal, PrincipalKind, Role
from zhida.database import Connection
from zhida.ids import AccessListId, KnowledgeBaseId, PrincipalId

_FIRST = UUID(int=0)
_ADMINISTRATORS_LOCK = 0x7A68_6164_6D69_6E73
"""Advisory lock held while administrators are counted and then changed."""

_IDENTITY: LiteralString = """
    a.id, a.kind, a.name, a.role::text AS role, a.acts_for, a.expires_at,
    CASE WHEN a.scoped THEN ARRAY(
        SELECT DISTINCT s.knowledge_base_id FROM key_scopes s WHERE s.principal_id = a.id) END AS knowledge_bases,
    CASE WHEN a.scoped OR NOT a.sees_all THEN ARRAY(SELECT readable_access_lists(a.id)) END AS access_lists
"""
_KEY_COLUMNS: LiteralString = """
    p.id, p.name, k.key_prefix, p.role::text AS role, p.acts_for, p.created_at, p.expires_at, p.disabled_at,
    k.last_used_at,
    CASE WHEN p.scoped THEN ARRAY(
        SELECT DISTINCT s.knowledge_base_id FROM key_scopes s WHERE s.principal_id = p.id) END AS knowledge_bases
"""
_USER_COLUMNS: LiteralString = """
    p.id, u.email, p.name, p.role::text AS role, p.created_at, p.disabled_at
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """An active principal with what it may read.

    Attributes:
        access_lists: None means all.
        noted_at: when its use was last noted in the record; None for never.
        ends_at: when the log-in or the key ends for certain; None for never.
    """

    principal: Principal
    access_lists: frozenset[AccessListId] | None
    noted_at: datetime | None
    ends_at: datetime | None


async def find_by_key(connection: Connection, key_hash: bytes) -> Identity | None:
    """The active principal of a key: one indexed look-up."""
    cursor = await connection.execute(
        f"""SELECT {_IDENTITY}, k.last_used_at AS noted_at, a.expires_at AS ends_at
            FROM api_keys k JOIN active_principals a ON a.id = k.principal_id
            WHERE k.key_hash = %s""",
        (key_hash,),
    )
    return _identity(await cursor.fetchone())


async def find_by_session(
    connection: Connection, token_hash: bytes, *, now: datetime, idle: timedelta
) -> Identity | None:
    """The active principal of a log-in that has neither ended nor been idle for too long."""
    cursor = await connection.execute(
        f"""SELECT {_IDENTITY}, s.last_seen_at AS noted_at, s.expires_at AS ends_at
            FROM sessions s JOIN active_principals a ON a.id = s.principal_id
            WHERE s.token_hash = %(token_hash)s AND s.revoked_at IS NULL
                AND s.expires_at > %(now)s AND s.last_seen_at > %(now)s - %(idle)s""",
        {"token_hash": token_hash, "now": now, "idle": idle},
    )
    return _identity(await cursor.fetchone())


async def find_readable(connection: Connection, principal_id: PrincipalId) -> frozenset[AccessListId] | None:
    """The lists that may be read; None means all; empty for whoever is not active."""
    cursor = await connection.execute(
        """SELECT CASE WHEN a.scoped OR NOT a.sees_all THEN ARRAY(SELECT readable_access_lists(a.id)) END AS lists
           FROM active_principals a WHERE a.id = %s""",
        (principal_id,),
    )
    return _lists(await cursor.fetchone())


async def find_writable(connection: Connection, principal_id: PrincipalId) -> frozenset[AccessListId] | None:
    """The lists that may be changed; None means all; empty for readers and for whoever is not active."""
    cursor = await connection.execute(
        """SELECT CASE WHEN a.scoped OR NOT a.sees_all OR a.role = 'reader'
               THEN ARRAY(SELECT writable_access_lists(a.id)) END AS lists
           FROM active_principals a WHERE a.id = %s""",
        (principal_id,),
    )
    return _lists(await cursor.fetchone())


async def add_principal(
    connection: Connection,
    principal: Principal,
    *,
    created_at: datetime,
) -> None:
    """A new row for a user or a key; its own row follows in the same transaction."""
    await connection.execute(
        """INSERT INTO principals (id, kind, name, role, acts_for, scoped, expires_at, created_at)
           VALUES (%s, %s, %s, %s::access_role, %s, %s, %s, %s)""",
        (
            principal.id,
            principal.kind.value,
            principal.name,
            principal.role.value,
            principal.acts_for,
            principal.knowledge_bases is not None,
            principal.expires_at,
            created_at,
        ),
    )


async def add_key(
    connection: Connection, key_id: PrincipalId, *, key_hash: bytes, prefix: str, created_by: PrincipalId
) -> None:
    """What is kept of a new key's secret."""
    await connection.execute(
        "INSERT INTO api_keys (principal_id, key_hash, key_prefix, created_by) VALUES (%s, %s, %s, %s)",
        (key_id, key_hash, prefix, created_by),
    )


async def add_scopes(connection: Connection, key_id: PrincipalId, scopes: Sequence[KeyScope]) -> int:
    """Confine a key; returns how many of the scopes name an access list that exists."""
    cursor = await connection.execute(
        """INSERT INTO key_scopes (principal_id, access_list_id, knowledge_base_id)
           SELECT %(key_id)s, wanted.access_list_id, wanted.knowledge_base_id
           FROM unnest(%(lists)s::integer[], %(bases)s::uuid[]) AS wanted (access_list_id, knowledge_base_id)
           JOIN access_lists l ON l.id = wanted.access_list_id""",
        {
            "key_id": key_id,
            "lists": [scope.access_list_id for scope in scopes],
            "bases": [scope.knowledge_base_id for scope in scopes],
        },
    )
    return cursor.rowcount


async def find_scopes(connection: Connection, key_id: PrincipalId) -> frozenset[KeyScope]:
    """What a scoped key may touch."""
    cursor = await connection.execute(
        "SELECT knowledge_base_id, access_list_id FROM key_scopes WHERE principal_id = %s", (key_id,)
    )
    return frozenset(
        KeyScope(KnowledgeBaseId(row["knowledge_base_id"]), AccessListId(row["access_list_id"]))
        for row in await cursor.fetchall()
    )


async def find_local_key(connection: Connection, node: str) -> PrincipalId | None:
    """The key that the command line of a node uses; locked until the transaction ends."""
    cursor = await connection.execute("SELECT principal_id FROM api_keys WHERE local_to = %s FOR UPDATE", (node,))
    row = await cursor.fetchone()
    return None if row is None else PrincipalId(row["principal_id"])


async def change_local_key(
    connection: Connection, key_id: PrincipalId, *, node: str, key_hash: bytes, prefix: str
) -> None:
    """Give the node's key a new secret; the one before ends."""
    await connection.execute(
        "UPDATE api_keys SET key_hash = %s, key_prefix = %s, local_to = %s WHERE principal_id = %s",
        (key_hash, prefix, node, key_id),
    )


async def find_keys(
    connection: Connection, *, owner: PrincipalId | None, after: UUID | None, limit: int
) -> list[ApiKey]:
    """Keys that people made, oldest first, of one owner or (None) of all."""
    cursor = await connection.execute(
        f"""SELECT {_KEY_COLUMNS} FROM api_keys k JOIN principals p ON p.id = k.principal_id
            WHERE p.kind = 'key' AND k.local_to IS NULL AND p.id > %(after)s
                AND (%(owner)s::uuid IS NULL OR p.acts_for = %(owner)s)
            ORDER BY p.id LIMIT %(limit)s""",
        {"owner": owner, "after": after or _FIRST, "limit": limit},
    )
    return [_key(row) for row in await cursor.fetchall()]


async def find_key(connection: Connection, key_id: PrincipalId) -> ApiKey | None:
    """One key."""
    cursor = await connection.execute(
        f"SELECT {_KEY_COLUMNS} FROM api_keys k JOIN principals p ON p.id = k.principal_id WHERE p.id = %s",
        (key_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else _key(row)


async def note_key_used(connection: Connection, key_id: PrincipalId, now: datetime) -> None:
    """When the key was last used."""
    await connection.execute("UPDATE api_keys SET last_used_at = %s WHERE principal_id = %s", (now, key_id))


async def disable(connection: Connection, principal_id: PrincipalId, now: datetime) -> None:
    """End a principal; the first time counts. Keys that act for it end with it."""
    await connection.execute(
        "UPDATE principals SET disabled_at = COALESCE(disabled_at, %s) WHERE id = %s", (now, principal_id)
    )


async def add_user(connection: Connection, principal_id: PrincipalId, *, email: str, password_hash: str) -> bool:
    """A user's account; False where the address is taken."""
    cursor = await connection.execute(
        """INSERT INTO users (principal_id, email, password_hash) VALUES (%s, %s, %s)
           ON CONFLICT (email) DO NOTHING""",
        (principal_id, email, password_hash),
    )
    return cursor.rowcount == 1


async def find_users(connection: Connection, *, after: UUID | None, limit: int) -> list[User]:
    """Users, oldest first."""
    cursor = await connection.execute(
        f"""SELECT {_USER_COLUMNS} FROM users u JOIN principals p ON p.id = u.principal_id
            WHERE p.kind = 'user' AND p.id > %s ORDER BY p.id LIMIT %s""",
        (after or _FIRST, limit),
    )
    return [_user(row) for row in await cursor.fetchall()]


async def find_user(connection: Connection, user_id: PrincipalId) -> User | None:
    """One user."""
    cursor = await connection.execute(
        f"SELECT {_USER_COLUMNS} FROM users u JOIN principals p ON p.id = u.principal_id WHERE p.id = %s", (user_id,)
    )
    row = await cursor.fetchone()
    return None if row is None else _user(row)


async def any_user_exists(connection: Connection) -> bool:
    """Whether the first start is over."""
    cursor = await connection.execute("SELECT EXISTS (SELECT FROM users) AS found")
    row = await cursor.fetchone()
    return row is not None and bool(row["found"])


async def find_administrators(connection: Connection, limit: int) -> list[User]:
    """Administrators whose accounts work, oldest first."""
    cursor = await connection.execute(
        f"""SELECT {_USER_COLUMNS} FROM users u JOIN principals p ON p.id = u.principal_id
            JOIN active_principals a ON a.id = p.id
            WHERE a.role = 'admin' ORDER BY p.id LIMIT %s""",
        (limit,),
    )
    return [_user(row) for row in await cursor.fetchall()]


async def lock_administrators(connection: Connection) -> None:
    """Until the transaction ends, nobody else counts or changes administrators."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ADMINISTRATORS_LOCK,))


async def add_access_list(connection: Connection, name: str) -> AccessListId:
    """A new, empty access list."""
    cursor = await connection.execute("INSERT INTO access_lists (name) VALUES (%s) RETURNING id", (name,))
    return AccessListId((await cursor.fetchall())[0]["id"])


async def delete_access_list(connection: Connection, access_list_id: AccessListId) -> None:
    """Delete a list; its grants and the key scopes that named it go along."""
    await connection.execute("DELETE FROM access_lists WHERE id = %s", (access_list_id,))


async def put_entry(connection: Connection, access_list_id: AccessListId, entry: AccessEntry) -> bool:
    """Add or change one line of a list; False where the list or the grantee does not exist."""
    cursor = await connection.execute(
        """INSERT INTO access_grants (grantee, access_list_id, level)
           SELECT %(grantee)s, l.id, %(level)s FROM access_lists l
           WHERE l.id = %(list)s AND (EXISTS (SELECT FROM principals WHERE id = %(grantee)s)
               OR EXISTS (SELECT FROM groups WHERE id = %(grantee)s))
           ON CONFLICT (grantee, access_list_id) DO UPDATE SET level = excluded.level""",
        {"grantee": entry.grantee, "list": access_list_id, "level": entry.level.value},
    )
    return cursor.rowcount == 1


async def remove_entry(connection: Connection, access_list_id: AccessListId, grantee: UUID) -> None:
    """Take one line off a list."""
    await connection.execute(
        "DELETE FROM access_grants WHERE grantee = %s AND access_list_id = %s", (grantee, access_list_id)
    )


def _identity(row: dict[str, Any] | None) -> Identity | None:
    if row is None:
        return None
    bases = row["knowledge_bases"]
    principal = Principal(
        id=PrincipalId(row["id"]),
        kind=PrincipalKind(row["kind"]),
        name=row["name"],
        role=Role(row["role"]),
        acts_for=row["acts_for"],
        knowledge_bases=None if bases is None else frozenset(bases),
        expires_at=row["expires_at"],
    )
    lists = row["access_lists"]
    return Identity(principal, None if lists is None else frozenset(lists), row["noted_at"], row["ends_at"])


def _lists(row: dict[str, Any] | None) -> frozenset[AccessListId] | None:
    if row is None:
        return frozenset()
    return None if row["lists"] is None else frozenset(row["lists"])


def _key(row: dict[str, Any]) -> ApiKey:
    bases = row["knowledge_bases"]
    return ApiKey(
        id=PrincipalId(row["id"]),
        name=row["name"],
        prefix=row["key_prefix"],
        role=Role(row["role"]),
        owner=row["acts_for"],
        knowledge_bases=None if bases is None else frozenset(bases),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["disabled_at"],
    )


def _user(row: dict[str, Any]) -> User:
    return User(
        id=PrincipalId(row["id"]),
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )
