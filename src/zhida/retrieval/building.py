"""Is an index that shows nothing empty, or being built? Asked after each search, so that nobody is told "nothing".

An index at revision 0 beside a record that has published something is behind: for a moment after a knowledge base's
first document, and for as long as it takes when its files were lost and it is made anew from the record.
"""

import time
from collections.abc import Callable

from zhida.ids import KnowledgeBaseId
from zhida.knowledge import IndexDamagedError, KnowledgeBase

PATIENCE_SECONDS = 3.0
"""A first document is indexed well within it."""


class BuildingWatch:
    """Remembers since when an index has had nothing to show."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[KnowledgeBaseId, float] = {}

    def check(self, base: KnowledgeBase, revision: int) -> None:
        """Let the result of a search at this index revision pass, or not.

        Raises:
            IndexDamagedError: the index has lagged at its very beginning for too long: it is being built.
        """
        if revision > 0 or base.revision == 0:
            self._since.pop(base.id, None)
            return
        now = self._clock()
        if now - self._since.setdefault(base.id, now) > PATIENCE_SECONDS:
            raise IndexDamagedError(
                "The search index of this knowledge base is being made anew from the record.",
                advice="Nothing is lost; try again in a moment.",
                knowledge_base=base.name,
            )
