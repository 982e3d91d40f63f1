"""The use cases of accounts: the first administrator, users, their end. Called by ``AccessService``."""

from uuid import UUID

from zhida.access import log_in_repository, repository
from zhida.access.accounts import FirstStart, User
from zhida.access.checks import checked_email, checked_name
from zhida.access.credentials import new_one_time_password
from zhida.access.errors import LastAdministratorError, UserExistsError, UserNotFoundError
from zhida.access.passwords import check_password
from zhida.access.ports import PasswordHasher
from zhida.access.principals import Permission, Principal, PrincipalKind, Role, require, require_role_within
from zhida.database import Connection, Database, Page, decode_cursor, encode_cursor, page_of
from zhida.ids import PrincipalId, new_uuid
from zhida.kit.clock import Clock


class People:
    """Makes, lists and ends users' accounts. Errors as ``AccessService`` says."""

    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher

    async def ensure_administrator(self, email: str, password: str | None) -> FirstStart:
        """Make the first account where there is none."""
        async with self._database.reading() as connection:
            if await repository.any_user_exists(connection):
                return FirstStart(await _oldest_administrator(connection), created=False)
        address = checked_email(email)
        if password is not None:
            check_password(password, email=address)
        generated = new_one_time_password() if password is None else None
        password_hash = await self._hasher.hash(password or generated or "")
        async with self._database.unit_of_work() as unit:
            await repository.lock_administrators(unit.connection)
            if await repository.any_user_exists(unit.connection):
                return FirstStart(await _oldest_administrator(unit.connection), created=False)
            user = await self._add(unit.connection, address, address, role=Role.ADMIN, password_hash=password_hash)
        return FirstStart(user, created=True, one_time_password=generated)

    async def create_user(self, actor: Principal, email: str, password: str, *, role: Role, name: str) -> User:
        """A new account."""
        require(actor, Permission.USERS_MANAGE)
        require_role_within(actor, role)
        address = checked_email(email)
        check_password(password, email=address)
        shown = checked_name(name) if name else address
        password_hash = await self._hasher.hash(password)
        async with self._database.unit_of_work() as unit:
            return await self._add(unit.connection, address, shown, role=role, password_hash=password_hash)

    async def list_users(self, actor: Principal, *, cursor: str | None, limit: int) -> Page[User]:
        """Users, oldest first."""
        require(actor, Permission.USERS_MANAGE)
        after = None if cursor is None else decode_cursor(cursor, UUID)[0]
        async with self._database.reading() as connection:
            users = await repository.find_users(connection, after=after, limit=limit + 1)
        return page_of(users, limit=limit, cursor_of=lambda user: encode_cursor(user.id))

    async def disable_user(self, actor: Principal, user_id: PrincipalId) -> None:
        """End an account."""
        require(actor, Permission.USERS_MANAGE)
        now = self._clock.now()
        async with self._database.unit_of_work() as unit:
            await repository.lock_administrators(unit.connection)
            if await repository.find_user(unit.connection, user_id) is None:
                raise UserNotFoundError("There is no such user.", user_id=str(user_id))
            administrators = await repository.find_administrators(unit.connection, limit=2)
            if [administrator.id for administrator in administrators] == [user_id]:
                raise LastAdministratorError(
                    "This is the last administrator.", advice="Make another one first.", user_id=str(user_id)
                )
            await repository.disable(unit.connection, user_id, now)
            await log_in_repository.end_log_ins(unit.connection, user_id, now)

    async def _add(self, connection: Connection, email: str, name: str, *, role: Role, password_hash: str) -> User:
        user_id = PrincipalId(new_uuid())
        principal = Principal(id=user_id, kind=PrincipalKind.USER, name=name, role=role)
        await repository.add_principal(connection, principal, created_at=self._clock.now())
        if not await repository.add_user(connection, user_id, email=email, password_hash=password_hash):
            raise UserExistsError("This e-mail address has an account already.", email=email)
        user = await repository.find_user(connection, user_id)
        if user is None:
            raise UserNotFoundError("The new user is gone already.", user_id=str(user_id))
        return user


async def _oldest_administrator(connection: Connection) -> User:
    administrators = await repository.find_administrators(connection, limit=1)
    if not administrators:
        raise UserNotFoundError(
            "No administrator's account works.", advice="Use a key of the command line on this machine to make one."
        )
    return administrators[0]
