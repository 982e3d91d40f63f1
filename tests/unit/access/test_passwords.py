"""Which passwords pass, and how they are hashed."""

import pytest

from zhida.access import WeakPasswordError
from zhida.access.adapters.argon2 import Argon2PasswordHasher
from zhida.access.passwords import check_password

EMAIL = "li.lei@example.org"


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "四个词语随便写", "x" * 32 + "yz" * 16, "🂡🂢🂣🂤🂥🂦🂧🃁", "a b c d e f", "Xk7#" * 256],
)
def test_length_is_enough_and_no_composition_is_asked_for(password: str) -> None:
    check_password(password if len(password) >= 8 else password * 2, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short12",
        "x" * 1025,
        "password",
        "PASSWORD123",
        "Password1",  # full width
        "12345678",
        "98765432",
        "90123456",
        "abcdefgh",
        "hgfedcba",
        "aaaaaaaa",
        "abababab",
        "li.lei@example.org",
        "LI.LEI@example.org",
        "half \ud800 pair",
        "nul \0 nul nul",
    ],
)
def test_what_anybody_would_try_first_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_password(password, email=EMAIL)


async def test_argon2_knows_its_own_hashes_and_no_others() -> None:
    hasher = Argon2PasswordHasher(at_once=1)
    made = await hasher.hash("correct horse battery")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await hasher.verify("correct horse battery", made)
    assert not await hasher.verify("correct horse batterx", made)
    assert not await hasher.verify("correct horse battery", "not a hash")
