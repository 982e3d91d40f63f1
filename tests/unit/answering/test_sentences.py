"""Where sentences end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.answering.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Pi is 3.14. It never ends.", ["Pi is 3.14.", "It never ends."]),
        ("Mr. Smith of the U.S. Army paid $2.5 million.", ["Mr. Smith of the U.S. Army paid $2.5 million."]),
        ("J. R. R. Tolkien wrote it. He was born in 1892.", ["J. R. R. Tolkien wrote it.", "He was born in 1892."]),
        ('He said "Yes." She left!', ['He said "Yes."', "She left!"]),
        ("Cats, dogs etc. were there.", ["Cats, dogs etc. were there."]),
        ("版本3.5已发布。请升级！", ["版本3.5已发布。", "请升级！"]),
        ("他说：“你好。世界！”然后走了。天黑了。", ["他说：“你好。世界！”然后走了。", "天黑了。"]),
        ("這是「測試。」句子。第二句？", ["這是「測試。」句子。", "第二句？"]),
        ("# 标题\n- 第一项\n- 第二项", ["# 标题", "- 第一项", "- 第二项"]),
        ("“未闭合。第二句。", ["“未闭合。", "第二句。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_splits_into_its_sentences(text: str, sentences: list[str]) -> None:
    assert [sentence.text for sentence in split_sentences(text)] == sentences


@given(st.text(alphabet="aB 1.。！?\n“”「」\"'(mr)；", max_size=80))
def test_sentences_are_substrings_in_order_that_lose_nothing_but_white_space(text: str) -> None:
    sentences = split_sentences(text)
    assert all(text[sentence.start : sentence.end] == sentence.text for sentence in sentences)
    assert all(one.end <= other.start for one, other in pairwise(sentences))
    assert "".join("".join(s.text.split()) for s in sentences) == "".join(text.split())
