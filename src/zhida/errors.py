"""The root of every error that Zhida raises on purpose, and the kinds that the doors translate.

A message names what is wrong; ``advice`` names who must do what. No HTTP status and no exit code stands here:
the doors own those tables (``api/problems.py``, ``worker``, ``cli``).
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What a caller can do about an error."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class ZhidaError(Exception):
    """An error with a stable code, a kind, advice for whoever must act, and facts for the log.

    Attributes:
        code: stable, dotted, lower case; part of the public interface.
        kind: decides what each door does with the error.
        message: one sentence that says what is wrong.
        advice: one sentence that says who must do what; empty where the message says it all.
        facts: typed details, safe to show to the caller.
    """

    code: ClassVar[str] = "internal"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE

    def __init__(self, message: str, *, advice: str = "", **facts: str | float | bool | None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()
