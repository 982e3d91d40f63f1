"""What waits to be embedded: order, runs, limits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from zhida.embedder.waiting import STOPPING, WaitingRequest, WaitingTexts


class Caller:
    """Keeps the answer to its request of so many texts."""

    def __init__(self, texts: int = 1) -> None:
        self.answers: list[NDArray[np.float32] | str] = []
        self.request = WaitingRequest([f"{number}" for number in range(texts)], 1, self.answer)

    def answer(self, vectors: NDArray[np.float32] | None, failure: str) -> None:
        self.answers.append(failure if vectors is None else vectors.copy())


def waiting(run_size: int = 4, limit: int = 1_000) -> WaitingTexts:
    return WaitingTexts(run_size=run_size, limit=limit)


@given(sizes=st.lists(st.integers(1, 9), max_size=12), run_size=st.integers(1, 7))
def test_every_request_gets_its_own_vectors_once(sizes: list[int], run_size: int) -> None:
    texts, callers = waiting(run_size), [Caller(size) for size in sizes]
    assert all(texts.add(caller.request) for caller in callers)
    while (run := texts.next_run()) is not None:
        assert 0 < len(run.texts) <= run_size
        run.finish(np.array([[float(text)] for text in run.texts], np.float32))
    assert texts.count == 0
    for caller, size in zip(callers, sizes, strict=True):
        (answer,) = caller.answers
        assert not isinstance(answer, str)
        assert answer[:, 0].tolist() == list(range(size))


def test_more_than_the_limit_does_not_wait() -> None:
    texts = waiting(limit=5)
    assert texts.add(Caller(4).request)
    assert not texts.add(Caller(2).request)
    assert texts.add(Caller(1).request)
    assert texts.count == 5


def test_one_request_above_the_limit_is_taken_when_nothing_waits() -> None:
    assert waiting(limit=5).add(Caller(9).request)


def test_abandoned_requests_are_left_out() -> None:
    texts, gone, here = waiting(), Caller(9), Caller(1)
    texts.add(gone.request)
    texts.add(here.request)
    texts.next_run()
    gone.request.is_abandoned = True
    run = texts.next_run()
    assert run is not None
    assert [request for request, _ in run.parts] == [here.request]


def test_a_run_that_fails_is_answered_once_and_its_rest_dropped() -> None:
    texts, caller = waiting(), Caller(9)
    texts.add(caller.request)
    run = texts.next_run()
    assert run is not None
    run.fail("broken")
    assert texts.next_run() is None
    assert caller.answers == ["broken"]


def test_all_that_waits_can_be_refused() -> None:
    texts, callers = waiting(), [Caller(9), Caller(1)]
    for caller in callers:
        texts.add(caller.request)
    under_way = texts.next_run()
    texts.refuse_all(STOPPING)
    assert texts.next_run() is None
    assert under_way is not None
    under_way.finish(np.zeros((4, 1), np.float32))
    assert [caller.answers for caller in callers] == [[STOPPING], [STOPPING]]
