"""How do several processes live and die as one? Starts children, restarts those that die, stops them in order.

Called by the commands that run a whole instance. Single-threaded: the caller's loop calls ``tend`` all the time.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

_log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
"""Loaded before any fork: between fork and exec nothing may be loaded that another thread could hold a lock on."""
_DELAY_FIRST_SECONDS = 0.2
_DELAY_MAX_SECONDS = 5.0
_STEADY_SECONDS = 30.0
"""A child that lived this long counts as well again: its next restart is quick."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A process to keep alive.

    Attributes:
        name: for logs.
        arguments: program and arguments.
        environment: the child's whole environment.
        stop_seconds: patience after SIGTERM before SIGKILL.
        inherited: file descriptors that the child gets.
        output: where its standard output and error go; None: where ours go.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    stop_seconds: float = 20.0
    inherited: tuple[int, ...] = ()
    output: IO[bytes] | None = None


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0


class Supervisor:
    """Keeps children alive until told to stop."""

    def __init__(self) -> None:
        self._children: dict[str, _Child] = {}

    def add(self, spec: ChildSpec) -> None:
        """Start a child and keep it alive from now on."""
        child = _Child(spec)
        self._children[spec.name] = child
        _start(child)

    def tend(self) -> list[str]:
        """Reap and restart; the names of the children that were found dead."""
        dead: list[str] = []
        now = time.monotonic()
        for child in self._children.values():
            if child.process is not None and (code := child.process.poll()) is not None:
                _note_death(child, code, now)
                dead.append(child.spec.name)
            if child.process is None and now >= child.not_before:
                _start(child)
        self.reap_orphans()
        return dead

    def reap_orphans(self) -> None:
        """As a container's process 1, take leave of processes that outlived their parents, or they pile up."""
        if os.getpid() != 1:
            return
        known = set(self.pids().values())
        with suppress(ChildProcessError):  # there is none left
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if ended.si_pid in known:
                    return  # ours: the next round asks it how it ended
                os.waitpid(ended.si_pid, 0)

    def pids(self) -> dict[str, int]:
        """The living children."""
        return {
            name: child.process.pid
            for name, child in self._children.items()
            if child.process is not None and child.process.poll() is None
        }

    def deaths_in_a_row(self, name: str) -> int:
        """How often a child died since it was last steady."""
        return self._children[name].deaths

    def stop(self, names: Sequence[str] | None = None) -> None:
        """End children (all by default) by SIGTERM, by SIGKILL after their patience; they are not restarted."""
        chosen = [self._children.pop(name) for name in names or list(self._children) if name in self._children]
        for child in chosen:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in chosen:
            _wait(child)


def _start(child: _Child) -> None:
    spec = child.spec
    child.process = subprocess.Popen(
        spec.arguments,
        env=dict(spec.environment),
        stdin=subprocess.DEVNULL,
        stdout=spec.output,
        stderr=subprocess.STDOUT if spec.output is not None else None,
        pass_fds=spec.inherited,
        start_new_session=True,  # Ctrl-C reaches us alone, so that we stop the children in order
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, resolved before the fork
    )
    child.started = time.monotonic()


def _die_with_parent() -> None:
    """Ask Linux for SIGTERM when our parent is gone; elsewhere the next start cleans up."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _note_death(child: _Child, code: int, now: float) -> None:
    lived = now - child.started
    child.deaths = 1 if lived >= _STEADY_SECONDS else child.deaths + 1
    delay = min(_DELAY_MAX_SECONDS, _DELAY_FIRST_SECONDS * 2 ** (child.deaths - 1))
    child.not_before = now + (0.0 if child.deaths == 1 else delay)
    child.process = None
    _log.error("process died", extra={"child": child.spec.name, "exit_code": code, "lived_seconds": round(lived, 1)})


def _wait(child: _Child) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(child.spec.stop_seconds)
    except subprocess.TimeoutExpired:
        _log.warning("process does not stop; killing it", extra={"child": child.spec.name})
        child.process.kill()
        child.process.wait()
