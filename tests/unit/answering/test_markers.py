"""Which markers leave the filter, and when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.answering.markers import Marker, MarkerFilter


def filtered(pieces: list[str], passages: int = 3) -> tuple[str, list[int], int]:
    """The whole text, its markers in order, and how many were removed."""
    marker_filter = MarkerFilter(passages)
    out = [part for piece in pieces for part in list(marker_filter.feed(piece))]
    out += marker_filter.finish()
    text = "".join(part.text if isinstance(part, Marker) else part for part in out)
    return text, [part.number for part in out if isinstance(part, Marker)], marker_filter.removed


@pytest.mark.parametrize(
    ("text", "sent", "removed"),
    [
        ("One [1]. Two [2][3].", "One [1]. Two [2][3].", 0),
        ("Both [1, 2] and [1，3]、[2; 3].", "Both [1][2] and [1][3]、[2][3].", 0),
        ("中文【1】，再来［2］。", "中文[1]，再来[2]。", 0),
        ("Foot[^1] and [^2].", "Foot[1] and [2].", 0),
        ("Range [1-3].", "Range [1][2][3].", 0),
        ("Words [来源 1] [Passage 2] [source 3].", "Words [1] [2] [3].", 0),
        ("Vendor【1†source】.", "Vendor[1].", 0),
        ("Invented [4] here [0].", "Invented here.", 2),
        ("Half known [1, 9].", "Half known [1].", 1),
        ("Huge [1-99].", "Huge.", 1),
        ("A year [2023] and a link [text](x) and [ ].", "A year [2023] and a link [text](x) and [ ].", 0),
        ("No link [2](http://evil.example)", "No link [2] (http://evil.example)", 0),
        ("[^1]: a definition", "[1] : a definition", 0),
        ("Code ```a[9]``` then [9]!", "Code ```a[9]``` then!", 1),
        ("Open end [1", "Open end [1", 0),
    ],
)
def test_only_known_markers_leave_in_one_form(text: str, sent: str, removed: int) -> None:
    assert filtered([text])[::2] == (sent, removed)


@given(st.text(alphabet="ab [】【]^123,-9†(`:\n来源s", max_size=120), st.lists(st.integers(1, 9), max_size=60))
def test_any_split_of_the_stream_gives_the_same_whole(text: str, sizes: list[int]) -> None:
    pieces: list[str] = []
    rest = text
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert filtered([*pieces, rest]) == filtered([text]) == filtered(list(text))


@given(st.text(alphabet="ab [1]2, ", max_size=60))
def test_text_without_brackets_waits_for_nothing(text: str) -> None:
    plain = text.replace("[", "").replace("]", "") + "."
    assert "".join(str(part) for part in MarkerFilter(3).feed(plain)) == plain


def test_text_is_held_back_only_while_it_could_be_a_marker() -> None:
    marker_filter = MarkerFilter(3)
    assert list(marker_filter.feed("so [")) == ["so"]
    assert list(marker_filter.feed("1")) == []
    assert list(marker_filter.feed("x")) == [" ", "[1x"]
