"""HTML by selectolax (lexbor): what a reader of the page would read, in order, with headings, lists, tables and code."""

from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.text_cleaning import one_line
from zhida.ingestion.text_encoding import decode_text

_DROPPED = frozenset(
    "script style noscript template svg math-annotation nav footer head iframe object embed audio video canvas "
    "select button input textarea dialog".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure form header "
    "hgroup hr html legend li main menu ol p section summary ul".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLES = ("display:none", "visibility:hidden")


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
    """Every node on entering and leaving, without recursion: pages nest deeper than Python's stack."""
    node: LexborNode | None = root
    leaving = False
    while node is not None:
        yield node, leaving
        child = None if leaving or _is_dropped(node) or _is_whole(node) else _first_child(node)
        if child is not None:
            node, leaving = child, False
            continue
        if not leaving:
            yield node, True
        if node.mem_id == root.mem_id:
            return
        following = node.next
        node, leaving = (following, False) if following is not None else (node.parent, True)


def _first_child(node: LexborNode) -> LexborNode | None:
    return node.child


def _is_whole(node: LexborNode) -> bool:
    return node.tag in {"table", "pre"}


def _is_dropped(node: LexborNode) -> bool:
    tag = node.tag or ""
    if tag in _DROPPED or tag in {"-comment", "_comment", "!--"}:
        return True
    if tag == "-text":
        return False
    attributes = node.attributes
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
        if tag == "-text":
            if not leaving:
                self._inline.append(node.text_content or "")
        elif _is_dropped(node):
            return
        elif tag == "br":
            self._inline.append("\n")
        elif tag in _HEADINGS:
            self._heading(_HEADINGS[tag], leaving=leaving)
        elif tag == "table":
            if not leaving:
                self.flush()
                self._table(node)
        elif tag == "pre":
            if not leaving:
                self.flush()
                self.assembly.block(ElementKind.CODE, node.text())
        elif tag in _BLOCKS:
            self._edge(tag, node, leaving=leaving)

    def flush(self) -> None:
        """End the paragraph that was gathered."""
        lines = [one_line(line) for line in "".join(self._inline).replace("\r", "").split("\n")] if self._inline else []
        self._inline.clear()
        text = " ".join(line for line in lines if line)
        if not text:
            return
        if self._item_mark:
            self.assembly.block(ElementKind.LIST_ITEM, f"{self._item_mark} {text}")
            self._item_mark = ""
        else:
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
        if tag in {"ul", "ol", "menu"}:
            if leaving:
                if self._lists:
                    self._lists.pop()
            else:
                self._lists.append(_start_of(node) if tag == "ol" else None)
        elif tag == "li":
            self._item_mark = "" if leaving else self._next_mark()

    def _next_mark(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "-"
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{number}."

    def _table(self, table: LexborNode) -> None:
        rows: list[str] = []
        for row in table.css("tr"):
            cells = [one_line(cell.text(separator=" ")) for cell in row.css("td, th")]
            if any(cells):
                rows.append(" | ".join(cells))
        self.assembly.block(ElementKind.TABLE, "\n".join(rows))


def _start_of(node: LexborNode) -> int:
    start = node.attributes.get("start") or "1"
    return int(start) if start.isdigit() and len(start) < 10 else 1  # noqa: PLR2004 - a number, not a bait
