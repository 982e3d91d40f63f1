"""Parsers that misbehave on purpose, loaded by parser processes in the sandbox's tests."""

import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.ports import ParseLimits


class RoughParser:
    """Does what the file's only word says."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        order, *rest = path.read_text(encoding="utf-8").split()
        text = _DEEDS[order](*rest)
        assembly = Assembly(limits)
        assembly.block(ElementKind.PARAGRAPH, text or f"read by {os.getpid()}")
        return assembly.finish(title="", name=name)


def _spin() -> str:
    while True:
        pass


def _die(how: signal.Signals) -> None:
    os.kill(os.getpid(), how)


def _die_once(mark: str) -> None:
    if not Path(mark).exists():
        Path(mark).mkdir()
        _die(signal.SIGKILL)


def _surprise() -> None:
    message = "never seen such bytes"
    raise ValueError(message)


def _facts() -> str:
    """What the process may do: environment names, loaded modules, files, network."""
    secrets = [name for name in os.environ if name.startswith("ZHIDA_")]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            network = "reachable"
        except OSError:
            network = "unreachable"
    size = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return f"secrets={secrets} network={network} file_size={size} group={os.getpgid(0) == os.getpid()}"


_DEEDS: dict[str, Callable[..., str | None]] = {
    "hello": lambda: None,
    "sleep": lambda: time.sleep(600),
    "spin": _spin,
    "die": lambda: _die(signal.SIGSEGV),
    "die-once": _die_once,
    "surprise": _surprise,
    "leave": lambda: os._exit(0),
    "fill": lambda: "x" * (4 << 30),
    "grow": lambda: "字" * (8 << 20),
    "chatter": lambda: str(os.write(1, b"\xff\xff\xff\xff" * 64)),
    "facts": _facts,
}
