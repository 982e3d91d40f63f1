"""What clients see of errors: the status of their kind, when to come back, and nothing that is for operators."""

from typing import ClassVar

import pytest

from zhida.api.problems import STATUS_OF_KIND, headers_of, problem_of
from zhida.errors import Kind, ZhidaError


class _BusyError(ZhidaError):
    code: ClassVar[str] = "test.busy"
    kind: ClassVar[Kind] = Kind.LIMITED


class _StrangerError(ZhidaError):
    code: ClassVar[str] = "test.stranger"
    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


def test_every_kind_has_a_status() -> None:
    assert set(STATUS_OF_KIND) == set(Kind)


def test_a_provider_s_words_stay_in_the_logs() -> None:
    problem = problem_of(_BusyError("Too much.", status=429, provider_message="account org-123 is out of money"))
    assert problem["facts"] == {"status": 429}


@pytest.mark.parametrize(("known", "said"), [(None, "2"), (0.2, "1"), (12.6, "13")])
def test_whoever_must_wait_is_told_how_long(known: float | None, said: str) -> None:
    assert headers_of(_BusyError("Too much.", retry_after_s=known)) == {"Retry-After": said}


def test_strangers_are_told_how_to_prove_themselves() -> None:
    assert headers_of(_StrangerError("Who?")) == {"WWW-Authenticate": 'Bearer realm="zhida"'}
