"""Durations as people type them."""

from datetime import timedelta

import pytest

from zhida.cli.errors import UnfitInputError
from zhida.cli.keys import duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        (" 4w ", timedelta(weeks=4)),
    ],
)
def test_a_duration_is_understood(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "90", "d", "0d", "-1d", "1.5h", "1y", "90 days", "999999w", "９０d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UnfitInputError, match="no duration"):
        duration(text)
