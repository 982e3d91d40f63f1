"""Chunking: what holds for every document, and what a reader would expect of some."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.ingestion.assembly import Assembly
from zhida.ingestion.chunking import ChunkSettings, chunk, document_text
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.sentences import sentence_spans
from zhida.ingestion.units import count_units

LETTERS = "中文字符。！？，abc def. Ghi!? \n\t；…“”()-一 A1,"
BLOCKS = st.tuples(
    st.sampled_from(list(ElementKind)), st.text(alphabet=LETTERS, min_size=1, max_size=200), st.integers(1, 6)
)


def document(*blocks: tuple[ElementKind, str, int], title: str = "手册", page: int | None = None) -> ParsedDocument:
    assembly = Assembly(ParseLimits())
    for kind, text, level in blocks:
        if kind is ElementKind.HEADING:
            assembly.heading(text, level, page=page)
        else:
            assembly.block(kind, text, page=page)
    return assembly.finish(title=title, name="x")


def heading(text: str, level: int = 1) -> tuple[ElementKind, str, int]:
    return ElementKind.HEADING, text, level


def paragraph(text: str) -> tuple[ElementKind, str, int]:
    return ElementKind.PARAGRAPH, text, 0


@given(st.lists(BLOCKS, min_size=1, max_size=20), st.integers(1, 60), st.integers(0, 40))
def test_chunks_are_exact_stretches_within_the_limit_that_leave_nothing_out(
    blocks: list[tuple[ElementKind, str, int]], size: int, overlap: int
) -> None:
    try:
        parsed = document(*blocks)
    except ParseError:
        return
    text = document_text(parsed)
    covered: set[int] = set()
    reached = -1
    for piece in chunk(parsed, ChunkSettings(size=size, overlap=overlap)):
        place = piece.location
        assert piece.text == text[place.start : place.end] == piece.text.strip()
        assert count_units(piece.text) <= size
        assert place.end > reached
        assert parsed.elements[place.element].start <= place.start
        assert place.end <= parsed.elements[place.last_element].end
        reached = place.end
        covered.update(range(place.start, place.end))
    assert all(character.isspace() or place in covered for place, character in enumerate(text))


def test_a_chunk_does_not_cross_into_another_chapter() -> None:
    parsed = document(
        heading("第一章"), paragraph("休假的规定如下。" * 20), heading("第二章"), paragraph("报销的规定如下。" * 20)
    )
    chunks = chunk(parsed, ChunkSettings(size=200, overlap=20))
    assert [piece.title for piece in chunks] == ["手册 › 第一章", "手册 › 第二章"]


def test_small_neighbours_under_one_heading_are_merged() -> None:
    parsed = document(
        heading("休假"), *(block for n in range(4) for block in (heading(f"{n} 条", 2), paragraph("短。")))
    )
    chunks = chunk(parsed, ChunkSettings(size=100, overlap=0))
    assert len(chunks) == 1
    assert chunks[0].location.heading_path == ("休假",)


def test_sections_that_can_stand_alone_do() -> None:
    parsed = document(heading("一"), paragraph("够长的一段话。" * 5), heading("二"), paragraph("够长的一段话。" * 5))
    assert [piece.title for piece in chunk(parsed, ChunkSettings(size=100, overlap=0))] == ["手册 › 一", "手册 › 二"]


def test_small_chapters_of_different_parents_stay_apart() -> None:
    parsed = document(
        heading("甲"), heading("甲一", 2), paragraph("短句。"), heading("乙"), heading("乙一", 2), paragraph("短句。")
    )
    assert [piece.title for piece in chunk(parsed, ChunkSettings())] == ["手册 › 甲 › 甲一", "手册 › 乙 › 乙一"]


def test_a_heading_never_ends_a_chunk_that_could_go_on() -> None:
    parsed = document(paragraph("前言。" * 40), heading("正文", 3), paragraph("内容。" * 60))
    for piece in chunk(parsed, ChunkSettings(size=100, overlap=0, split_level=2)):
        assert not piece.text.endswith("正文")


def test_neighbours_share_whole_sentences() -> None:
    sentences = [f"第{number}句话说的是不同的事情。" for number in range(60)]
    chunks = chunk(document(paragraph("".join(sentences))), ChunkSettings(size=100, overlap=30))
    for before, after in pairwise(chunks):
        assert after.location.start < before.location.end
        shared = before.text[after.location.start - before.location.start :]
        assert shared.startswith("第")
        assert shared.endswith("。")
        assert count_units(shared) <= 30


def test_the_parts_of_a_long_section_are_about_equally_long() -> None:
    sentences = [f"第{number}句话说的是不同的事情。" for number in range(60)]
    sizes = [
        count_units(piece.text) for piece in chunk(document(paragraph("".join(sentences))), ChunkSettings(size=200))
    ]
    assert min(sizes) >= 0.7 * max(sizes)


@pytest.mark.parametrize("kind", [ElementKind.TABLE, ElementKind.CODE])
def test_what_fits_is_not_torn_apart(kind: ElementKind) -> None:
    rows = "\n".join(f"城市 {number} | 上限 {number}" for number in range(12))
    parsed = document(paragraph("前面的一段话。" * 12), (kind, rows, 0), paragraph("后面的一段话。" * 12))
    assert any(rows in piece.text for piece in chunk(parsed, ChunkSettings(size=100, overlap=10)))


def test_a_large_table_is_cut_between_rows() -> None:
    rows = [f"城市 {number} | 上限 {number}" for number in range(200)]
    chunks = chunk(document((ElementKind.TABLE, "\n".join(rows), 0)), ChunkSettings(size=60, overlap=0))
    assert [row for piece in chunks for row in piece.text.split("\n")] == rows


def test_the_title_names_the_document_once() -> None:
    parsed = document(heading("手册"), heading("休假", 2), paragraph("十五天。"), title="手册")
    assert chunk(parsed, ChunkSettings())[0].title == "手册 › 休假"


def test_pages_reach_from_first_to_last() -> None:
    assembly = Assembly(ParseLimits())
    for page in (3, 4, 5):
        assembly.block(ElementKind.PARAGRAPH, "一句话。", page=page)
    location = chunk(assembly.finish(title="", name="x", page_count=5), ChunkSettings())[0].location
    assert (location.page, location.last_page) == (3, 5)


@pytest.mark.parametrize("text", ["a" * 100_000, "，" * 100_000, "字" * 100_000, "a " * 50_000, "…\n" * 50_000])
def test_text_without_sentences_is_still_cut(text: str) -> None:
    chunks = chunk(document(paragraph(text)), ChunkSettings(size=256))
    assert max(count_units(piece.text) for piece in chunks) <= 256
    assert sum(len("".join(piece.text.split())) for piece in chunks) >= len("".join(text.split()))


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (10, -1)])
def test_settings_that_could_not_end_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="positive size"):
        ChunkSettings(size=size, overlap=overlap)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("今天下雨。明天呢？他说：“好！”走了", ["今天下雨。", "明天呢？", "他说：“好！”", "走了"]),
        ("Dr. Smith paid 3.5 million. He left.", ["Dr. Smith paid 3.5 million.", "He left."]),
        ("See e.g. the U.S. report. It is long!", ["See e.g. the U.S. report.", "It is long!"]),
        ("J. R. Jones wrote it? Yes", ["J. R. Jones wrote it?", "Yes"]),
        ("见 https://a.example/?q=1.2 一文", ["见 https://a.example/?q=1.2 一文"]),
        ("one\ntwo\n\n", ["one", "two"]),
    ],
)
def test_sentences_end_where_a_reader_would_say(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("你好，世界。", 4),
        ("hello world", 2),
        ("用 Python 3.11 写", 5),
        ("カタカナ", 4),
        ("한국어", 3),
        ("a" * 160, 10),
        ("-" * 160, 10),
        (" " * 1000, 0),
    ],
)
def test_units_are_close_to_tokens(text: str, units: int) -> None:
    assert count_units(text) == units
