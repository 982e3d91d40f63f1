"""Which sentences answer by themselves."""

from collections.abc import Sequence

import pytest

from tests.unit.answering.worlds import BRIDGE, TOWER, WALL, passage
from zhida.answering.extractive import Extract, best_extracts, cited_text
from zhida.answering.question import QuestionKind, expected_kind
from zhida.answering.reading import read_passages
from zhida.retrieval import Passage


def extracts_of(question: str, passages: Sequence[Passage], *, limit: int) -> list[Extract]:
    return best_extracts(question, read_passages(question, passages), limit=limit)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How tall is the Eiffel Tower?", "330 metres"),
        ("When was the Forth Bridge opened?", "1890"),
        ("Who built the Eiffel Tower?", "Gustave Eiffel"),
        ("明长城有多长？", "8851.8公里"),
        ("誰主持修建明長城？", "戚继光"),
    ],
)
def test_the_best_sentence_answers(question: str, answer: str) -> None:
    passages = [passage(BRIDGE), passage(TOWER), passage(WALL)]
    extracts = extracts_of(question, passages, limit=2)
    assert any(answer in extract.sentence.text for extract in extracts)


def test_extracts_are_verbatim_and_carry_the_passages_number() -> None:
    passages = [passage(BRIDGE), passage(TOWER)]
    for extract in extracts_of("How tall is the tower and when was the bridge opened?", passages, limit=4):
        sentence = extract.sentence
        assert passages[extract.marker - 1].text[sentence.start : sentence.end] == sentence.text
        assert cited_text(extract).endswith(f" [{extract.marker}]")


def test_the_same_sentence_is_quoted_once() -> None:
    passages = [passage(TOWER), passage(TOWER)]
    extracts = extracts_of("How tall is the Eiffel Tower?", passages, limit=4)
    texts = [extract.sentence.text for extract in extracts]
    assert len(texts) == len(set(texts))


def test_a_documents_own_footnote_mark_is_no_marker() -> None:
    (extract,) = extracts_of("What did visitors pay in francs?", [passage(TOWER)], limit=1)
    assert cited_text(extract) == "\n\nVisitors paid 2 francs in 1889 (3). [1]"


def test_no_sentence_gives_no_extract() -> None:
    assert extracts_of("What?", [passage(" \n ")], limit=3) == []


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When did it start?", QuestionKind.DATE),
        ("In what year was it?", QuestionKind.DATE),
        ("公司成立于哪一年？", QuestionKind.DATE),
        ("會議是什麼時候？", QuestionKind.DATE),
        ("How many people?", QuestionKind.NUMBER),
        ("有多少人？", QuestionKind.NUMBER),
        ("共有幾個部門？", QuestionKind.NUMBER),
        ("Who won?", QuestionKind.PERSON),
        ("誰是作者？", QuestionKind.PERSON),
        ("Where is it?", QuestionKind.PLACE),
        ("总部在哪个城市？", QuestionKind.PLACE),
        ("Why?", QuestionKind.OTHER),
        ("几乎为什么？", QuestionKind.OTHER),
    ],
)
def test_the_kind_asked_for_is_seen(question: str, kind: QuestionKind) -> None:
    assert expected_kind(question) is kind
