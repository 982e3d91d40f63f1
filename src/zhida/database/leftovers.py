"""What did the last server leave behind? After a crash ``EmbeddedPostgres`` clears it before it starts the next one.

The caller holds the data directory's lock, so whatever still runs on the cluster is an orphan: its supervisor is gone.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from zhida.database.errors import EmbeddedStartError

PROC = Path("/proc")
POLL_SECONDS = 0.02
ESCALATION = (
    (signal.SIGINT, timedelta(seconds=10)),
    (signal.SIGQUIT, timedelta(seconds=5)),
    (signal.SIGKILL, timedelta(seconds=10)),
)
"""Fast shutdown, immediate shutdown, the end."""


def clear_leftovers(cluster: Path) -> None:
    """End every orphaned server process of this cluster and remove a process file that names no such process.

    PostgreSQL trusts its process file as long as *any* process has that number: a zombie that nobody reaps, or an
    unrelated program after a reboot or in a new container, would keep it from starting for ever.

    Raises:
        EmbeddedStartError: an orphan cannot be ended.
    """
    if not PROC.exists():
        return
    for number, patience in ESCALATION:
        orphans = server_processes(cluster)
        if not orphans:
            break
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        wait_until(lambda: not server_processes(cluster), patience)
    else:
        orphans = server_processes(cluster)
        if orphans:
            raise EmbeddedStartError(
                f"Processes of an earlier PostgreSQL do not end: {orphans}.",
                advice="The operator ends them, or restarts the machine.",
            )
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def server_processes(cluster: Path) -> list[int]:
    """Living processes that work in the cluster's folder, as every process of a PostgreSQL server does; no zombies."""
    wanted = cluster.resolve()
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and works_in(entry, wanted)]


def works_in(process: Path, folder: Path) -> bool:
    """Whether a process (its folder in /proc) has ``folder`` as its working directory."""
    try:
        return (process / "cwd").readlink() == folder and (process / "comm").read_text().startswith("postgres")
    except OSError:  # it ended, is a zombie, or is not ours to look at
        return False


def wait_until(done: Callable[[], bool], patience: timedelta) -> bool:
    """Look every few milliseconds; whether it came true in time."""
    deadline = time.monotonic() + patience.total_seconds()
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
