"""Which commands are there, and where does each live? Read for every call; a command's module when it is called.

``zhida kb list`` asks an instance that runs already and must not wait for what only ``zhida up`` needs. So the root
group holds names and help alone, and imports a command's module by its dotted name once that command is called.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from zhida.cli.coercion import coerce_plainly


@dataclass(frozen=True, slots=True)
class Entry:
    """A command of the root.

    Attributes:
        dotted: ``module:name`` of a function, or of a ``typer.Typer`` that holds a group's commands.
        help: the line that lists show; equal to the first line of the command's own help.
        panel: under which heading it is listed.
    """

    dotted: str
    help: str
    panel: str


_RUN = "Run an instance"
_KNOWLEDGE = "Documents and answers"
_PEOPLE = "People and keys"
_OPERATE = "Operate"

ENTRIES: dict[str, Entry] = {
    "up": Entry(
        "zhida.cli.running:up",
        "Run everything on this machine: database, api, worker, indexer, embedder, page.",
        _RUN,
    ),
    "serve": Entry(
        "zhida.cli.running:serve",
        "Run a node of a cluster: api, indexer, embedder and workers on a database that ZHIDA_DATABASE__URL names.",
        _RUN,
    ),
    "worker": Entry("zhida.cli.running:worker", "Run one more worker process.", _RUN),
    "migrate": Entry(
        "zhida.cli.running:migrate",
        "Bring the database that ZHIDA_DATABASE__URL names to this version's tables.",
        _RUN,
    ),
    "link": Entry("zhida.cli.node:link", "Print an address that signs one browser in, once.", _RUN),
    "stop": Entry("zhida.cli.node:stop", "Stop the instance of the data directory.", _RUN),
    "kb": Entry("zhida.cli.knowledge:app", "Create, list and delete knowledge bases.", _KNOWLEDGE),
    "ingest": Entry("zhida.cli.ingest:ingest", "Bring files and folders into a knowledge base.", _KNOWLEDGE),
    "search": Entry("zhida.cli.asking:search", "Print the passages that answer a query best.", _KNOWLEDGE),
    "ask": Entry("zhida.cli.asking:ask", "Answer a question from a knowledge base, with citations.", _KNOWLEDGE),
    "user": Entry("zhida.cli.people:app", "Create, list and disable accounts.", _PEOPLE),
    "key": Entry("zhida.cli.keys:app", "Create, list and revoke API keys.", _PEOPLE),
    "job": Entry("zhida.cli.jobs:app", "List background jobs and run dead ones again.", _OPERATE),
    "index": Entry("zhida.cli.indexes:app", "Compare search indexes with the record, and rebuild them.", _OPERATE),
    "model": Entry("zhida.cli.models:app", "List and fetch embedding models.", _OPERATE),
    "eval": Entry("zhida.cli.evaluation:app", "Measure the quality of search.", _OPERATE),
    "doctor": Entry(
        "zhida.cli.doctor:doctor", "Print every setting and where it came from, and check what Zhida needs.", _OPERATE
    ),
    "logs": Entry("zhida.cli.logs:logs", "Print the last lines that the processes logged.", _OPERATE),
}
"""Every command, in the order of lists."""


def load(dotted: str) -> Any:  # noqa: ANN401 - a function or a group, as the table says
    """What stands under ``module:name``; the module is imported now."""
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


def command_of(name: str) -> Any:  # noqa: ANN401 - typer keeps the type of its commands to itself
    """The real command of an entry."""
    loaded = load(ENTRIES[name].dotted)
    if not isinstance(loaded, typer.Typer):
        single = typer.Typer(add_completion=False)
        single.command(name)(loaded)
        loaded = single
    command = get_command(loaded)
    command.name = name
    coerce_plainly(command)
    return command


class LazyGroup(TyperGroup):
    """The root: lists its entries as they stand in the table and imports the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:  # noqa: ANN401 - typer's own types
        """Name, command and remaining arguments of a call."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command_of(name) if name in ENTRIES else command, rest


def register(app: typer.Typer) -> None:
    """List every entry in the root."""
    for name, entry in ENTRIES.items():
        app.command(name, help=entry.help, rich_help_panel=entry.panel)(_listed())


def _listed() -> Callable[[], None]:
    """What stands in lists for a command that is not imported."""

    def listed() -> None:
        return

    return listed
