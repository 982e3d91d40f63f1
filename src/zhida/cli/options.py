"""The options that many commands share, spelt once."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
BaseName = Annotated[str, typer.Option("--kb", help="Name or id of the knowledge base.", metavar="NAME")]
