"""Who calls? The dependencies that turn a key or the page's cookie into a principal and its grants."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import Depends, Request

from zhida.access import ForbiddenError, Permission, Principal, ReadGrant, UnauthenticatedError, WriteGrant, require
from zhida.bootstrap import Application
from zhida.observability import bind_user

COOKIE = "zhida_session"
PAGE_HEADER = "x-zhida-page"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CrossSiteError(ForbiddenError):
    """A browser sent the cookie along with a change that the page did not ask for."""

    code: ClassVar[str] = "access.cross_site"


async def application_of(request: Request) -> Application:
    """The application that bootstrap built. A coroutine, since the framework sends plain functions to a thread."""
    return request.app.state.application


App = Annotated[Application, Depends(application_of)]


async def principal_of(request: Request, app: App) -> Principal:
    """Who calls, by ``Authorization: Bearer`` or by the page's cookie; asked once per request.

    Raises:
        UnauthenticatedError: neither, or one that does not work.
        CrossSiteError: a change by cookie without the page's header, which no foreign site can set.
    """
    known: Principal | None = getattr(request.state, "principal", None)
    if known is None:
        known = request.state.principal = await _proved(request, app)
        bind_user(str(known.id))  # log lines of this request name the caller from here on
    return known


async def _proved(request: Request, app: Application) -> Principal:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise UnauthenticatedError(
                "The Authorization header is not of the form “Bearer <key>”.", advice="Correct the header."
            )
        return await app.access.authenticate_key(secret.strip())
    token = request.cookies.get(COOKIE)
    if token is None:
        raise UnauthenticatedError(
            "This needs a key or a log-in.", advice="Send “Authorization: Bearer <key>”, or log in on the page."
        )
    if request.method not in SAFE_METHODS and PAGE_HEADER not in request.headers:
        raise CrossSiteError("A change by cookie needs the page's header.", advice=f"Send {PAGE_HEADER}: 1.")
    return await app.access.authenticate_session(token)


Caller = Annotated[Principal, Depends(principal_of)]


@dataclass(frozen=True, slots=True)
class Reader:
    """A caller who may read, with proof."""

    principal: Principal
    grant: ReadGrant


@dataclass(frozen=True, slots=True)
class Writer:
    """A caller who may change knowledge, with proof."""

    principal: Principal
    reading: ReadGrant
    writing: WriteGrant


async def reader_of(app: App, caller: Caller) -> Reader:
    """A caller who may read knowledge."""
    require(caller, Permission.KNOWLEDGE_READ)
    return Reader(caller, await app.access.read_grant(caller))


async def writer_of(app: App, caller: Caller) -> Writer:
    """A caller who may change knowledge."""
    require(caller, Permission.KNOWLEDGE_WRITE)
    return Writer(caller, await app.access.read_grant(caller), await app.access.write_grant(caller))


Reading = Annotated[Reader, Depends(reader_of)]
Writing = Annotated[Writer, Depends(writer_of)]
