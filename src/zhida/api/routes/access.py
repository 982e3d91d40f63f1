"""Log-ins, keys and users."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from zhida.access import KeyScope, Permission, Role, SessionToken, UnauthenticatedError, require
from zhida.api.callers import COOKIE, App, Caller
from zhida.api.idempotency import IdempotentRoute
from zhida.api.routes.knowledge_bases import Cursor, Limit
from zhida.api.views.access import (
    CreatedKeyView,
    KeyList,
    KeyView,
    LogIn,
    NewKey,
    NewUser,
    PrincipalView,
    UserList,
    UserView,
)
from zhida.bootstrap import Application
from zhida.errors import ZhidaError
from zhida.ids import PrincipalId

router = APIRouter(tags=["access"], route_class=IdempotentRoute)
open_router = APIRouter(tags=["access"])
"""For those who have not proved themselves yet."""


@open_router.post("/api/v1/sessions")
async def log_in(request: Request, response: Response, app: App, body: LogIn) -> PrincipalView:
    """Log in on the page; sets an HttpOnly cookie."""
    try:
        session = await app.access.log_in(body.email, body.password, ip=_address(request))
    except ZhidaError as error:
        app.metrics.errors.log_in(error.code)
        raise
    app.metrics.errors.log_in("done")
    _set_cookie(response, app, session)
    return PrincipalView.of(await app.access.authenticate_session(session.token))


@router.delete("/api/v1/sessions/current", status_code=204)
async def log_out(request: Request, app: App, _caller: Caller) -> Response:
    """Log out; the cookie's session ends at once."""
    token = request.cookies.get(COOKIE)
    if token is not None:
        await app.access.log_out(token)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


@open_router.get("/link/{token}", include_in_schema=False)
async def redeem_link(app: App, token: str) -> Response:
    """Sign a browser in by a link that works once."""
    response = RedirectResponse("/", status_code=303, headers={"Referrer-Policy": "no-referrer"})
    try:
        session = await app.access.redeem_one_time_link(token)
    except UnauthenticatedError:
        return RedirectResponse("/?link=spent", status_code=303, headers={"Referrer-Policy": "no-referrer"})
    _set_cookie(response, app, session)
    return response


@router.post("/api/v1/one-time-links", status_code=201)
async def create_link(app: App, caller: Caller) -> dict[str, str]:
    """A path that signs one browser in as the first administrator, once; for the operator of this machine."""
    require(caller, Permission.OPERATE)
    link = await app.access.create_one_time_link(await app.administrator_id())
    return {"path": f"/link/{link.token}", "expires_at": link.expires_at.isoformat()}


@router.get("/api/v1/me")
async def who_am_i(caller: Caller) -> PrincipalView:
    """Who you are here."""
    return PrincipalView.of(caller)


@router.post("/api/v1/keys", status_code=201)
async def create_key(app: App, caller: Caller, body: NewKey) -> CreatedKeyView:
    """Create a key. Its secret is in this answer and nowhere else."""
    require(caller, Permission.KEYS_MANAGE)
    scopes: list[KeyScope] | None = None
    if body.knowledge_bases is not None:
        grant = await app.access.read_grant(caller)
        bases = [await app.knowledge.base(grant, name) for name in body.knowledge_bases]
        scopes = [KeyScope(base.id, base.access_list_id) for base in bases]
    created = await app.access.create_key(
        caller, body.name, role=Role(body.role), scopes=scopes, expires_at=body.expires_at
    )
    return CreatedKeyView.of_created(created)


@router.get("/api/v1/keys")
async def list_keys(app: App, caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> KeyList:
    """Your keys; an administrator sees everybody's."""
    require(caller, Permission.KEYS_MANAGE)
    page = await app.access.list_keys(caller, cursor=cursor, limit=limit)
    return KeyList(items=[KeyView.of(key) for key in page.items], next_cursor=page.next_cursor)


@router.delete("/api/v1/keys/{key_id}", status_code=204)
async def revoke_key(app: App, caller: Caller, key_id: UUID) -> Response:
    """Revoke a key; it works no more from now on."""
    require(caller, Permission.KEYS_MANAGE)
    await app.access.revoke_key(caller, PrincipalId(key_id))
    return Response(status_code=204)


@router.post("/api/v1/users", status_code=201)
async def create_user(app: App, caller: Caller, body: NewUser) -> UserView:
    """Create an account."""
    require(caller, Permission.USERS_MANAGE)
    user = await app.access.create_user(caller, body.email, body.password, role=Role(body.role), name=body.name)
    return UserView.of(user)


@router.get("/api/v1/users")
async def list_users(app: App, caller: Caller, cursor: Cursor = None, limit: Limit = 50) -> UserList:
    """All accounts."""
    require(caller, Permission.USERS_MANAGE)
    page = await app.access.list_users(caller, cursor=cursor, limit=limit)
    return UserList(items=[UserView.of(user) for user in page.items], next_cursor=page.next_cursor)


@router.delete("/api/v1/users/{user_id}", status_code=204)
async def disable_user(app: App, caller: Caller, user_id: UUID) -> Response:
    """Disable an account; its log-ins and keys end at once."""
    require(caller, Permission.USERS_MANAGE)
    await app.access.disable_user(caller, PrincipalId(user_id))
    return Response(status_code=204)


def _set_cookie(response: Response, app: Application, session: SessionToken) -> None:
    response.set_cookie(
        COOKIE,
        session.token,
        expires=session.expires_at,
        path="/",
        httponly=True,
        samesite="strict",
        secure=(app.settings.public_url or "").startswith("https://"),
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
