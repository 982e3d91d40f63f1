"""Commands on search indexes: ``zhida index``."""

from typing import Annotated

import typer

from zhida.cli.attaching import attached
from zhida.cli.client import in_path
from zhida.cli.knowledge import find_base
from zhida.cli.options import Json
from zhida.cli.output import emit, say, show_table

app = typer.Typer(help="Compare search indexes with the record, and rebuild them.", no_args_is_help=True)

_INDEXES = "/api/v1/indexes"


@app.command()
def report(*, as_json: Json = False) -> None:
    """Print how far this machine's indexes are behind the record."""
    with attached() as client:
        indexes = client.get(_INDEXES)["items"]
    if as_json:
        emit({"items": indexes})
        return
    rows = [
        (
            index["knowledge_base"],
            index["embedding_model"],
            index["revision"],
            index["feed_revision"],
            "up to date" if index["revision"] >= index["feed_revision"] else "catching up",
        )
        for index in indexes
    ]
    show_table(("knowledge base", "embedding model", "index", "record", "state"), rows)


@app.command()
def rebuild(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[KB]...", help="Which knowledge bases; all without a name.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Make indexes anew from the record; searches go on with the old ones meanwhile."""
    with attached() as client:
        wanted = names or [index["knowledge_base"] for index in client.get(_INDEXES)["items"]]
        asked = [client.post(f"{_INDEXES}/{in_path(str(find_base(client, name)['id']))}/rebuild") for name in wanted]
    if as_json:
        emit({"items": asked})
    else:
        say(f"The indexer rebuilds {', '.join(wanted) or 'nothing'}.")
