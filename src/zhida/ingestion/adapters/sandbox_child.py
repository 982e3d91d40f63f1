"""A parser process: reads requests from standard input, answers on standard output; started by the sandbox only.

It limits itself before the first file: memory, processor time, no files written, no core dumps, and, where the kernel
lets it, no network. A thread waits on standard input, so that the process ends at once when its parent is gone.
"""

import contextlib
import ctypes
import importlib
import os
import queue
import resource
import sys
import threading
from pathlib import Path

import msgspec

from zhida.ingestion.adapters.sandbox_protocol import LENGTH, ChildOrders, ChildReady, ParseRequest, ParseResponse
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.ports import Parser

_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000
"""CLONE_NEWUSER | CLONE_NEWNET of unshare(2): a network of its own, with nothing in it."""
_PACKET_BYTES = 65_536
_NICENESS = 5
_OUT = 1
_SURPRISES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What parsers and their vendors raise on bytes that they never expected; never MemoryError or OSError."""


def main() -> None:
    """Serve until told to stop, idle for too long, or orphaned."""
    orders = msgspec.json.decode(sys.argv[1], type=ChildOrders)
    _confine(orders.memory_bytes)
    requests: queue.SimpleQueue[ParseRequest] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    reader = _Reader(orders.parsers)
    _send(msgspec.msgpack.encode(ChildReady(os.getpid())))
    while True:
        try:
            request = requests.get(timeout=orders.idle_seconds)
        except queue.Empty:
            return
        _allow_cpu(request.cpu_seconds)
        _send(reader.answer(request))


class _Reader:
    """Reads files with parsers that are loaded when first needed."""

    def __init__(self, names: dict[MediaType, str]) -> None:
        self._names = names
        self._parsers: dict[MediaType, Parser] = {}

    def answer(self, request: ParseRequest) -> bytes:
        """The response, encoded; encoding can run out of memory too."""
        try:
            return msgspec.msgpack.encode(self._parse(request))
        except MemoryError:
            self._parsers.clear()
            return msgspec.msgpack.encode(ParseResponse(reason=RefusalReason.MEMORY, resident_bytes=_resident_bytes()))

    def _parse(self, request: ParseRequest) -> ParseResponse:
        parser = self._parser(request.media_type)
        try:
            document = parser.parse(Path(request.path), name=request.name, limits=request.limits)
        except ParseError as error:
            return ParseResponse(reason=error.reason, message=error.message, resident_bytes=_resident_bytes())
        except _SURPRISES as error:
            message = f"The file is damaged in a way that its parser did not expect ({type(error).__name__})."
            return ParseResponse(reason=RefusalReason.BROKEN, message=message, resident_bytes=_resident_bytes())
        return ParseResponse(document=document, resident_bytes=_resident_bytes())

    def _parser(self, media_type: MediaType) -> Parser:
        if media_type not in self._parsers:
            module, _, name = self._names[media_type].partition(":")
            self._parsers[media_type] = getattr(importlib.import_module(module), name)()
        return self._parsers[media_type]


def _listen(requests: "queue.SimpleQueue[ParseRequest]") -> None:
    decoder = msgspec.msgpack.Decoder(ParseRequest)
    while True:
        head = sys.stdin.buffer.read(LENGTH.size)
        if len(head) < LENGTH.size:
            os._exit(0)
        requests.put(decoder.decode(sys.stdin.buffer.read(LENGTH.unpack(head)[0])))


def _send(message: bytes) -> None:
    view = memoryview(LENGTH.pack(len(message)) + message)
    while view:
        view = view[os.write(_OUT, view[:_PACKET_BYTES]) :]


def _confine(memory_bytes: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (limit, limit))


def _allow_cpu(seconds: int) -> None:
    """Processor time is counted over the process's life: the limit moves on with every file."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))


def _resident_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
