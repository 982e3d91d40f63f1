"""How are uploads read? Onto the disk where they will stay, in small pieces of memory, with its failures named."""

from fastapi import Request, Response
from starlette.formparsers import MultiPartParser

from zhida.access import Permission
from zhida.api.callers import application_of
from zhida.api.guarding import Handler
from zhida.api.idempotency import IdempotentRoute
from zhida.ingestion import StorageUnavailableError

_MEMORY_BYTES = 1 << 16
_MULTIPART = "multipart/form-data"


def spool_to_disk() -> None:
    """Keep at most 64 KiB of each uploaded file in memory: of a thousand files, the framework would keep a gigabyte."""
    MultiPartParser.spool_max_size = _MEMORY_BYTES


class KnowledgeRoute(IdempotentRoute):
    """Routes of knowledge bases and documents: whoever may not change them is told before an upload is read."""

    change_permission = Permission.KNOWLEDGE_WRITE

    def once_handler(self) -> Handler:
        """Uploads are read by ourselves: the framework takes a full disk for a malformed request."""
        handle = super().once_handler()

        async def handle_upload(request: Request) -> Response:
            if request.headers.get("content-type", "").startswith(_MULTIPART):
                await _read_form(request)
            return await handle(request)

        return handle_upload


async def _read_form(request: Request) -> None:
    """Parse the form; the framework finds it parsed.

    Raises:
        StorageUnavailableError: the disk that takes the files is full or gone.
    """
    app = await application_of(request)
    # One more than is permitted, so that the room itself says how many are.
    files_max = app.settings.ingestion.files_per_upload_max + 1
    try:
        await request.form(max_files=files_max)
    except OSError as error:
        raise StorageUnavailableError(
            f"The upload could not be kept: {error.strerror}.",
            advice="The operator must free space on the disk of the data directory, then upload again.",
        ) from error
