"""What a provider of OpenAI's form may send back: lines, chunks, errors. Read leniently, for ``openai_chat``."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from zhida.inference.adapters.openai_retries import may_pass
from zhida.inference.errors import ModelRejectedError, ModelUnavailableError
from zhida.inference.ports import ChatFinishReason

MAX_LINE_BYTES: Final = 1 << 20
"""A longer line is no chat delta; without a bound a broken server could fill the memory."""
MAX_PROVIDER_MESSAGE: Final = 300

_ADVICE: Final = {
    400: "Check the model's name and limits with the provider.",
    401: "The operator must set a valid API key for the chat model.",
    402: "The operator must top up the account with the provider.",
    403: "The operator must give the API key the right to use this model.",
    404: "The operator must check the chat model's base URL (it ends in /v1) and name.",
    413: "Ask a shorter question, or let the operator lower the evidence's length.",
    422: "Check the model's name and limits with the provider.",
}


class Delta(msgspec.Struct):
    """A piece of a message. ``reasoning_content`` and ``reasoning`` are a sign of life and are not shown."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(msgspec.Struct):
    """One of the completions; we ask for one."""

    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None


class TokenCounts(msgspec.Struct):
    """Usage as the provider counted it."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class ProviderError(msgspec.Struct):
    """An error object, in an error reply or inside a stream that began with 200."""

    message: str = ""
    type: str | None = None
    code: int | str | None = None


class Chunk(msgspec.Struct):
    """One ``data:`` payload. vLLM before 0.10 puts an error's message and code at the top."""

    choices: list[Choice] | None = None
    usage: TokenCounts | None = None
    error: ProviderError | str | None = None
    object: str | None = None
    message: str | None = None
    code: int | str | None = None


_decoder: Final = msgspec.json.Decoder(Chunk)


def decode_chunk(payload: bytes) -> Chunk:
    """Read one payload.

    Raises:
        ModelUnavailableError: it is not a chunk of OpenAI's form.
    """
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = "The chat model sent something that is not a chat completion."
        raise ModelUnavailableError(message) from error


def error_in(chunk: Chunk) -> ProviderError | None:
    """The error that a payload carries, whichever way the provider writes it."""
    if isinstance(chunk.error, str):
        return ProviderError(message=chunk.error)
    if chunk.error is not None:
        return chunk.error
    if chunk.object == "error":
        return ProviderError(message=chunk.message or "", code=chunk.code)
    return None


async def payloads(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The payloads of ``data:`` lines (HTML Living Standard, server-sent events), comments and other fields left out.

    Split at line feeds only: ``httpx``'s own line reader also splits at U+2028, which may stand raw in JSON.
    Providers send one payload per line, so that a missing blank line between two events does no harm.

    Raises:
        ModelUnavailableError: a line is longer than any delta.
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            message = "The chat model sent a line without an end."
            raise ModelUnavailableError(message)
        for line in lines:
            payload = _payload_of(line)
            if payload:
                yield payload
    payload = _payload_of(rest)
    if payload:
        yield payload


def _payload_of(line: bytes) -> bytes:
    return line[5:].strip() if line.startswith(b"data:") else b""


def finish_reason(word: str) -> ChatFinishReason:
    """The provider's word as ours.

    Raises:
        ModelUnavailableError: the provider stopped for want of resources (DeepSeek).
    """
    if word == "insufficient_system_resource":
        message = "The chat model stopped for want of resources."
        raise ModelUnavailableError(message)
    if word in {"length", "max_tokens"}:
        return ChatFinishReason.LENGTH
    if word in {"content_filter", "sensitive"}:
        return ChatFinishReason.CONTENT_FILTER
    return ChatFinishReason.STOP


def translated(status: int, provider_message: str) -> ModelUnavailableError | ModelRejectedError:
    """An HTTP status, or a number inside an error object, as one of our errors."""
    said = provider_message[:MAX_PROVIDER_MESSAGE] or None
    if may_pass(status):
        message = f"The chat model is unavailable (status {status})."
        return ModelUnavailableError(message, status=status, provider_message=said)
    advice = _ADVICE.get(status, "The operator must check the chat model's base URL and name.")
    message = f"The chat model rejected the request (status {status})."
    return ModelRejectedError(message, advice=advice, status=status, provider_message=said)


def translated_error(error: ProviderError) -> ModelUnavailableError | ModelRejectedError:
    """An error inside a stream: its code decides where it is a status, else the provider is taken to be unwell."""
    try:
        status = int(error.code or 0)
    except ValueError:
        status = 0
    known = 400 <= status < 600  # noqa: PLR2004 - the error classes of RFC 9110
    return translated(status if known else 500, error.message)
