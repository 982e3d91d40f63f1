"""A chunk is read in windows below its headings, and its vector is their mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.ingestion.embedded_text import WINDOW_UNITS, batches, chunk_vectors, embedded_texts, windows
from zhida.ingestion.units import count_units

SENTENCE = "The pump is switched off by hand before the lid is opened. "
SENTENCES = st.lists(
    st.one_of(
        st.integers(1, 40).map(lambda words: " ".join(["word"] * words) + ". "),
        st.integers(1, 40).map(lambda characters: "字" * characters + "。"),
        st.just("\n\n"),
    ),
    max_size=60,
).map("".join)


def test_a_chunk_that_fits_is_read_as_it_is() -> None:
    assert embedded_texts(SENTENCE * 3, ()) == [SENTENCE * 3]


def test_the_headings_above_stand_before_each_window() -> None:
    texts = embedded_texts(SENTENCE * 40, ("Pumps", "Safety"))
    assert len(texts) > 1
    assert all(text.startswith("Pumps\nSafety\nThe pump") for text in texts)


def test_a_heading_that_a_window_begins_with_is_not_said_twice() -> None:
    assert embedded_texts("Safety\nThe pump is off.", ("Pumps", "Safety")) == ["Pumps\nSafety\nThe pump is off."]


def test_a_long_chunk_is_read_in_even_windows_of_whole_sentences() -> None:
    read = windows(SENTENCE * 40)
    units = [count_units(window) for window in read]
    assert len(read) == -(-count_units(SENTENCE * 40) // WINDOW_UNITS)
    assert max(units) - min(units) <= count_units(SENTENCE)
    assert all(window.endswith("opened.") for window in read)


def test_a_text_without_sentences_is_one_window() -> None:
    assert windows("word " * 500) == ["word " * 500]
    assert windows("") == [""]


@given(SENTENCES)
def test_windows_hold_every_character_in_order(text: str) -> None:
    assert "".join("".join(windows(text)).split()) == "".join(text.split())


@given(SENTENCES)
def test_no_window_is_longer_than_it_must_be(text: str) -> None:
    longest_sentence = 40
    assert all(count_units(window) <= WINDOW_UNITS + longest_sentence for window in windows(text))


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 12))
def test_batches_take_every_chunk_once_and_hold_the_limit(counts: list[int], limit: int) -> None:
    chunks = [["text"] * count for count in counts]
    cut = list(batches(chunks, texts_max=limit))
    assert [texts for batch in cut for texts in chunks[batch]] == chunks
    for batch in cut:
        assert sum(counts[batch]) <= limit or batch.stop - batch.start == 1


def test_a_chunk_of_one_window_has_that_window_s_vector() -> None:
    rows = np.eye(2, 3, dtype=np.float32)
    first, second = chunk_vectors(rows, [["a"], ["b"]])
    assert first.tolist() == rows[0].tolist()
    assert second.tolist() == rows[1].tolist()


def test_a_chunk_of_two_windows_points_between_them_nearer_to_the_longer() -> None:
    (vector,) = chunk_vectors(np.eye(2, dtype=np.float32), [["a" * 3, "b" * 4]])
    assert vector.tolist() == pytest.approx([0.6, 0.8])
    assert vector.dtype == np.float32


def test_windows_that_cancel_out_give_no_broken_numbers() -> None:
    (vector,) = chunk_vectors(np.array([[1, 0], [-1, 0]], np.float32), [["a", "b"]])
    assert np.isfinite(vector).all()
