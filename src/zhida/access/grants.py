"""Proof of what a principal may read or write. Only the access room mints it, and retrieval accepts nothing else."""

from dataclasses import InitVar, dataclass
from enum import StrEnum

from zhida.ids import AccessListId, GroupId, KnowledgeBaseId, PrincipalId


class Seal:
    """What a grant's constructor asks to see. Its one instance stays inside the access room."""

    __slots__ = ()


SEAL = Seal()


class GrantLevel(StrEnum):
    """How far an entry of an access list goes; writing includes reading."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One line of an access list: a group or a principal, and how far it may go."""

    grantee: PrincipalId | GroupId
    level: GrantLevel


@dataclass(frozen=True, slots=True)
class KeyScope:
    """A knowledge base that a key may touch, with the access list that guards it."""

    knowledge_base_id: KnowledgeBaseId
    access_list_id: AccessListId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadGrant:
    """What a principal may read.

    It may be some seconds old; the record checks the rights of every hit again by ``readable_access_lists``.

    Attributes:
        access_lists: the lists whose contents may be read; None means all.
        knowledge_bases: the only knowledge bases that may be asked (a scoped key); None means no such limit.
    """

    principal_id: PrincipalId
    access_lists: frozenset[AccessListId] | None
    knowledge_bases: frozenset[KnowledgeBaseId] | None
    seal: InitVar[Seal]

    def __post_init__(self, seal: Seal) -> None:
        """Refuse a forged grant."""
        _require_seal(seal)

    def allows(self, access_list_id: AccessListId, knowledge_base_id: KnowledgeBaseId | None = None) -> bool:
        """Whether a thing under that list, in that knowledge base, may be read."""
        return _allows(self.access_lists, self.knowledge_bases, access_list_id, knowledge_base_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteGrant:
    """What a principal may change; fields as in ``ReadGrant``. It is always read freshly from the record."""

    principal_id: PrincipalId
    access_lists: frozenset[AccessListId] | None
    knowledge_bases: frozenset[KnowledgeBaseId] | None
    seal: InitVar[Seal]

    def __post_init__(self, seal: Seal) -> None:
        """Refuse a forged grant."""
        _require_seal(seal)

    def allows(self, access_list_id: AccessListId, knowledge_base_id: KnowledgeBaseId | None = None) -> bool:
        """Whether a thing under that list, in that knowledge base, may be changed."""
        return _allows(self.access_lists, self.knowledge_bases, access_list_id, knowledge_base_id)


def _require_seal(seal: object) -> None:
    if seal is not SEAL:
        message = "Only the access room mints grants; ask AccessService for one."
        raise TypeError(message)


def _allows(
    access_lists: frozenset[AccessListId] | None,
    knowledge_bases: frozenset[KnowledgeBaseId] | None,
    access_list_id: AccessListId,
    knowledge_base_id: KnowledgeBaseId | None,
) -> bool:
    if access_lists is not None and access_list_id not in access_lists:
        return False
    return knowledge_bases is None or knowledge_base_id is None or knowledge_base_id in knowledge_bases
