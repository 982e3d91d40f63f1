"""Which chat model is asked, and how long we wait for it (``ZHIDA_INFERENCE__CHAT__…``)."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ChatSettings(BaseModel):
    """Any provider of OpenAI's form. ``base_url`` None: no model is configured and answers are extractive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = Field(default=None, description="Up to and including /v1; None: no chat model.")
    api_key: SecretStr | None = Field(default=None, description="Sent as Authorization: Bearer; None: no header.")
    model: str = Field(default="", description="The model's name as the provider spells it.")
    temperature: float = Field(default=0.1, ge=0, le=2, description="Of sampling; 0 takes the likeliest word.")
    top_p: float = Field(default=0.9, gt=0, le=1, description="Share of the likeliest words that are sampled from.")
    max_tokens: int = Field(default=1_024, ge=1, description="Most tokens of one answer.")
    connect_seconds: float = Field(default=5, gt=0, description="For a new connection to the provider.")
    first_token_seconds: float = Field(default=30, gt=0, description="From sending the prompt to the first text.")
    between_tokens_seconds: float = Field(default=15, gt=0, description="From one piece of text to the next.")
    total_seconds: float = Field(default=180, gt=0, description="The whole answer, retries included.")
    retries: int = Field(default=2, ge=0, le=10, description="More tries after the first, before any text came.")
    retry_base_seconds: float = Field(default=0.5, ge=0, description="Doubles with each retry, with full jitter.")
    retry_after_cap_seconds: float = Field(default=10, ge=0, description="Longest Retry-After that is waited for.")
    include_usage: bool = Field(default=True, description="Ask for token counts; some old servers refuse it.")

    @model_validator(mode="after")
    def _provider_is_complete(self) -> Self:
        if self.base_url is None:
            return self
        if not self.base_url.startswith(("http://", "https://")):
            message = "base_url must begin with http:// or https://"
            raise ValueError(message)
        if not self.model:
            message = "a chat model with a base_url needs model, its name as the provider spells it"
            raise ValueError(message)
        return self
