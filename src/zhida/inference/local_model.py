"""What a model that runs inside a process of ours offers to the embedder, which schedules its work.

Called by the embedder; implemented by the ONNX adapter and by the shipped fake.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhida.inference.ports import EmbeddingModelCard


class TextRole(StrEnum):
    """What a text is to the search: asymmetric models embed a question and a chunk differently."""

    QUERY = "query"
    PASSAGE = "passage"


class LocalEmbeddingModel(Protocol):
    """Embeds on the calling thread, without an event loop; safe to call from several threads at once."""

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is."""
        ...

    def embed_now(self, texts: Sequence[str], role: TextRole) -> NDArray[np.float32]:
        """Float32 of shape (len(texts), dimensions), each row L2-normalised.

        Raises:
            ModelUnavailableError: the runtime failed on this batch.
        """
        ...
