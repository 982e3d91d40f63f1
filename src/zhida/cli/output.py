"""How does a command speak? One JSON document or text on standard output, everything else on standard error."""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import IO

_KEPT_CONTROLS = frozenset("\n\t")
_FORMATS = frozenset({"Cc", "Cs"})
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_GAP = 2
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def say(text: str = "") -> None:
    """A line that was asked for, onto standard output."""
    sys.stdout.write(printable(text) + "\n")


def note(text: str) -> None:
    """What a person may want to know on the way, onto standard error."""
    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()


def emit(document: object) -> None:
    """The one JSON document of a command: indented for a person, on one line for a program."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(document, ensure_ascii=not is_unicode, indent=indent) + "\n")


def show_table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns that stand below each other on a terminal; in a pipe, one row a line with tabs between."""
    lines = [[_cell(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(titles), *lines]:
            say("\t".join(line))
        return
    widths = [max(map(width, column)) for column in zip(titles, *lines, strict=True)]
    say_styled("".join(_padded(title.upper(), size) for title, size in zip(titles, widths, strict=True)), _DIM)
    for line in lines:
        say("".join(_padded(cell, size) for cell, size in zip(line, widths, strict=True)).rstrip())


def bold(text: str) -> None:
    """A line that stands out on a terminal."""
    say_styled(text, _BOLD)


def dim(text: str) -> None:
    """A line that steps back on a terminal."""
    say_styled(text, _DIM)


def say_styled(text: str, style: str) -> None:
    """A line in a style, where a terminal shows it and nobody asked for none (https://no-color.org)."""
    line = printable(text)
    sys.stdout.write(f"{style}{line}{_PLAIN}\n" if has_colours(sys.stdout) else f"{line}\n")


def has_colours(stream: IO[str]) -> bool:
    """Whether styles may be written."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def printable(text: str) -> str:
    """Text without what would steer a terminal: a document's name must not move the cursor or turn the line round."""
    return "".join(
        character
        if character in _KEPT_CONTROLS or not (unicodedata.category(character) in _FORMATS or character in _BIDI)
        else "\ufffd"
        for character in text
    )


def width(text: str) -> int:
    """Columns that a text takes on a terminal; a Han character takes two (Unicode, annex 11)."""
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def size_text(size: float) -> str:
    """Bytes as a person reads them."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - the step between units
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def _cell(value: object) -> str:
    text = "–" if value is None else str(value)
    return " ".join(printable(text).split())


def _padded(text: str, size: int) -> str:
    return text + " " * (size - width(text) + _GAP)
