"""The one wire of this room: something that hashes passwords slowly."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Turns passwords into salted hashes, and checks them. Both methods are slow on purpose and run off the loop."""

    async def hash(self, password: str) -> str:
        """A self-describing salted hash."""
        ...

    async def verify(self, password: str, password_hash: str) -> bool:
        """Whether the password made that hash; False for a hash that cannot be read."""
        ...
