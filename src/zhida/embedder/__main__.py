"""The node's embedder process: loads the local model and serves it on a Unix socket."""

import asyncio

from zhida.bootstrap import Process, local_model, process, stop_on_signals
from zhida.embedder.server import run_embedder


def main() -> None:
    """Embed until SIGTERM."""
    with process("embedder") as started:
        asyncio.run(_embed(started))


async def _embed(started: Process) -> None:
    stop = stop_on_signals()
    model = local_model(started.settings, started.places)
    await run_embedder(
        model,
        socket_path=started.places.embedder_socket,
        settings=started.settings.inference.embedding,
        stop=stop,
        meter=started.metrics.embedder,
    )


if __name__ == "__main__":
    main()
