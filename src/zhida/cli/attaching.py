"""Which instance does a command use? The one that ``ZHIDA_URL`` names, the one that runs, or one started for it.

Commands that use the instance of a data directory share a lock there. An instance that was started for commands ends
when nobody holds the lock any more: after the last of them, not after the first, and also where one was killed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zhida.cli.client import Client
from zhida.cli.errors import NotRunningError, UnfitInputError, UnreachableError
from zhida.cli.file_lock import FileLock, is_held
from zhida.cli.output import note
from zhida.cli.surroundings import InstancePlaces, instance_places, read_variables

_LOOK_EVERY_SECONDS = 0.05
_START_SECONDS = 180.0
_STOP_SECONDS = 90.0
_OUTPUT_BYTES_MAX = 1 << 16


@dataclass(frozen=True, slots=True)
class Running:
    """An instance that answers.

    Attributes:
        pid: of the process that supervises it.
    """

    pid: int
    address: str


@contextmanager
def attached() -> Generator[Client]:
    """A client of the instance to use; one is started where none runs, and stopped afterwards.

    Raises:
        UnreachableError: none could be started, or the one that was named does not answer.
    """
    variables = read_variables()
    if variables.get("ZHIDA_URL"):
        yield remote(variables)
        return
    at = instance_places(variables)
    with _use_of(at) as in_use:
        running = find_running(at)
        child: _Child | None = None
        try:
            while running is None:
                child = _Child.start(at)
                running = child.wait(at)
            yield local(at, running)
        finally:
            in_use.release()
            if child is not None:
                child.stop_unless_used(at)


@contextmanager
def attached_to_running() -> Generator[Client]:
    """A client of an instance that runs already.

    Raises:
        NotRunningError: none does.
    """
    variables = read_variables()
    if variables.get("ZHIDA_URL"):
        yield remote(variables)
        return
    at = instance_places(variables)
    running = find_running(at)
    if running is None:
        raise NotRunningError(f"No instance of {at.root} runs.", advice="Start it with “zhida up”.")
    yield local(at, running)


def remote(variables: Mapping[str, str]) -> Client:
    """The instance that ``ZHIDA_URL`` names."""
    key = variables.get("ZHIDA_KEY", "").strip()
    if not key:
        raise UnfitInputError("ZHIDA_URL is set, ZHIDA_KEY is not.", advice="Set it to a key of that instance.")
    return Client(variables["ZHIDA_URL"].strip(), key, is_local=False)


def local(at: InstancePlaces, running: Running) -> Client:
    """The running instance of a data directory; ``ZHIDA_KEY`` stands in for the local administrator's key."""
    key = read_variables().get("ZHIDA_KEY", "").strip()
    if not key:
        try:
            key = at.local_key_file.read_text().strip()
        except OSError as error:
            raise UnreachableError(
                f"The key of this machine's commands in {at.local_key_file} cannot be read: {error.strerror}.",
                advice="Run this as the owner of the data directory, or set ZHIDA_KEY to a key of yours.",
            ) from error
    return Client(running.address, key, is_local=True)


def find_running(at: InstancePlaces) -> Running | None:
    """The instance that runs on a data directory; waits for one that is just starting. None: none runs.

    Raises:
        UnreachableError: it neither answers nor ends, or it belongs to somebody else.
    """
    deadline = time.monotonic() + _START_SECONDS
    told = False
    while is_running(at):
        running = stated(at.instance_file)
        if running is not None:
            return running
        if time.monotonic() > deadline:
            raise UnreachableError(
                f"The instance of {at.root} does not finish its start.", advice="“zhida logs” says why."
            )
        if not told:
            note(f"Waiting for the instance of {at.root}, which is starting or stopping …")
            told = True
        time.sleep(_LOOK_EVERY_SECONDS)
    return None


def stated(instance_file: Path) -> Running | None:
    """What an instance file says; None where there is none, or its process is gone."""
    try:
        body = json.loads(instance_file.read_text())
        running = Running(pid=int(body["pid"]), address=str(body["address"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return running if is_alive(running.pid) else None


def is_alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there and belongs to somebody else
    return True


def is_running(at: InstancePlaces) -> bool:
    """Whether an instance holds the data directory, ready or not.

    Raises:
        UnreachableError: the data directory belongs to somebody else.
    """
    try:
        return is_held(at.running_lock)
    except PermissionError as error:
        raise UnreachableError(
            f"The data directory {at.root} belongs to somebody else.",
            advice="Run this as its owner, or use ZHIDA_URL and ZHIDA_KEY.",
        ) from error


@contextmanager
def _use_of(at: InstancePlaces) -> Generator[FileLock]:
    """Hold the lock of those who use the instance."""
    lock = FileLock(at.in_use_lock)
    try:
        at.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        at.run.mkdir(mode=0o700, exist_ok=True)
        lock.share(on_wait=lambda: note(f"Waiting for the instance of {at.root}, which is stopping …"))
    except OSError as error:
        raise UnreachableError(
            f"The data directory {at.root} cannot be used: {error.strerror}.",
            advice="Check its owner, rights and space, or name another by ZHIDA_DATA_DIR.",
        ) from error
    try:
        yield lock
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Child:
    """An instance that was started for this command and others that come meanwhile."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]

    @classmethod
    def start(cls, at: InstancePlaces) -> "_Child":
        """Start ``zhida up`` on the loopback and a free port, out of Ctrl-C's reach."""
        note(f"No instance of {at.root} runs; starting one for this command …")
        # Without a name, since the first start prints a password.
        output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        process = subprocess.Popen(
            [sys.executable, "-m", "zhida.cli", "up", "--quiet", "--while-used"],
            env={**os.environ, "ZHIDA_DATA_DIR": str(at.root), "ZHIDA_HOST": "127.0.0.1", "ZHIDA_PORT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(process, output)

    def wait(self, at: InstancePlaces) -> Running | None:
        """Wait until it answers; None where it ended because another command was faster and has ended since.

        Raises:
            UnreachableError: it could not start; its own words say why.
        """
        deadline = time.monotonic() + _START_SECONDS
        while self.process.poll() is None:
            running = stated(at.instance_file)
            if running is not None and running.pid == self.process.pid:
                for line in self._said():
                    note(line)
                return running
            if time.monotonic() > deadline:
                self.process.terminate()
                raise UnreachableError("The instance does not finish its start.", advice="“zhida logs” says why.")
            time.sleep(_LOOK_EVERY_SECONDS)
        if is_running(at):
            return find_running(at)
        words = self._said()
        if any("already runs" in line for line in words):
            return None
        raise UnreachableError(words[-1].removeprefix("zhida: ") if words else "The instance could not be started.")

    def stop_unless_used(self, at: InstancePlaces) -> None:
        """Stop it at once where no other command uses it; otherwise it ends by itself after the last one."""
        lock = FileLock(at.in_use_lock)
        with suppress(OSError):
            if not lock.try_alone():
                return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        lock.release()

    def _said(self) -> list[str]:
        # Not by seek and read: the child writes at the same offset.
        text = os.pread(self.output.fileno(), _OUTPUT_BYTES_MAX, 0).decode(errors="replace")
        return [line.strip() for line in text.splitlines() if line.strip()]
