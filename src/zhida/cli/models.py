"""Commands on embedding models: ``zhida model``. They need no running instance."""

from pathlib import Path
from typing import Annotated

import httpx
import typer

from zhida.bootstrap import model_host, models_folder, places
from zhida.cli.errors import UnfitInputError
from zhida.cli.options import Json
from zhida.cli.output import emit, note, say, show_table, size_text
from zhida.cli.progress import Bars
from zhida.inference import EmbeddingProvider, KnownModel, catalogue, list_models, pull_model
from zhida.settings import Settings, read_settings

app = typer.Typer(help="List and fetch embedding models.", no_args_is_help=True)

_EMBEDDING = "ZHIDA_INFERENCE__EMBEDDING"


@app.command("list")
def list_known(*, as_json: Json = False) -> None:
    """List the models that are here and those that can be fetched."""
    settings = read_settings()
    known = list_models(catalogue(settings.inference.model_catalogue), _folder(settings))
    if as_json:
        emit({"items": [_document(model, settings) for model in known]})
        return
    rows = [
        (
            model.name,
            "in use" if _is_in_use(model, settings) else "here" if model.folder else "can be fetched",
            ", ".join(sorted(model.languages)),
            size_text(model.size) if model.size else "",
            model.licence,
            model.problem,
        )
        for model in known
    ]
    show_table(("name", "state", "languages", "size", "licence", "problem"), rows)
    note("Fetch one with: zhida model pull NAME")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Name of the model, as the list shows it.", show_default=False)],
    *,
    as_json: Json = False,
) -> None:
    """Fetch a model, check every file's SHA-256, and print the settings that switch to it."""
    settings = read_settings()
    entries = catalogue(settings.inference.model_catalogue)
    if name not in entries:
        raise UnfitInputError(f"There is no model {name} to fetch.", advice=f"There are: {', '.join(entries)}.")
    with httpx.Client() as client, Bars(of_bytes=True) as bars:
        folder = pull_model(
            entries[name],
            models_folder=_folder(settings),
            host=model_host(settings, client),
            progress=bars.show,
        )
    switch = {f"{_EMBEDDING}__PROVIDER": EmbeddingProvider.LOCAL.value, f"{_EMBEDDING}__MODEL": name}
    if as_json:
        emit({"name": name, "folder": str(folder.path), "settings": switch})
        return
    say(f"{name} is in {folder.path}.")
    say("To use it, set these in .env or the environment, and start again:")
    for variable, value in switch.items():
        say(f"{variable}={value}")


def _folder(settings: Settings) -> Path:
    return models_folder(settings, places(settings.data_dir))


def _is_in_use(model: KnownModel, settings: Settings) -> bool:
    embedding = settings.inference.embedding
    if embedding.provider is not EmbeddingProvider.LOCAL:
        return False
    return embedding.folder == model.folder if embedding.folder else embedding.model == model.name


def _document(model: KnownModel, settings: Settings) -> dict[str, object]:
    return {
        "name": model.name,
        "in_use": _is_in_use(model, settings),
        "folder": str(model.folder) if model.folder else None,
        "languages": sorted(model.languages),
        "size_bytes": model.size,
        "licence": model.licence,
        "problem": model.problem or None,
    }
