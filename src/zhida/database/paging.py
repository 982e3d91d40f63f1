"""How is a long list cut into pages? Repositories fetch ``limit + 1`` rows; doors pass cursors through unread.

Cursors are opaque to the outside and carry the sort keys of the last row (keyset paging, which neither skips nor
repeats a row when others are inserted, and costs the same on every page).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, cast, overload
from uuid import UUID

from zhida.database.errors import CursorInvalidError

CursorKey = str | int | UUID | datetime
Item_co = TypeVar("Item_co", covariant=True)
Row = TypeVar("Row")
First = TypeVar("First", str, int, UUID, datetime)
Second = TypeVar("Second", str, int, UUID, datetime)

BIGINT_MAX = 2**63 - 1
CURSOR_LENGTH_MAX = 1024


@dataclass(frozen=True, slots=True)
class Page(Generic[Item_co]):
    """A stretch of a list; ``next_cursor`` is None on the last page."""

    items: tuple[Item_co, ...]
    next_cursor: str | None


def encode_cursor(*keys: CursorKey) -> str:
    """The sort keys of a page's last row as URL-safe text."""
    plain = [_plain(key) for key in keys]
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


@overload
def decode_cursor(cursor: str, first: type[First], /) -> tuple[First]: ...
@overload
def decode_cursor(cursor: str, first: type[First], second: type[Second], /) -> tuple[First, Second]: ...
def decode_cursor(cursor: str, /, *kinds: type[CursorKey]) -> tuple[CursorKey, ...]:
    """The sort keys in a cursor, of the kinds that the list sorts by.

    Raises:
        CursorInvalidError: not a cursor of such a list.
    """
    try:
        if len(cursor) > CURSOR_LENGTH_MAX:
            raise ValueError(len(cursor))
        plain: object = json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        parts = cast("list[object]", plain) if isinstance(plain, list) else []
        return tuple(_key(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, RecursionError) as error:
        raise CursorInvalidError(
            "This page cursor is not valid.", advice="Pass a next_cursor of the same list, unchanged, or none."
        ) from error


def _plain(key: CursorKey) -> str | int:
    if isinstance(key, datetime):
        return key.isoformat()
    return str(key) if isinstance(key, UUID) else key


def _key(part: object, kind: type[CursorKey]) -> CursorKey:
    if kind is int and type(part) is int and abs(part) <= BIGINT_MAX:
        return part
    if not isinstance(part, str) or "\0" in part or kind is int:
        raise ValueError(part)
    part.encode()  # refuses lone surrogates, which PostgreSQL cannot take
    if kind is UUID:
        return UUID(part)
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError(part)
        return moment
    return part


def page_of(rows: Sequence[Row], *, limit: int, cursor_of: Callable[[Row], str]) -> Page[Row]:
    """A page out of up to ``limit + 1`` fetched rows; the surplus row says that there is more."""
    kept = tuple(rows[:limit])
    return Page(items=kept, next_cursor=cursor_of(kept[-1]) if len(rows) > limit and kept else None)
