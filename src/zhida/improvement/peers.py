"""What do others reach on the same sets? LangChain, LlamaIndex, Haystack and txtai as their documentation shows them.

Measured with the same embedding model (MiniLM-L6) on 400 questions a set: ± 2 points, and up to 3 where a set's
questions differ from those that were asked then. ``jieba`` marks BM25 over text that was segmented by hand first.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Figures = Mapping[str, Mapping[str, float]]
"""Percent, by peer and by mode."""

_NDCG: Mapping[str, Figures] = {
    "cmrc2018-zh": {
        "LangChain": {"bm25": 2.2, "bm25 jieba": 94.7, "dense": 22.9, "hybrid": 15.6, "hybrid jieba": 89.6},
        "LlamaIndex": {"bm25": 17.2, "bm25 jieba": 98.2, "dense": 17.7, "hybrid": 23.2},
        "Haystack": {"bm25": 94.1, "dense": 24.2, "hybrid": 81.3},
        "txtai": {"bm25": 91.6, "dense": 16.6, "hybrid": 90.1},
    },
    "drcd-dev-zht": {"LlamaIndex": {"bm25 jieba": 94.5}},
    "squad2-en": {
        "LangChain": {"bm25": 74.1, "dense": 82.5, "hybrid": 72.6},
        "LlamaIndex": {"bm25": 86.9, "dense": 82.1, "hybrid": 87.8},
        "Haystack": {"bm25": 81.6, "dense": 77.7, "hybrid": 84.5},
        "txtai": {"bm25": 81.0, "dense": 78.5, "hybrid": 86.9},
    },
    "cranfield-en": {
        "LangChain": {"bm25": 29.7, "dense": 36.7, "hybrid": 35.7},
        "LlamaIndex": {"bm25": 38.7, "dense": 39.9, "hybrid": 43.2},
        "Haystack": {"bm25": 34.8, "dense": 38.8, "hybrid": 40.4},
        "txtai": {"bm25": 36.0, "dense": 39.4, "hybrid": 42.5},
    },
    "dragonball-en": {"LlamaIndex": {"bm25": 97.7, "dense": 93.8, "hybrid": 97.5}},
    "dragonball-zh": {
        "LangChain": {"bm25 jieba": 94.1, "dense": 21.9, "hybrid jieba": 79.1},
        "LlamaIndex": {"bm25 jieba": 90.5},
    },
}
_GOLD_TEXT: Mapping[str, Figures] = {
    "dragonball-en": {"LlamaIndex": {"bm25": 82.4, "dense": 81.1, "hybrid": 86.0}},
    "dragonball-zh": {
        "LangChain": {"bm25 jieba": 60.0, "dense": 3.7, "hybrid jieba": 49.4},
        "LlamaIndex": {"bm25 jieba": 7.7},
    },
}
_NOBODY: Figures = {}


@dataclass(frozen=True, slots=True)
class BestPeer:
    """Who reaches most, and how."""

    name: str
    mode: str
    figure: float


def peers_of(set_name: str) -> dict[str, Figures]:
    """The peers' figures by metric; a metric without any for a set on which none was measured."""
    return {"ndcg@10": _NDCG.get(set_name, _NOBODY), "gold text@5": _GOLD_TEXT.get(set_name, _NOBODY)}


def best_peer(figures: Figures) -> BestPeer | None:
    """The highest of them; None where there are none."""
    every = [BestPeer(name, mode, figure) for name, modes in figures.items() for mode, figure in modes.items()]
    return max(every, key=lambda peer: peer.figure, default=None)
