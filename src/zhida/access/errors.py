"""How proving who one is, and what one may do, can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class UnauthenticatedError(ZhidaError):
    """No credential, or one that is unknown, expired or revoked. Which of these is never said."""

    code: ClassVar[str] = "access.unauthenticated"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class ForbiddenError(ZhidaError):
    """The principal is known, but may not do this."""

    code: ClassVar[str] = "access.forbidden"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


class LockedOutError(ZhidaError):
    """Too many failed log-ins; the fact ``retry_after_s`` says when to come back."""

    code: ClassVar[str] = "access.locked_out"
    kind: ClassVar[Kind] = Kind.LIMITED


class InvalidAccessError(ZhidaError):
    """A name, an e-mail address, an expiry or a scope makes no sense."""

    code: ClassVar[str] = "access.invalid"
    kind: ClassVar[Kind] = Kind.INVALID


class WeakPasswordError(ZhidaError):
    """The password is too short, too long, or among the first that anybody would try."""

    code: ClassVar[str] = "access.weak_password"
    kind: ClassVar[Kind] = Kind.INVALID


class KeyNotFoundError(ZhidaError):
    """No such key, or none that the caller may see."""

    code: ClassVar[str] = "access.key_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class UserNotFoundError(ZhidaError):
    """No such user."""

    code: ClassVar[str] = "access.user_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class UserExistsError(ZhidaError):
    """The e-mail address is taken."""

    code: ClassVar[str] = "access.user_exists"
    kind: ClassVar[Kind] = Kind.CONFLICT


class AccessListNotFoundError(ZhidaError):
    """No such access list, or the grantee is neither a group nor a principal."""

    code: ClassVar[str] = "access.list_not_found"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


class LastAdministratorError(ZhidaError):
    """Disabling this user would leave nobody who may administer."""

    code: ClassVar[str] = "access.last_administrator"
    kind: ClassVar[Kind] = Kind.CONFLICT
