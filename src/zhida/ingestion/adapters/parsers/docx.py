"""Word's .docx: paragraphs, headings, lists and tables in the order of the body.

The package's XML is read part by part with the standard library: only the few parts that hold text are unpacked (never
media), the body streams through memory, tracked insertions and content controls count as text, deletions do not.
Office Open XML is ECMA-376; the names below are its element names.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from zhida.ingestion.adapters.parsers.docx_styles import ParagraphForm, Styles
from zhida.ingestion.adapters.parsers.docx_xml import XmlElement, child_of, local, number_of, value_of
from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.table_text import LONGEST_REPEATED, Cell, table_text
from zhida.ingestion.text_cleaning import one_line

_BODY_PART = re.compile(r"word/document\d*\.xml")
_SMALL_ENOUGH_BYTES = 20 * 1024 * 1024
"""XML packs well: the ratio says nothing about a package that unpacks to less than this."""
_DECLARATION_WITHIN = 65_536
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
    NotImplementedError,
    EOFError,
    OSError,
    LookupError,
    ValueError,
)
_SKIPPED = frozenset({"del", "moveFrom", "instrText", "delText", "pPr", "rPr", "Fallback", "sdtPr", "fldData"})
_TRANSPARENT = frozenset({"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "AlternateContent", "Choice"})


class DocxParser:
    """Reads application/vnd.openxmlformats-officedocument.wordprocessingml.document."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Blocks of the body, then footnotes; the title is the package's, else the title paragraph, else a heading.

        Raises:
            ParseError: not a package of Word, damaged, a bomb, no text, or too much.
        """
        try:
            with zipfile.ZipFile(path) as package:
                _refuse_bomb(package, limits)
                return _parse_package(package, name=name, limits=limits)
        except RecursionError as error:
            raise ParseError(RefusalReason.BROKEN) from error
        except RuntimeError as error:
            raise ParseError(RefusalReason.ENCRYPTED) from error
        except _DAMAGE as error:
            raise ParseError(RefusalReason.BROKEN) from error


def _refuse_bomb(package: zipfile.ZipFile, limits: ParseLimits) -> None:
    parts = package.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    bloated = unpacked > _SMALL_ENOUGH_BYTES and unpacked > limits.max_compression_ratio * packed
    if bloated or unpacked > limits.max_unpacked_bytes:
        raise ParseError(RefusalReason.DECOMPRESSION_BOMB)


def _parse_package(package: zipfile.ZipFile, *, name: str, limits: ParseLimits) -> ParsedDocument:
    names = package.namelist()
    body = next((part for part in names if _BODY_PART.fullmatch(part)), None)
    if body is None:
        raise ParseError(RefusalReason.BROKEN)
    styles = Styles(_part(package, "word/styles.xml"), _part(package, "word/numbering.xml"))
    walk = _Walk(Assembly(limits), styles)
    with _opened(package, body) as stream:
        for block in _body_blocks(stream):
            walk.take(block)
    for notes in ("word/footnotes.xml", "word/endnotes.xml"):
        walk.take_notes(_part(package, notes))
    core = _part(package, "docProps/core.xml")
    title = child_of(core, "title")
    stated = title.text or "" if title is not None else ""
    return walk.assembly.finish(title=one_line(stated) or walk.title or walk.first_heading, name=name)


def _opened(package: zipfile.ZipFile, part: str) -> IO[bytes]:
    """The part's stream, once it is sure that it declares no entities (Word never writes a declaration)."""
    with package.open(part) as stream:
        if b"<!DOCTYPE" in stream.read(_DECLARATION_WITHIN).replace(b"\x00", b""):
            raise ParseError(RefusalReason.BROKEN, "The file declares XML entities, which Word never does.")
    return package.open(part)


def _part(package: zipfile.ZipFile, part: str) -> XmlElement | None:
    if part not in package.namelist():
        return None
    with _opened(package, part) as stream:
        return ET.parse(stream).getroot()  # noqa: S314 - entities are refused in _opened


def _body_blocks(stream: IO[bytes]) -> Iterator[XmlElement]:
    """The body's children, each freed after use."""
    body: XmlElement | None = None
    depth = 0
    for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314 - as above
        if body is None:
            if event == "start" and local(element) == "body":
                body = element
            continue
        if event == "start":
            depth += 1
        elif element is body:
            body = None
        else:
            depth -= 1
            if depth == 0:
                yield element
                body.clear()


@dataclass(slots=True)
class _Found:
    """A paragraph's words, and the text boxes anchored in it."""

    parts: list[str]
    boxes: list[XmlElement]


class _Walk:
    """Turns blocks of WordprocessingML into elements."""

    def __init__(self, assembly: Assembly, styles: Styles) -> None:
        self.assembly = assembly
        self.title = ""
        self.first_heading = ""
        self._styles = styles

    def take(self, block: XmlElement) -> None:
        """A paragraph, a table, or a wrapper around some."""
        kind = local(block)
        if kind == "p":
            self._paragraph(block)
        elif kind == "tbl":
            self.assembly.block(ElementKind.TABLE, table_text(_rows(block)))
        elif kind in _TRANSPARENT:
            for child in block:
                self.take(child)

    def take_notes(self, root: XmlElement | None) -> None:
        """Footnotes or endnotes, one paragraph each; separators carry a type."""
        for note in root if root is not None else ():
            if value_of(note, "type") is None:
                self.assembly.block(ElementKind.PARAGRAPH, _cell_text(note))

    def _paragraph(self, paragraph: XmlElement) -> None:
        found = _Found([], [])
        _gather(paragraph, found)
        text = "".join(found.parts).strip()
        if text:
            self._say(text, self._styles.form_of(paragraph))
        for box in found.boxes:
            for child in box:
                self.take(child)

    def _say(self, text: str, form: ParagraphForm) -> None:
        if form.is_title:
            self.title = self.title or one_line(text)
        labelled = f"{form.label} {text}" if form.label else text
        if form.heading_level is not None:
            self.first_heading = self.first_heading or one_line(text)
            self.assembly.heading(labelled, form.heading_level)
        else:
            self.assembly.block(ElementKind.LIST_ITEM if form.label else ElementKind.PARAGRAPH, labelled)


def _gather(element: XmlElement, found: _Found) -> None:
    for child in element:
        kind = local(child)
        if kind == "t":
            found.parts.append(child.text or "")
        elif kind in {"tab", "ptab"}:
            found.parts.append("\t")
        elif kind in {"br", "cr"}:
            found.parts.append("\n")
        elif kind == "noBreakHyphen":
            found.parts.append("-")
        elif kind == "txbxContent":
            found.boxes.append(child)
        elif kind == "AlternateContent":
            choice = next((part for part in child if local(part) == "Choice"), None)
            _gather(choice if choice is not None else child, found)
        elif kind not in _SKIPPED:
            _gather(child, found)


def _rows(table: XmlElement) -> Iterator[list[Cell]]:
    """Rows of cells; a cell merged downwards is empty in the rows below, so its text is carried there."""
    above: dict[int, str] = {}
    for row in _inside(table, "tr"):
        cells: list[Cell] = []
        column = number_of(child_of(row, "trPr", "gridBefore")) or 0
        for cell in _inside(row, "tc"):
            properties = child_of(cell, "tcPr")
            span = number_of(child_of(properties, "gridSpan")) or 1
            merge = child_of(properties, "vMerge")
            text = _cell_text(cell)
            if merge is not None and value_of(merge) != "restart":
                text = text or above.get(column, "")
            if merge is None:
                above.pop(column, None)
            elif len(text) <= LONGEST_REPEATED:
                above[column] = text
            cells.append(Cell(text, span))
            column += span
        yield cells


def _inside(element: XmlElement, wanted: str) -> Iterator[XmlElement]:
    """Children of that name, also where a content control wraps them."""
    for child in element:
        kind = local(child)
        if kind == wanted:
            yield child
        elif kind in _TRANSPARENT:
            yield from _inside(child, wanted)


def _cell_text(cell: XmlElement) -> str:
    """Everything that a cell or note says, on one line, tables inside it too."""
    words: list[str] = []
    for child in cell:
        kind = local(child)
        if kind == "p":
            found = _Found([], [])
            _gather(child, found)
            words.append("".join(found.parts))
            words.extend(_cell_text(box) for box in found.boxes)
        elif kind == "tbl":
            words.extend(cell.text for row in _rows(child) for cell in row)
        elif kind in _TRANSPARENT:
            words.append(_cell_text(child))
    return one_line(" ".join(word for word in words if word))
