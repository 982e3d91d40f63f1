"""How models are reached: which one embeds, which one writes, and within which limits."""

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from zhida.ids import Language
from zhida.inference.chat_settings import ChatSettings

PACKAGED_MODEL = "all-minilm-l6-v2-int8"
"""The English model that set-up builds from a package, so that search by meaning works without a network."""


class EmbeddingProvider(StrEnum):
    """Where vectors come from."""

    LOCAL = "local"
    API = "api"
    NONE = "none"


class EmbeddingSettings(BaseModel):
    """The embedding model and the limits of its process.

    Attributes:
        provider: a model folder run by the embedder; an OpenAI-compatible API; or none, lexical search alone.
        model: local: the name of a folder in the models folder; api: the model's name as the provider spells it.
        folder: local: a model folder anywhere, instead of one found by name.
        languages: what the model was trained for; empty means what its folder says.
        query_prefix: put before questions; None means what the model's folder says.
        passage_prefix: put before chunks; None means what the model's folder says.
        dimensions: api: length of a vector, asked of the provider and checked.
        max_tokens: of a text that the model reads at most, where its folder does not say.
        api_base_url: up to and including /v1.
        api_key: sent as Authorization: Bearer; None: no header.
        api_batch_size: texts in one request to the provider.
        api_attempt_seconds: for one request to the provider; the time limits below hold for all its attempts.
        api_retries: more tries after the first.
        api_retry_base_seconds: the first pause between two tries; doubles with each, with full jitter.
        api_retry_after_cap_seconds: the longest Retry-After that is waited for.
        passage_run_size: chunks in one run of the niced passage session; small, so that a run ends soon.
        query_batch_size: questions embedded in one run.
        waiting_texts_limit: questions, and chunks, that may wait in the embedder before it answers that it is busy.
        query_timeout_seconds: for questions, retries and a restart of the embedder included; after it, a search goes
            on by words.
        passage_timeout_seconds: the same for chunks; after it, the job is tried again later.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: EmbeddingProvider = EmbeddingProvider.LOCAL
    model: str = PACKAGED_MODEL
    folder: Path | None = None
    languages: frozenset[Language] = frozenset()
    query_prefix: str | None = None
    passage_prefix: str | None = None
    dimensions: int | None = Field(default=None, ge=8, le=16_384)
    max_tokens: int = Field(default=512, ge=16)
    api_base_url: str | None = None
    api_key: SecretStr | None = None
    api_batch_size: int = Field(default=32, ge=1)
    api_attempt_seconds: float = Field(default=20.0, gt=0)
    api_retries: int = Field(default=3, ge=0, le=10)
    api_retry_base_seconds: float = Field(default=0.5, ge=0)
    api_retry_after_cap_seconds: float = Field(default=10.0, ge=0)
    query_batch_size: int = Field(default=64, ge=1)
    passage_run_size: int = Field(default=4, ge=1)
    waiting_texts_limit: int = Field(default=4096, ge=1)
    query_timeout_seconds: float = Field(default=3.0, gt=0)
    passage_timeout_seconds: float = Field(default=120.0, gt=0)

    @model_validator(mode="after")
    def _api_is_complete(self) -> Self:
        if self.provider is EmbeddingProvider.API and (self.api_base_url is None or self.dimensions is None):
            message = "an embedding API needs api_base_url and dimensions"
            raise ValueError(message)
        return self


class InferenceSettings(BaseModel):
    """Everything about asking models.

    Attributes:
        models_folder: where pulled models lie; None means ``models`` in the data directory.
        model_mirror_url: the model host, or a mirror of it with the same paths.
        model_catalogue: a JSON file that adds models to the built-in catalogue.
        real_models_allowed: off in tests, where a call to a provider would be a mistake; loopback stays open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedding: EmbeddingSettings = EmbeddingSettings()
    chat: ChatSettings = ChatSettings()
    models_folder: Path | None = None
    model_mirror_url: str = "https://huggingface.co"
    model_catalogue: Path | None = None
    real_models_allowed: bool = True
