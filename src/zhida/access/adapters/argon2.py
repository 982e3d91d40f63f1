"""Passwords by Argon2id (RFC 9106), in threads, a few at a time."""

import asyncio

from pwdlib.hashers.argon2 import Argon2Hasher


class Argon2PasswordHasher:
    """Argon2id with 64 MiB, three passes, four lanes: above the floor of OWASP ASVS 5.0 (46 MiB).

    At most ``at_once`` run together, so that a flood of log-ins takes neither all memory nor all cores.
    """

    def __init__(self, at_once: int) -> None:
        self._hasher = Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=4)
        self._room = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        """A salted hash in PHC form."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password made that hash; False for a hash that cannot be read."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.verify, password, password_hash)
