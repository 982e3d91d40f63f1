"""How newcomers ask: with pronouns and frames that no document repeats, and about what the documents leave out."""

from dataclasses import replace

import pytest

from tests.unit.answering.worlds import FoundAlready, asking, passage
from zhida.answering import Answer, AnsweringService, AnsweringSettings, Refusal, fold
from zhida.answering.question import content_of, sought
from zhida.inference import ChatOptions
from zhida.retrieval import Passage

HANDBOOK = (
    "Every employee has 25 days of paid leave a year. Up to 5 unused days may be carried over.",
    "The core hours are from 10:00 to 15:00. Working from home is possible on up to three days a week.",
    (
        "Expenses are refunded within 14 days after the claim is filed. Train tickets are second class; flights under "
        "six hours are economy class. The daily allowance for meals is 40 euros inside the country and 60 euros abroad."
    ),
    (
        "Laptops are replaced every four years. A lost or stolen device must be reported to the service desk within 24 "
        "hours."
    ),
)
HANDBOOK_ZH = (
    "员工每年享有 15 天带薪年假，未休的年假最多可以结转 5 天，并须在次年 3 月 31 日前休完。",
    "核心工作时间为上午 10 点到下午 3 点，其余时间由各团队自行约定。每周最多可以居家办公两天。",
    "报销单提交后 14 天内完成付款。国内出差每天的餐费补贴为 120 元，出国为 400 元。",
    "笔记本电脑每四年更换一次。设备丢失或被盗，必须在 24 小时内报告服务台。",
)
TITLE = "Staff handbook of Northwind Tea (an invented company)"
TITLE_ZH = "北风茶业员工手册（虚构公司）"


def found(title: str, texts: tuple[str, ...], *, best: int) -> list[Passage]:
    """The handbook's passages, the ``best`` one (from 0) found first, the others far behind it."""
    order = [best, *(number for number in range(len(texts)) if number != best)]
    first = passage(texts[best])
    return [
        replace(
            passage(texts[number]),
            document_id=first.document_id,
            title=title,
            lexical_rank=rank,
            lexical_score=12.0 / rank**2,
            dense_rank=rank,
            dense_score=0.45 / rank,
        )
        for rank, number in enumerate(order, start=1)
    ]


async def outcome_of(question: str, passages: list[Passage]) -> Answer | Refusal:
    answering = AnsweringService(FoundAlready(passages), None, AnsweringSettings(), ChatOptions())
    return (await fold(answering.answer(asking(question)))).outcome


def sentences_of(outcome: Answer | Refusal) -> list[str]:
    assert isinstance(outcome, Answer), outcome.text
    return [line.rsplit(" [", 1)[0] for line in outcome.text.split("\n\n")[1:]]


@pytest.mark.parametrize(
    ("question", "best", "expected"),
    [
        ("What happens if my laptop gets stolen?", 3, HANDBOOK[3].split(". ")[1]),
        ("How many days of leave do I get?", 0, "Every employee has 25 days of paid leave a year."),
        ("我一年有几天年假？", 0, HANDBOOK_ZH[0]),
        ("我一年有幾天年假？", 0, HANDBOOK_ZH[0]),
        ("电脑丢了怎么办？", 3, "设备丢失或被盗，必须在 24 小时内报告服务台。"),
    ],
)
async def test_a_question_in_ones_own_words_is_answered(question: str, best: int, expected: str) -> None:
    title, texts = (TITLE, HANDBOOK) if question.isascii() else (TITLE_ZH, HANDBOOK_ZH)
    assert expected in sentences_of(await outcome_of(question, found(title, texts, best=best)))


async def test_a_sentence_that_shares_one_chance_word_is_not_quoted_too() -> None:
    outcome = await outcome_of("Is business class allowed?", found(TITLE, HANDBOOK, best=2))
    assert sentences_of(outcome) == ["Train tickets are second class; flights under six hours are economy class."]


@pytest.mark.parametrize(
    "question", ["Who is the CEO of Northwind Tea?", "How many employees does the company have?", "公司有多少员工？"]
)
async def test_a_thing_that_stands_nowhere_is_not_answered_with_what_stands_beside_its_words(question: str) -> None:
    title, texts = (TITLE, HANDBOOK) if question.isascii() else (TITLE_ZH, HANDBOOK_ZH)
    assert isinstance(await outcome_of(question, found(title, texts, best=0)), Refusal)


async def test_the_quote_of_a_marker_covers_every_sentence_that_carries_it() -> None:
    outcome = await outcome_of("What happens if my laptop gets stolen?", found(TITLE, HANDBOOK, best=3))
    assert isinstance(outcome, Answer)
    assert outcome.text.count("[1]") == 2
    assert [citation.quote for citation in outcome.citations] == [HANDBOOK[3]]


@pytest.mark.parametrize(
    ("question", "sentence", "holds"),
    [
        ("How many days is it?", "It takes 14 days.", True),
        ("How many days is it?", "It costs 14 euros.", False),
        ("How many employees are there?", "It takes 14 days.", False),
        ("How many employees are there?", "The office opens at 10:00.", False),
        ("How many employees are there?", "It has 14 employees.", True),
        ("How much is it?", "It costs 14 euros.", True),
        ("要几天？", "需要 14 天。", True),
        ("要几天？", "需要 14 元。", False),
        ("有多少员工？", "年假为 15 天。", False),
        ("有多少员工？", "公司有 15 名员工。", True),
        ("When is it paid?", "It is paid within 14 days.", True),
        ("怎么办？", "必须报告服务台。", True),
    ],
)
def test_a_figure_answers_where_its_measure_is_the_one_asked_for(question: str, sentence: str, *, holds: bool) -> None:
    assert sought(question).held_by(sentence, asked=frozenset()) is holds


def test_a_question_that_is_all_frame_is_kept_whole() -> None:
    assert content_of("怎么办？") == "怎么办？"
    assert content_of("电脑丢了怎么办？").strip("？ ") == "电脑丢了"


async def test_the_words_of_a_title_alone_are_no_evidence() -> None:
    assert isinstance(await outcome_of("When was Northwind Tea founded?", found(TITLE, HANDBOOK, best=0)), Refusal)
