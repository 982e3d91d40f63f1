"""Roles, permissions and the grants that only access mints."""

import pytest

from zhida.access import Permission, Principal, PrincipalKind, ReadGrant, Role, require, require_role_within
from zhida.access.adapters.memory import mint_read_grant, mint_write_grant
from zhida.access.errors import ForbiddenError
from zhida.access.grants import Seal
from zhida.ids import AccessListId, KnowledgeBaseId, PrincipalId, new_uuid

ME = PrincipalId(new_uuid())
BASE = KnowledgeBaseId(new_uuid())
OTHER_BASE = KnowledgeBaseId(new_uuid())


def principal(role: Role, knowledge_bases: frozenset[KnowledgeBaseId] | None = None) -> Principal:
    return Principal(id=ME, kind=PrincipalKind.KEY, name="me", role=role, knowledge_bases=knowledge_bases)


@pytest.mark.parametrize(
    ("role", "permitted"),
    [
        (Role.READER, {Permission.KNOWLEDGE_READ}),
        (
            Role.EDITOR,
            {
                Permission.KNOWLEDGE_READ,
                Permission.KNOWLEDGE_WRITE,
                Permission.KNOWLEDGE_CREATE,
                Permission.KEYS_MANAGE,
            },
        ),
        (Role.ADMIN, set(Permission)),
    ],
)
def test_a_role_permits_what_the_table_says(role: Role, permitted: set[Permission]) -> None:
    assert {permission for permission in Permission if principal(role).may(permission)} == permitted


def test_require_names_the_permission_that_is_missing() -> None:
    require(principal(Role.ADMIN), Permission.USERS_MANAGE)
    with pytest.raises(ForbiddenError) as caught:
        require(principal(Role.READER), Permission.USERS_MANAGE)
    assert caught.value.facts == {"permission": "users.manage", "role": "reader"}


def test_a_scoped_key_does_nothing_that_reaches_beyond_its_knowledge_bases() -> None:
    scoped = principal(Role.ADMIN, frozenset({BASE}))
    assert scoped.may(Permission.KNOWLEDGE_WRITE)
    assert not any(
        scoped.may(permission)
        for permission in (
            Permission.KNOWLEDGE_CREATE,
            Permission.USERS_MANAGE,
            Permission.JOBS_MANAGE,
            Permission.OPERATE,
        )
    )


@pytest.mark.parametrize("role", Role)
def test_nobody_hands_out_a_higher_role(role: Role) -> None:
    for wanted in Role:
        if wanted.rank <= role.rank:
            require_role_within(principal(role), wanted)
        else:
            with pytest.raises(ForbiddenError):
                require_role_within(principal(role), wanted)


def test_a_grant_cannot_be_forged() -> None:
    with pytest.raises(TypeError, match="Only the access room"):
        ReadGrant(principal_id=ME, access_lists=None, knowledge_bases=None, seal=Seal())


def test_a_grant_allows_what_lies_in_both_its_lists_and_its_knowledge_bases() -> None:
    one, two = AccessListId(1), AccessListId(2)
    grant = mint_read_grant(ME, [one], [BASE])
    assert grant.allows(one, BASE)
    assert grant.allows(one)
    assert not grant.allows(two, BASE)
    assert not grant.allows(one, OTHER_BASE)
    assert mint_write_grant(ME).allows(two, OTHER_BASE)
    assert not mint_write_grant(ME, []).allows(one)
