"""What every ``EmbeddingModel`` promises, and what the adapter for OpenAI's form promises on top."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydantic import SecretStr, ValidationError

from tests.servers.scripted_embeddings import ScriptedEmbeddingsServer, running_embeddings
from zhida.database.unit_of_work import UnitOfWork, current_unit
from zhida.embedder import run_embedder
from zhida.ids import Language
from zhida.inference import (
    EmbeddingModel,
    EmbeddingProvider,
    EmbeddingSettings,
    LocalEmbeddingModel,
    ModelRejectedError,
    ModelUnavailableError,
    packaged_model_folder,
    read_model_folder,
)
from zhida.inference.adapters.memory import HashedEmbeddingModel
from zhida.inference.adapters.onnx import OnnxEmbeddingModel
from zhida.inference.adapters.openai_embedding import OpenAiEmbeddingModel, card_of
from zhida.inference.adapters.remote import RemoteEmbeddingModel
from zhida.inference.call_rules import CallRules, forbid_real_calls
from zhida.observability import Metrics

TEXTS = [
    "How do I reset the password?",
    "你好，世界",
    "",
    "a" * 5_000,
    "half a character: \ud83d",
    "x\x00y",
    "🌏 " * 40,
]


@asynccontextmanager
async def served(model: LocalEmbeddingModel) -> AsyncGenerator[RemoteEmbeddingModel]:
    """A model behind a real embedder's socket, in this process."""
    settings, stop = EmbeddingSettings(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="zhida-") as folder:
        path = Path(folder) / "embedder.sock"
        task = asyncio.create_task(
            run_embedder(model, socket_path=path, settings=settings, stop=stop, meter=Metrics().embedder)
        )
        remote = RemoteEmbeddingModel(path, card=model.card, settings=settings)
        yield remote
        await remote.close()
        stop.set()
        await task


def packaged() -> OnnxEmbeddingModel:
    return OnnxEmbeddingModel(read_model_folder(packaged_model_folder()))


def api_settings(server: ScriptedEmbeddingsServer, dimensions: int = 64) -> EmbeddingSettings:
    return EmbeddingSettings(
        provider=EmbeddingProvider.API,
        model="scripted",
        api_base_url=server.url,
        api_key=SecretStr("secret"),
        dimensions=dimensions,
        api_batch_size=4,
        api_retry_base_seconds=0.001,
    )


def api_model(settings: EmbeddingSettings, client: httpx.AsyncClient) -> OpenAiEmbeddingModel:
    return OpenAiEmbeddingModel(card_of(settings), settings=settings, client=client)


@pytest.fixture
def provider() -> Iterator[ScriptedEmbeddingsServer]:
    with running_embeddings(HashedEmbeddingModel(dimensions=64)) as server:
        yield server


@pytest.fixture
async def api(provider: ScriptedEmbeddingsServer) -> AsyncIterator[OpenAiEmbeddingModel]:
    async with httpx.AsyncClient() as client:
        yield api_model(api_settings(provider), client)


@pytest.fixture(params=["memory", "onnx", "remote memory", "remote onnx", "api"])
async def model(request: pytest.FixtureRequest, provider: ScriptedEmbeddingsServer) -> AsyncIterator[EmbeddingModel]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "memory":
                yield HashedEmbeddingModel()
            case "onnx":
                yield packaged()
            case "remote memory":
                yield await stack.enter_async_context(served(HashedEmbeddingModel()))
            case "remote onnx":
                yield await stack.enter_async_context(served(packaged()))
            case _:
                client = await stack.enter_async_context(httpx.AsyncClient())
                yield api_model(api_settings(provider), client)


async def test_the_card_says_what_the_vectors_are(model: EmbeddingModel) -> None:
    assert model.card.name
    assert Language.ENGLISH in model.card.languages
    assert (await model.embed_queries(["one"])).shape == (1, model.card.dimensions)


async def test_any_text_has_a_unit_vector(model: EmbeddingModel) -> None:
    for vectors in (await model.embed_queries(TEXTS), await model.embed_passages(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), model.card.dimensions)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


async def test_no_texts_have_no_vectors(model: EmbeddingModel) -> None:
    assert (await model.embed_queries([])).shape == (0, model.card.dimensions)
    assert (await model.embed_passages([])).shape == (0, model.card.dimensions)


async def test_vectors_come_in_the_order_of_the_texts(model: EmbeddingModel) -> None:
    texts = [f"item {number}: " + "word " * (number * 37 % 11) for number in range(70)]
    together = await model.embed_passages(texts)
    for place in (0, 7, 33, 69):
        alone = await model.embed_passages([texts[place]])
        assert float(together[place] @ alone[0]) > 0.98
        assert int((together @ alone[0]).argmax()) == place


async def test_texts_of_one_matter_lie_near_each_other(model: EmbeddingModel) -> None:
    question = (await model.embed_queries(["how to reset the administrator password"]))[0]
    passages = await model.embed_passages(
        ["To reset the administrator password, open the settings.", "Bake the bread for forty minutes."]
    )
    near, far = passages @ question
    assert near > far + 0.2


async def test_many_callers_get_their_own_vectors(model: EmbeddingModel) -> None:
    texts = [f"question number {number} about {'apples' if number % 2 else 'engines'}" for number in range(40)]
    alone = await model.embed_queries(texts)
    answers = await asyncio.gather(*(model.embed_queries([text]) for text in texts))
    assert all(float(answer[0] @ alone[place]) > 0.97 for place, answer in enumerate(answers))


async def test_a_model_is_not_asked_inside_a_transaction(model: EmbeddingModel) -> None:
    token = current_unit.set(UnitOfWork(connection=None))  # pyright: ignore[reportArgumentType]
    try:
        with pytest.raises(RuntimeError, match="unit of work"):
            await model.embed_queries(["one"])
        with pytest.raises(RuntimeError, match="unit of work"):
            await model.embed_passages(["one"])
    finally:
        current_unit.reset(token)


async def test_the_api_is_asked_in_batches_with_its_key(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer
) -> None:
    await api.embed_passages([str(number) for number in range(10)])
    assert [len(batch) for batch in provider.batches] == [4, 4, 2]
    assert set(provider.authorizations) == {"Bearer secret"}


@pytest.mark.parametrize("status", [429, 500, 503, 408])
async def test_the_api_is_asked_again_after_a_passing_failure(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer, status: int
) -> None:
    provider.statuses = [status, status]
    assert (await api.embed_queries(["one"])).shape == (1, 64)
    assert len(provider.batches) == 3


async def test_the_api_is_given_up_after_its_retries(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer
) -> None:
    provider.statuses = [503] * 10
    with pytest.raises(ModelUnavailableError, match="503"):
        await api.embed_queries(["one"])
    assert len(provider.batches) == 4


async def test_a_long_retry_after_is_not_waited_for(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer
) -> None:
    provider.statuses, provider.retry_after = [429], "3600"
    with pytest.raises(ModelUnavailableError, match="429"):
        await api.embed_queries(["one"])
    assert len(provider.batches) == 1


@pytest.mark.parametrize(("status", "advice"), [(401, "API_KEY"), (404, "model's name"), (400, ""), (418, "")])
async def test_what_the_api_rejects_is_not_tried_again(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer, status: int, advice: str
) -> None:
    provider.statuses = [status]
    with pytest.raises(ModelRejectedError, match=str(status)) as caught:
        await api.embed_queries(["one"])
    assert advice in caught.value.advice
    assert len(provider.batches) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage",
        b"\xff\xfe",
        b'{"data": []}',
        b'{"data": [{"index": 1, "embedding": [1.0]}]}',
        b'{"data": [{"index": 0, "embedding": [' + b"0.0," * 63 + b"0.0]}]}",
    ],
)
async def test_nonsense_from_the_api_is_asked_for_again(
    api: OpenAiEmbeddingModel, provider: ScriptedEmbeddingsServer, answer: bytes
) -> None:
    provider.answers = [answer]
    assert (await api.embed_queries(["one"])).shape == (1, 64)
    provider.answers = [answer] * 10
    with pytest.raises(ModelUnavailableError):
        await api.embed_queries(["one"])


async def test_other_dimensions_than_configured_are_named(provider: ScriptedEmbeddingsServer) -> None:
    async with httpx.AsyncClient() as client:
        model = api_model(api_settings(provider, dimensions=128), client)
        with pytest.raises(ModelRejectedError, match=r"64 dimensions, not 128.*DIMENSIONS"):
            await model.embed_queries(["one"])


async def test_an_api_that_is_not_there_is_unavailable() -> None:
    settings = EmbeddingSettings(
        provider=EmbeddingProvider.API, api_base_url="http://127.0.0.1:9/v1", dimensions=8, api_retry_base_seconds=0
    )
    async with httpx.AsyncClient() as client:
        with pytest.raises(ModelUnavailableError, match="reached"):
            await api_model(settings, client).embed_queries(["one"])


async def test_a_real_api_is_not_called_where_that_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallRules, "loopback_only", False)
    forbid_real_calls()
    settings = EmbeddingSettings(provider=EmbeddingProvider.API, api_base_url="https://api.example/v1", dimensions=8)
    async with httpx.AsyncClient() as client:
        with pytest.raises(RuntimeError, match="loopback"):
            await api_model(settings, client).embed_queries(["one"])


def test_an_api_needs_an_address_and_dimensions() -> None:
    with pytest.raises(ValidationError, match="api_base_url"):
        EmbeddingSettings(provider=EmbeddingProvider.API)
