"""What is asked of a new name, address, expiry and scope before the record sees it. Pure; called by the service."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from zhida.access.credentials import is_storable, normal_email
from zhida.access.errors import ForbiddenError, InvalidAccessError
from zhida.access.grants import KeyScope
from zhida.access.principals import Principal

LONGEST_NAME: Final = 200
LONGEST_EMAIL: Final = 254
MOST_SCOPES: Final = 1000
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def checked_name(name: str) -> str:
    """The name without outer space.

    Raises:
        InvalidAccessError: empty, too long, or not to be stored.
    """
    trimmed = name.strip()
    if not 0 < len(trimmed) <= LONGEST_NAME or not is_storable(trimmed):
        raise InvalidAccessError(f"A name has 1 to {LONGEST_NAME} printable characters.")
    return trimmed


def checked_email(email: str) -> str:
    """The address in its stored form. Whether it receives mail is not for us to know.

    Raises:
        InvalidAccessError: it has not the form of an address.
    """
    normal = normal_email(email)
    if len(normal) > LONGEST_EMAIL or not is_storable(normal) or _EMAIL.fullmatch(normal) is None:
        raise InvalidAccessError("This is not an e-mail address.", advice="Write it as name@host.")
    return normal


def check_expiry(actor: Principal, expires_at: datetime | None, now: datetime) -> None:
    """A key ends in the future, and no later than the key that makes it.

    Raises:
        InvalidAccessError: without a time zone, or past.
        ForbiddenError: later than the actor's own end.
    """
    if expires_at is not None and expires_at.tzinfo is None:
        raise InvalidAccessError("The expiry has no time zone.", advice="Write it as 2030-01-31T12:00:00Z.")
    if expires_at is not None and expires_at <= now:
        raise InvalidAccessError("The expiry lies in the past.")
    if actor.expires_at is not None and (expires_at is None or expires_at > actor.expires_at):
        raise ForbiddenError(
            "A key cannot make a key that outlives it.",
            advice=f"Choose an expiry up to {actor.expires_at.isoformat()}.",
        )


def check_scopes(scopes: Sequence[KeyScope] | None, held: frozenset[KeyScope] | None) -> None:
    """A scope names something, and a scoped key hands on no more than its own scope.

    Args:
        scopes: what is asked for; None for no scope.
        held: the actor's own; None for no scope.

    Raises:
        InvalidAccessError: a scope of nothing, or of too much.
        ForbiddenError: beyond the actor's own.
    """
    if scopes is not None and not 0 < len(scopes) <= MOST_SCOPES:
        raise InvalidAccessError(f"A scope names 1 to {MOST_SCOPES} knowledge bases.")
    if held is not None and (scopes is None or not held.issuperset(scopes)):
        raise ForbiddenError("A scoped key hands on no more than its own scope.")
