"""Principals, keys and users as clients see them."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from zhida.access import ApiKey, CreatedKey, Principal, User
from zhida.api.views.knowledge import Request

RoleName = Literal["admin", "editor", "reader"]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "must be a moment that exists in UTC"
        raise ValueError(message) from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class LogIn(Request):
    """An account's e-mail address and password."""

    email: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1024)


class PrincipalView(BaseModel):
    """Who calls."""

    id: UUID
    kind: Literal["user", "key"]
    name: str
    role: RoleName

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """From the room's type."""
        return cls(id=principal.id, kind=principal.kind.value, name=principal.name, role=principal.role.value)


class NewKey(Request):
    """A key to create."""

    name: str = Field(min_length=1, max_length=200)
    role: RoleName = "reader"
    knowledge_bases: list[str] | None = Field(
        default=None, max_length=100, description="Ids or names; the key may touch only these. None: no such limit."
    )
    expires_at: Moment | None = None


class KeyView(BaseModel):
    """A key without its secret."""

    id: UUID
    name: str
    prefix: str
    role: RoleName
    knowledge_bases: list[UUID] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """From the room's type."""
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            role=key.role.value,
            knowledge_bases=None if key.knowledge_bases is None else sorted(key.knowledge_bases),
            created_at=key.created_at,
            expires_at=key.expires_at,
            last_used_at=key.last_used_at,
            revoked_at=key.revoked_at,
        )


class CreatedKeyView(KeyView):
    """A new key with its secret, which is shown this once."""

    key: str

    @classmethod
    def of_created(cls, created: CreatedKey) -> Self:
        """From the room's type."""
        return cls(**KeyView.of(created.key).model_dump(), key=created.secret)


class KeyList(BaseModel):
    """A page of keys."""

    items: list[KeyView]
    next_cursor: str | None


class NewUser(Request):
    """An account to create."""

    email: str = Field(min_length=3, max_length=320)
    password: str = Field(min_length=8, max_length=1024)
    name: str = Field(default="", max_length=200)
    role: RoleName = "reader"


class UserView(BaseModel):
    """An account."""

    id: UUID
    email: str
    name: str
    role: RoleName
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        """From the room's type."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role.value,
            created_at=user.created_at,
            disabled_at=user.disabled_at,
        )


class UserList(BaseModel):
    """A page of accounts."""

    items: list[UserView]
    next_cursor: str | None
