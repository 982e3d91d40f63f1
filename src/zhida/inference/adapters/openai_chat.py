"""``ChatModel`` over any provider of OpenAI's form: SiliconFlow, DeepSeek, Qwen, OpenAI, vLLM, Ollama.

Time limits are kept here and not by httpx, because a keep-alive comment is traffic but no token.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from zhida.inference.adapters.openai_retries import RetryableError, RetryRules, retry_after
from zhida.inference.adapters.openai_stream import (
    Chunk,
    TokenCounts,
    decode_chunk,
    error_in,
    finish_reason,
    payloads,
    translated,
    translated_error,
)
from zhida.inference.call_rules import require_call_permitted
from zhida.inference.chat_settings import ChatSettings
from zhida.inference.errors import ModelUnavailableError
from zhida.inference.ports import ChatDelta, ChatEvent, ChatFinished, ChatFinishReason, ChatMessage, ChatOptions

_MAX_ERROR_BYTES: Final = 65_536
_DONE: Final = b"[DONE]"


@dataclass(slots=True)
class _Progress:
    """What has come of one attempt."""

    deadline: float
    has_sign_of_life: bool = False
    has_text: bool = False
    reason: ChatFinishReason | None = None
    usage: TokenCounts | None = None


class OpenAiChatModel:
    """Streams completions; tries again, with jitter, only as long as no text has come."""

    def __init__(
        self, settings: ChatSettings, *, client: httpx.AsyncClient, jitter: Callable[[], float] = random.random
    ) -> None:
        """``client`` is shared and closed by whoever made it; ``jitter`` gives numbers from 0 to 1."""
        if settings.base_url is None:
            message = "An OpenAiChatModel needs a base URL."
            raise ValueError(message)
        self._settings = settings
        self._client = client
        self._rules = RetryRules(
            settings.retries, settings.retry_base_seconds, settings.retry_after_cap_seconds, jitter
        )
        self._url = settings.base_url.rstrip("/") + "/chat/completions"

    @property
    def name(self) -> str:
        """The model's name as the provider spells it."""
        return self._settings.model

    async def stream(self, messages: Sequence[ChatMessage], options: ChatOptions) -> AsyncGenerator[ChatEvent, None]:
        """Deltas, then exactly one ``ChatFinished``. Closing the iterator closes the connection: the provider stops.

        Raises:
            ModelUnavailableError: no answer in time, a 5xx or 429 after the retries, a broken stream.
            ModelRejectedError: wrong key, unknown model, refused input.
            RuntimeError: a unit of work is open, or real calls are forbidden here.
        """
        require_call_permitted(self._url)
        body = self._body(messages, options)
        deadline = asyncio.get_running_loop().time() + self._settings.total_seconds
        for attempt in range(self._settings.retries + 1):
            try:
                async with aclosing(self._attempt(body, _Progress(deadline))) as events:
                    async for event in events:
                        yield event
            except RetryableError as error:
                await self._wait_before_retry(error, attempt=attempt, deadline=deadline)
            else:
                return

    def _body(self, messages: Sequence[ChatMessage], options: ChatOptions) -> bytes:
        fields: dict[str, object] = {
            "model": self._settings.model,
            "messages": [{"role": message.role.value, "content": message.content} for message in messages],
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
            "stream": True,
        }
        if self._settings.include_usage:
            fields["stream_options"] = {"include_usage": True}
        return msgspec.json.encode(fields)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._settings.api_key is not None:
            headers["Authorization"] = f"Bearer {self._settings.api_key.get_secret_value()}"
        return headers

    async def _wait_before_retry(self, error: RetryableError, *, attempt: int, deadline: float) -> None:
        pause = self._rules.pause_after(error, attempt=attempt)
        if asyncio.get_running_loop().time() + pause >= deadline:
            raise error.cause from error
        await asyncio.sleep(pause)

    async def _attempt(self, body: bytes, progress: _Progress) -> AsyncGenerator[ChatEvent, None]:
        try:
            async with aclosing(self._events(body, progress)) as events:
                async for event in events:
                    progress.has_text = True
                    yield event
        except ModelUnavailableError as error:
            if progress.has_text:
                raise
            raise RetryableError(error) from error

    async def _events(self, body: bytes, progress: _Progress) -> AsyncGenerator[ChatEvent, None]:
        first_token_at = asyncio.get_running_loop().time() + self._settings.first_token_seconds
        timeout = httpx.Timeout(None, connect=self._settings.connect_seconds)
        request = self._client.build_request("POST", self._url, content=body, headers=self._headers(), timeout=timeout)
        response = await self._sent(request, min(first_token_at, progress.deadline))
        try:
            await self._require_success(response)
            async with aclosing(_chunks(response)) as chunks:
                while (chunk := await self._next(chunks, progress, first_token_at)) is not None:
                    text = _text_of(chunk, progress)
                    if text:
                        yield ChatDelta(text)
        finally:
            await response.aclose()
        usage = progress.usage or TokenCounts()
        reason = progress.reason or ChatFinishReason.STOP
        yield ChatFinished(reason, usage.prompt_tokens, usage.completion_tokens)

    async def _sent(self, request: httpx.Request, deadline: float) -> httpx.Response:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._client.send(request, stream=True, follow_redirects=False)
        except TimeoutError as error:
            message = "The chat model did not begin to answer in time."
            raise ModelUnavailableError(message) from error
        except httpx.RequestError as error:
            message = "The chat model cannot be reached."
            advice = "The operator must check the chat model's base URL and whether the provider is up."
            raise ModelUnavailableError(message, advice=advice, cause=type(error).__name__) from error

    async def _require_success(self, response: httpx.Response) -> None:
        if response.status_code == httpx.codes.OK.value:
            return
        error = translated(response.status_code, self._without_key(await _provider_message(response)))
        if isinstance(error, ModelUnavailableError):
            raise RetryableError(error, retry_after(response.headers.get("retry-after")))
        raise error

    def _without_key(self, text: str) -> str:
        key = self._settings.api_key
        return text.replace(key.get_secret_value(), "…") if key is not None and key.get_secret_value() else text

    async def _next(self, chunks: AsyncIterator[Chunk], progress: _Progress, first_token_at: float) -> Chunk | None:
        """The next chunk, or None at the end of the completion."""
        now = asyncio.get_running_loop().time()
        limit = now + self._settings.between_tokens_seconds if progress.has_sign_of_life else first_token_at
        try:
            async with asyncio.timeout_at(min(limit, progress.deadline)):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            if progress.reason is not None:
                return None  # the text is complete; only its token counts are missing
            message = "The chat model fell silent."
            raise ModelUnavailableError(message) from error
        except httpx.RequestError as error:
            message = "The connection to the chat model broke."
            raise ModelUnavailableError(message, cause=type(error).__name__) from error
        if chunk is not None and (error := error_in(chunk)) is not None:
            error.message = self._without_key(error.message)
            raise translated_error(error)
        return chunk


async def _chunks(response: httpx.Response) -> AsyncGenerator[Chunk, None]:
    """Chunks up to ``[DONE]``, or up to the end of a stream that gave its finish reason."""
    if response.headers.get("content-type", "").startswith("application/json"):
        yield decode_chunk(await response.aread())  # a server that does not stream
        return
    has_finished = False
    async for payload in payloads(response.aiter_bytes()):
        if payload == _DONE:
            return
        chunk = decode_chunk(payload)
        has_finished = has_finished or any(choice.finish_reason for choice in chunk.choices or ())
        yield chunk
    if not has_finished:
        message = "The chat model's answer broke off."
        raise ModelUnavailableError(message)


def _text_of(chunk: Chunk, progress: _Progress) -> str:
    """The chunk's text; notes usage, the finish reason and signs of life on the way."""
    progress.usage = chunk.usage or progress.usage
    text = ""
    for choice in chunk.choices or ():
        delta = choice.delta or choice.message
        if delta is not None:
            text += delta.content or ""
            if delta.content or delta.reasoning_content or delta.reasoning:
                progress.has_sign_of_life = True
        if choice.finish_reason:
            progress.reason = finish_reason(choice.finish_reason)
            progress.has_sign_of_life = True
    return text


async def _provider_message(response: httpx.Response) -> str:
    content = b""
    try:
        async with asyncio.timeout(5):
            async for piece in response.aiter_bytes():
                content += piece
                if len(content) > _MAX_ERROR_BYTES:
                    break
        error = error_in(decode_chunk(content))
    except (TimeoutError, httpx.RequestError, ModelUnavailableError):
        return content[:_MAX_ERROR_BYTES].decode("utf-8", "replace").strip()
    return error.message if error is not None else ""
