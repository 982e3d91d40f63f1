"""BERT in plain numpy, as its paper has it: the independent reference for the graph that we build."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_erf = np.vectorize(math.erf, otypes=[np.float32])


def _norm(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _dense(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _attention(x: Array, weights: Mapping[str, Array], name: str, heads: int) -> Array:
    def split(part: str) -> Array:
        return _dense(x, weights, f"{name}.{part}").reshape(len(x), heads, -1).transpose(1, 0, 2)

    scores = split("query") @ split("key").transpose(0, 2, 1) / math.sqrt(x.shape[1] / heads)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return (shares @ split("value")).transpose(1, 0, 2).reshape(x.shape)


def sentence_vector(ids: Sequence[int], weights: Mapping[str, Array], *, layers: int = 6, heads: int = 12) -> Array:
    """Token ids to the mean of the last layer, of length 1."""
    x = weights["embeddings.word_embeddings.weight"][list(ids)]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        heard = _attention(x, weights, f"{name}.attention.self", heads)
        heard = _dense(heard, weights, f"{name}.attention.output.dense")
        x = _norm(heard + x, weights, f"{name}.attention.output.LayerNorm")
        wide = _dense(x, weights, f"{name}.intermediate.dense")
        wide = wide * (1 + _erf(wide / math.sqrt(2))) / 2
        x = _norm(_dense(wide, weights, f"{name}.output.dense") + x, weights, f"{name}.output.LayerNorm")
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)
