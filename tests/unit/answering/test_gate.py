"""When the evidence is enough, in knowledge bases of any size and in either language."""

from dataclasses import replace

import pytest

from tests.unit.answering.worlds import BRIDGE, TOWER, WALL, passage
from zhida.answering import AnsweringSettings
from zhida.answering.gate import features_of, judge
from zhida.answering.reading import read_passages
from zhida.knowledge import detect_language
from zhida.retrieval import Passage

ENOUGH = AnsweringSettings().enough_evidence


def score(question: str, *passages: Passage) -> float:
    reading = read_passages(question, passages)
    return judge(question, passages, reading, language=detect_language(question)).score


def lexical_only(text: str, *, rank: int, lexical_score: float) -> Passage:
    return replace(
        passage(text, name=f"{rank}.md"),
        lexical_rank=rank,
        lexical_score=lexical_score,
        dense_rank=None,
        dense_score=None,
    )


@pytest.mark.parametrize(
    "question",
    [
        "How tall is the Eiffel Tower?",
        "When was the Forth Bridge opened?",
        "明长城的总长度是多少？",
        "明長城的總長度是多少？",
        "谁主持修建明长城？",
    ],
)
def test_what_the_passages_say_is_answered(question: str) -> None:
    text = next(text for text in (TOWER, BRIDGE, WALL) if score(question, passage(text)) >= ENOUGH)
    others = [other for other in (TOWER, BRIDGE, WALL) if other != text]
    ranked = [lexical_only(text, rank=1, lexical_score=9.0)]
    ranked += [lexical_only(other, rank=rank, lexical_score=1.0) for rank, other in enumerate(others, start=2)]
    assert score(question, *ranked) >= ENOUGH


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Australia?",
        "Who painted the Mona Lisa?",
        "澳大利亚的首都是哪里？",
        "公司的年假有几天？",
        "Wie hoch ist der Turm?",
    ],
)
def test_what_no_passage_says_is_not_answered(question: str) -> None:
    passages = [replace(passage(text), dense_score=0.2) for text in (TOWER, BRIDGE, WALL)]
    assert score(question, *passages) < ENOUGH
    assert all(score(question, found) < ENOUGH for found in passages)
    assert score(question, *(lexical_only(text, rank=1, lexical_score=0.4) for text in (TOWER, BRIDGE, WALL))) < ENOUGH


def test_no_passage_is_no_evidence() -> None:
    assert score("How tall is the Eiffel Tower?") == 0.0


def test_a_question_without_words_is_not_answered() -> None:
    assert score("？！", passage(TOWER)) < ENOUGH


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_scale_of_the_scores_does_not_matter(scale: float) -> None:
    question = "明长城的总长度是多少？"
    ranked = [lexical_only(WALL, rank=1, lexical_score=9.0), lexical_only(TOWER, rank=2, lexical_score=3.0)]
    scaled = [replace(found, lexical_score=(found.lexical_score or 0) * scale) for found in ranked]
    assert score(question, *scaled) == pytest.approx(score(question, *ranked))


def test_a_copy_of_the_evidence_does_not_weaken_it() -> None:
    question = "明长城的总长度是多少？"
    one = lexical_only(WALL, rank=1, lexical_score=9.0)
    assert score(question, one, lexical_only(WALL, rank=2, lexical_score=9.0)) >= score(question, one)


def test_a_name_that_no_passage_holds_counts_against_an_answer() -> None:
    passages = (passage(TOWER),)
    known, unknown = "How tall is the Eiffel Tower?", "How tall is the Sears Tower?"
    names = [features_of(asked, passages, read_passages(asked, passages)).names for asked in (known, unknown)]
    assert names == [1.0, 0.5]


def test_a_translation_found_by_meaning_is_evidence() -> None:
    translated = replace(passage(TOWER), lexical_rank=None, lexical_score=None, dense_rank=1, dense_score=0.7)
    assert score("埃菲尔铁塔有多高？", translated) >= ENOUGH
    assert score("埃菲尔铁塔有多高？", replace(translated, dense_score=0.2)) < ENOUGH
