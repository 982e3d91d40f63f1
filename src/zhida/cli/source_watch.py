"""Has our own code changed? Asked by ``zhida up --reload``, for those who work on Zhida."""

import time
from pathlib import Path

_LOOK_EVERY_SECONDS = 0.5


class SourceWatch:
    """Compares the times of a folder's Python files with those seen before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._times()
        self._looked_at = time.monotonic()

    def have_changed(self) -> bool:
        """Whether a file came, went or was written since the last call; looks twice a second at most."""
        if time.monotonic() - self._looked_at < _LOOK_EVERY_SECONDS:
            return False
        self._looked_at = time.monotonic()
        before, self._seen = self._seen, self._times()
        return before != self._seen

    def _times(self) -> dict[Path, int]:
        found: dict[Path, int] = {}
        for path in self._folder.rglob("*.py"):
            try:
                found[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue  # an editor is just replacing it
        return found
