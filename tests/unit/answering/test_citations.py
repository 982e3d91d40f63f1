"""Which words support a sentence, and how much of an answer is supported."""

from tests.unit.answering.worlds import BRIDGE, TOWER, WALL, passage
from zhida.answering.citations import CitedText, citation, groundedness, shortened, supporting_quote


def test_the_quote_is_the_sentence_that_says_it() -> None:
    assert supporting_quote("It has a height of 330 metres.", TOWER) == "The tower is 330 metres tall."
    assert supporting_quote("明長城長8851.8公里。", WALL) == "明长城的总长度为8851.8公里，主要由戚继光主持修建。"


def test_a_citation_names_the_passage_and_quotes_it_exactly() -> None:
    source = passage(TOWER, name="tower.pdf", page=4)
    made = citation(2, source, "Gustave Eiffel built it.")
    assert (made.marker, made.chunk_id, made.location.page) == (2, source.chunk_id, 4)
    assert made.quote in source.text


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    sentence = "很长的一句话，" * 60
    assert sentence.startswith(shortened(sentence))
    assert len(shortened(sentence)) <= 320
    assert shortened(sentence).endswith("话")


def test_supported_and_unsupported_sentences_are_told_apart() -> None:
    passages = [passage(TOWER), passage(BRIDGE)]

    def score(*sentences: tuple[str, int | None]) -> float:
        text, markers = "", list[tuple[int, int]]()
        for sentence, marker in sentences:
            text += sentence
            if marker is not None:
                markers.append((len(text), marker))
            text += " "
        return groundedness(CitedText(text, tuple(markers)), passages)

    assert score(("The tower is 330 metres tall.", 1), ("The Forth Bridge opened in 1890.", 2)) == 1.0
    assert score(("The tower is 331 metres tall.", 1)) == 0.0
    assert score(("The tower is 330 metres tall.", 2)) == 0.0
    assert score(("The tower is 330 metres tall.", None), ("The Forth Bridge opened in 1890.", 2)) == 0.5
    assert score(("Here is what I found:", None), ("The tower is 330 metres tall.", 1)) == 1.0


def test_a_marker_before_the_full_stop_counts_too() -> None:
    text = "The tower is 330 metres tall."
    assert groundedness(CitedText(text, ((len(text) - 1, 1),)), [passage(TOWER)]) == 1.0


def test_another_language_is_held_to_its_numbers() -> None:
    good, bad = "这座塔高330米。", "这座塔高300米。"
    assert groundedness(CitedText(good, ((len(good), 1),)), [passage(TOWER)]) == 1.0
    assert groundedness(CitedText(bad, ((len(bad), 1),)), [passage(TOWER)]) == 0.0
