"""A text and a question about it meet in the same terms, however each is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.ids import Language
from zhida.knowledge import analyse, analyse_query, detect_language
from zhida.knowledge.analysis import analyse_chunk


def meets(question: str, text: str) -> bool:
    """Every term of the question stands in the text."""
    return set(analyse_query(question)) <= set(analyse(text))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("running", "He runs every day"),
        ("the companies' policies", "Company policy"),
        ("O'Brien", "Mr. O’Brien’s letter"),
        ("café", "CAFE"),
        ("Beyonce", "Beyoncé"),
        ("ＡＢＣ１２３", "abc123"),
        ("1200000", "a total of 1,200,000 yuan"),
        ("email", "e-mail"),
        ("state of the art", "a state-of-the-art method"),
        ("U.S. president", "the US president"),
        ("US president", "the president of the U.S."),
        ("iPhone 15", "iPhone15"),
        ("15 kg", "weighs 15kg"),
        ("1990", "in the 1990s"),
        ("臺灣的颱風", "台湾台风"),
        ("头发", "頭髮"),
        ("年假有多少天？", "员工年假的天数"),
        ("2023年", "2023年3月"),
        ("user name", "getUserName"),
        ("http client", "HttpClientFactory"),
        ("max retries", "max_retries"),
        ("\u200bzero\u00adwidth\ufeff", "zerowidth"),
        ("ガンダム", "機動戦士ガンダム"),
        ("세계", "세계인"),
    ],
)
def test_a_question_meets_a_text_that_writes_it_otherwise(question: str, text: str) -> None:
    assert meets(question, text), f"{analyse_query(question)} {analyse(text)}"


@pytest.mark.parametrize(
    ("token", "term"),
    [
        ("C++", "c++"),
        ("C#", "c#"),
        (".NET", ".net"),
        ("Node.js", "node.js"),
        ("v1.2.3-beta", "v1.2.3-beta"),
        ("10.0.0.1", "10.0.0.1"),
        ("3.14", "3.14"),
        ("2020-01-02", "2020-01-02"),
        ("SKU-123", "sku-123"),
        ("snake_case", "snake_case"),
        ("first.last+tag@example.com", "first.last+tag@example.com"),
        ("https://example.com/a/b", "https://example.com/a/b"),
        ("AT&T", "at&t"),
    ],
)
def test_an_identifier_is_one_term_in_any_surroundings(token: str, term: str) -> None:
    for text in (token, f"see {token}, then", f"使用{token}的方法", f"({token})"):
        assert term in analyse(text)


def test_the_parts_of_an_identifier_are_terms_too() -> None:
    assert {"1", "2", "3", "1.2.3"} <= set(analyse("1.2.3"))
    assert {"first", "last", "exampl"} <= set(analyse("first.last@example.com"))
    assert {"mcdonald"} == set(analyse("McDonald"))


def test_a_question_leaves_out_what_everybody_says() -> None:
    assert analyse_query("What is the capital of France?") == ["capit", "franc"]
    assert analyse_query("请问公司的年假是多少天？") == ["公", "司", "公司", "年", "假", "年假", "天"]


@pytest.mark.parametrize("question", ["What is it?", "是什么", "to be or not to be", "the"])
def test_a_question_of_function_words_alone_is_asked_as_it_is(question: str) -> None:
    assert set(analyse_query(question)) == set(analyse(question))


def test_nothing_gives_no_terms() -> None:
    for text in ("", " \n", "。，？！", "—— ...", "😀"):
        assert analyse(text) == []
        assert analyse_query(text) == []


def test_a_title_counts_more_than_once() -> None:
    assert analyse_chunk("cat", "dog").count("cat") > analyse_chunk("cat", "dog").count("dog") == 1


def test_encoded_data_does_not_become_one_endless_term() -> None:
    assert max(map(len, analyse("QUJD" * 5_000 + " " + "a-1" * 5_000))) <= 100


@given(st.text(max_size=200))
def test_any_text_gives_terms_without_white_space(text: str) -> None:
    for term in analyse(text):
        assert term
        assert len(term.split()) == 1


@given(st.text(alphabet="的猫ab1._-@ 年A'か", max_size=60))
def test_a_text_always_meets_itself(text: str) -> None:
    terms = analyse_query(text)
    assert len(terms) == len(set(terms))
    assert meets(text, text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("公司的年假制度是什么？", Language.CHINESE),
        ("臺灣的颱風", Language.CHINESE),
        ("C++ 和 .NET 的区别是什么？", Language.CHINESE),
        ("如何配置 Kubernetes", Language.CHINESE),
        ("What does 年假 mean in the employee handbook?", Language.ENGLISH),
        ("annual leave", Language.ENGLISH),
        ("Ｆｕｌｌ ｗｉｄｔｈ", Language.ENGLISH),
        ("機動戦士ガンダムについて", Language.OTHER),
        ("세계 평화", Language.OTHER),
        ("Привет, мир", Language.OTHER),
        ("12345 !?", Language.OTHER),
        ("", Language.OTHER),
    ],
)
def test_the_language_is_told_by_the_script(text: str, language: Language) -> None:
    assert detect_language(text) is language
