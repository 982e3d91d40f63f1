"""How much retrieval looks at."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FusionMethod(StrEnum):
    """How two rankings become one: by their scores, or by their ranks alone."""

    CONVEX = "convex"
    RECIPROCAL_RANK = "reciprocal_rank"


class RetrievalSettings(BaseModel):
    """Retrieval settings.

    Attributes:
        top_k: passages of an answer where the caller does not say.
        query_length_max: characters in a query.
        lexical_k, dense_k: candidates of each leg.
        fusion: how the legs' rankings become one.
        dense_weight_english, dense_weight_chinese, dense_weight_other: how much the dense leg counts for a question in
            that language, where the lexical leg counts 1.
        threads: index searches at the same time in one process.
        base_cache_seconds: how long the lookup of a knowledge base by name is remembered; rights are checked on every
            hit all the same.
    """

    model_config = ConfigDict(frozen=True)

    top_k: int = Field(default=5, ge=1)
    query_length_max: int = Field(default=1000, ge=1)
    lexical_k: int = Field(default=80, ge=1)
    dense_k: int = Field(default=80, ge=1)
    fusion: FusionMethod = FusionMethod.CONVEX
    dense_weight_english: float = Field(default=0.6, ge=0)
    dense_weight_chinese: float = Field(default=0.4, ge=0)
    dense_weight_other: float = Field(default=0.6, ge=0)
    threads: int = Field(default=4, ge=1)
    base_cache_seconds: float = Field(default=2.0, ge=0)
