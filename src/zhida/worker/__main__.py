"""One worker process: takes jobs from the record until it is told to stop."""

import asyncio

from zhida.bootstrap import Process, process, run_worker, stop_on_signals


def main() -> None:
    """Work until SIGTERM; running jobs may finish."""
    with process("worker") as started:
        asyncio.run(_work(started))


async def _work(started: Process) -> None:
    await run_worker(started, stop_on_signals())


if __name__ == "__main__":
    main()
