"""Which passwords are refused. Length counts; rules of composition do not (NIST SP 800-63B, OWASP ASVS 5.0 §6.2)."""

import unicodedata
from itertools import pairwise
from typing import Final

from zhida.access.credentials import is_storable
from zhida.access.errors import WeakPasswordError

SHORTEST: Final = 8
LONGEST: Final = 1024
"""Characters; far above the 64 that must be allowed, and short enough that hashing it costs nothing extra."""
_FEWEST_DISTINCT: Final = 3

_FIRST_GUESSES: Final = frozenset(
    {
        "password", "passw0rd", "password1", "password123", "p@ssw0rd", "p@ssword", "iloveyou", "sunshine",
        "princess", "football", "baseball", "superman", "trustno1", "welcome1", "welcome123", "letmein1",
        "adminadmin", "admin123", "admin1234", "administrator", "changeme", "changeit", "default1", "computer",
        "whatever", "starwars", "dragon123", "monkey123", "master123", "michael1", "jennifer", "qwertyui",
        "qwertyuiop", "qwerty123", "qwerty12", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "zaq12wsx", "qazwsxedc",
        "asdfghjkl", "asdfasdf", "zxcvbnm1", "abcd1234", "abc12345", "a1234567", "a12345678", "aa123456",
        "woaini520", "woaini1314", "5201314520", "zhidazhida", "zhida123", "zhida1234",
    }
)  # fmt: skip


def check_password(password: str, *, email: str = "") -> None:
    """Refuse what anybody would try first.

    Raises:
        WeakPasswordError: too short, too long, the address itself, a run such as 12345678, or a well-known one.
    """
    if len(password) < SHORTEST:
        raise _weak(f"A password needs at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise _weak(f"A password may have at most {LONGEST} characters.")
    if not is_storable(password):
        raise _weak("The password holds characters that cannot be typed.")
    plain = unicodedata.normalize("NFKC", password).casefold()
    local_part = email.partition("@")[0]
    if plain in {email.casefold(), local_part.casefold()}:
        raise _weak("The password may not be the e-mail address.")
    if plain in _FIRST_GUESSES or len(set(plain)) < _FEWEST_DISTINCT or _is_run(plain):
        raise _weak("This password is among the first that anybody would try.")


def _is_run(text: str) -> bool:
    """Whether each character is the one before plus one, or minus one (0 follows 9)."""
    steps = {(ord(after) - ord(before)) for before, after in pairwise(text)}
    if text.isdecimal():
        steps = {step % 10 for step in steps}
        return steps in ({1}, {9})
    return steps in ({1}, {-1})


def _weak(message: str) -> WeakPasswordError:
    return WeakPasswordError(message, advice="Choose a longer one: a few words that belong to nobody's quotation.")
