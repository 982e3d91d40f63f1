"""What every ``Parser`` promises, whatever the format."""

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest

from tests.data import documents
from zhida.ids import Language
from zhida.ingestion.adapters.parsers import PARSERS
from zhida.ingestion.chunking import document_text
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.media_types import MediaType, detect_media_type
from zhida.ingestion.ports import ParseLimits, Parser

LIMITS = ParseLimits()


@dataclass(frozen=True)
class Format:
    """A format under test: its handbook, and what its parser can know."""

    media_type: MediaType
    suffix: str
    handbook: Callable[[], bytes]
    knows_title: bool = True
    knows_structure: bool = True
    has_pages: bool = False


FORMATS = [
    Format(MediaType.TEXT, ".txt", documents.handbook_text, knows_title=False, knows_structure=False),
    Format(MediaType.MARKDOWN, ".md", documents.handbook_markdown),
    Format(MediaType.HTML, ".html", documents.handbook_html),
    Format(MediaType.DOCX, ".docx", documents.handbook_docx),
    Format(MediaType.PDF, ".pdf", documents.handbook_pdf, knows_structure=False, has_pages=True),
]


@pytest.fixture(params=FORMATS, ids=lambda form: form.suffix)
def form(request: pytest.FixtureRequest) -> Format:
    return request.param


def load(media_type: MediaType) -> Parser:
    module, _, name = PARSERS[media_type].partition(":")
    return getattr(importlib.import_module(module), name)()


def parse(form: Format, folder: Path, content: bytes | None = None, limits: ParseLimits = LIMITS) -> ParsedDocument:
    path = folder / f"file{form.suffix}"
    path.write_bytes(form.handbook() if content is None else content)
    return load(form.media_type).parse(path, name=f"名称{form.suffix}", limits=limits)


def test_every_media_type_has_a_parser() -> None:
    assert set(PARSERS) == set(MediaType) == {form.media_type for form in FORMATS}


def test_the_format_is_told_by_its_content(form: Format) -> None:
    assert detect_media_type(BytesIO(form.handbook()), name=f"a{form.suffix}") is form.media_type


def test_all_words_come_out_in_order(form: Format, tmp_path: Path) -> None:
    text = document_text(parse(form, tmp_path))
    places = [text.index(words) for _, words in documents.HANDBOOK]
    assert places == sorted(places)


def test_ranges_cut_the_document_s_text_into_the_elements(form: Format, tmp_path: Path) -> None:
    document = parse(form, tmp_path)
    text = document_text(document)
    assert [text[element.start : element.end] for element in document.elements] == [
        element.text for element in document.elements
    ]


def test_headings_stand_above_what_follows_them(form: Format, tmp_path: Path) -> None:
    document = parse(form, tmp_path)
    claim = next(element for element in document.elements if "三十天" in element.text)
    assert claim.heading_path[-1] == "第二章 报销"
    heading = next(element for element in document.elements if element.text == "第二章 报销")
    assert heading.kind is ElementKind.HEADING
    assert heading.level is not None
    assert heading.heading_path == claim.heading_path


@pytest.mark.parametrize("form", [form for form in FORMATS if form.knows_structure], ids=lambda form: form.suffix)
def test_lists_and_tables_keep_their_form(form: Format, tmp_path: Path) -> None:
    elements = parse(form, tmp_path).elements
    assert [element.text for element in elements if element.kind is ElementKind.LIST_ITEM] == ["- 交通", "- 住宿"]
    assert [element.text for element in elements if element.kind is ElementKind.TABLE] == ["城市 | 上限\n北京 | 500"]


def test_the_title_is_the_content_s_or_else_the_file_s_name(form: Format, tmp_path: Path) -> None:
    assert parse(form, tmp_path).title == (documents.HANDBOOK_TITLE if form.knows_title else "名称")


def test_the_language_is_told(form: Format, tmp_path: Path) -> None:
    assert parse(form, tmp_path).language is Language.CHINESE


def test_pages_are_counted_where_the_format_has_them(form: Format, tmp_path: Path) -> None:
    document = parse(form, tmp_path)
    assert document.page_count == (2 if form.has_pages else None)
    assert document.elements[0].page == (1 if form.has_pages else None)
    assert document.elements[-1].page == (2 if form.has_pages else None)


def test_the_same_bytes_give_the_same_document(form: Format, tmp_path: Path) -> None:
    content = form.handbook()
    assert parse(form, tmp_path, content) == parse(form, tmp_path, content)


def test_too_much_text_is_refused(form: Format, tmp_path: Path) -> None:
    with pytest.raises(ParseError) as refused:
        parse(form, tmp_path, limits=replace(LIMITS, max_text_characters=40))
    assert refused.value.reason is RefusalReason.TOO_MUCH_TEXT


def test_too_many_elements_are_refused(form: Format, tmp_path: Path) -> None:
    with pytest.raises(ParseError) as refused:
        parse(form, tmp_path, limits=replace(LIMITS, max_elements=2))
    assert refused.value.reason is RefusalReason.TOO_MUCH_TEXT


def test_damaged_files_are_refused_or_read_but_never_surprise(form: Format, tmp_path: Path) -> None:
    content = form.handbook()
    chance = random.Random(form.suffix)
    for _ in range(40):
        damaged = bytearray(content[: chance.randrange(1, len(content))])
        for _ in range(chance.randrange(8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            document = parse(form, tmp_path, bytes(damaged))
        except ParseError:
            continue
        text = document_text(document)
        assert not any(character < " " and character not in "\t\n" for character in text)
        assert text.encode().decode() == text
