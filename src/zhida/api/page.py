"""The page's files, built from ``web/`` into ``page/`` beside this module."""

from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = Path(__file__).with_name("page")
_FOREVER = "public, max-age=31536000, immutable"


class _HashedFiles(StaticFiles):
    """Files whose names carry their hash: a browser may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOREVER
        return response


def serve_page(app: FastAPI) -> None:
    """Serve the page at ``/``; without a build, say how to get one."""
    if (PAGE / "assets").is_dir():
        app.mount("/assets", _HashedFiles(directory=PAGE / "assets"), name="assets")

    # Only these names exist: what a stranger asks for never becomes a path.
    files = {file.name: file for file in PAGE.iterdir() if file.is_file()} if PAGE.is_dir() else {}

    async def index() -> Response:
        return await top_file("index.html")

    async def top_file(name: str) -> Response:
        if name in files:
            return FileResponse(files[name], headers={"Cache-Control": "no-cache"})
        if not files:
            return PlainTextResponse("The page is not built. Run “make setup”; the API works without it.", 404)
        raise HTTPException(HTTPStatus.NOT_FOUND)

    for path, endpoint in (("/", index), ("/{name}", top_file)):
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)
