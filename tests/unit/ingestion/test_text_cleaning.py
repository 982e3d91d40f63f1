"""Cleaning: what no reader should see, and how lines become paragraphs."""

from hypothesis import given
from hypothesis import strategies as st

from zhida.ingestion.text_cleaning import clean, joined_lines, one_line


def test_control_characters_marks_and_surrogates_go() -> None:
    assert clean("a\x00b\x07c\ufeffd\u200be\xadf\ud800g") == "abcdefg"


def test_line_ends_become_line_feeds() -> None:
    assert clean("a\r\nb\rc\u2028d") == "a\nb\nc\nd"


def test_radicals_become_the_characters_that_they_look_like() -> None:
    assert clean("⽀⾏⼀⻅⻓") == "支行一见长"


def test_long_blanks_shrink() -> None:
    assert clean("a" + " " * 5000 + "b") == "a b"
    assert clean("a" + "\n" * 5000 + "b") == "a\n\nb"


@given(st.text())
def test_cleaned_text_is_fit_for_any_database(text: str) -> None:
    cleaned = clean(text)
    assert not any(character < " " and character not in "\t\n" for character in cleaned)
    assert cleaned.encode().decode() == cleaned


def test_one_line_has_single_spaces() -> None:
    assert one_line("  a \n\n b\tc ") == "a b c"


def test_chinese_lines_join_without_a_space_and_english_ones_with() -> None:
    assert joined_lines(["并且为每一个", "答案给出出处"]) == "并且为每一个答案给出出处"
    assert joined_lines(["an answer rests", "on evidence"]) == "an answer rests on evidence"


def test_hyphenated_words_grow_together() -> None:
    assert joined_lines(["a gen-", "erator of"]) == "a generator of"
    assert joined_lines(["in 2023-", "2024"]) == "in 2023- 2024"
