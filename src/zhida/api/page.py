"""The page's files, built from ``web/`` into ``page/`` beside this module."""

from pathlib import Path

from fastapi import FastAPI
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

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        file = PAGE / "index.html"
        if not file.is_file():
            return PlainTextResponse("The page is not built. Run “make setup”; the API works without it.", 404)
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    @app.get("/{name}", include_in_schema=False)
    async def top_file(name: str) -> Response:
        file = (PAGE / name).resolve()
        if file.parent != PAGE.resolve() or not file.is_file():
            return PlainTextResponse("Not found.", 404)
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    _ = index, top_file
