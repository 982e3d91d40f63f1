"""What can be wrong on this machine? The checks of ``zhida doctor`` that need no running instance."""

import asyncio
import os
import shutil
import socket
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx
from pydantic import SecretStr

import zhida
from zhida.bootstrap import embedding_card, places
from zhida.cli.attaching import Running
from zhida.database import Database
from zhida.errors import ZhidaError
from zhida.ids import Language
from zhida.inference import EmbeddingProvider
from zhida.settings import Settings

_DISK_FAILS_BELOW = 256 << 20
_DISK_WARNS_BELOW = 2 << 30
_PROVIDER_SECONDS = 5.0
_NO_LIST = frozenset({404, 405})


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and what was seen."""

    name: str
    health: Health
    detail: str
    advice: str = ""


def check_data_directory(root: Path) -> Check:
    """Whether we may write there, and whether there is room."""
    name = "data directory"
    there = next(path for path in (root, *root.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Check(name, Health.FAILED, f"{there} cannot be written.", "Check its owner, or set ZHIDA_DATA_DIR.")
    free = shutil.disk_usage(there).free
    detail = f"{root}{'' if there == root else ' (not made yet)'}, {free / (1 << 30):.1f} GiB free"
    if free < _DISK_WARNS_BELOW:
        health = Health.FAILED if free < _DISK_FAILS_BELOW else Health.WARNING
        return Check(name, health, detail, "Make room, or set ZHIDA_DATA_DIR to another disk.")
    return Check(name, Health.OK, detail)


def check_port(settings: Settings, running: Running | None) -> Check:
    """Whether an instance could listen where the settings say."""
    address = f"{settings.host}:{settings.port}"
    if running is not None and running.address.endswith(f":{settings.port}"):
        return Check("port", Health.OK, f"{address} is the running instance's")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind((settings.host, settings.port))
    except OSError as error:
        advice = "Stop the program that uses it, or set ZHIDA_PORT (0 takes a free one)."
        return Check("port", Health.FAILED, f"{address}: {error.strerror or error}", advice)
    return Check("port", Health.OK, f"{address} is free" if settings.port else "a free one will be taken")


def check_page() -> Check:
    """Whether the page was built."""
    if (Path(zhida.__file__).parent / "api" / "page" / "index.html").is_file():
        return Check("page", Health.OK, "built")
    return Check("page", Health.WARNING, "not built; the API works without it", "Run “make setup”.")


def check_database(settings: Settings) -> Check:
    """Whether an operator's PostgreSQL answers; ours starts with Zhida."""
    if settings.database.url is None:
        return Check("database", Health.OK, "embedded; starts with Zhida")
    try:
        asyncio.run(_ask_database(settings.database.url, settings))
    except ZhidaError as error:
        return Check("database", Health.FAILED, error.message, error.advice)
    return Check("database", Health.OK, "answers")


async def _ask_database(url: SecretStr, settings: Settings) -> None:
    async with Database(url.get_secret_value(), settings.database) as database:
        await database.check()


def check_embedding(settings: Settings) -> Check:
    """Whether the embedding model is here, or its provider answers."""
    embedding = settings.inference.embedding
    if embedding.provider is EmbeddingProvider.NONE:
        return Check("embedding", Health.OK, "none; search goes by words alone")
    try:
        card = embedding_card(settings, places(settings.data_dir))
    except ZhidaError as error:
        return Check("embedding", Health.FAILED, error.message, error.advice)
    if embedding.provider is EmbeddingProvider.API:
        return _check_provider("embedding", embedding.api_base_url or "", embedding.api_key)
    languages = card.languages if card else frozenset[Language]()
    advice = (
        "" if Language.CHINESE in languages else "Chinese goes by words alone; “zhida model list” shows models for it."
    )
    return Check("embedding", Health.OK, f"{card.name if card else ''} ({', '.join(sorted(languages))})", advice)


def check_chat(settings: Settings) -> Check:
    """Whether the chat model's provider answers."""
    chat = settings.inference.chat
    if chat.base_url is None:
        return Check("chat", Health.OK, "none; answers are the documents' own sentences")
    return _check_provider("chat", chat.base_url, chat.api_key)


def _check_provider(name: str, base_url: str, key: SecretStr | None) -> Check:
    """Ask a provider for its models, which costs nothing."""
    address = f"{base_url.rstrip('/')}/models"
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    try:
        status = httpx.get(address, headers=headers, timeout=_PROVIDER_SECONDS).status_code
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError) as error:
        return Check(name, Health.FAILED, f"{address}: {error or type(error).__name__}", "Check address and network.")
    if httpx.codes.is_success(status):
        return Check(name, Health.OK, f"{base_url} answers")
    if status in _NO_LIST:
        return Check(name, Health.WARNING, f"{base_url} answers, but lists no models", "Ask a question to be sure.")
    return Check(name, Health.FAILED, f"{address} answered with status {status}", "Check the key and the address.")
