"""Keys, access lists and the two SQL functions, on the real record."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.access.conftest import LogInAs
from zhida.access import (
    EVERYONE,
    AccessEntry,
    AccessListNotFoundError,
    AccessService,
    AccessSettings,
    ForbiddenError,
    GrantLevel,
    KeyNotFoundError,
    KeyScope,
    Principal,
    PrincipalKind,
    Role,
    UnauthenticatedError,
)
from zhida.access.adapters.memory import UnsafeFastHasher
from zhida.database import Database
from zhida.ids import AccessListId, GroupId, KnowledgeBaseId, PrincipalId, new_uuid
from zhida.kit.clock import FixedClock


async def new_list(access: AccessService, database: Database, *entries: AccessEntry) -> AccessListId:
    async with database.unit_of_work() as unit:
        return await access.create_access_list(unit, "a list", entries)


def scope(access_list_id: AccessListId) -> KeyScope:
    return KeyScope(KnowledgeBaseId(new_uuid()), access_list_id)


async def functions(database: Database, principal_id: PrincipalId) -> tuple[set[int], set[int]]:
    """What the record's own functions say may be read and written."""
    async with database.reading() as connection:
        cursor = await connection.execute(
            """SELECT ARRAY(SELECT readable_access_lists(%(id)s)) AS readable,
                      ARRAY(SELECT writable_access_lists(%(id)s)) AS writable""",
            {"id": principal_id},
        )
        row = (await cursor.fetchall())[0]
        return set(row["readable"]), set(row["writable"])


async def test_a_key_is_shown_once_and_proves_its_owner(access: AccessService, admin: Principal) -> None:
    created = await access.create_key(admin, "script", role=Role.EDITOR)
    assert created.secret.startswith("zk_")
    assert created.secret not in repr(created)
    assert created.secret.startswith(created.key.prefix)
    principal = await access.authenticate_key(created.secret)
    assert (principal.kind, principal.role, principal.acts_for) == (PrincipalKind.KEY, Role.EDITOR, admin.id)


async def test_the_record_holds_no_secret(access: AccessService, admin: Principal, database: Database) -> None:
    secret = (await access.create_key(admin, "script", role=Role.READER)).secret
    async with database.reading() as connection:
        for table in ("api_keys", "principals", "users", "sessions"):
            rows = await (await connection.execute(f"SELECT * FROM {table}")).fetchall()  # pyright: ignore[reportArgumentType]
            assert secret not in str(rows)


async def test_a_revoked_key_ends_here_at_once_and_elsewhere_within_five_seconds(
    access: AccessService, elsewhere: AccessService, admin: Principal, clock: FixedClock
) -> None:
    created = await access.create_key(admin, "script", role=Role.READER)
    await access.authenticate_key(created.secret)
    await elsewhere.authenticate_key(created.secret)
    await access.revoke_key(admin, created.key.id)
    await access.revoke_key(admin, created.key.id)
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_key(created.secret)
    clock.advance(timedelta(seconds=5))
    with pytest.raises(UnauthenticatedError):
        await elsewhere.authenticate_key(created.secret)


async def test_an_expired_key_ends_even_while_remembered(access: AccessService, admin: Principal) -> None:
    expires_at = datetime.now(UTC) + timedelta(milliseconds=500)
    clock = FixedClock(expires_at - timedelta(seconds=1))
    now_service = AccessService(access._database, clock, UnsafeFastHasher(), AccessSettings())
    created = await now_service.create_key(admin, "short", role=Role.READER, expires_at=expires_at)
    await now_service.authenticate_key(created.secret)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(UnauthenticatedError):
        await now_service.authenticate_key(created.secret)


@pytest.mark.parametrize("secret", ["", "zk_unknown", "zs_unknown", "\ud800", "zk_" + "x" * 10_000, "zk_\0"])
async def test_what_is_no_key_is_refused(access: AccessService, admin: Principal, secret: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_key(secret)
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_session(secret)


async def test_a_role_sinks_with_its_owner_s(access: AccessService, log_in_as: LogInAs, database: Database) -> None:
    owner = await log_in_as(Role.ADMIN)
    created = await access.create_key(owner, "script", role=Role.ADMIN)
    async with database.unit_of_work() as unit:
        await unit.connection.execute("UPDATE principals SET role = 'reader' WHERE id = %s", (owner.id,))
    assert (await access.authenticate_key(created.secret)).role is Role.READER


async def test_people_see_and_revoke_their_own_keys_and_administrators_all(
    access: AccessService, admin: Principal, log_in_as: LogInAs
) -> None:
    one, two = await log_in_as(Role.EDITOR), await log_in_as(Role.EDITOR)
    reader = await log_in_as(Role.READER)
    key = (await access.create_key(one, "one's", role=Role.EDITOR)).key
    await access.local_key()
    assert [found.id for found in (await access.list_keys(one)).items] == [key.id]
    assert (await access.list_keys(two)).items == ()
    assert [found.id for found in (await access.list_keys(admin)).items] == [key.id]
    with pytest.raises(KeyNotFoundError):
        await access.revoke_key(two, key.id)
    with pytest.raises(ForbiddenError):
        await access.create_key(reader, "no", role=Role.READER)
    with pytest.raises(ForbiddenError):
        await access.create_key(one, "too high", role=Role.ADMIN)
    await access.revoke_key(admin, key.id)
    assert (await access.list_keys(one)).items[0].revoked_at is not None


async def test_keys_are_listed_in_pages(access: AccessService, admin: Principal) -> None:
    made = [(await access.create_key(admin, f"key {number}", role=Role.READER)).key.id for number in range(5)]
    first = await access.list_keys(admin, limit=3)
    second = await access.list_keys(admin, cursor=first.next_cursor, limit=3)
    assert [key.id for key in (*first.items, *second.items)] == sorted(made)
    assert second.next_cursor is None


async def test_the_local_key_is_an_administrator_and_rotates(access: AccessService) -> None:
    first = await access.local_key(node="here")
    other_node = await access.local_key(node="there")
    second = await access.local_key(node="here")
    assert second.key.id == first.key.id
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_key(first.secret)
    principal = await access.authenticate_key(second.secret)
    assert (principal.role, principal.acts_for) == (Role.ADMIN, None)
    assert (await access.read_grant(principal)).access_lists is None
    assert (await access.authenticate_key(other_node.secret)).role is Role.ADMIN


async def test_an_administrator_reads_and_writes_all(
    access: AccessService, admin: Principal, database: Database
) -> None:
    one = await new_list(access, database)
    assert (await access.read_grant(admin)).access_lists is None
    assert (await access.write_grant(admin)).access_lists is None
    assert await functions(database, admin.id) == ({one}, {one})


async def test_what_nobody_granted_is_denied(access: AccessService, database: Database, log_in_as: LogInAs) -> None:
    editor = await log_in_as(Role.EDITOR)
    await new_list(access, database)
    assert (await access.read_grant(editor)).access_lists == frozenset()
    assert (await access.write_grant(editor)).access_lists == frozenset()
    assert await functions(database, editor.id) == (set(), set())
    assert await functions(database, PrincipalId(new_uuid())) == (set(), set())


async def test_rights_come_from_oneself_from_groups_and_from_everyone(
    access: AccessService, database: Database, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    group = GroupId(new_uuid())
    async with database.unit_of_work() as unit:
        await unit.connection.execute("INSERT INTO groups (id, name) VALUES (%s, 'finance')", (group,))
        await unit.connection.execute("INSERT INTO memberships VALUES (%s, %s)", (editor.id, group))
    own = await new_list(access, database, AccessEntry(editor.id, GrantLevel.WRITE))
    shared = await new_list(
        access, database, AccessEntry(group, GrantLevel.READ), AccessEntry(editor.id, GrantLevel.READ)
    )
    public = await new_list(access, database, AccessEntry(EVERYONE, GrantLevel.READ))
    hidden = await new_list(access, database)
    assert (await access.read_grant(editor)).access_lists == {own, shared, public}
    assert (await access.write_grant(editor)).access_lists == {own}
    assert await functions(database, editor.id) == ({own, shared, public}, {own})
    assert hidden not in (own, shared, public)


async def test_a_reader_writes_nothing_even_where_the_list_would_let_them(
    access: AccessService, database: Database, log_in_as: LogInAs
) -> None:
    reader = await log_in_as(Role.READER)
    one = await new_list(access, database, AccessEntry(reader.id, GrantLevel.WRITE))
    assert (await access.read_grant(reader)).access_lists == {one}
    assert (await access.write_grant(reader)).access_lists == frozenset()
    assert await functions(database, reader.id) == ({one}, set())


async def test_a_new_list_can_be_read_at_once_by_whom_it_names(
    access: AccessService, database: Database, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    assert (await access.read_grant(editor)).access_lists == frozenset()
    async with database.unit_of_work() as unit:
        one = await access.create_access_list(unit, "mine", [AccessEntry(editor.id, GrantLevel.WRITE)])
        other_task = asyncio.create_task(_outside(access, editor))
        await other_task
    assert (await access.read_grant(editor)).access_lists == {one}


async def _outside(access: AccessService, principal: Principal) -> None:
    """Ask while the list is not committed yet: the answer must not be remembered."""
    await access.read_grant(principal)


async def test_a_withdrawn_right_is_gone_from_the_record_at_commit(
    access: AccessService, admin: Principal, database: Database, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    one = await new_list(access, database)
    await access.grant(admin, one, AccessEntry(editor.id, GrantLevel.READ))
    assert (await access.read_grant(editor)).access_lists == {one}
    await access.withdraw(admin, one, editor.id)
    assert await functions(database, editor.id) == (set(), set())
    assert (await access.read_grant(editor)).access_lists == frozenset()


async def test_only_who_may_change_a_list_says_who_is_on_it(
    access: AccessService, admin: Principal, database: Database, log_in_as: LogInAs
) -> None:
    editor, friend = await log_in_as(Role.EDITOR), await log_in_as(Role.READER)
    readable = await new_list(access, database, AccessEntry(editor.id, GrantLevel.READ))
    own = await new_list(access, database, AccessEntry(editor.id, GrantLevel.WRITE))
    entry = AccessEntry(friend.id, GrantLevel.READ)
    await access.grant(editor, own, entry)
    for forbidden in (readable, AccessListId(999)):
        with pytest.raises(ForbiddenError):
            await access.grant(editor, forbidden, entry)
    with pytest.raises(AccessListNotFoundError):
        await access.grant(admin, AccessListId(999), entry)
    with pytest.raises(AccessListNotFoundError):
        await access.grant(admin, own, AccessEntry(PrincipalId(new_uuid()), GrantLevel.READ))


async def test_a_key_reads_what_its_owner_reads_inside_its_scope(
    access: AccessService, admin: Principal, database: Database
) -> None:
    one, two = await new_list(access, database), await new_list(access, database)
    scoped = await access.create_key(admin, "one only", role=Role.EDITOR, scopes=[scope(one)])
    whole = await access.create_key(admin, "all", role=Role.READER)
    principal = await access.authenticate_key(scoped.secret)
    assert principal.knowledge_bases == scoped.key.knowledge_bases
    assert (await access.read_grant(principal)).access_lists == {one}
    assert (await access.write_grant(principal)).access_lists == {one}
    assert await functions(database, principal.id) == ({one}, {one})
    assert await functions(database, whole.key.id) == ({one, two}, set())


async def test_a_scope_gives_no_right_that_its_owner_lacks(
    access: AccessService, database: Database, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    hidden = await new_list(access, database)
    created = await access.create_key(editor, "curious", role=Role.EDITOR, scopes=[scope(hidden)])
    assert await functions(database, created.key.id) == (set(), set())


async def test_a_key_whose_scope_is_gone_touches_nothing(
    access: AccessService, admin: Principal, database: Database
) -> None:
    one, _two = await new_list(access, database), await new_list(access, database)
    created = await access.create_key(admin, "orphan", role=Role.ADMIN, scopes=[scope(one)])
    async with database.unit_of_work() as unit:
        await unit.connection.execute("DELETE FROM access_lists WHERE id = %s", (one,))
    principal = await access.authenticate_key(created.secret)
    assert (await access.read_grant(principal)).access_lists == frozenset()
    assert await functions(database, created.key.id) == (set(), set())


async def test_a_scoped_key_hands_on_no_more_than_its_own_scope(
    access: AccessService, admin: Principal, database: Database
) -> None:
    narrow, wide = scope(await new_list(access, database)), scope(await new_list(access, database))
    parent = await access.authenticate_key(
        (await access.create_key(admin, "parent", role=Role.EDITOR, scopes=[narrow])).secret
    )
    child = await access.create_key(parent, "child", role=Role.READER, scopes=[narrow])
    assert child.key.owner == admin.id
    for wider in (None, [narrow, wide]):
        with pytest.raises(ForbiddenError):
            await access.create_key(parent, "child", role=Role.READER, scopes=wider)
    with pytest.raises(AccessListNotFoundError):
        await access.create_key(admin, "lost", role=Role.READER, scopes=[scope(AccessListId(999))])
