"""Parses files in processes that may die: limited in time and memory, replaced often, ended when idle.

Called by the ingestion job through the DocumentParser port. A process that dies on a file is replaced and the file
tried once more, since the process may have been killed from outside; if it dies again the file is to blame.
"""

import asyncio
import contextlib
import signal
from collections.abc import Mapping
from pathlib import Path

from zhida.ingestion.adapters.parsers import PARSERS
from zhida.ingestion.adapters.sandbox_process import ChildDiedError, ParserProcess
from zhida.ingestion.adapters.sandbox_protocol import ParseRequest, ParseResponse
from zhida.ingestion.elements import ParsedDocument
from zhida.ingestion.errors import ParseError, ParserUnavailableError, RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.parsing_settings import ParsingSettings
from zhida.ingestion.ports import ParseLimits

_TRIES = 2


class ParserSandbox:
    """A pool of parser processes; belongs to one event loop. Implements DocumentParser.

    Args:
        settings: limits of a file and of the pool.
        parsers: which class reads which format, as ``module:Class``; loaded by the processes only.
    """

    def __init__(self, settings: ParsingSettings, parsers: Mapping[MediaType, str] = PARSERS) -> None:
        self._settings = settings
        self._parsers = parsers
        self._places = asyncio.Semaphore(settings.processes)
        self._idle: list[ParserProcess] = []
        self._all: set[ParserProcess] = set()
        self._closed = False

    async def parse(self, path: Path, *, media_type: MediaType, name: str) -> ParsedDocument:
        """Read the file in a process of its own.

        Raises:
            ParseError: the file's fault, with its reason.
            ParserUnavailableError: no process could be started, or the sandbox was closed.
        """
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        if size == 0:
            raise ParseError(RefusalReason.EMPTY)
        if size > self._settings.max_file_bytes:
            raise ParseError(RefusalReason.TOO_LARGE, size_bytes=size, limit_bytes=self._settings.max_file_bytes)
        request = self._request(path, media_type, name)
        async with self._places:
            response = await self._parse_or_retry(request)
        if response.document is None:
            raise ParseError(response.reason or RefusalReason.BROKEN, response.message)
        return response.document

    async def close(self) -> None:
        """End every process; files being read fail with ParserUnavailableError."""
        self._closed = True
        self._idle.clear()
        await asyncio.gather(*(process.end() for process in list(self._all)))
        self._all.clear()

    def process_ids(self) -> list[int]:
        """The processes alive now, for reports and tests."""
        return [process.pid for process in self._all if process.is_alive]

    async def _parse_or_retry(self, request: ParseRequest) -> ParseResponse:
        deaths = 0
        while True:
            if self._closed:
                raise ParserUnavailableError("The parser has been shut down.")
            process = await self._take()
            try:
                response = await process.ask(request, self._settings.time_limit)
            except TimeoutError:
                await self._end(process)
                raise ParseError(RefusalReason.TIMEOUT) from None
            except ChildDiedError as death:
                await self._end(process)
                if death.status == -signal.SIGXCPU:
                    raise ParseError(RefusalReason.TIMEOUT) from None
                left_while_idle = death.status == 0 and process.files > 1
                deaths += not left_while_idle
                if deaths >= _TRIES:
                    raise ParseError(RefusalReason.BROKEN, "The file makes its parser crash.") from None
            except BaseException:
                await self._end(process)
                raise
            else:
                await self._give_back(process, response)
                return response

    async def _take(self) -> ParserProcess:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            await self._end(process)
        process = await ParserProcess.start(self._settings, self._parsers)
        self._all.add(process)
        return process

    async def _give_back(self, process: ParserProcess, response: ParseResponse) -> None:
        worn_out = (
            process.files >= self._settings.recycle_after_files
            or response.resident_bytes > self._settings.recycle_above_bytes
            or response.reason is RefusalReason.MEMORY
        )
        if worn_out or self._closed:
            await self._end(process)
        else:
            self._idle.append(process)

    async def _end(self, process: ParserProcess) -> None:
        self._all.discard(process)
        with contextlib.suppress(ProcessLookupError):
            await process.end()

    def _request(self, path: Path, media_type: MediaType, name: str) -> ParseRequest:
        settings = self._settings
        return ParseRequest(
            path=str(path.resolve()),
            name=name,
            media_type=media_type,
            limits=ParseLimits(
                max_text_characters=settings.max_text_characters,
                max_elements=settings.max_elements,
                max_unpacked_bytes=settings.max_unpacked_bytes,
                max_compression_ratio=settings.max_compression_ratio,
            ),
            cpu_seconds=max(1, round(settings.processor_time_limit.total_seconds())),
        )
