"""The secrets of API keys: `oneai_sk_`, 40 random characters, and a checksum of six characters.

Scanners for leaked credentials recognise the prefix. No character ends a word, so a double click selects the whole
secret. The checksum (CRC-32, as in GitHub's tokens) rejects mistyped and invented secrets without a database query.
"""

import hashlib
import hmac
import secrets
import string
import zlib

PREFIX = "oneai_sk_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# 238 bits.
RANDOM_CHARACTERS = 40
CHECKSUM_CHARACTERS = 6


def generate() -> str:
    """A new secret."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return f"{PREFIX}{text}{_checksum(text)}"


def is_well_formed(secret: str) -> bool:
    """Whether its prefix, length and checksum are valid."""
    text = secret.removeprefix(PREFIX)
    if not secret.startswith(PREFIX) or len(text) != RANDOM_CHARACTERS + CHECKSUM_CHARACTERS or not text.isascii():
        return False
    return hmac.compare_digest(_checksum(text[:RANDOM_CHARACTERS]), text[RANDOM_CHARACTERS:])


def hash_of(secret: str) -> bytes:
    """The stored hash: SHA-256, which is enough for 238 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def hint_of(secret: str) -> str:
    """The hint that identifies the secret to its owner: the prefix and the last four characters."""
    return f"{PREFIX}…{secret[-4:]}"


def _checksum(text: str) -> str:
    """CRC-32 of the characters, in base 62."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
