"""Commands on knowledge bases: ``zhida kb``."""

import sys
from typing import Annotated, Literal

import typer

from zhida.cli.attaching import attached
from zhida.cli.client import Client, in_path
from zhida.cli.errors import UnfitInputError
from zhida.cli.options import Json
from zhida.cli.output import emit, say, show_table

app = typer.Typer(help="Create, list and delete knowledge bases.", no_args_is_help=True)

_BASES = "/api/v1/knowledge-bases"
Name = Annotated[str, typer.Argument(help="Name of the knowledge base.", show_default=False)]


@app.command()
def create(
    name: Name,
    *,
    readers: Annotated[
        Literal["everyone"] | None,
        typer.Option(help="Who may read it besides you and administrators.", show_default="nobody"),
    ] = None,
    chunk_size: Annotated[
        int | None, typer.Option(min=32, max=4096, help="Words and Han characters in a chunk at most.")
    ] = None,
    chunk_overlap: Annotated[
        int | None, typer.Option(min=0, max=1024, help="Words and Han characters that neighbours share at most.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a knowledge base."""
    body: dict[str, object] = {"name": name, "readers": [readers] if readers else []}
    body |= {"chunk_size": chunk_size, "chunk_overlap": chunk_overlap}
    with attached() as client:
        base = client.post(_BASES, body)
    if as_json:
        emit(base)
    else:
        say(f"Created {base['name']} ({base['id']}). Next: zhida ingest PATH --kb {base['name']}")


@app.command("list")
def list_bases(*, as_json: Json = False) -> None:
    """List the knowledge bases that you may read."""
    with attached() as client:
        bases = client.items(_BASES)
    if as_json:
        emit({"items": bases})
        return
    titles = ("name", "documents", "ready", "embedding model", "id")
    rows = [
        (base["name"], base["document_count"], base["ready_count"], base["embedding_model"], base["id"])
        for base in bases
    ]
    show_table(titles, rows)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="Name or id of the knowledge base.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a knowledge base with all its documents."""
    with attached() as client:
        base = find_base(client, name)
        if not yes:
            _confirm(f"Delete {base['name']} with its {base['document_count']} documents?")
        client.delete(f"{_BASES}/{base['id']}")
    if as_json:
        emit({"deleted": base["id"], "name": base["name"]})
    else:
        say(f"Deleted {base['name']}.")


def find_base(client: Client, name: str) -> dict[str, object]:
    """A knowledge base by name or id.

    Raises:
        RefusedError: there is none for this key.
    """
    if "/" in name:  # which a path cannot carry
        for base in client.items(_BASES):
            if base["name"] == name:
                return base
    return client.get(f"{_BASES}/{in_path(name)}")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise UnfitInputError("Nobody is there to be asked.", advice="Add --yes.")
    typer.confirm(question, abort=True, err=True)
