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

from zhida.ingestion.adapters.parsers import PARSERS
from zhida.ingestion.adapters.sandbox_protocol import LENGTH, ChildLimits, ChildReady, ParseRequest, ParseResponse
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.ports import Parser

_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000
"""CLONE_NEWUSER | CLONE_NEWNET of unshare(2): a network of its own, with nothing in it."""
_PACKET_BYTES = 65_536
_NICENESS = 5
_OUT = 1


def main() -> None:
    """Serve until told to stop, idle for too long, or orphaned."""
    limits = msgspec.json.decode(sys.argv[1], type=ChildLimits)
    _confine(limits)
    requests: queue.SimpleQueue[ParseRequest] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    parsers: dict[MediaType, Parser] = {}
    _send(msgspec.msgpack.encode(ChildReady(os.getpid())))
    while True:
        try:
            request = requests.get(timeout=limits.idle_seconds)
        except queue.Empty:
            return
        _allow_cpu(request.cpu_seconds)
        _send(_answer(request, parsers))


def _answer(request: ParseRequest, parsers: dict[MediaType, Parser]) -> bytes:
    try:
        response = _parse(request, parsers)
        return msgspec.msgpack.encode(response)
    except MemoryError:
        return msgspec.msgpack.encode(ParseResponse(reason=RefusalReason.MEMORY, resident_bytes=_resident_bytes()))


def _parse(request: ParseRequest, parsers: dict[MediaType, Parser]) -> ParseResponse:
    try:
        if request.media_type not in parsers:
            parsers[request.media_type] = _load(request.media_type)
        document = parsers[request.media_type].parse(Path(request.path), name=request.name, limits=request.limits)
    except ParseError as error:
        return ParseResponse(reason=error.reason, message=error.message, resident_bytes=_resident_bytes())
    except (RecursionError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError) as error:
        message = f"The file is damaged in a way that its parser did not expect ({type(error).__name__})."
        return ParseResponse(reason=RefusalReason.BROKEN, message=message, resident_bytes=_resident_bytes())
    return ParseResponse(document=document, resident_bytes=_resident_bytes())


def _load(media_type: MediaType) -> Parser:
    module, _, name = PARSERS[media_type].partition(":")
    parser: Parser = getattr(importlib.import_module(module), name)()
    return parser


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


def _confine(limits: ChildLimits) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)
    for kind, limit in (
        (resource.RLIMIT_AS, limits.memory_bytes),
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
