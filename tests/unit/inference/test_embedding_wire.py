"""Frames on the embedder's socket: whole however they arrive, refused when they lie."""

import struct
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.inference import (
    CardReply,
    EmbedRequest,
    FrameBuffer,
    StatisticsRequest,
    TextRole,
    VectorsReply,
    WireError,
    frame,
    reply_of,
    request_of,
    vectors_frame,
    vectors_of,
)

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), max_size=5)


@given(texts=TEXTS, role=st.sampled_from(TextRole), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_a_request_arrives_whole_however_it_is_cut(texts: list[str], role: TextRole, cuts: list[int]) -> None:
    sent = frame(EmbedRequest(1, role, texts)) + frame(StatisticsRequest(2))
    places = [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
    frames = FrameBuffer()
    arrived = [request_of(header) for start, end in pairwise(places) for header, _ in frames.add(sent[start:end])]
    assert arrived == [EmbedRequest(1, role, texts), StatisticsRequest(2)]


def test_vectors_arrive_as_they_were() -> None:
    vectors = np.random.default_rng(3).normal(size=(5, 7)).astype(np.float32)
    ((header, body),) = FrameBuffer().add(vectors_frame(9, vectors))
    reply = reply_of(header)
    assert isinstance(reply, VectorsReply)
    assert reply.number == 9
    assert (vectors_of(reply, body) == vectors).all()


def test_vectors_of_another_length_than_announced_are_refused() -> None:
    with pytest.raises(WireError):
        vectors_of(VectorsReply(1, 2, 3), b"\0" * 20)


@given(st.binary(max_size=200))
def test_garbage_is_refused_and_raises_nothing_else(received: bytes) -> None:
    frames = FrameBuffer(header_limit=64, body_limit=64)
    with suppress(WireError):
        for header, _ in frames.add(received):
            request_of(header)


@given(st.binary(max_size=64))
def test_a_reply_that_is_none_is_refused(header: bytes) -> None:
    with suppress(WireError):
        reply_of(header)


@pytest.mark.parametrize("lengths", [(65, 0), (0, 0), (1, 65), (1 << 31, 1 << 31)])
def test_a_frame_that_announces_too_much_is_refused_at_once(lengths: tuple[int, int]) -> None:
    with pytest.raises(WireError):
        list(FrameBuffer(header_limit=64, body_limit=64).add(struct.pack(">II", *lengths)))


def test_a_reply_is_no_request() -> None:
    ((header, _),) = FrameBuffer().add(frame(CardReply(1, "m", 8, 16, [])))
    with pytest.raises(WireError):
        request_of(header)
