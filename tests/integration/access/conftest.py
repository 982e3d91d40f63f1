"""The world of the access tests: a service on a real record, an administrator, and people who may do less."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from zhida.access import AccessService, AccessSettings, Principal, Role
from zhida.access.adapters.memory import UnsafeFastHasher
from zhida.database import Database
from zhida.kit.clock import FixedClock

PASSWORD = "correct horse battery"
ADMIN_EMAIL = "admin@example.org"

LogInAs = Callable[[Role], Awaitable[Principal]]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime.now(UTC))


@pytest.fixture
def access(database: Database, clock: FixedClock) -> AccessService:
    return AccessService(database, clock, UnsafeFastHasher(), AccessSettings())


@pytest.fixture
def elsewhere(database: Database, clock: FixedClock) -> AccessService:
    """The same record, as another process sees it."""
    return AccessService(database, clock, UnsafeFastHasher(), AccessSettings())


@pytest.fixture
async def admin(access: AccessService) -> Principal:
    await access.ensure_administrator(ADMIN_EMAIL, PASSWORD)
    token = await access.log_in(ADMIN_EMAIL, PASSWORD, ip="127.0.0.1")
    return await access.authenticate_session(token.token)


@pytest.fixture
def log_in_as(access: AccessService, admin: Principal) -> LogInAs:
    """Make a user of that role and log them in."""

    async def make(role: Role) -> Principal:
        users = await access.list_users(admin)
        email = f"person{len(users.items)}@example.org"
        await access.create_user(admin, email, PASSWORD, role=role)
        token = await access.log_in(email, PASSWORD, ip="127.0.0.1")
        return await access.authenticate_session(token.token)

    return make
