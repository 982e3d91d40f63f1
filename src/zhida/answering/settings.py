"""How answers are made, as the operator sets it (``ZHIDA_ANSWERING__…``)."""

from pydantic import BaseModel, ConfigDict, Field


class AnsweringSettings(BaseModel):
    """Frozen defaults; every length is in characters of text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_k: int = Field(default=6, ge=1, le=10, description="Passages that an answer may draw on.")
    profile: str = Field(default="balanced", description="Retrieval profile of a question that names none.")
    evidence_characters: int = Field(default=9_000, ge=500, description="All passages in a prompt together.")
    enough_evidence: float = Field(
        default=0.34,
        ge=0,
        le=1,
        description="Least probability that the passages answer, where the answer is made of their own sentences.",
    )
    enough_evidence_for_model: float = Field(
        default=0.15, ge=0, le=1, description="The same where a model reads the passages and can refuse by itself."
    )
    held_characters: int = Field(
        default=160,
        ge=0,
        description="Generated text that is held back until its first valid citation, so that an uncited reply of a "
        "model is refused before anybody reads it; longer uncited text is sent and withdrawn at the end.",
    )
    answer_characters_max: int = Field(
        default=40_000, ge=1_000, description="A model that writes on and on is stopped here; its answer is cut off."
    )
    extractive_sentences: int = Field(default=4, ge=1, le=10, description="Most sentences of an extractive answer.")
