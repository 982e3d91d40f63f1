"""Markdown by markdown-it-py: headings, lists, tables and code kept; raw HTML reduced to its text."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from selectolax.lexbor import LexborHTMLParser

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.table_text import CELL_SEPARATOR
from zhida.ingestion.text_encoding import decode_text

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?(.{1,200}?)[\"']?[ \t]*$", re.MULTILINE)
_FRONT_FIELD = re.compile(r"^[\w-]{1,60}:", re.MULTILINE)


class MarkdownParser:
    """Reads text/markdown (CommonMark with GitHub's tables and strike-through)."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Blocks in order; the title is the front matter's, else the first heading of level 1.

        Raises:
            ParseError: no text, or too much.
        """
        text = decode_text(path.read_bytes()).text.lstrip("\ufeff").replace("\r\n", "\n").replace("\x00", "")
        title, text = _without_front_matter(text)
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
        walk = _Walk(Assembly(limits))
        for token in tokens:
            walk.take(token)
        return walk.assembly.finish(title=title or walk.first_title, name=name)


def _without_front_matter(text: str) -> tuple[str, str]:
    found = _FRONT_MATTER.match(text)
    if found is None or not _FRONT_FIELD.search(found[1]):
        return "", text
    title = _FRONT_TITLE.search(found[1])
    return (title[1].strip() if title else ""), text[found.end() :]


class _Walk:
    """Turns the flat stream of tokens into elements."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.first_title = ""
        self._list_marks: list[int | None] = []
        self._item_begins = False
        self._heading_level = 0
        self._rows: list[list[str]] | None = None

    def take(self, token: Token) -> None:
        """One token."""
        match token.type:
            case "heading_open":
                self._heading_level = int(token.tag[1:])
            case "fence" | "code_block":
                self.assembly.block(ElementKind.CODE, token.content)
            case "html_block":
                self._html(token.content)
            case "inline":
                self._inline(inline_text(token.children or ()))
            case kind:
                self._edge(kind, token)

    def _edge(self, kind: str, token: Token) -> None:
        """A list, an item, a table or a row begins or ends."""
        match kind:
            case "bullet_list_open":
                self._list_marks.append(None)
            case "ordered_list_open":
                self._list_marks.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._list_marks.pop()
            case "list_item_open":
                self._item_begins = True
            case "table_open":
                self._rows = []
            case "tr_open" if self._rows is not None:
                self._rows.append([])
            case "table_close":
                self._end_table()
            case _:
                pass

    def _inline(self, text: str) -> None:
        if self._rows is not None:
            if self._rows:
                self._rows[-1].append(" ".join(text.split()))
        elif self._heading_level:
            if self._heading_level == 1 and not self.first_title:
                self.first_title = text
            self.assembly.heading(text, self._heading_level)
            self._heading_level = 0
        elif self._list_marks:
            self._list_item(text)
        else:
            self.assembly.block(ElementKind.PARAGRAPH, text)

    def _list_item(self, text: str) -> None:
        mark = self._list_marks[-1]
        if not self._item_begins:
            self.assembly.block(ElementKind.PARAGRAPH, text)
            return
        self._item_begins = False
        if mark is None:
            self.assembly.block(ElementKind.LIST_ITEM, f"- {text}")
        else:
            self._list_marks[-1] = mark + 1
            self.assembly.block(ElementKind.LIST_ITEM, f"{mark}. {text}")

    def _end_table(self) -> None:
        rows = self._rows or []
        self._rows = None
        self.assembly.block(ElementKind.TABLE, "\n".join(CELL_SEPARATOR.join(row) for row in rows if any(row)))

    def _html(self, content: str) -> None:
        tree = LexborHTMLParser(content)
        tree.strip_tags(["script", "style", "template"])
        body = tree.body
        if body is not None:
            self.assembly.block(ElementKind.PARAGRAPH, " ".join(body.text(separator=" ").split()))


def inline_text(children: Sequence[Token]) -> str:
    """The words of an inline token: links and images by their text, line breaks as blanks, tags dropped."""
    parts: list[str] = []
    for child in children:
        if child.type in {"text", "code_inline"}:
            parts.append(child.content)
        elif child.type == "image":
            parts.append(inline_text(child.children or ()))
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak" or (child.type == "html_inline" and child.content.lower().startswith("<br")):
            parts.append("\n")
    return "".join(parts)
