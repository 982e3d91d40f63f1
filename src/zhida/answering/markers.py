"""Which citation markers does a generated text carry? Read while it streams, so that only checked text is sent on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_OPEN: Final = "[【［"
_WORDS: Final = ("passage", "passages", "source", "sources", "来源", "资料", "文档", "來源", "資料", "文件")
_MARKER: Final = re.compile(
    rf"(?P<space> ?)[\[【［] *\^? *(?:(?:{'|'.join(_WORDS)}) *)?#? *"
    r"(?P<numbers>\d{1,3}(?: *[,，、;；~–—-] *\^?\d{1,3})*) *(?:†[^\]】］\n]{0,40})?[\]】］]",
    re.IGNORECASE,
)
_UNFINISHED: Final = re.compile(
    r" ?[\[【［] *\^? *(?P<word>[a-z一-鿿]*) *#? *(?P<rest>[\d ,，、;；~–—^-]*)(?:†[^\]】］\n]{0,40})?",
    re.IGNORECASE,
)
_LONGEST_MARKER: Final = 64
_RANGE: Final = re.compile(r"(\d+)\s*[~–—-]\s*\^?(\d+)")
_LONGEST_RANGE: Final = 10
_FENCE: Final = "```"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker in its one form, ``[number]``."""

    number: int

    @property
    def text(self) -> str:
        """As it stands in an answer."""
        return f"[{self.number}]"


class MarkerFilter:
    """Cuts a stream into text and known markers; feeding it in other pieces gives the same whole.

    ``[1, 2]``, ``[1-3]``, ``【1】``, ``[^1]``, ``[来源 1]`` come out as ``[1][2]``… Markers that name no passage go,
    with the space before them, and are counted. Text is held back only while it could still become a marker. Fenced
    code passes untouched: there a bracket is an index.

    Attributes:
        removed: markers that named no passage.
    """

    def __init__(self, passages: int) -> None:
        self._passages = passages
        self._held = ""
        self._is_code = False
        self._after_marker = False
        self.removed = 0

    def feed(self, text: str) -> Iterator[str | Marker]:
        """What can be sent now."""
        self._held += text
        return self._taken(is_last=False)

    def finish(self) -> Iterator[str | Marker]:
        """What was held back."""
        return self._taken(is_last=True)

    def _taken(self, *, is_last: bool) -> Iterator[str | Marker]:
        while self._held:
            if (marker := self._marker_ahead()) is not None:
                self._held = self._held[marker.end() :]
                known = self._known(marker["numbers"])
                if known and marker["space"]:
                    yield " "
                yield from known
                continue
            length = self._safe_length(is_last=is_last)
            if length == 0:
                return
            yield self._passed(length)

    def _marker_ahead(self) -> re.Match[str] | None:
        if self._is_code:
            return None
        marker = _MARKER.match(self._held)
        return marker if marker is not None and marker.end() <= _LONGEST_MARKER else None

    def _known(self, numbers: str) -> list[Marker]:
        named = _expanded(numbers)
        known = [Marker(number) for number in named if 1 <= number <= self._passages]
        self.removed += len(named) - len(known)
        self._after_marker = self._after_marker or bool(known)
        return known

    def _safe_length(self, *, is_last: bool) -> int:
        """How many characters ahead are certainly no part of a marker or a fence."""
        held = self._held
        if held[0] == "`":
            run = len(held) - len(held.lstrip("`"))
            return run if run < len(held) or is_last else 0
        if not (self._is_code or is_last) and self._may_become_marker():
            return 0
        specials = "`" if self._is_code else f"{_OPEN} `"
        return min((at for at in (held.find(mark, 1) for mark in specials) if at > 0), default=len(held))

    def _may_become_marker(self) -> bool:
        if self._held == " ":
            return True
        unfinished = _UNFINISHED.fullmatch(self._held)
        if unfinished is None or len(self._held) >= _LONGEST_MARKER:
            return False
        word = unfinished["word"].lower()
        if unfinished["rest"].strip():
            return not word or word in _WORDS
        return any(known.startswith(word) for known in _WORDS)

    def _passed(self, length: int) -> str:
        text = self._held[:length]
        self._held = self._held[length:]
        if text.startswith(_FENCE):
            self._is_code = not self._is_code
        # "[2](address)" and "[2]: address" would make a link out of a checked marker
        safe = f" {text}" if self._after_marker and text[0] in "(:" else text
        self._after_marker = False
        return safe


def _expanded(numbers: str) -> list[int]:
    """The numbers that a marker names; a range that is too long counts as one unknown number."""
    expanded: list[int] = []
    for part in re.split(r"[,，、;；]", numbers):
        span = _RANGE.search(part)
        if span is None:
            expanded.append(int(part.strip(" ^\t")))
        elif int(span[2]) - int(span[1]) in range(_LONGEST_RANGE):
            expanded.extend(range(int(span[1]), int(span[2]) + 1))
        else:
            expanded.append(0)
    return expanded
