"""The assembly of elements: paths, ranges, limits, language."""

import pytest

from zhida.ids import Language
from zhida.ingestion.assembly import Assembly
from zhida.ingestion.chunking import document_text
from zhida.ingestion.elements import ElementKind
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.ports import ParseLimits


def test_a_heading_closes_the_deeper_ones() -> None:
    assembly = Assembly(ParseLimits())
    assembly.heading("one", 1)
    assembly.heading("one a", 2)
    assembly.block(ElementKind.PARAGRAPH, "words")
    assembly.heading("two", 1)
    paths = [element.heading_path for element in assembly.finish(title="", name="x").elements]
    assert paths == [("one",), ("one", "one a"), ("one", "one a"), ("two",)]


def test_a_heading_may_skip_levels() -> None:
    assembly = Assembly(ParseLimits())
    assembly.heading("deep", 9)
    assembly.heading("top", 1)
    elements = assembly.finish(title="", name="x").elements
    assert [element.level for element in elements] == [6, 1]
    assert elements[1].heading_path == ("top",)


def test_a_very_long_heading_is_a_paragraph() -> None:
    assembly = Assembly(ParseLimits())
    assembly.heading("long " * 100, 1)
    assert assembly.finish(title="", name="x").elements[0].kind is ElementKind.PARAGRAPH


def test_a_very_long_block_is_split_at_a_sentence() -> None:
    assembly = Assembly(ParseLimits())
    assembly.block(ElementKind.PARAGRAPH, "这是一句话。" * 5000)
    document = assembly.finish(title="", name="x")
    assert len(document.elements) > 1
    assert all(element.text.endswith("。") for element in document.elements)
    assert document_text(document).replace("\n", "") == "这是一句话。" * 5000


def test_blank_blocks_leave_no_trace() -> None:
    assembly = Assembly(ParseLimits())
    assembly.block(ElementKind.PARAGRAPH, " \x00\n")
    assembly.heading(" ", 1)
    with pytest.raises(ParseError) as refused:
        assembly.finish(title="t", name="x")
    assert refused.value.reason is RefusalReason.NO_TEXT


def test_code_keeps_its_indentation() -> None:
    assembly = Assembly(ParseLimits())
    assembly.block(ElementKind.CODE, "\n  if a:\n    b\n")
    assert assembly.finish(title="", name="x").elements[0].text == "  if a:\n    b"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("知达从文档中寻找答案，用 Python 写成。", Language.CHINESE),
        ("Answers rest on evidence, as 证据 says.", Language.ENGLISH),
        ("これはテストです。東京", Language.OTHER),
        ("Привет, как дела", Language.OTHER),
        ("12345", Language.OTHER),
    ],
)
def test_the_language_of_most_words_wins(text: str, language: Language) -> None:
    assembly = Assembly(ParseLimits())
    assembly.block(ElementKind.PARAGRAPH, text)
    assert assembly.finish(title="", name="x").language is language


@pytest.mark.parametrize(
    ("stated", "name", "title"),
    [("  A \n title ", "f.txt", "A title"), ("", "folder/报告.txt", "报告"), ("", ".txt", ".txt")],
)
def test_the_title_falls_back_on_the_name(stated: str, name: str, title: str) -> None:
    assembly = Assembly(ParseLimits())
    assembly.block(ElementKind.PARAGRAPH, "words")
    assert assembly.finish(title=stated, name=name).title == title
