"""The HTTP door: routes, errors, middleware around the application that bootstrap built."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import zhida
from zhida.api.limits import BodyLimits, LimitedBody, Shedding
from zhida.api.middleware import Observed
from zhida.api.page import serve_page
from zhida.api.problems import PROBLEM_RESPONSES, Problem, handle_problems
from zhida.api.routes import access, ask, batches, documents, knowledge_bases, operation, search
from zhida.api.uploads import spool_to_disk
from zhida.bootstrap import Application
from zhida.observability import MetricsDirectory

_DESCRIPTION = """
Documents in, answers with evidence out. Everything but `/health`, `/ready`, log-in, the page and this description wants
`Authorization: Bearer <key>`, or the page's cookie with the header `X-Zhida-Page: 1` on changes. Errors are of RFC
9457's form; programs test `code`.
Lists answer `items` and `next_cursor`. A knowledge base is named by its id or its name.
"""


def create_app(application: Application, metrics_page: MetricsDirectory) -> FastAPI:
    """The ASGI application; it opens and closes ``application`` with itself."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with application:
            yield

    app = FastAPI(
        title="Zhida",
        version=zhida.__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=PROBLEM_RESPONSES,
    )
    app.state.application = application
    app.state.metrics_page = metrics_page
    app.state.is_stopping = lambda: False  # whoever runs the server knows better
    handle_problems(app)
    # The framework looks through the routers in this order, some 20 µs each: the ones asked most come first.
    for router in (
        search.router,
        ask.router,
        operation.open_router,
        operation.router,
        access.open_router,
        access.router,
        knowledge_bases.router,
        documents.router,
        batches.router,
    ):
        app.include_router(router)
    serve_page(app)
    http = application.settings.http
    spool_to_disk()
    limits = BodyLimits(http.json_bytes_max, http.upload_bytes_max, http.body_patience)
    app.add_middleware(LimitedBody, limits=limits)
    app.add_middleware(Shedding, requests_max=http.requests_at_once_max, uploads_max=http.uploads_at_once_max)
    app.add_middleware(Observed, meter=application.metrics.http)
    app.openapi = lambda: _described(app)
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem form and the two ways to authenticate."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components: dict[str, Any] = schema.setdefault("components", {})
        components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        components["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "zhida_session"},
        }
        schema["security"] = [{"key": []}, {"cookie": []}]
        for path in ("/health", "/ready"):
            schema["paths"][path]["get"]["security"] = []
        schema["paths"]["/api/v1/sessions"]["post"]["security"] = []
        app.openapi_schema = schema
    return app.openapi_schema
