"""Who proved themselves in the last few seconds? A small memory before the record, used by the service alone."""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Recent(Generic[Key, Value]):
    """A bounded memory whose entries fade. The least recently used entry goes first."""

    def __init__(self, lifetime: timedelta, entries: int) -> None:
        self._lifetime = lifetime
        self._entries = entries
        self._kept: OrderedDict[Key, tuple[datetime, Value]] = OrderedDict()
        self._paused_until = _LONG_AGO

    def get(self, key: Key, now: datetime) -> Value | None:
        """What was kept under the key, unless it faded."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept[0] <= now:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def keep(self, key: Key, value: Value, now: datetime) -> None:
        """Remember for one lifetime; nothing while paused."""
        if now < self._paused_until:
            return
        self._kept[key] = (now + self._lifetime, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._entries:
            self._kept.popitem(last=False)

    def pause(self, now: datetime) -> None:
        """Forget all, and keep nothing for one lifetime.

        Whoever changes rights may not have committed yet, and a look-up that began before may still be under way:
        either would bring the old state back if it were kept at once.
        """
        self._kept.clear()
        self._paused_until = now + self._lifetime
