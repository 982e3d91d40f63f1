"""The random secrets of keys, log-ins and links: how they are made, and how they are stored.

A secret of 256 random bits cannot be guessed, so a plain SHA-256 keeps it safe in the record and is quick to look up;
slow hashes are for what people make up.
"""

import hashlib
import secrets
import unicodedata
from enum import StrEnum
from typing import Final

_SECRET_BYTES: Final = 32
_SHOWN_CHARACTERS: Final = 8
_LONGEST_SECRET: Final = 200
_ONE_TIME_PASSWORD_BYTES: Final = 15


class SecretKind(StrEnum):
    """The prefix says what a leaked secret is, to people and to secret scanners."""

    KEY = "zk_"
    SESSION = "zs_"
    LINK = "zl_"


def new_secret(kind: SecretKind) -> str:
    """A fresh secret: the kind's prefix and 256 random bits, safe in an address."""
    return kind.value + secrets.token_urlsafe(_SECRET_BYTES)


def looks_like(kind: SecretKind, secret: str) -> bool:
    """Whether it is worth asking the record about this secret."""
    return secret.startswith(kind.value) and len(secret) <= _LONGEST_SECRET and secret.isascii()


def digest(secret: str) -> bytes:
    """What the record keeps of a secret: 32 bytes."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()


def shown_prefix(secret: str) -> str:
    """The start of a secret, enough to tell keys apart and far too little to use one (48 of 256 bits)."""
    return secret[: len(SecretKind.KEY.value) + _SHOWN_CHARACTERS]


def new_one_time_password() -> str:
    """A password of 120 random bits, in four groups that can be typed from a screen."""
    raw = secrets.token_hex(_ONE_TIME_PASSWORD_BYTES)
    return "-".join(raw[start : start + 6] for start in range(0, len(raw), 6))


def normal_email(email: str) -> str:
    """The form in which addresses are compared and stored: NFKC, no outer space, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def is_storable(text: str) -> bool:
    """Whether the record can hold the text: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
