"""What kind of file is this? Answered from the content; the name only settles which kind of text a text is.

Called by the service before anything is stored, and by nobody else.
"""

import re
import zipfile
from enum import StrEnum
from pathlib import PurePath
from typing import BinaryIO

from zhida.ingestion.errors import ParseError, RefusalReason, UnsupportedTypeError
from zhida.ingestion.text_encoding import decode_sample


class MediaType(StrEnum):
    """The formats that have a parser."""

    TEXT = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"
    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


HEAD_BYTES = 65_536
"""How much of a file decides; enough for HTML that opens with a long comment or licence."""

_PDF_MARK_WITHIN = 1024
"""Readers accept junk before the mark within the first kilobyte (ISO 32000-1, annex H.3.4.1)."""

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"!<arch>\n", "a Unix archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"\xca\xfe\xba\xbe", "a program"),
    (0, b"\xcf\xfa\xed\xfe", "a program"),
    (0, b"\xce\xfa\xed\xfe", "a program"),
    (0, b"\x00asm", "a program"),
    (0, b"\x89PNG\r\n\x1a\n", "an image"),
    (0, b"\xff\xd8\xff", "an image"),
    (0, b"GIF87a", "an image"),
    (0, b"GIF89a", "an image"),
    (0, b"BM", "an image"),
    (0, b"II*\x00", "an image"),
    (0, b"MM\x00*", "an image"),
    (8, b"WEBP", "an image"),
    (8, b"WAVE", "a sound recording"),
    (8, b"AVI ", "a video"),
    (4, b"ftyp", "a video or an image"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"ID3", "a sound recording"),
    (0, b"OggS", "a sound recording"),
    (0, b"fLaC", "a sound recording"),
    (0, b"SQLite format 3\x00", "a database"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"%!PS", "a PostScript document"),
)

_BINARY_ONLY_PREFIXES = frozenset({b"BM", b"MZ", b"BZh", b"ID3", b"OggS", b"fLaC"})
"""Signatures of plain letters: they count only where the rest is not text ("BMW …" is no bitmap)."""

_OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_HTML_OPENING = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HTML_TAG = re.compile(
    r"</?(?:p|div|table|tr|td|h[1-6]|ul|ol|li|span|section|article|body|br|a|b|i|em|strong)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_MARKDOWN_HINTS = (
    re.compile(r"^#{1,6} \S", re.MULTILINE),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"^\s{0,3}[-*+] \S", re.MULTILINE),
    re.compile(r"\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)"),
    re.compile(r"^\|?\s{0,5}:?-{3,}:?\s{0,5}\|", re.MULTILINE),
    re.compile(r"\*\*[^*\s][^*\n]{0,200}\*\*"),
    re.compile(r"^> \S", re.MULTILINE),
)
_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mkd", ".mdown", ".mdx"})
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
_ANY_TEXT_SUFFIXES = frozenset({"", ".txt", ".text"})
_HINTS_FOR_MARKDOWN = 2
_TAGS_FOR_HTML = 3


def detect_media_type(file: BinaryIO, *, name: str) -> MediaType:
    """Which parser reads this file.

    Args:
        file: the content, open for reading in binary, seekable; left at its beginning.
        name: what the person called it; only settles which kind of text a text is.

    Raises:
        UnsupportedTypeError: archives, programs, images, other office formats, binary data.
        ParseError: empty, or an office file behind a password.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    try:
        return _detect(file, head, name)
    finally:
        file.seek(0)


def _detect(file: BinaryIO, head: bytes, name: str) -> MediaType:
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise ParseError(RefusalReason.EMPTY)
    if b"%PDF-" in head[:_PDF_MARK_WITHIN]:
        return MediaType.PDF
    if head.startswith(_ZIP_MARKS):
        return _zip_kind(file)
    if head.startswith(_OLE_MARK):
        raise _ole_refusal(file)
    _refuse_known_binary(head)
    text = decode_sample(head)
    if text is None:
        raise UnsupportedTypeError("binary data")
    return _text_kind(text, PurePath(name).suffix.lower())


def _zip_kind(file: BinaryIO) -> MediaType:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
        raise ParseError(RefusalReason.BROKEN) from None
    if "[Content_Types].xml" in names:
        if any(part.startswith("word/") for part in names):
            return MediaType.DOCX
        if any(part.startswith("ppt/") for part in names):
            raise UnsupportedTypeError("a presentation (.pptx)")
        if any(part.startswith("xl/") for part in names):
            raise UnsupportedTypeError("a spreadsheet (.xlsx)")
    if "META-INF/container.xml" in names:
        raise UnsupportedTypeError("an e-book (.epub)")
    if "mimetype" in names and "content.xml" in names:
        raise UnsupportedTypeError("an OpenDocument file")
    raise UnsupportedTypeError("a zip archive")


def _ole_refusal(file: BinaryIO) -> ParseError:
    """Word and Excel put a file with a password into an OLE container that holds one encrypted stream."""
    file.seek(0)
    content = file.read(4 * 1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in content:
        return ParseError(RefusalReason.ENCRYPTED)
    return UnsupportedTypeError("an old Office file (.doc, .xls, .ppt or .msg)")


def _refuse_known_binary(head: bytes) -> None:
    for offset, mark, found in _SIGNATURES:
        if head[offset : offset + len(mark)] != mark:
            continue
        if mark in _BINARY_ONLY_PREFIXES and b"\x00" not in head[:1024]:
            continue
        raise UnsupportedTypeError(found)


def _text_kind(text: str, suffix: str) -> MediaType:
    if _HTML_OPENING.match(_without_prologue(text)):
        return MediaType.HTML
    if suffix in _HTML_SUFFIXES and _HTML_TAG.search(text):
        return MediaType.HTML
    if suffix in _MARKDOWN_SUFFIXES:
        return MediaType.MARKDOWN
    if suffix not in _ANY_TEXT_SUFFIXES:
        return MediaType.TEXT
    if suffix == "" and text.lstrip().startswith("<") and len(_HTML_TAG.findall(text)) >= _TAGS_FOR_HTML:
        return MediaType.HTML
    hints = sum(bool(hint.search(text)) for hint in _MARKDOWN_HINTS)
    needed = _HINTS_FOR_MARKDOWN if suffix == "" else _HINTS_FOR_MARKDOWN + 1
    return MediaType.MARKDOWN if hints >= needed else MediaType.TEXT


def _without_prologue(text: str) -> str:
    """What follows white space, the XML declaration and opening comments; by hand, since a pattern would backtrack."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        closing = {"<?": "?>", "<!--": "-->"}.get("<?" if text.startswith("<?", at) else text[at : at + 4])
        end = -1 if closing is None else text.find(closing, at)
        if closing is None or end < 0:
            return text[at:]
        at = end + len(closing)
