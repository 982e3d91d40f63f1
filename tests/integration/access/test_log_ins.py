"""Log-ins on the real record: first start, passwords, sessions, one-time links, lock-out."""

import asyncio
from datetime import timedelta

import pytest

from tests.integration.access.conftest import ADMIN_EMAIL, PASSWORD, LogInAs
from zhida.access import (
    AccessService,
    LastAdministratorError,
    LockedOutError,
    Permission,
    Principal,
    Role,
    UnauthenticatedError,
    UserExistsError,
    UserNotFoundError,
    WeakPasswordError,
)
from zhida.access.errors import ForbiddenError
from zhida.ids import PrincipalId, new_uuid
from zhida.kit.clock import FixedClock

IP = "192.0.2.7"


async def test_the_first_start_makes_one_administrator_and_says_the_password_once(access: AccessService) -> None:
    first = await access.ensure_administrator(" Admin@Example.org ", None)
    assert first.created
    assert first.one_time_password is not None
    assert first.one_time_password not in repr(first)
    await access.log_in(ADMIN_EMAIL, first.one_time_password, ip=IP)
    again = await access.ensure_administrator("other@example.org", PASSWORD)
    assert (again.created, again.one_time_password, again.administrator) == (False, None, first.administrator)


async def test_two_processes_that_start_together_make_one_administrator(
    access: AccessService, elsewhere: AccessService
) -> None:
    starts = await asyncio.gather(*(which.ensure_administrator(ADMIN_EMAIL, None) for which in (access, elsewhere)))
    assert sorted(start.created for start in starts) == [False, True]


async def test_a_weak_first_password_is_refused(access: AccessService) -> None:
    with pytest.raises(WeakPasswordError):
        await access.ensure_administrator(ADMIN_EMAIL, "12345678")


async def test_a_session_carries_the_role_and_ends_at_log_out(access: AccessService, admin: Principal) -> None:
    assert admin.role is Role.ADMIN
    assert admin.may(Permission.OPERATE)
    token = await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)
    await access.authenticate_session(token.token)
    await access.log_out(token.token)
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_session(token.token)


async def test_a_session_ends_when_idle_and_lives_while_used(
    access: AccessService, admin: Principal, clock: FixedClock
) -> None:
    token = (await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)).token
    for _ in range(3):
        clock.advance(timedelta(minutes=20))
        await access.authenticate_session(token)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_session(token)


async def test_a_session_ends_after_twelve_hours_however_busy(
    access: AccessService, admin: Principal, clock: FixedClock
) -> None:
    session = await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)
    while clock.now() + timedelta(minutes=20) < session.expires_at:
        clock.advance(timedelta(minutes=20))
        await access.authenticate_session(session.token)
    clock.advance(timedelta(minutes=20))
    with pytest.raises(UnauthenticatedError):
        await access.authenticate_session(session.token)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ADMIN_EMAIL, "wrong password"),
        ("nobody@example.org", PASSWORD),
        (ADMIN_EMAIL, "x" * 5000),
        (ADMIN_EMAIL, "half \ud800 pair"),
        ("nul\0@example.org", PASSWORD),
        ("\ud800@example.org", PASSWORD),
        ("", ""),
    ],
)
async def test_a_wrong_log_in_fails_in_the_same_words_whatever_was_wrong(
    access: AccessService, admin: Principal, email: str, password: str
) -> None:
    with pytest.raises(UnauthenticatedError, match="do not fit together"):
        await access.log_in(email, password, ip=IP)


async def test_failures_lock_the_account_for_that_address_only(
    access: AccessService, admin: Principal, clock: FixedClock
) -> None:
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await access.log_in(ADMIN_EMAIL, "wrong password", ip=IP)
    with pytest.raises(LockedOutError) as caught:
        await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)
    assert caught.value.facts == {"retry_after_s": 900}
    await access.log_in(ADMIN_EMAIL, PASSWORD, ip="192.0.2.8")
    clock.advance(timedelta(minutes=15))
    await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)


async def test_an_unknown_account_locks_like_a_known_one(access: AccessService, admin: Principal) -> None:
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await access.log_in("nobody@example.org", PASSWORD, ip=IP)
    with pytest.raises(LockedOutError):
        await access.log_in("nobody@example.org", PASSWORD, ip=IP)


async def test_guesses_at_the_same_moment_are_all_counted(access: AccessService, admin: Principal) -> None:
    guesses = (access.log_in(ADMIN_EMAIL, f"wrong password {number}", ip=IP) for number in range(20))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, UnauthenticatedError) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, LockedOutError) for outcome in outcomes) == 15


async def test_one_password_on_many_accounts_locks_the_address(access: AccessService, admin: Principal) -> None:
    for number in range(50):
        with pytest.raises(UnauthenticatedError):
            await access.log_in(f"guess{number}@example.org", PASSWORD, ip=IP)
    with pytest.raises(LockedOutError):
        await access.log_in("guess50@example.org", PASSWORD, ip=IP)


async def test_right_log_ins_never_lock(access: AccessService, admin: Principal) -> None:
    for _ in range(60):
        await access.log_in(ADMIN_EMAIL, PASSWORD, ip=IP)


async def test_a_one_time_link_signs_in_once(access: AccessService, admin: Principal) -> None:
    link = await access.create_one_time_link(admin.id)
    outcomes = await asyncio.gather(
        *(access.redeem_one_time_link(link.token) for _ in range(4)), return_exceptions=True
    )
    sessions = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(sessions) == 1
    assert (await access.authenticate_session(sessions[0].token)).id == admin.id


async def test_a_one_time_link_expires(access: AccessService, admin: Principal, clock: FixedClock) -> None:
    link = await access.create_one_time_link(admin.id)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(UnauthenticatedError):
        await access.redeem_one_time_link(link.token)


async def test_nobody_gets_a_link_who_does_not_exist(access: AccessService, admin: Principal) -> None:
    with pytest.raises(UserNotFoundError):
        await access.create_one_time_link(PrincipalId(new_uuid()))


async def test_a_disabled_user_loses_log_ins_links_and_keys_at_once(
    access: AccessService, elsewhere: AccessService, admin: Principal, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    key = await access.create_key(editor, "script", role=Role.EDITOR)
    link = await access.create_one_time_link(editor.id)
    await access.authenticate_key(key.secret)
    await access.disable_user(admin, editor.id)
    for which in (access, elsewhere):
        with pytest.raises(UnauthenticatedError):
            await which.authenticate_key(key.secret)
    with pytest.raises(UnauthenticatedError):
        await access.redeem_one_time_link(link.token)
    with pytest.raises(UnauthenticatedError):
        await access.log_in("person1@example.org", PASSWORD, ip=IP)


async def test_the_last_administrator_stays(access: AccessService, admin: Principal, log_in_as: LogInAs) -> None:
    with pytest.raises(LastAdministratorError):
        await access.disable_user(admin, admin.id)
    second = await log_in_as(Role.ADMIN)
    await access.disable_user(second, admin.id)
    with pytest.raises(UserNotFoundError):
        await access.disable_user(second, PrincipalId(new_uuid()))


async def test_users_are_made_by_administrators_only_and_once_per_address(
    access: AccessService, admin: Principal, log_in_as: LogInAs
) -> None:
    editor = await log_in_as(Role.EDITOR)
    with pytest.raises(ForbiddenError):
        await access.create_user(editor, "new@example.org", PASSWORD, role=Role.READER)
    with pytest.raises(UserExistsError):
        await access.create_user(admin, "PERSON1@example.org", PASSWORD, role=Role.READER)
    page = await access.list_users(admin, limit=1)
    rest = await access.list_users(admin, cursor=page.next_cursor, limit=1)
    assert [user.email for user in (*page.items, *rest.items)] == [ADMIN_EMAIL, "person1@example.org"]
    assert rest.next_cursor is None
