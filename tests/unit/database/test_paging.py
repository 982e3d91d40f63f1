"""Cursors carry sort keys out and back, and refuse everything else."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.database import CursorInvalidError, decode_cursor, encode_cursor, page_of

NOON = datetime(2024, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
IDENTIFIER = UUID("018f3b7e-0000-7000-8000-000000000001")


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=50))
def test_what_went_in_comes_out(at: datetime, identifier: UUID, number: int, text: str) -> None:
    assert decode_cursor(encode_cursor(at, identifier), datetime, UUID) == (at, identifier)
    assert decode_cursor(encode_cursor(number), int) == (number,)
    if "\0" not in text:
        assert decode_cursor(encode_cursor(text), str) == (text,)


@given(st.text(max_size=200))
def test_made_up_text_is_refused_and_never_breaks_anything(text: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor(text, UUID)


@pytest.mark.parametrize(
    "plain",
    [
        "",
        "[]",
        "{}",
        "null",
        "[1]",
        "[true, 1]",
        '["x", 1]',
        '["2024-05-01T12:00:00", 1]',
        f'["{NOON.isoformat()}", 9223372036854775808]',
        f'["{NOON.isoformat()}", 1.5]',
        f'["{NOON.isoformat()}", true]',
        f'["{NOON.isoformat()}", 1, 2]',
        "[" * 900,
    ],
)
def test_json_that_is_no_cursor_of_this_list_is_refused(plain: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor(urlsafe_b64encode(plain.encode()).decode(), datetime, int)


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
def test_text_that_postgres_cannot_take_is_refused(text: str) -> None:
    with pytest.raises(CursorInvalidError):
        decode_cursor(urlsafe_b64encode(f'["{text}"]'.encode()).decode(), str)


def test_a_cursor_is_safe_in_a_url() -> None:
    assert encode_cursor("?&=/+ äöü 中文", IDENTIFIER).replace("-", "").replace("_", "").isalnum()


def test_a_surplus_row_says_that_there_is_more() -> None:
    page = page_of([1, 2, 3], limit=2, cursor_of=encode_cursor)
    assert page.items == (1, 2)
    assert page.next_cursor == encode_cursor(2)


@pytest.mark.parametrize("rows", [[], [1], [1, 2]])
def test_without_a_surplus_row_the_page_is_the_last(rows: list[int]) -> None:
    page = page_of(rows, limit=2, cursor_of=encode_cursor)
    assert page.items == tuple(rows)
    assert page.next_cursor is None
