"""How long did each stage take? One object per request; a lap costs well under a microsecond."""

import time


class Stopwatch:
    """Splits elapsed time into named laps."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Book the time since the last lap under ``name``; the same name adds up."""
        now = time.perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + now - self._last
        self._last = now

    def milliseconds(self) -> dict[str, float]:
        """Every lap, and ``total``, in milliseconds."""
        laps = {name: round(seconds * 1000, 3) for name, seconds in self._laps.items()}
        laps["total"] = round((time.perf_counter() - self._start) * 1000, 3)
        return laps
