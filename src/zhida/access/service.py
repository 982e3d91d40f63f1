"""The use cases of access: prove who one is, hand out keys, say what a principal may touch."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from zhida.access import repository
from zhida.access.accounts import ApiKey, CreatedKey, FirstStart, OneTimeLink, SessionToken, User
from zhida.access.authentication import Authentication
from zhida.access.checks import check_expiry, check_scopes, checked_name
from zhida.access.credentials import SecretKind, digest, new_secret, shown_prefix
from zhida.access.errors import AccessListNotFoundError, ForbiddenError, KeyNotFoundError
from zhida.access.grants import SEAL, AccessEntry, KeyScope, ReadGrant, WriteGrant
from zhida.access.log_ins import LogIns
from zhida.access.people import People
from zhida.access.ports import PasswordHasher
from zhida.access.principals import Permission, Principal, PrincipalKind, Role, require, require_role_within
from zhida.access.settings import AccessSettings
from zhida.database import Connection, Database, Page, UnitOfWork, decode_cursor, encode_cursor, page_of
from zhida.ids import AccessListId, GroupId, PrincipalId, new_uuid
from zhida.kit.clock import Clock


class AccessService:
    """What the doors and the rooms above ask about rights. One per process.

    Every method may raise ``DatabaseUnavailableError``; each opens its own unit of work unless it is given one.
    """

    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher, settings: AccessSettings) -> None:
        self._database = database
        self._clock = clock
        self._authentication = Authentication(database, clock, settings)
        self._log_ins = LogIns(database, clock, hasher, settings)
        self._people = People(database, clock, hasher)

    async def authenticate_key(self, secret: str) -> Principal:
        """The principal of a key; at most one indexed look-up, none within some seconds of the last.

        Raises:
            UnauthenticatedError: unknown, expired or revoked.
        """
        return await self._authentication.by_key(secret)

    async def authenticate_session(self, token: str) -> Principal:
        """The principal of a log-in; costs as ``authenticate_key``.

        Raises:
            UnauthenticatedError: unknown, ended, or idle for too long.
        """
        return await self._authentication.by_session(token)

    async def log_in(self, email: str, password: str, *, ip: str) -> SessionToken:
        """A password becomes a session's token. ``ip`` is the caller's network address, for the lock-out.

        Raises:
            LockedOutError: too many attempts; the fact ``retry_after_s`` says when to come back.
            UnauthenticatedError: address and password do not fit.
        """
        return await self._log_ins.log_in(email, password, ip=ip)

    async def log_out(self, token: str) -> None:
        """End a log-in; quiet where there is none."""
        await self._log_ins.log_out(token)
        self._authentication.forget()

    async def create_one_time_link(self, principal_id: PrincipalId) -> OneTimeLink:
        """A secret that signs one browser in as that user, once, within some minutes.

        Raises:
            UserNotFoundError: no active user has that id.
        """
        return await self._log_ins.create_link(principal_id)

    async def redeem_one_time_link(self, token: str) -> SessionToken:
        """Use a link up.

        Raises:
            UnauthenticatedError: unknown, used or expired.
        """
        return await self._log_ins.redeem_link(token)

    async def read_grant(self, principal: Principal) -> ReadGrant:
        """What the principal may read. Free right after authentication, and at most some seconds old."""
        lists = await self._authentication.readable(principal.id)
        return ReadGrant(
            principal_id=principal.id, access_lists=lists, knowledge_bases=principal.knowledge_bases, seal=SEAL
        )

    async def write_grant(self, principal: Principal) -> WriteGrant:
        """What the principal may change, read freshly from the record."""
        async with self._database.reading() as connection:
            lists = await repository.find_writable(connection, principal.id)
        return WriteGrant(
            principal_id=principal.id, access_lists=lists, knowledge_bases=principal.knowledge_bases, seal=SEAL
        )

    async def create_access_list(
        self, unit: UnitOfWork, name: str, entries: Sequence[AccessEntry] = ()
    ) -> AccessListId:
        """A new list in the caller's transaction. The caller has asked for the permission to make what it guards.

        Raises:
            InvalidAccessError: the name is empty or too long.
            AccessListNotFoundError: an entry names no group or principal.
        """
        self._authentication.forget()
        access_list_id = await repository.add_access_list(unit.connection, checked_name(name))
        for entry in entries:
            await _put_entry(unit.connection, access_list_id, entry)
        return access_list_id

    async def delete_access_list(self, unit: UnitOfWork, access_list_id: AccessListId) -> None:
        """Delete a list with its entries, in the transaction that deletes what it guarded."""
        self._authentication.forget()
        await repository.delete_access_list(unit.connection, access_list_id)

    async def grant(self, actor: Principal, access_list_id: AccessListId, entry: AccessEntry) -> None:
        """Add one line to a list, or change it.

        Raises:
            ForbiddenError: the actor may not change what the list guards.
            AccessListNotFoundError: no such list, group or principal.
        """
        await self._require_list(actor, access_list_id)
        async with self._database.unit_of_work() as unit:
            await _put_entry(unit.connection, access_list_id, entry)
        self._authentication.forget()

    async def withdraw(self, actor: Principal, access_list_id: AccessListId, grantee: PrincipalId | GroupId) -> None:
        """Take one line off a list; quiet where there is none. It holds for every hit from the commit on.

        Raises:
            ForbiddenError: the actor may not change what the list guards.
        """
        await self._require_list(actor, access_list_id)
        async with self._database.unit_of_work() as unit:
            await repository.remove_entry(unit.connection, access_list_id, grantee)
        self._authentication.forget()

    async def create_key(
        self,
        actor: Principal,
        name: str,
        *,
        role: Role,
        scopes: Sequence[KeyScope] | None = None,
        expires_at: datetime | None = None,
    ) -> CreatedKey:
        """A key that acts for the actor's person, with at most this role and inside these scopes.

        The caller has resolved ``scopes`` to knowledge bases that the actor may see.

        Raises:
            ForbiddenError: no permission to manage keys; a higher role, wider scope or later end than the actor's own.
            InvalidAccessError: a name, expiry or scope that makes no sense.
            AccessListNotFoundError: a scope names a list that does not exist.
        """
        require(actor, Permission.KEYS_MANAGE)
        require_role_within(actor, role)
        now = self._clock.now()
        check_expiry(actor, expires_at, now)
        key = Principal(
            id=PrincipalId(new_uuid()),
            kind=PrincipalKind.KEY,
            name=checked_name(name),
            role=role,
            acts_for=actor.id if actor.kind is PrincipalKind.USER else actor.acts_for,
            knowledge_bases=None if scopes is None else frozenset(scope.knowledge_base_id for scope in scopes),
            expires_at=expires_at,
        )
        secret = new_secret(SecretKind.KEY)
        async with self._database.unit_of_work() as unit:
            await self._check_scopes(unit.connection, actor, scopes)
            await self._add_key(unit.connection, key, secret, created_by=actor.id)
            wanted = set(scopes or ())
            if await repository.add_scopes(unit.connection, key.id, tuple(wanted)) != len(wanted):
                raise AccessListNotFoundError("A scope names an access list that does not exist.")
            return CreatedKey(await _key(unit.connection, key.id), secret)

    async def revoke_key(self, actor: Principal, key_id: PrincipalId) -> None:
        """End a key; ending it twice is ending it once.

        Raises:
            ForbiddenError: no permission to manage keys.
            KeyNotFoundError: no such key, or somebody else's.
        """
        require(actor, Permission.KEYS_MANAGE)
        async with self._database.unit_of_work() as unit:
            key = await _key(unit.connection, key_id)
            if not actor.may(Permission.USERS_MANAGE) and key.owner != actor.person and key.id != actor.id:
                raise _key_not_found(key_id)
            await repository.disable(unit.connection, key_id, self._clock.now())
        self._authentication.forget()

    async def list_keys(self, actor: Principal, *, cursor: str | None = None, limit: int = 50) -> Page[ApiKey]:
        """The actor's own keys, and everybody's for an administrator; oldest first, revoked ones included.

        Raises:
            ForbiddenError: no permission to manage keys.
            CursorInvalidError: not a cursor of this list.
        """
        require(actor, Permission.KEYS_MANAGE)
        owner = None if actor.may(Permission.USERS_MANAGE) else actor.person
        after = None if cursor is None else decode_cursor(cursor, UUID)[0]
        async with self._database.reading() as connection:
            keys = await repository.find_keys(connection, owner=owner, after=after, limit=limit + 1)
        return page_of(keys, limit=limit, cursor_of=lambda key: encode_cursor(key.id))

    async def local_key(self, *, node: str = "this machine") -> CreatedKey:
        """A fresh secret for the commands on this node, with an administrator's rights; the one before ends.

        Whoever can read the file that bootstrap stores it in (0600) is the operator of the machine.
        """
        secret = new_secret(SecretKind.KEY)
        async with self._database.unit_of_work() as unit:
            await repository.lock_administrators(unit.connection)
            key_id = await repository.find_local_key(unit.connection, node)
            if key_id is None:
                key_id = PrincipalId(new_uuid())
                name = checked_name(f"command line on {node}")
                principal = Principal(id=key_id, kind=PrincipalKind.KEY, name=name, role=Role.ADMIN)
                await self._add_key(unit.connection, principal, secret, created_by=key_id)
            await repository.change_local_key(
                unit.connection, key_id, node=node, key_hash=digest(secret), prefix=shown_prefix(secret)
            )
            key = await _key(unit.connection, key_id)
        self._authentication.forget()
        return CreatedKey(key, secret)

    async def ensure_administrator(self, email: str, password: str | None) -> FirstStart:
        """Make the first account where there is none; without a password, generate one to be printed once.

        Raises:
            InvalidAccessError, WeakPasswordError: the address or the password will not do.
            UserNotFoundError: there are users, but no administrator whose account works.
        """
        return await self._people.ensure_administrator(email, password)

    async def create_user(self, actor: Principal, email: str, password: str, *, role: Role, name: str = "") -> User:
        """A new account; without a name it goes by its address.

        Raises:
            ForbiddenError: no permission to manage users, or a role above the actor's own.
            InvalidAccessError, WeakPasswordError: the address, name or password will not do.
            UserExistsError: the address is taken.
        """
        return await self._people.create_user(actor, email, password, role=role, name=name)

    async def list_users(self, actor: Principal, *, cursor: str | None = None, limit: int = 50) -> Page[User]:
        """Users, oldest first, disabled ones included.

        Raises:
            ForbiddenError: no permission to manage users.
            CursorInvalidError: not a cursor of this list.
        """
        return await self._people.list_users(actor, cursor=cursor, limit=limit)

    async def disable_user(self, actor: Principal, user_id: PrincipalId) -> None:
        """End an account with its log-ins, links and the keys that act for it.

        Raises:
            ForbiddenError: no permission to manage users.
            UserNotFoundError: no such user.
            LastAdministratorError: nobody would be left to administer.
        """
        await self._people.disable_user(actor, user_id)
        self._authentication.forget()

    async def _require_list(self, actor: Principal, access_list_id: AccessListId) -> None:
        require(actor, Permission.KNOWLEDGE_WRITE)
        grant = await self.write_grant(actor)
        if not grant.allows(access_list_id):
            raise ForbiddenError(
                "You may not change who sees this.", advice="Ask somebody who may.", access_list_id=access_list_id
            )

    async def _check_scopes(self, connection: Connection, actor: Principal, scopes: Sequence[KeyScope] | None) -> None:
        is_scoped = actor.knowledge_bases is not None
        check_scopes(scopes, await repository.find_scopes(connection, actor.id) if is_scoped else None)

    async def _add_key(self, connection: Connection, key: Principal, secret: str, *, created_by: PrincipalId) -> None:
        await repository.add_principal(connection, key, created_at=self._clock.now())
        await repository.add_key(
            connection, key.id, key_hash=digest(secret), prefix=shown_prefix(secret), created_by=created_by
        )


async def _key(connection: Connection, key_id: PrincipalId) -> ApiKey:
    key = await repository.find_key(connection, key_id)
    if key is None:
        raise _key_not_found(key_id)
    return key


def _key_not_found(key_id: PrincipalId) -> KeyNotFoundError:
    return KeyNotFoundError(
        "There is no such key.", advice="List the keys and use an id from there.", key_id=str(key_id)
    )


async def _put_entry(connection: Connection, access_list_id: AccessListId, entry: AccessEntry) -> None:
    if not await repository.put_entry(connection, access_list_id, entry):
        raise AccessListNotFoundError(
            "No such access list, or no such group or principal.", access_list_id=access_list_id
        )
