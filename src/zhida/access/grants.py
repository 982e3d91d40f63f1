"""Proof of what a principal may read or write. Only the access room mints it, and retrieval accepts nothing else."""

from dataclasses import InitVar, dataclass
from enum import StrEnum
from typing import TypeVar

from zhida.ids import AccessListId, GroupId, KnowledgeBaseId, PrincipalId


class Seal:
    """What a grant's constructor asks to see. Its one instance stays inside the access room."""

    __slots__ = ()


SEAL = Seal()
_Id = TypeVar("_Id", AccessListId, KnowledgeBaseId)


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
        return _holds(self.access_lists, access_list_id) and _holds(self.knowledge_bases, knowledge_base_id)


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
        return _holds(self.access_lists, access_list_id) and _holds(self.knowledge_bases, knowledge_base_id)


def _require_seal(seal: object) -> None:
    if seal is not SEAL:
        message = "Only the access room mints grants; ask AccessService for one."
        raise TypeError(message)


def _holds(permitted: frozenset[_Id] | None, wanted: _Id | None) -> bool:
    return permitted is None or wanted is None or wanted in permitted
