"""What did it cost, and on what? CPU time and memory as Linux accounts them, and the machine's own facts."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zhida

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of processes since they started, with that of their children that ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended; its parent has the time now
        total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def pss_mebibytes(pids: Sequence[int]) -> float:
    """Proportional set size: shared pages count once among those who share them."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return round(total / 1024, 1)


def percentiles(values: Sequence[float]) -> Mapping[str, float]:
    """p50, p95, p99 and the largest, rounded."""
    ordered = sorted(values)
    at = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in _SHARES.items()}
    return {name: round(value, 2) for name, value in at.items()} | {"max": round(ordered[-1], 2)}


_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def facts() -> dict[str, Any]:
    """What a figure must be read with."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "zhida": zhida.__version__,
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "cpu": model,
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }
