"""Was this write done already? Remembers, per caller and ``Idempotency-Key``, what was answered the first time."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from zhida.database.database import Database

KEPT = timedelta(hours=24)
"""How long a repeat is recognised."""
ABANDONED = timedelta(seconds=60)
"""A first try that has not ended after this long has died; the repeat takes over."""


class Claim(StrEnum):
    """What a caller who comes with a key may do."""

    MINE = "mine"
    UNDER_WAY = "under_way"
    DONE = "done"
    ANOTHER_REQUEST = "another_request"


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim; for one that is done, what was answered. ``body`` None: the answer held a secret and was not kept."""

    claim: Claim
    status: int = 0
    body: bytes | None = None


class IdempotencyKeys:
    """The remembered writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, principal_id: UUID, key: str, fingerprint: bytes) -> ClaimResult:
        """Take the key for this request, or learn what became of the first one."""
        async with self._database.unit_of_work() as unit:
            cursor = await unit.connection.execute(
                """
                INSERT INTO idempotency_keys AS k (principal_id, key, fingerprint) VALUES (%s, %s, %s)
                ON CONFLICT (principal_id, key) DO UPDATE SET created_at = now()
                    WHERE k.status IS NULL AND k.fingerprint = excluded.fingerprint
                        AND k.created_at < now() - make_interval(secs => %s)
                RETURNING key
                """,
                (principal_id, key, fingerprint, ABANDONED.total_seconds()),
            )
            if await cursor.fetchone() is not None:
                return ClaimResult(Claim.MINE)
            cursor = await unit.connection.execute(
                "SELECT fingerprint, status, body FROM idempotency_keys WHERE principal_id = %s AND key = %s",
                (principal_id, key),
            )
            row = await cursor.fetchone()
        if row is None:
            return ClaimResult(Claim.UNDER_WAY)
        if bytes(row["fingerprint"]) != fingerprint:
            return ClaimResult(Claim.ANOTHER_REQUEST)
        if row["status"] is None:
            return ClaimResult(Claim.UNDER_WAY)
        return ClaimResult(Claim.DONE, row["status"], None if row["body"] is None else bytes(row["body"]))

    async def finish(self, principal_id: UUID, key: str, *, status: int, body: bytes | None) -> None:
        """Remember the answer; ``body`` None where it holds a secret."""
        async with self._database.unit_of_work() as unit:
            await unit.connection.execute(
                "UPDATE idempotency_keys SET status = %s, body = %s WHERE principal_id = %s AND key = %s",
                (status, body, principal_id, key),
            )

    async def release(self, principal_id: UUID, key: str) -> None:
        """Forget a try that failed, so that the next one runs."""
        async with self._database.unit_of_work() as unit:
            await unit.connection.execute(
                "DELETE FROM idempotency_keys WHERE principal_id = %s AND key = %s AND status IS NULL",
                (principal_id, key),
            )

    async def sweep(self) -> int:
        """Forget what is older than a day; how many."""
        async with self._database.unit_of_work() as unit:
            cursor = await unit.connection.execute(
                "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(secs => %s)",
                (KEPT.total_seconds(),),
            )
            return cursor.rowcount
