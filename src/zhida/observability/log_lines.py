"""What does a log line look like? One JSON object, or one line for a terminal; never a secret of ours. Pure."""

import logging
import re
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from zhida.errors import ZhidaError
from zhida.observability.context import RequestContext

_STANDARD: Final = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
    "request_context",
}
_SECRETS: Final = (
    (re.compile(r"\b(z[ksl]_)[A-Za-z0-9_-]{20,}"), r"\1…"),
    (re.compile(r"(?i)\b(bearer |basic )[A-Za-z0-9._~+/=-]{8,}"), r"\1…"),
    (re.compile(r"\b([a-z][a-z0-9+]{1,20}://[^\s:/@\"]{0,100}):[^\s@/\"]{1,200}@"), r"\1:…@"),
)
"""Our keys, tokens and links, what stands in an Authorization header, and passwords in URLs."""
_LONGEST_LINE: Final = 65_536


class LogForm(StrEnum):
    """For machines, or for a person at a terminal."""

    JSON = "json"
    TEXT = "text"


def json_line(record: logging.LogRecord, context: RequestContext) -> str:
    """``ts level logger event``, the request's ids where known, extra fields, and what an exception says."""
    fields: dict[str, object] = {
        "ts": _moment(record),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    for name in ("request_id", "trace_id", "user_id"):
        value = getattr(context, name)
        if value:
            fields[name] = value
    fields |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
    fields |= _exception(record)
    line = _encoded(fields)
    return without_secrets(line if len(line) <= _LONGEST_LINE else _shortened(fields))


def text_line(record: logging.LogRecord, context: RequestContext) -> str:
    """Time, level, logger and message, and an exception's traceback below."""
    moment = _moment(record)[11:19]
    request = f" [{context.request_id[:8]}]" if context.request_id else ""
    line = f"{moment} {record.levelname:<7} {record.name}{request} {record.getMessage()}"
    said = _exception(record).get("exception")
    return without_secrets(f"{line}\n{said}" if said else line).encode(errors="replace").decode()


def without_secrets(text: str) -> str:
    """The text with every credential that can be told by its form cut short. A last net, not a licence to log them."""
    for pattern, shortened in _SECRETS:
        text = pattern.sub(shortened, text)
    return text


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _exception(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info or record.exc_info[1] is None:
        return {}
    error = record.exc_info[1]
    said: dict[str, object] = {"error": type(error).__name__, "exception": "".join(traceback.format_exception(error))}
    if isinstance(error, ZhidaError):
        said |= {"code": error.code, "kind": error.kind.value, "facts": error.facts}
    return said


def _encoded(fields: dict[str, object]) -> str:
    try:
        return msgspec.json.encode(fields, enc_hook=str).decode()
    except (UnicodeEncodeError, OverflowError, TypeError, ValueError):  # half a surrogate pair, a huge number
        said = {name: str(value).encode(errors="replace").decode() for name, value in fields.items()}
        return msgspec.json.encode(said).decode()


def _shortened(fields: dict[str, object]) -> str:
    """A line that a log store would refuse keeps its start: the longest fields are cut."""
    limit = _LONGEST_LINE // (2 * len(fields))
    short: dict[str, object] = {name: str(value)[:limit] for name, value in fields.items()}
    return _encoded(short | {"cut": True})
