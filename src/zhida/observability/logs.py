"""How do log lines leave a process? ``configure_logging`` once at its start; a thread of its own writes the lines.

The thread that logs only puts a record into a queue: some microseconds, whatever disk or terminal do. A full queue
drops lines and says how many, since a program that waits for its log is worse than a gap in it.
"""

import logging
import queue
import sys
import threading
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from zhida.observability.context import RequestContext, current_context
from zhida.observability.log_lines import LogForm, json_line, text_line

_QUEUE_LINES: Final = 10_000
_FILE_BYTES: Final = 10_000_000
_FILES_KEPT: Final = 5
_QUIET: Final = (
    "faiss.loader",
    "uvicorn.access",
    "httpx",
    "httpcore",
    "asyncio",
    "psycopg.pool",
    "procrastinate.periodic",
)
"""They speak on each request, or of what we report ourselves; only their warnings count."""

_log = logging.getLogger(__name__)


class LogWriter:
    """The running output of a process's log. ``stop`` writes what is queued, then ends."""

    def __init__(self, handler: logging.Handler, level: int) -> None:
        self._queue: queue.Queue[logging.LogRecord | None] = queue.Queue(_QUEUE_LINES)
        self._door = _Door(self._queue)
        self._listener = _Listener(self._queue, handler)
        self._output = handler
        self._level = level

    @property
    def dropped_lines(self) -> int:
        """Lines lost to a full queue since the start."""
        return self._door.dropped

    def start(self) -> None:
        """Take over the root logger; every other logger hands its lines up to it."""
        root = logging.getLogger()
        for handler in [*root.handlers]:
            root.removeHandler(handler)
        root.addHandler(self._door)
        root.setLevel(self._level)
        for logger in [*logging.Logger.manager.loggerDict.values()]:
            if isinstance(logger, logging.Logger) and logger.name.partition(".")[0] in {"uvicorn", "procrastinate"}:
                logger.handlers.clear()
                logger.propagate = True
        for name in _QUIET:
            logging.getLogger(name).setLevel(max(self._level, logging.WARNING))
        logging.captureWarnings(capture=True)
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_uncaught_in_thread
        self._listener.start()

    def stop(self) -> None:
        """Write what is queued and give the root logger back. Quiet when stopped already."""
        root = logging.getLogger()
        if self._door not in root.handlers:
            return
        if self._door.dropped:
            _log.warning("log lines were dropped", extra={"dropped": self._door.dropped})
        root.removeHandler(self._door)
        logging.captureWarnings(capture=False)
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        self._listener.stop()
        self._output.close()


def configure_logging(
    level: str = "INFO", *, output: Path | TextIO | None = None, form: LogForm = LogForm.JSON
) -> LogWriter:
    """Start the log of this process; call it once, before anything is logged.

    Args:
        level: a name such as INFO.
        output: a file (rotated at 10 MB, five kept, readable by the owner alone), a stream, or None for standard error.
        form: JSON for machines, text for a terminal.

    Raises:
        ValueError: no such level.
        OSError: the file cannot be written.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"There is no log level {level!r}; choose DEBUG, INFO, WARNING or ERROR.")
    handler = _file(output) if isinstance(output, Path) else logging.StreamHandler(output or sys.stderr)
    handler.setFormatter(_Lines(form))
    writer = LogWriter(handler, number)
    writer.start()
    return writer


class _Door(QueueHandler):
    """Notes the request that a line belongs to, on the thread that still knows it, and never waits."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord | None]") -> None:
        super().__init__(lines)
        self._lines = lines
        self.dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Format the message now, since its arguments may change; leave the rest to the writing thread."""
        record.request_context = current_context()
        record.msg = record.getMessage()
        record.args = None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Hand over, or drop and count."""
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class _Listener(QueueListener):
    """The thread that writes."""

    def __init__(self, lines: "queue.Queue[logging.LogRecord | None]", handler: logging.Handler) -> None:
        super().__init__(lines, handler)
        self._lines = lines

    def enqueue_sentinel(self) -> None:
        """Ask it to end, after everything that is queued; a full queue is waited for."""
        self._lines.put(None)


class _Lines(logging.Formatter):
    """Records to lines."""

    def __init__(self, form: LogForm) -> None:
        super().__init__()
        self._line = json_line if form is LogForm.JSON else text_line

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        context = getattr(record, "request_context", None)
        return self._line(record, context if isinstance(context, RequestContext) else RequestContext())


def _file(path: Path) -> logging.Handler:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    return RotatingFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8")


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("the process ends by an error that nobody expected", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        trace = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
        _log.critical("a thread ended by an error that nobody expected", exc_info=trace)
