"""One parser process as its parent sees it: start, ask, end; used by the sandbox only."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Self

import msgspec

from zhida.ingestion.adapters.sandbox_protocol import LENGTH, ChildOrders, ChildReady, ParseRequest, ParseResponse
from zhida.ingestion.errors import ParserUnavailableError
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.parsing_settings import ParsingSettings

_START_FILE = Path(__file__).with_name("sandbox_start.py")
_HANDED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ", "VIRTUAL_ENV")
"""Environment that a parser process sees: no keys, no passwords, no addresses."""
_BYTES_PER_CHARACTER = 8
_BYTES_PER_ELEMENT = 1024
_POLITE_END = timedelta(seconds=1)


class ChildDiedError(Exception):
    """The process ended before it answered; ``status`` as subprocess gives it, negative for a signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"parser process ended with status {status}")
        self.status = status


class ParserProcess:
    """A running parser process."""

    def __init__(self, process: asyncio.subprocess.Process, max_response_bytes: int) -> None:
        if process.stdin is None or process.stdout is None:
            raise ParserUnavailableError("The parser process has no pipes.")
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._max_response_bytes = max_response_bytes
        self.files = 0

    @classmethod
    async def start(cls, settings: ParsingSettings, parsers: Mapping[MediaType, str]) -> Self:
        """Start a process and wait until it is ready.

        Args:
            settings: its limits.
            parsers: which class reads which format, as ``module:Class``.

        Raises:
            ParserUnavailableError: the machine cannot start it.
        """
        orders = ChildOrders(settings.memory_limit_bytes, settings.idle_limit.total_seconds(), dict(parsers))
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                str(_START_FILE),
                msgspec.json.encode(orders).decode(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise ParserUnavailableError("The parser process could not be started.", error=str(error)) from error
        largest = settings.max_text_characters * _BYTES_PER_CHARACTER + settings.max_elements * _BYTES_PER_ELEMENT
        started = cls(process, largest)
        try:
            async with asyncio.timeout(settings.start_time_limit.total_seconds()):
                msgspec.msgpack.decode(await started._read(), type=ChildReady)
        except (TimeoutError, ChildDiedError) as error:
            await started.end()
            raise ParserUnavailableError("The parser process did not become ready.", error=str(error)) from error
        except BaseException:
            await started.end()
            raise
        return started

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as the event loop knows."""
        return self._process.returncode is None and not self._stdout.at_eof()

    async def ask(self, request: ParseRequest, time_limit: timedelta) -> ParseResponse:
        """Have one file read.

        Raises:
            TimeoutError: no answer in time; the caller ends the process.
            ChildDiedError: it ended without an answer, or answered beyond all limits.
        """
        self.files += 1
        message = msgspec.msgpack.encode(request)
        async with asyncio.timeout(time_limit.total_seconds()):
            try:
                self._stdin.write(LENGTH.pack(len(message)) + message)
                await self._stdin.drain()
            except ConnectionError:
                raise ChildDiedError(await self._process.wait()) from None
            answer = await self._read()
        try:
            return await asyncio.to_thread(msgspec.msgpack.decode, answer, type=ParseResponse)
        except msgspec.DecodeError:
            raise ChildDiedError(-1) from None

    async def end(self) -> None:
        """Close its input, which ends it when idle, and kill it when that does not."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        if self._process.returncode is None and self.files:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        try:
            async with asyncio.timeout(_POLITE_END.total_seconds()):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _read(self) -> bytes:
        try:
            (length,) = LENGTH.unpack(await self._stdout.readexactly(LENGTH.size))
            if length > self._max_response_bytes:
                raise ChildDiedError(-1)
            return await self._stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ChildDiedError(await self._process.wait()) from None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
