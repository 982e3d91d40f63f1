"""A question becomes a plan: which legs, how many candidates, how much each counts."""

import pytest

from zhida.ids import Language
from zhida.inference import EmbeddingModelCard
from zhida.retrieval import Profile, ProfileUnknownError, QueryInvalidError, QueryPlan, RetrievalSettings
from zhida.retrieval.plan import plan_query

SETTINGS = RetrievalSettings()
ENGLISH_MODEL = EmbeddingModelCard("english", 8, 256, frozenset({Language.ENGLISH}))
ANY_MODEL = EmbeddingModelCard("any", 8, 512, frozenset(Language))


def plan(
    query: str, *, profile: str = "balanced", card: EmbeddingModelCard | None = ENGLISH_MODEL, top_k: int = 5
) -> QueryPlan:
    return plan_query(query, profile=profile, top_k=top_k, card=card, settings=SETTINGS)


def test_an_english_question_is_looked_for_by_words_and_by_meaning() -> None:
    made = plan("How long is the guarantee?")
    assert (made.language, made.embedding_model) == (Language.ENGLISH, "english")
    assert (made.lexical_k, made.dense_k) == (SETTINGS.lexical_k, SETTINGS.dense_k)
    assert (made.lexical_weight, made.dense_weight) == (1.0, SETTINGS.dense_weight_english)


def test_a_language_that_the_model_was_not_trained_for_is_left_to_the_words() -> None:
    made = plan("保修期有多长？")
    assert (made.language, made.dense_k, made.embedding_model) == (Language.CHINESE, 0, None)
    assert made.lexical_k == SETTINGS.lexical_k


def test_a_model_of_many_languages_searches_chinese_with_its_own_weight() -> None:
    made = plan("保修期有多长？", card=ANY_MODEL)
    assert (made.dense_k, made.dense_weight) == (SETTINGS.dense_k, SETTINGS.dense_weight_chinese)


def test_other_languages_have_their_weight_too() -> None:
    assert plan("Какой срок гарантии?", card=ANY_MODEL).dense_weight == SETTINGS.dense_weight_other


@pytest.mark.parametrize("query", ["How long is the guarantee?", "保修期有多长？"])
def test_without_a_model_words_search_alone(query: str) -> None:
    made = plan(query, card=None)
    assert (made.dense_k, made.embedding_model, made.lexical_k) == (0, None, SETTINGS.lexical_k)


def test_the_lexical_profile_leaves_the_model_in_peace() -> None:
    assert plan("guarantee", profile="lexical").dense_k == 0


def test_the_dense_profile_asks_the_model_whatever_the_language() -> None:
    made = plan("保修期有多长？", profile=Profile.DENSE)
    assert (made.lexical_k, made.dense_k, made.embedding_model) == (0, SETTINGS.dense_k, "english")


def test_the_dense_profile_without_a_model_finds_nothing() -> None:
    made = plan("guarantee", profile="dense", card=None)
    assert (made.lexical_k, made.dense_k) == (0, 0)


def test_more_passages_than_candidates_mean_more_candidates() -> None:
    made = plan("guarantee", top_k=SETTINGS.dense_k + 20)
    assert made.lexical_k == made.dense_k == SETTINGS.dense_k + 20


def test_blanks_around_a_question_are_taken_off() -> None:
    assert plan("  guarantee \n").query == "guarantee"


@pytest.mark.parametrize("query", ["", " \n\t", "x" * (SETTINGS.query_length_max + 1)])
def test_no_question_and_a_whole_book_are_refused(query: str) -> None:
    with pytest.raises(QueryInvalidError):
        plan(query)


def test_an_unknown_profile_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ProfileUnknownError) as caught:
        plan("guarantee", profile="fastest")
    assert "balanced" in caught.value.advice
