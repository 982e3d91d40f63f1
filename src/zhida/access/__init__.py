"""Who may do what? Principals and their roles, keys and log-ins, groups and access lists, and the grants they yield."""

from zhida.access.accounts import ApiKey, CreatedKey, FirstStart, OneTimeLink, SessionToken, User
from zhida.access.errors import (
    AccessListNotFoundError,
    ForbiddenError,
    InvalidAccessError,
    KeyNotFoundError,
    LastAdministratorError,
    LockedOutError,
    UnauthenticatedError,
    UserExistsError,
    UserNotFoundError,
    WeakPasswordError,
)
from zhida.access.grants import AccessEntry, GrantLevel, KeyScope, ReadGrant, WriteGrant
from zhida.access.ports import PasswordHasher
from zhida.access.principals import (
    EVERYONE,
    PERMISSIONS,
    Permission,
    Principal,
    PrincipalKind,
    Role,
    require,
    require_role_within,
)
from zhida.access.service import AccessService
from zhida.access.settings import AccessSettings

__all__ = [
    "EVERYONE",
    "PERMISSIONS",
    "AccessEntry",
    "AccessListNotFoundError",
    "AccessService",
    "AccessSettings",
    "ApiKey",
    "CreatedKey",
    "FirstStart",
    "ForbiddenError",
    "GrantLevel",
    "InvalidAccessError",
    "KeyNotFoundError",
    "KeyScope",
    "LastAdministratorError",
    "LockedOutError",
    "OneTimeLink",
    "PasswordHasher",
    "Permission",
    "Principal",
    "PrincipalKind",
    "ReadGrant",
    "Role",
    "SessionToken",
    "UnauthenticatedError",
    "User",
    "UserExistsError",
    "UserNotFoundError",
    "WeakPasswordError",
    "WriteGrant",
    "require",
    "require_role_within",
]
