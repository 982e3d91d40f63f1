"""HTML by selectolax (lexbor): what a reader of the page would read, in order, with headings, lists, tables, code."""

from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.table_text import Cell, table_text
from zhida.ingestion.text_cleaning import one_line
from zhida.ingestion.text_encoding import decode_text

_TEXT = "-text"
_DROPPED = frozenset(
    {"-comment", "audio", "button", "canvas", "dialog", "embed", "footer", "head", "iframe", "input", "nav", "noscript"}
    | {"object", "script", "select", "style", "svg", "template", "textarea", "video"}
)
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "form", "header", "hgroup", "hr", "legend", "li", "main", "menu", "ol", "p"}
    | {"section", "summary", "td", "th", "tr", "ul"}
)
_LISTS = frozenset({"ul", "ol", "menu"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLES = ("display:none", "visibility:hidden")
_LONGEST_NUMBER = 9


class HtmlParser:
    """Reads text/html."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Visible text only; the title is the page's, else its first heading of level 1.

        Raises:
            ParseError: no text, or too much.
        """
        tree = LexborHTMLParser(decode_text(path.read_bytes()).text.lstrip("\ufeff"))
        walk = _Walk(Assembly(limits))
        root = tree.body
        if root is not None:
            for node, leaving in _steps(root):
                walk.take(node, leaving=leaving)
            walk.flush()
        title = tree.css_first("head title")
        stated = one_line(title.text()) if title is not None else ""
        return walk.assembly.finish(title=stated or walk.first_title, name=name)


def _steps(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every shown node, on entering and on leaving it; without recursion, since pages nest deeper than Python's stack.

    Tables of data and preformatted text are given whole: once, on entering.
    """
    node: LexborNode | None = root
    leaving = False
    while node is not None:
        shown = not _is_hidden(node)
        if shown:
            yield node, leaving
        enters = shown and not leaving and not _is_whole(node)
        child = node.child if enters else None
        if child is not None:
            node = child
            continue
        if enters:
            yield node, True
        if node.mem_id == root.mem_id:
            return
        following = node.next
        node, leaving = (following, False) if following is not None else (node.parent, True)


def _is_whole(node: LexborNode) -> bool:
    return node.tag == "pre" or (node.tag == "table" and not _is_layout(node))


def _is_layout(table: LexborNode) -> bool:
    """Whether the table only arranges the page: it holds other tables or headings."""
    return (
        table.attributes.get("role") == "presentation" or table.css_first("td table, th table, h1, h2, h3") is not None
    )


def _is_hidden(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag == _TEXT:
        return False
    if tag in _DROPPED:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return any(hidden in style for hidden in _HIDDEN_STYLES)


class _Walk:
    """Gathers inline text until a block begins or ends."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.first_title = ""
        self._inline: list[str] = []
        self._item_mark = ""
        self._lists: list[int | None] = []

    def take(self, node: LexborNode, *, leaving: bool) -> None:
        """One step of the walk."""
        tag = node.tag or ""
        if tag in _HEADINGS:
            self._heading(_HEADINGS[tag], leaving=leaving)
        elif tag in _BLOCKS or tag == "table":
            self._edge(tag, node, leaving=leaving)
        elif leaving:
            return
        elif tag == _TEXT:
            self._inline.append(node.text_content or "")
        elif tag == "br":
            self._inline.append("\n")
        elif tag == "img":
            self._inline.append(f" {node.attributes.get('alt') or ''} ")
        elif tag == "pre":
            self.flush()
            self.assembly.block(ElementKind.CODE, node.text())

    def flush(self) -> None:
        """End the paragraph that was gathered."""
        text = one_line("".join(self._inline))
        self._inline.clear()
        if text and self._item_mark:
            self.assembly.block(ElementKind.LIST_ITEM, f"{self._item_mark} {text}")
            self._item_mark = ""
        elif text:
            self.assembly.block(ElementKind.PARAGRAPH, text)

    def _heading(self, level: int, *, leaving: bool) -> None:
        if not leaving:
            self.flush()
            return
        text = one_line("".join(self._inline))
        self._inline.clear()
        if level == 1 and not self.first_title:
            self.first_title = text
        self.assembly.heading(text, level)

    def _edge(self, tag: str, node: LexborNode, *, leaving: bool) -> None:
        self.flush()
        if tag in _LISTS:
            if leaving:
                self._lists.pop()
            else:
                self._lists.append(_number(node, "start") if tag == "ol" else None)
        elif tag == "li":
            self._item_mark = "" if leaving else self._next_mark()
        elif tag == "table" and _is_whole(node):
            self.assembly.block(ElementKind.TABLE, table_text(_rows(node)))

    def _next_mark(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "-"
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{number}."


def _rows(table: LexborNode) -> Iterator[list[Cell]]:
    for row in table.css("tr"):
        yield [
            Cell(_cell_text(cell), _number(cell, "colspan"), _number(cell, "rowspan"))
            for cell in row.iter()
            if cell.tag in {"td", "th"}
        ]


def _cell_text(cell: LexborNode) -> str:
    """The cell on one line; blanks only where a block or a line ends, so that no word falls apart."""
    parts: list[str] = []
    for node, leaving in _steps(cell):
        if node.tag == _TEXT:
            parts.append("" if leaving else node.text_content or "")
        elif node.tag == "img":
            parts.append(f" {node.attributes.get('alt') or ''} ")
        elif node.tag in _BLOCKS or node.tag in {"br", "pre", "table"} or node.tag in _HEADINGS:
            parts.append(f" {node.text()} " if node.tag == "pre" else " ")
    return one_line("".join(parts))


def _number(node: LexborNode, attribute: str) -> int:
    """A count that a page states; 1 where it states none, or nonsense."""
    stated = node.attributes.get(attribute) or ""
    return int(stated) if stated.isdecimal() and len(stated) <= _LONGEST_NUMBER else 1
