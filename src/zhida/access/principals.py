"""Who acts, and what a role lets them do. Every door asks ``require`` before it lets a request through."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from zhida.access.errors import ForbiddenError
from zhida.ids import GroupId, KnowledgeBaseId, PrincipalId

EVERYONE = GroupId(UUID("00000000-0000-7000-8000-000000000001"))
"""The built-in group that every principal belongs to without a row of membership."""


class PrincipalKind(StrEnum):
    """A person or a key."""

    USER = "user"
    KEY = "key"


class Role(StrEnum):
    """How much a principal may do at most; which knowledge it may touch is for access lists to say."""

    READER = "reader"
    EDITOR = "editor"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Readers stand lowest."""
        return _RANKS[self]


class Permission(StrEnum):
    """One kind of act."""

    KNOWLEDGE_READ = "knowledge.read"
    KNOWLEDGE_WRITE = "knowledge.write"
    KNOWLEDGE_CREATE = "knowledge.create"
    KEYS_MANAGE = "keys.manage"
    USERS_MANAGE = "users.manage"
    JOBS_MANAGE = "jobs.manage"
    OPERATE = "operate"


_RANKS = {Role.READER: 0, Role.EDITOR: 1, Role.ADMIN: 2}
_READER = frozenset({Permission.KNOWLEDGE_READ})
_EDITOR = _READER | {Permission.KNOWLEDGE_WRITE, Permission.KNOWLEDGE_CREATE, Permission.KEYS_MANAGE}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.EDITOR: _EDITOR,
    Role.ADMIN: frozenset(Permission),
}
"""What each role permits. Editors manage their own keys; administrators manage everybody's."""

_UNSCOPED_ONLY = frozenset(
    {Permission.KNOWLEDGE_CREATE, Permission.USERS_MANAGE, Permission.JOBS_MANAGE, Permission.OPERATE}
)
"""Acts that reach beyond single knowledge bases, so that a key scoped to some may not do them."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has proved who they are.

    Attributes:
        role: the role that counts now: a key's own, lowered to that of the user it acts for.
        acts_for: the user who made this key; None for a user, and for a key that the machine's operator made.
        knowledge_bases: the only knowledge bases that a scoped key may touch; None where there is no scope.
        expires_at: when a key ends by itself; None for never.
    """

    id: PrincipalId
    kind: PrincipalKind
    name: str
    role: Role
    acts_for: PrincipalId | None = None
    knowledge_bases: frozenset[KnowledgeBaseId] | None = None
    expires_at: datetime | None = None

    @property
    def person(self) -> PrincipalId:
        """Whose doing it is: the user behind a key, else the principal itself."""
        return self.acts_for or self.id

    def may(self, permission: Permission) -> bool:
        """Whether the role, and a key's scope, permit an act of this kind."""
        if self.knowledge_bases is not None and permission in _UNSCOPED_ONLY:
            return False
        return permission in PERMISSIONS[self.role]


def require(principal: Principal, permission: Permission) -> None:
    """Let the principal pass or not.

    Raises:
        ForbiddenError: the role, or the key's scope, does not permit it.
    """
    if not principal.may(permission):
        raise ForbiddenError(
            f"This needs the permission {permission.value}, which {principal.name} does not have.",
            advice="Ask an administrator for it, or use another key.",
            permission=permission.value,
            role=principal.role.value,
        )


def require_role_within(principal: Principal, role: Role) -> None:
    """Nobody hands out a higher role than their own.

    Raises:
        ForbiddenError: ``role`` is above the principal's.
    """
    if role.rank > principal.role.rank:
        raise ForbiddenError(
            f"The role {role.value} is higher than that of {principal.name}.",
            advice=f"Choose at most {principal.role.value}.",
            role=principal.role.value,
        )
