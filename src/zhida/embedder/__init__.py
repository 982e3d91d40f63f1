"""Who runs the local embedding model of a node?

One process: questions of all other processes are embedded together and before any chunk; chunks are embedded a few at
a time on a thread of the lowest priority. Bootstrap composes the process: it loads the model, calls ``run_embedder``
and ends it by the stop event.
"""

from zhida.embedder.server import run_embedder

__all__ = ["run_embedder"]
