"""``EmbeddingModel`` over any provider of OpenAI's form: POST {base_url}/embeddings. Wired by bootstrap."""

import asyncio
import random
from collections.abc import Callable, Sequence
from http import HTTPStatus

import httpx
import msgspec
import numpy as np
from numpy.typing import NDArray

from zhida.ids import Language
from zhida.inference.adapters.openai_retries import RetryableError, RetryRules, may_pass, retry_after
from zhida.inference.call_rules import require_call_permitted
from zhida.inference.errors import ModelRejectedError, ModelUnavailableError
from zhida.inference.ports import EmbeddingModelCard
from zhida.inference.settings import EmbeddingSettings
from zhida.inference.well_formed import well_formed

_LONGEST_SAID = 300
"""Characters of a provider's message that are handed on."""
_ADVICE = {
    HTTPStatus.UNAUTHORIZED: "The operator must check ZHIDA_INFERENCE__EMBEDDING__API_KEY.",
    HTTPStatus.FORBIDDEN: "The operator must check what the API key may do.",
    HTTPStatus.NOT_FOUND: "The operator must check the embedding API's base URL and the model's name.",
}


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


def card_of(settings: EmbeddingSettings) -> EmbeddingModelCard:
    """What the settings say of an API's model: no request is made."""
    if settings.dimensions is None:
        message = "An embedding API's model needs dimensions."
        raise ValueError(message)
    return EmbeddingModelCard(
        name=settings.model,
        dimensions=settings.dimensions,
        max_tokens=settings.max_tokens,
        languages=settings.languages or frozenset(Language),
    )


class OpenAiEmbeddingModel:
    """Batches, retries with jitter, checks the vectors and makes their length 1."""

    def __init__(
        self,
        card: EmbeddingModelCard,
        *,
        settings: EmbeddingSettings,
        client: httpx.AsyncClient,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """``client`` is shared and closed by whoever made it; ``jitter`` gives numbers from 0 to 1."""
        if settings.api_base_url is None:
            message = "An OpenAiEmbeddingModel needs a base URL."
            raise ValueError(message)
        self._settings = settings
        self._client = client
        self._rules = RetryRules(
            settings.api_retries, settings.api_retry_base_seconds, settings.api_retry_after_cap_seconds, jitter
        )
        self._url = settings.api_base_url.rstrip("/") + "/embeddings"
        self._card = card

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is, as the settings say."""
        return self._card

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions."""
        prefix, seconds = self._settings.query_prefix or "", self._settings.query_timeout_seconds
        return await self._embed([prefix + well_formed(text) for text in texts], seconds)

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks; the time limit is for each batch of them."""
        prefix, seconds = self._settings.passage_prefix or "", self._settings.passage_timeout_seconds
        return await self._embed([prefix + well_formed(text) for text in texts], seconds)

    async def _embed(self, texts: list[str], seconds: float) -> NDArray[np.float32]:
        require_call_permitted(self._url)
        size = self._settings.api_batch_size
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        vectors = [await self._embed_batch(batch, seconds) for batch in batches]
        return np.concatenate(vectors) if vectors else np.empty((0, self._card.dimensions), np.float32)

    async def _embed_batch(self, texts: list[str], seconds: float) -> NDArray[np.float32]:
        try:
            async with asyncio.timeout(seconds):
                return await self._with_retries(texts)
        except TimeoutError as error:
            message = f"The embedding API did not answer within {seconds:g} s."
            raise ModelUnavailableError(message) from error

    async def _with_retries(self, texts: list[str]) -> NDArray[np.float32]:
        attempt = 0
        while True:
            try:
                return await self._attempt(texts)
            except RetryableError as error:
                await asyncio.sleep(self._rules.pause_after(error, attempt=attempt))
                attempt += 1

    async def _attempt(self, texts: list[str]) -> NDArray[np.float32]:
        settings = self._settings
        headers = {"Content-Type": "application/json"}
        if settings.api_key is not None:
            headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
        body = msgspec.json.encode({"model": settings.model, "input": texts, "encoding_format": "float"})
        timeout = httpx.Timeout(settings.api_attempt_seconds)
        try:
            response = await self._client.post(self._url, content=body, headers=headers, timeout=timeout)
        except httpx.TransportError as error:
            message = f"The embedding API cannot be reached ({type(error).__name__})."
            raise RetryableError(ModelUnavailableError(message)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            message = f"The embedding API cannot be asked ({type(error).__name__})."
            raise ModelRejectedError(message, advice="The operator must check the embedding API's base URL.") from error
        if response.status_code != HTTPStatus.OK:
            raise _translated(response)
        return self._vectors(response.content, len(texts))

    def _vectors(self, content: bytes, count: int) -> NDArray[np.float32]:
        try:
            items = sorted(msgspec.json.decode(content, type=_Answer).data, key=lambda item: item.index)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RetryableError(
                ModelUnavailableError("The embedding API's answer is not of OpenAI's form.")
            ) from error
        if [item.index for item in items] != list(range(count)):
            message = f"The embedding API answered {len(items)} vectors for {count} texts."
            raise RetryableError(ModelUnavailableError(message))
        lengths = {len(item.embedding) for item in items}
        if lengths != {self._card.dimensions}:
            message = f"{self._card.name} gives {min(lengths)} dimensions, not {self._card.dimensions}."
            advice = "The operator must correct ZHIDA_INFERENCE__EMBEDDING__DIMENSIONS."
            raise ModelRejectedError(message, advice=advice)
        vectors = np.array([item.embedding for item in items], np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(norms).all() or not norms.all():
            raise RetryableError(ModelUnavailableError("The embedding API answered a vector without a direction."))
        return vectors / norms


def _translated(response: httpx.Response) -> ModelRejectedError | RetryableError:
    status, said = response.status_code, response.text[:_LONGEST_SAID]
    if may_pass(status):
        message = f"The embedding API is unavailable (status {status})."
        error = ModelUnavailableError(message, status=status, provider_message=said)
        return RetryableError(error, retry_after(response.headers.get("retry-after")))
    message = f"The embedding API rejected the request (status {status})."
    advice = _ADVICE.get(HTTPStatus(status), "") if status in set(HTTPStatus) else ""
    return ModelRejectedError(message, advice=advice, status=status, provider_message=said)
