"""Stand-ins for tests: a fast password hasher, and grants minted without a record."""

import hashlib
import hmac
from collections.abc import Iterable

from zhida.access.grants import SEAL, ReadGrant, WriteGrant
from zhida.ids import AccessListId, KnowledgeBaseId, PrincipalId


class UnsafeFastHasher:
    """Unsalted SHA-256, so that tests do not wait. Never for real passwords."""

    async def hash(self, password: str) -> str:
        """The digest in hexadecimal."""
        return hashlib.sha256(password.encode()).hexdigest()

    async def verify(self, password: str, password_hash: str) -> bool:
        """Whether the digests agree."""
        return hmac.compare_digest(await self.hash(password), password_hash)


def mint_read_grant(
    principal_id: PrincipalId,
    access_lists: Iterable[AccessListId] | None = None,
    knowledge_bases: Iterable[KnowledgeBaseId] | None = None,
) -> ReadGrant:
    """A grant for tests of other rooms; by default it reads everything."""
    return ReadGrant(
        principal_id=principal_id,
        access_lists=None if access_lists is None else frozenset(access_lists),
        knowledge_bases=None if knowledge_bases is None else frozenset(knowledge_bases),
        seal=SEAL,
    )


def mint_write_grant(
    principal_id: PrincipalId,
    access_lists: Iterable[AccessListId] | None = None,
    knowledge_bases: Iterable[KnowledgeBaseId] | None = None,
) -> WriteGrant:
    """A grant for tests of other rooms; by default it changes everything."""
    return WriteGrant(
        principal_id=principal_id,
        access_lists=None if access_lists is None else frozenset(access_lists),
        knowledge_bases=None if knowledge_bases is None else frozenset(knowledge_bases),
        seal=SEAL,
    )
