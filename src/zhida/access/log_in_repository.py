"""The SQL of log-ins: passwords, sessions, one-time links and the counters that lock. Called by the service."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from zhida.access.lock_out import Attempts
from zhida.database import Connection
from zhida.ids import PrincipalId


@dataclass(frozen=True, slots=True)
class Account:
    """What a log-in is checked against."""

    principal_id: PrincipalId
    password_hash: str


async def find_account(connection: Connection, email: str) -> Account | None:
    """The account of an address, if it works."""
    cursor = await connection.execute(
        """SELECT u.principal_id, u.password_hash FROM users u JOIN active_principals a ON a.id = u.principal_id
           WHERE u.email = %s""",
        (email,),
    )
    row = await cursor.fetchone()
    return None if row is None else Account(PrincipalId(row["principal_id"]), row["password_hash"])


async def is_active(connection: Connection, principal_id: PrincipalId) -> bool:
    """Whether a principal may act now."""
    cursor = await connection.execute("SELECT FROM active_principals WHERE id = %s", (principal_id,))
    return await cursor.fetchone() is not None


async def lock_attempts(connection: Connection, counter: bytes, now: datetime) -> Attempts:
    """A counter's state, made where it is missing, and nobody else's until the transaction ends."""
    cursor = await connection.execute(
        """INSERT INTO login_attempts (counter, attempts, window_started_at) VALUES (%s, 0, %s)
           ON CONFLICT (counter) DO UPDATE SET attempts = login_attempts.attempts
           RETURNING attempts, window_started_at, locked_until""",
        (counter, now),
    )
    row = (await cursor.fetchall())[0]
    return Attempts(row["attempts"], row["window_started_at"], row["locked_until"])


async def save_attempts(connection: Connection, counter: bytes, attempts: Attempts) -> None:
    """Write a counter back."""
    await connection.execute(
        "UPDATE login_attempts SET attempts = %s, window_started_at = %s, locked_until = %s WHERE counter = %s",
        (attempts.count, attempts.window_started_at, attempts.locked_until, counter),
    )


async def take_back_attempt(connection: Connection, *, pair: bytes, address: bytes) -> None:
    """The log-in succeeded: the account's counter is cleared, the address's goes back by one."""
    await connection.execute("DELETE FROM login_attempts WHERE counter = %s", (pair,))
    await connection.execute(
        "UPDATE login_attempts SET attempts = GREATEST(attempts - 1, 0) WHERE counter = %s", (address,)
    )


async def add_session(
    connection: Connection, token_hash: bytes, principal_id: PrincipalId, *, now: datetime, expires_at: datetime
) -> None:
    """A new log-in."""
    await connection.execute(
        """INSERT INTO sessions (token_hash, principal_id, created_at, last_seen_at, expires_at)
           VALUES (%s, %s, %s, %s, %s)""",
        (token_hash, principal_id, now, now, expires_at),
    )


async def note_session_seen(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """When the log-in was last used."""
    await connection.execute("UPDATE sessions SET last_seen_at = %s WHERE token_hash = %s", (now, token_hash))


async def revoke_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """End a log-in; quiet where there is none."""
    await connection.execute(
        "UPDATE sessions SET revoked_at = COALESCE(revoked_at, %s) WHERE token_hash = %s", (now, token_hash)
    )


async def end_log_ins(connection: Connection, principal_id: PrincipalId, now: datetime) -> None:
    """End all log-ins and links of a principal."""
    await connection.execute(
        "UPDATE sessions SET revoked_at = COALESCE(revoked_at, %s) WHERE principal_id = %s", (now, principal_id)
    )
    await connection.execute("DELETE FROM one_time_links WHERE principal_id = %s", (principal_id,))


async def add_link(
    connection: Connection, token_hash: bytes, principal_id: PrincipalId, *, expires_at: datetime
) -> None:
    """A new one-time link."""
    await connection.execute(
        "INSERT INTO one_time_links (token_hash, principal_id, expires_at) VALUES (%s, %s, %s)",
        (token_hash, principal_id, expires_at),
    )


async def use_link(connection: Connection, token_hash: bytes, now: datetime) -> PrincipalId | None:
    """Use a link up: of two attempts at the same moment one gets the principal, the other None."""
    cursor = await connection.execute(
        """UPDATE one_time_links l SET used_at = %(now)s
           FROM active_principals a
           WHERE l.token_hash = %(token_hash)s AND l.used_at IS NULL AND l.expires_at > %(now)s
               AND a.id = l.principal_id
           RETURNING l.principal_id""",
        {"token_hash": token_hash, "now": now},
    )
    row = await cursor.fetchone()
    return None if row is None else PrincipalId(row["principal_id"])


async def sweep(connection: Connection, *, now: datetime, window: timedelta) -> None:
    """Delete what can never count again."""
    await connection.execute("DELETE FROM sessions WHERE expires_at < %s", (now,))
    await connection.execute("DELETE FROM one_time_links WHERE expires_at < %s", (now,))
    await connection.execute(
        """DELETE FROM login_attempts
           WHERE window_started_at < %(now)s - %(window)s AND (locked_until IS NULL OR locked_until < %(now)s)""",
        {"now": now, "window": window},
    )
