"""How do the embedder and its clients talk? Frames on a Unix socket: two lengths, a MessagePack header, raw floats.

Used by the embedder (server) and by ``adapters/remote`` (client). Pure: bytes in, frames out. Each request carries a
number that its reply repeats, so one connection serves many callers, and replies come in any order.
"""

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from zhida.ids import Language
from zhida.inference.local_model import TextRole
from zhida.inference.ports import EmbeddingModelCard

HEADER_LIMIT = 8 << 20
"""Bytes of a header, texts included; a longer one is nobody's honest request."""
BODY_LIMIT = 64 << 20
TEXTS_LIMIT = 256
"""Texts in one request; clients split what is more."""
_LENGTHS = struct.Struct(">II")


class WireError(ValueError):
    """The bytes are not of this protocol; the connection cannot be used any more."""


class EmbedRequest(msgspec.Struct, frozen=True, tag="embed", array_like=True):
    """Texts to vectors."""

    number: int
    role: TextRole
    texts: list[str]


class CardRequest(msgspec.Struct, frozen=True, tag="card", array_like=True):
    """Which model runs there?"""

    number: int


class StatisticsRequest(msgspec.Struct, frozen=True, tag="statistics", array_like=True):
    """What was done since the start?"""

    number: int


class VectorsReply(msgspec.Struct, frozen=True, tag="vectors", array_like=True):
    """The body holds float32, little-endian, of shape (rows, dimensions)."""

    number: int
    rows: int
    dimensions: int


class CardReply(msgspec.Struct, frozen=True, tag="model", array_like=True):
    """A model card."""

    number: int
    name: str
    dimensions: int
    max_tokens: int
    languages: list[Language]

    def card(self) -> EmbeddingModelCard:
        """As the port has it."""
        return EmbeddingModelCard(self.name, self.dimensions, self.max_tokens, frozenset(self.languages))


class RoleStatistics(msgspec.Struct, array_like=True):
    """Work done for questions or for chunks.

    Attributes:
        texts, runs, seconds: totals since the start; ``texts / runs`` is the mean batch.
        waiting: texts that wait now.
        refused: texts turned away because too many waited.
    """

    texts: int = 0
    runs: int = 0
    seconds: float = 0.0
    waiting: int = 0
    refused: int = 0


class EmbedderStatistics(msgspec.Struct, array_like=True, kw_only=True):
    """What an embedder did since it started."""

    queries: RoleStatistics = msgspec.field(default_factory=RoleStatistics)
    passages: RoleStatistics = msgspec.field(default_factory=RoleStatistics)
    connections: int = 0
    broken_connections: int = 0
    uptime_seconds: float = 0.0


class StatisticsReply(msgspec.Struct, frozen=True, tag="counted", array_like=True):
    """The statistics."""

    number: int
    statistics: EmbedderStatistics


class FailureReply(msgspec.Struct, frozen=True, tag="failure", array_like=True):
    """Why there are no vectors: too much waits, the embedder stops, the runtime failed, the request was refused."""

    number: int
    reason: Literal["busy", "stopping", "failed", "refused"]
    message: str


Request = EmbedRequest | CardRequest | StatisticsRequest
Reply = VectorsReply | CardReply | StatisticsReply | FailureReply

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_reply_decoder: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def frame(header: Request | Reply, body: bytes = b"") -> bytes:
    """One message, ready to be sent."""
    encoded = _encoder.encode(header)
    return _LENGTHS.pack(len(encoded), len(body)) + encoded + body


def vectors_frame(number: int, vectors: NDArray[np.float32]) -> bytes:
    """The reply that carries vectors of shape (rows, dimensions)."""
    rows, dimensions = vectors.shape
    return frame(VectorsReply(number, rows, dimensions), vectors.astype("<f4", copy=False).tobytes())


def vectors_of(reply: VectorsReply, body: bytes) -> NDArray[np.float32]:
    """The vectors that a reply carries.

    Raises:
        WireError: the body is not as long as the header says.
    """
    if len(body) != reply.rows * reply.dimensions * 4:
        message = f"{len(body)} bytes for {reply.rows} vectors of {reply.dimensions} dimensions"
        raise WireError(message)
    return np.frombuffer(body, dtype="<f4").reshape(reply.rows, reply.dimensions).astype(np.float32)


def request_of(header: bytes) -> Request:
    """Decode a request.

    Raises:
        WireError: it is none.
    """
    try:
        return _request_decoder.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(str(error)) from error


def reply_of(header: bytes) -> Reply:
    """Decode a reply.

    Raises:
        WireError: it is none.
    """
    try:
        return _reply_decoder.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(str(error)) from error


class FrameBuffer:
    """Collects what a socket delivers and cuts it into frames."""

    def __init__(self, *, header_limit: int = HEADER_LIMIT, body_limit: int = BODY_LIMIT) -> None:
        self._header_limit = header_limit
        self._body_limit = body_limit
        self._held = bytearray()

    def add(self, received: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The frames that are complete now, as header and body.

        Raises:
            WireError: a frame announces more than its limit, before any of it is kept.
        """
        self._held += received
        while len(self._held) >= _LENGTHS.size:
            header_length, body_length = _LENGTHS.unpack_from(self._held)
            if not 0 < header_length <= self._header_limit or body_length > self._body_limit:
                message = f"a frame of {header_length} and {body_length} bytes"
                raise WireError(message)
            header_end = _LENGTHS.size + header_length
            end = header_end + body_length
            if len(self._held) < end:
                return
            header, body = bytes(self._held[_LENGTHS.size : header_end]), bytes(self._held[header_end:end])
            del self._held[:end]
            yield header, body
