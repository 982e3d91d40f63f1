"""Plain text in any encoding: paragraphs at blank lines, or line by line where a text has none."""

import re
from pathlib import Path

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.text_cleaning import clean, joined_lines
from zhida.ingestion.text_encoding import decode_text

_CHAPTER = re.compile(
    r"\s*第[零〇一二三四五六七八九十百千0-9]{1,8}([卷部篇编]|[章节回集])"
    r"(?![，。；！？,;!?])\s*(.{0,38})$"
)
_SENTENCE_END = re.compile(r"[。！？!?；;.:：…”」』)）]$")
_LIST_START = re.compile(
    r"\s*(?:[-*•·●]\s|\(?\d{1,3}[.)、]\s?|[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）)"
)
_WRAPPED_FROM, _WRAPPED_TO = 40, 110
"""Widths at which editors and mail programs wrap lines."""
_FEWEST_WRAPPED = 3


class PlainTextParser:
    """Reads text/plain."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Paragraphs, and headings of the form 第三章.

        Raises:
            ParseError: no text, or too much.
        """
        decoded = decode_text(path.read_bytes())
        assembly = Assembly(limits)
        text = clean(decoded.text)
        if "\ufffd" in text:
            assembly.warn("Some characters could not be read.")
        block: list[str] = []
        for line in text.split("\n"):
            if line.strip():
                block.append(line)
            elif block:
                _add_block(assembly, block)
                block = []
        _add_block(assembly, block)
        return assembly.finish(title="", name=name)


def _add_block(assembly: Assembly, lines: list[str]) -> None:
    """One block between blank lines: a wrapped paragraph is joined, any other line stands for itself."""
    if _is_wrapped(lines):
        assembly.block(ElementKind.PARAGRAPH, joined_lines(lines))
        return
    for line in lines:
        chapter = _CHAPTER.match(line)
        if chapter:
            assembly.heading(line, 1 if chapter[1] in "卷部篇编" else 2)
        elif _LIST_START.match(line):
            assembly.block(ElementKind.LIST_ITEM, line)
        else:
            assembly.block(ElementKind.PARAGRAPH, line)


def _is_wrapped(lines: list[str]) -> bool:
    """Whether an editor broke these lines: all but the last about equally long, few ending with a sentence."""
    if len(lines) < _FEWEST_WRAPPED:
        return False
    full = [len(line.rstrip()) for line in lines[:-1]]
    widest = max(full)
    if not _WRAPPED_FROM <= widest <= _WRAPPED_TO or any(_LIST_START.match(line) for line in lines[1:]):
        return False
    long_enough = sum(length >= widest * 0.75 for length in full)
    ended = sum(bool(_SENTENCE_END.search(line.rstrip())) for line in lines[:-1])
    return long_enough >= 0.8 * len(full) and ended <= 0.5 * len(full)
