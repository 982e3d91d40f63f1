"""Keys, users, log-ins and the first start, as the doors show them. No secret stands in any of these but where said."""

from dataclasses import dataclass, field
from datetime import datetime

from zhida.access.principals import Role
from zhida.ids import KnowledgeBaseId, PrincipalId


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret.

    Attributes:
        prefix: the first characters of the secret, enough to tell keys apart.
        role: as it was made; what counts is this or the owner's, whichever is lower.
        owner: the user whom it acts for; None for the operator of this machine.
        knowledge_bases: its scope; None for none.
        revoked_at: None while it works.
    """

    id: PrincipalId
    name: str
    prefix: str
    role: Role
    owner: PrincipalId | None
    knowledge_bases: frozenset[KnowledgeBaseId] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A key that was just made, with its secret, which is shown this once and kept nowhere."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account."""

    id: PrincipalId
    email: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A log-in's secret, for the page's cookie.

    Attributes:
        expires_at: the latest moment at which it can still work.
    """

    principal_id: PrincipalId
    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A secret that signs one browser in, once."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What ``ensure_administrator`` found or did.

    Attributes:
        administrator: the oldest administrator whose account works.
        created: whether this call made the account.
        one_time_password: the generated password, to be printed once; None unless it was generated now.
    """

    administrator: User
    created: bool
    one_time_password: str | None = field(default=None, repr=False)
