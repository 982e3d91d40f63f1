"""What happens before an instance answers? The administrator, the local key, the sample. Safe to repeat."""

import os
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import IO

from zhida.access import Principal, PrincipalKind, Role
from zhida.bootstrap.application import Application
from zhida.bootstrap.places import Places
from zhida.ingestion import Upload
from zhida.knowledge import KnowledgeBaseExistsError, NameConflict
from zhida.settings import Settings

SAMPLE_NAME = "sample"


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the operator is told once.

    Attributes:
        email: the administrator's.
        one_time_password: generated at the first start; None afterwards.
        link_path: signs one browser in, once.
    """

    email: str
    one_time_password: str | None
    link_path: str


async def prepare_instance(settings: Settings, places: Places, database_url: str) -> Welcome:
    """Make the administrator and the sample on a first start, and a fresh local key on every one."""
    async with Application(settings, places, database_url) as application:
        password = settings.admin_password.get_secret_value() if settings.admin_password else None
        first = await application.access.ensure_administrator(settings.admin_email, password)
        local = await application.access.local_key()
        write_private(places.local_key_file, local.secret)
        if first.created and settings.sample:
            owner = Principal(
                id=first.administrator.id,
                kind=PrincipalKind.USER,
                name=first.administrator.name,
                role=Role.ADMIN,
            )
            await _bring_sample(application, owner)
        link = await application.access.create_one_time_link(first.administrator.id)
        return Welcome(first.administrator.email, first.one_time_password, f"/link/{link.token}")


async def _bring_sample(application: Application, owner: Principal) -> None:
    try:
        base = await application.knowledge.create_base(
            owner, SAMPLE_NAME, embedding_model=application.embedding_model_name, open_to_everyone=True
        )
    except KnowledgeBaseExistsError:
        return
    writing = await application.access.write_grant(owner)
    for entry in sorted(resources.files("zhida.bootstrap").joinpath("sample").iterdir(), key=lambda item: item.name):
        with resources.as_file(entry) as path, path.open("rb") as content:
            await application.ingestion.submit(
                base, writing, [Upload(entry.name, content)], on_conflict=NameConflict.REPLACE
            )


def open_private(path: Path) -> IO[bytes]:
    """Open a file, to add to it, that the owner alone may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def write_private(path: Path, text: str) -> None:
    """Write a file that the owner alone may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    fresh.rename(path)
