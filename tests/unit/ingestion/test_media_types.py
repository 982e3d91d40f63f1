"""Detection: what a file is, told by its content."""

import gzip
import io
import tarfile
from io import BytesIO

import pytest

from tests.data import documents
from zhida.ingestion.errors import ParseError, RefusalReason, UnsupportedTypeError
from zhida.ingestion.media_types import MediaType, detect_media_type


def detected(content: bytes, name: str = "") -> MediaType:
    return detect_media_type(BytesIO(content), name=name)


def refused(content: bytes, name: str = "") -> ParseError:
    with pytest.raises(ParseError) as error:
        detected(content, name)
    return error.value


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"%PDF-1.7 ...", "report.docx", MediaType.PDF),
        (b"\x00junk\n%PDF-1.4", "a.pdf", MediaType.PDF),
        (documents.word_package("<w:p/>"), "a.zip", MediaType.DOCX),
        ("你好".encode("gb18030"), "a.pdf", MediaType.TEXT),
        ("專案概況".encode("big5"), "", MediaType.TEXT),
        ("你好".encode("utf-16"), "a.txt", MediaType.TEXT),
        (b"name,age\nAnn,3\n", "people.csv", MediaType.TEXT),
        (b"# no heading in Python\nx = 1  # **not** bold\n", "a.py", MediaType.TEXT),
        (b"BMW builds cars.", "a.txt", MediaType.TEXT),
        (b"MZ is a title of nobility", "", MediaType.TEXT),
        (b"# Title\n\nwords", "a.md", MediaType.MARKDOWN),
        (b"# Title\n\n- one\n\n[a](http://a.example)\n", "", MediaType.MARKDOWN),
        (b"1 # one\nplain words", "a.txt", MediaType.TEXT),
        (b"<div align=center>\n\n# Title\n</div>", "README.md", MediaType.MARKDOWN),
        (b"<!DOCTYPE html><p>x", "a.txt", MediaType.HTML),
        (b"<?xml version='1.0'?>\n<!-- licence\n-->\n<html><body>x", "a.md", MediaType.HTML),
        (b"<p>no document type", "a.html", MediaType.HTML),
        (b"<div><p>one</p><p>two</p></div>", "", MediaType.HTML),
        (b"only words", "a.html", MediaType.TEXT),
    ],
)
def test_the_content_decides_and_the_name_only_among_texts(content: bytes, name: str, expected: MediaType) -> None:
    assert detected(content, name) is expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(b"a"), id="gzip"),
        pytest.param(tar(), id="tar"),
        pytest.param(documents.package({"a.txt": "a"}), id="zip"),
        pytest.param(documents.package({"[Content_Types].xml": "", "ppt/presentation.xml": ""}), id="pptx"),
        pytest.param(documents.package({"[Content_Types].xml": "", "xl/workbook.xml": ""}), id="xlsx"),
        pytest.param(documents.package({"META-INF/container.xml": ""}), id="epub"),
        pytest.param(b"\x7fELF\x02\x01\x01", id="program"),
        pytest.param(b"MZ\x90\x00\x03\x00\x00\x00", id="windows program"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", id="jpeg"),
        pytest.param(b"BM\x9a\x00\x00\x00\x00\x00", id="bitmap"),
        pytest.param(b"{\\rtf1\\ansi hello}", id="rtf"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), id="old office"),
        pytest.param(bytes(range(256)) * 20, id="noise"),
    ],
)
def test_what_no_parser_reads_is_refused_with_a_sentence(content: bytes) -> None:
    error = refused(content, "harmless.txt")
    assert isinstance(error, UnsupportedTypeError)
    assert error.reason is RefusalReason.UNSUPPORTED_TYPE
    assert "cannot be read" in error.message
    assert "Supported" in error.advice


def test_office_files_behind_a_password_are_told_apart() -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert refused(content).reason is RefusalReason.ENCRYPTED


@pytest.mark.parametrize("content", [b"", b"   \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", bytes(100)])
def test_nothing_is_empty(content: bytes) -> None:
    assert refused(content).reason is RefusalReason.EMPTY


def test_a_damaged_zip_is_broken() -> None:
    assert refused(documents.handbook_docx()[:2000]).reason is RefusalReason.BROKEN


def test_the_file_is_left_at_its_beginning() -> None:
    file = BytesIO(b"some words")
    detect_media_type(file, name="")
    assert file.tell() == 0


def test_a_long_row_of_comments_is_skipped_in_one_pass() -> None:
    assert detected(b"<!-- a -->" * 5000 + b"<html>", "a.txt") is MediaType.HTML
    assert detected(b"<!-- a -->" * 5000 + b"words", "a.txt") is MediaType.TEXT
