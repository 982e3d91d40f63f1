"""Who comes in before a body is read? Strangers must neither fill our disk nor learn what a body should look like.

The framework reads and checks a body before it runs its dependencies; routes of these classes ask first.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from zhida.access import Permission, require
from zhida.api.callers import SAFE_METHODS, application_of, principal_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that only those who prove themselves may enter.

    Attributes:
        change_permission: what requests that change something need besides; checked before their body is read.
    """

    change_permission: ClassVar[Permission | None] = None

    def inner_handler(self) -> Handler:
        """What runs behind the guard; subclasses wrap it."""
        return super().get_route_handler()

    def get_route_handler(self) -> Handler:
        """The framework's handler behind the guard."""
        handle = self.inner_handler()
        permission = self.change_permission

        async def handle_known(request: Request) -> Response:
            principal = await principal_of(request, await application_of(request))
            if permission is not None and request.method not in SAFE_METHODS:
                require(principal, permission)
            return await handle(request)

        return handle_known
