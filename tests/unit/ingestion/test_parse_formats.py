"""What single formats make of their own oddities; what all parsers share stands in the contract suite."""

import importlib
from pathlib import Path

import pytest

from tests.data import documents
from zhida.ingestion.adapters.parsers import PARSERS
from zhida.ingestion.adapters.parsers.docx_numbering import numeral
from zhida.ingestion.elements import Element, ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.table_text import Cell, table_text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def parse(path: Path, media_type: MediaType, content: bytes | str) -> ParsedDocument:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    module, _, name = PARSERS[media_type].partition(":")
    return getattr(importlib.import_module(module), name)().parse(path, name="x", limits=ParseLimits())


def texts(document: ParsedDocument) -> list[str]:
    return [element.text for element in document.elements]


def kinds(document: ParsedDocument) -> list[tuple[str, str]]:
    return [(element.kind.value, element.text) for element in document.elements]


def test_wrapped_lines_of_a_text_join(path: Path) -> None:
    lines = ["An answer rests on evidence that stands in some", "document which a person can open and read at the"]
    document = parse(path, MediaType.TEXT, "\n".join([*lines, "place that is cited."]))
    assert texts(document) == [" ".join([*lines, "place that is cited."])]


def test_each_line_of_a_novel_is_a_paragraph(path: Path) -> None:
    document = parse(
        path, MediaType.TEXT, "第一回 甄士隐梦幻识通灵\n　　此开卷第一回也。\n　　作者自云。\n第二回 贾夫人\n却说。"
    )
    assert texts(document) == ["第一回 甄士隐梦幻识通灵", "此开卷第一回也。", "作者自云。", "第二回 贾夫人", "却说。"]
    assert document.elements[2].heading_path == ("第一回 甄士隐梦幻识通灵",)


def test_a_chapter_s_name_inside_a_sentence_is_no_heading(path: Path) -> None:
    document = parse(path, MediaType.TEXT, "第三章，我们已经讨论过了。")
    assert document.elements[0].kind is ElementKind.PARAGRAPH


def test_a_text_in_another_encoding_warns_of_lost_characters(path: Path) -> None:
    document = parse(path, MediaType.TEXT, "知达从文档中寻找答案。".encode() * 20 + b"\xff")
    assert document.warnings == ("Some characters could not be read.",)


def test_front_matter_gives_the_title_and_goes(path: Path) -> None:
    document = parse(path, MediaType.MARKDOWN, '---\ntitle: "指南"\ntags: a\n---\n# 别的\n\n正文')
    assert document.title == "指南"
    assert texts(document) == ["别的", "正文"]


def test_a_rule_at_the_top_is_no_front_matter(path: Path) -> None:
    assert texts(parse(path, MediaType.MARKDOWN, "---\nwords\n---\nmore")) == ["words", "more"]


def test_markdown_reads_as_its_words(path: Path) -> None:
    document = parse(
        path,
        MediaType.MARKDOWN,
        "**Bold** [link](http://a.example) ![picture](http://b.example/a.png) `code` &amp; <b>tag</b>\n\n"
        "<div>raw<script>x()</script></div>\n\n3. three\n4. four\n\n   more of four\n",
    )
    assert kinds(document) == [
        ("paragraph", "Bold link picture code & tag"),
        ("paragraph", "raw"),
        ("list_item", "3. three"),
        ("list_item", "4. four"),
        ("paragraph", "more of four"),
    ]


def test_a_page_s_invisible_parts_stay_out(path: Path) -> None:
    document = parse(
        path,
        MediaType.HTML,
        "<html><body><p style='display: none'>a</p><div hidden>b</div><noscript>c</noscript><template>d</template>"
        "<p aria-hidden=true>e</p><footer>f</footer><p>seen <b>wo</b>rd<br>next</p></body>",
    )
    assert texts(document) == ["seen word next"]


def test_merged_cells_are_said_in_each_row(path: Path) -> None:
    document = parse(
        path,
        MediaType.HTML,
        "<table><tr><th rowspan=2>A</th><th colspan=2>B</th></tr><tr><td>1</td><td>2</td></tr>"
        "<tr><td>x</td><td>y</td><td>z</td></tr></table>",
    )
    assert texts(document) == ["A | B | B\nA | 1 | 2\nx | y | z"]


def test_tables_that_arrange_a_page_are_read_as_blocks(path: Path) -> None:
    document = parse(path, MediaType.HTML, "<table><tr><td><h2>Head</h2><p>one</p></td><td>two</td></tr></table>")
    assert kinds(document) == [("heading", "Head"), ("paragraph", "one"), ("paragraph", "two")]


def test_ordered_lists_keep_their_numbers(path: Path) -> None:
    document = parse(path, MediaType.HTML, "<ol start=3><li>c<ul><li>inner</li></ul></li><li>d</li></ol>")
    assert texts(document) == ["3. c", "- inner", "4. d"]


def test_a_span_like_a_bait_does_not_grow_the_table() -> None:
    text = table_text([[Cell("x" * 50, columns=10**9, rows=10**9)], *([[]] * 3)])
    assert len(text) < 20_000


def test_insertions_count_and_deletions_do_not(path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    assert texts(parse(path, MediaType.DOCX, documents.word_package(body))) == ["kept added", "controlled"]


def test_headings_are_known_by_any_of_their_names(path: Path) -> None:
    styles = (
        '<w:style w:styleId="1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="a"><w:name w:val="标题 2"/></w:style>'
        '<w:style w:styleId="own"><w:basedOn w:val="a"/></w:style>'
    )
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{style}</w:t></w:r></w:p>'
        for style in ("1", "a", "own", "unknown")
    )
    body += '<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr><w:r><w:t>outlined</w:t></w:r></w:p>'
    elements = parse(path, MediaType.DOCX, documents.word_package(body, styles=styles)).elements
    assert [(element.text, element.level) for element in elements] == [
        ("1", 1),
        ("a", 2),
        ("own", 2),
        ("unknown", None),
        ("outlined", 3),
    ]


def numbered(element_texts: list[tuple[int, str]]) -> str:
    return "".join(
        f'<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="7"/></w:numPr></w:pPr>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p>"
        for level, text in element_texts
    )


def test_numbers_that_word_only_shows_are_said(path: Path) -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>'
        '<w:lvlText w:val="第%1条"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2)"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="7"><w:abstractNumId w:val="1"/></w:num>'
    )
    body = numbered([(0, "总则"), (1, "甲"), (1, "乙"), (0, "定义"), (1, "丙")])
    document = parse(path, MediaType.DOCX, documents.word_package(body, numbering=numbering))
    assert texts(document) == ["第一条 总则", "1) 甲", "2) 乙", "第二条 定义", "1) 丙"]


@pytest.mark.parametrize(
    ("count", "form", "text"),
    [
        (10, "chineseCounting", "十"),
        (21, "chineseCountingThousand", "二十一"),
        (105, "chineseCountingThousand", "一百零五"),
        (1010, "chineseCounting", "一千零一十"),
        (4, "upperRoman", "IV"),
        (28, "lowerLetter", "bb"),
        (3, "decimalEnclosedCircleChinese", "③"),
        (2, "ideographTraditional", "乙"),
        (7, "decimalZero", "07"),
        (7, "hebrew1", "7"),
    ],
)
def test_counts_are_written_as_word_writes_them(count: int, form: str, text: str) -> None:
    assert numeral(count, form) == text


def test_entities_in_a_word_file_are_refused(path: Path) -> None:
    bait = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document/>'
    content = documents.package({"[Content_Types].xml": "", "word/document.xml": bait})
    with pytest.raises(ParseError) as refused:
        parse(path, MediaType.DOCX, content)
    assert refused.value.reason is RefusalReason.BROKEN


def test_a_word_file_that_unpacks_to_too_much_is_a_bomb(path: Path) -> None:
    content = documents.package(
        {"[Content_Types].xml": "", "word/document.xml": "", "word/media/a.bin": bytes(30 * 1024 * 1024)}
    )
    with pytest.raises(ParseError) as refused:
        parse(path, MediaType.DOCX, content)
    assert refused.value.reason is RefusalReason.DECOMPRESSION_BOMB


def page_texts(elements: tuple[Element, ...], page: int) -> list[str]:
    return [element.text for element in elements if element.page == page]


def test_pdf_lines_become_paragraphs_and_running_lines_go(path: Path) -> None:
    pages = [
        [
            ("年度报告 2024", 9.0),
            ("", 60.0),
            (f"{number} 概述", 18.0),
            ("　　知达从您自己的文档中寻找答案，并且为每一个答案给出出处，它可以在一", 11.0),
            ("台普通的电脑上运行。", 11.0),
            ("　　第二段从这里开始。", 11.0),
            ("", 11.0),
            ("Retrieval combines a retriever with a gen-", 11.0),
            ("erator so that answers rest on evidence.", 11.0),
        ]
        for number in range(1, 5)
    ]
    elements = parse(path, MediaType.PDF, documents.pdf(pages)).elements
    assert page_texts(elements, 2) == [
        "2 概述",
        "知达从您自己的文档中寻找答案，并且为每一个答案给出出处，它可以在一台普通的电脑上运行。",
        "第二段从这里开始。",
        "Retrieval combines a retriever with a generator so that answers rest on evidence.",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (documents.pdf([[("secret", 11.0)]], password="p"), RefusalReason.ENCRYPTED),
        (documents.pdf([[], []]), RefusalReason.NO_TEXT),
        (b"%PDF-1.7\nnonsense", RefusalReason.BROKEN),
    ],
)
def test_pdfs_that_cannot_be_read_say_why(path: Path, content: bytes, reason: RefusalReason) -> None:
    with pytest.raises(ParseError) as refused:
        parse(path, MediaType.PDF, content)
    assert refused.value.reason is reason
