"""How asking for passages can fail."""

from typing import ClassVar

from zhida.errors import Kind, ZhidaError


class ProfileUnknownError(ZhidaError):
    """No profile of that name."""

    code: ClassVar[str] = "retrieval.profile_unknown"
    kind: ClassVar[Kind] = Kind.INVALID


class QueryInvalidError(ZhidaError):
    """The query is blank or too long."""

    code: ClassVar[str] = "retrieval.query_invalid"
    kind: ClassVar[Kind] = Kind.INVALID
