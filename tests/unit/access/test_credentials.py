"""Secrets, what is stored of them, and what is asked of names, addresses, expiries and scopes."""

from datetime import UTC, datetime, timedelta

import pytest

from zhida.access import KeyScope, Principal, PrincipalKind, Role
from zhida.access.accounts import CreatedKey, OneTimeLink, SessionToken
from zhida.access.checks import check_expiry, check_scopes, checked_email, checked_name
from zhida.access.credentials import (
    SecretKind,
    digest,
    looks_like,
    new_one_time_password,
    new_secret,
    shown_prefix,
)
from zhida.access.errors import ForbiddenError, InvalidAccessError
from zhida.access.passwords import check_password
from zhida.access.recent import Recent
from zhida.ids import AccessListId, KnowledgeBaseId, PrincipalId, new_uuid

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", SecretKind)
def test_a_secret_says_its_kind_and_holds_256_bits(kind: SecretKind) -> None:
    secret = new_secret(kind)
    assert looks_like(kind, secret)
    assert len(secret) == len(kind.value) + 43
    assert new_secret(kind) != secret
    assert secret.startswith(shown_prefix(secret))
    assert len(shown_prefix(secret)) == 11
    assert len(digest(secret)) == 32


@pytest.mark.parametrize("secret", ["", "zk_" + "x" * 400, "zk_密", "sk-whatever", "\ud800"])
def test_what_is_no_key_is_not_worth_a_look_up(secret: str) -> None:
    assert not looks_like(SecretKind.KEY, secret)
    assert len(digest(secret)) == 32


def test_secrets_do_not_show_in_what_is_logged() -> None:
    me = PrincipalId(new_uuid())
    for value in (SessionToken(me, "zs_hidden", NOW), OneTimeLink("zl_hidden", NOW)):
        assert "hidden" not in repr(value)
    assert "repr=False" not in repr(CreatedKey)


def test_a_generated_password_passes_our_own_rules() -> None:
    check_password(new_one_time_password(), email="admin@example.org")


def test_addresses_are_compared_in_one_form() -> None:
    assert checked_email("  Li.Lei@Example.ORG ") == "li.lei@example.org"
    for wrong in ("", "nobody", "a@b@c", "a b@c", "@", "a@", "x" * 252 + "@a.b", "a\0@b", "\ud800@b"):
        with pytest.raises(InvalidAccessError):
            checked_email(wrong)


def test_names_are_trimmed_and_bounded() -> None:
    assert checked_name(" 命令行 ") == "命令行"
    for wrong in ("", "   ", "x" * 201, "nul\0"):
        with pytest.raises(InvalidAccessError):
            checked_name(wrong)


def test_a_key_ends_in_the_future_and_not_after_its_maker() -> None:
    def actor(expires_at: datetime | None) -> Principal:
        return Principal(
            id=PrincipalId(new_uuid()), kind=PrincipalKind.KEY, name="k", role=Role.ADMIN, expires_at=expires_at
        )

    hour = timedelta(hours=1)
    check_expiry(actor(None), None, NOW)
    check_expiry(actor(NOW + hour), NOW + hour, NOW)
    for wrong in (NOW, NOW - hour, (NOW + hour).replace(tzinfo=None)):
        with pytest.raises(InvalidAccessError):
            check_expiry(actor(None), wrong, NOW)
    for too_late in (None, NOW + 2 * hour):
        with pytest.raises(ForbiddenError):
            check_expiry(actor(NOW + hour), too_late, NOW)


def test_a_scope_is_handed_on_only_within_ones_own() -> None:
    one = KeyScope(KnowledgeBaseId(new_uuid()), AccessListId(1))
    two = KeyScope(KnowledgeBaseId(new_uuid()), AccessListId(2))
    check_scopes(None, None)
    check_scopes([one, two], None)
    check_scopes([one], frozenset({one, two}))
    with pytest.raises(InvalidAccessError):
        check_scopes([], None)
    for wider in (None, [one, two]):
        with pytest.raises(ForbiddenError):
            check_scopes(wider, frozenset({one}))


def test_recent_entries_fade_and_the_least_used_goes_first() -> None:
    recent: Recent[str, int] = Recent(timedelta(seconds=5), entries=2)
    recent.keep("a", 1, NOW)
    recent.keep("b", 2, NOW)
    assert recent.get("a", NOW) == 1
    recent.keep("c", 3, NOW)
    assert [recent.get(key, NOW) for key in "abc"] == [1, None, 3]
    assert recent.get("a", NOW + timedelta(seconds=5)) is None


def test_a_pause_forgets_all_and_keeps_nothing_that_was_under_way() -> None:
    recent: Recent[str, int] = Recent(timedelta(seconds=5), entries=2)
    recent.keep("a", 1, NOW)
    recent.pause(NOW)
    recent.keep("b", 2, NOW + timedelta(seconds=4))
    assert [recent.get(key, NOW + timedelta(seconds=4)) for key in "ab"] == [None, None]
    recent.keep("c", 3, NOW + timedelta(seconds=5))
    assert recent.get("c", NOW + timedelta(seconds=6)) == 3
