"""What does a query need? One pure function decides the legs, their candidates and their weights."""

from enum import StrEnum

from zhida.ids import Language
from zhida.inference import EmbeddingModelCard
from zhida.knowledge import detect_language
from zhida.retrieval.errors import ProfileUnknownError, QueryInvalidError
from zhida.retrieval.passages import QueryPlan
from zhida.retrieval.settings import RetrievalSettings


class Profile(StrEnum):
    """Which legs search: both weighed, or one alone (to compare them)."""

    BALANCED = "balanced"
    LEXICAL = "lexical"
    DENSE = "dense"


def plan_query(
    query: str,
    *,
    profile: str,
    top_k: int,
    card: EmbeddingModelCard | None,
    settings: RetrievalSettings,
) -> QueryPlan:
    """The plan of a query; a language that the embedding model was not trained for is left to the lexical leg.

    Raises:
        QueryInvalidError: blank, or longer than the limit.
        ProfileUnknownError: no profile of that name.
    """
    query = query.strip()
    if not query:
        raise QueryInvalidError("The question is blank.", advice="Write a question.")
    if len(query) > settings.query_length_max:
        raise QueryInvalidError(
            f"The question has {len(query)} characters; {settings.query_length_max} are allowed.",
            advice="Shorten the question.",
            limit=settings.query_length_max,
        )
    chosen = _profile(profile)
    language = detect_language(query)
    speaks = card is not None and (language in card.languages or chosen is Profile.DENSE)
    return QueryPlan(
        query=query,
        language=language,
        profile=chosen.value,
        top_k=top_k,
        lexical_k=0 if chosen is Profile.DENSE else max(settings.lexical_k, top_k),
        dense_k=max(settings.dense_k, top_k) if speaks and chosen is not Profile.LEXICAL else 0,
        lexical_weight=1.0,
        dense_weight=_dense_weight(language, settings),
        embedding_model=card.name if card is not None and speaks else None,
    )


def _dense_weight(language: Language, settings: RetrievalSettings) -> float:
    match language:
        case Language.ENGLISH:
            return settings.dense_weight_english
        case Language.CHINESE:
            return settings.dense_weight_chinese
        case Language.OTHER:
            return settings.dense_weight_other


def _profile(name: str) -> Profile:
    try:
        return Profile(name)
    except ValueError as error:
        raise ProfileUnknownError(
            f"There is no profile “{name[:50]}”.",
            advice=f"Choose one of: {', '.join(Profile)}.",
        ) from error
