"""Passwords: the rules, and their hashes in `auth.users.encrypted_password` (here `scrypt$salt$hash`)."""

import asyncio
import base64
import hashlib
import hmac
import os
import secrets

from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.refusals import Refusal

# The project's own rule, as it is deployed.
SHORTEST: int = CONFIG["auth"]["minimum_password_length"]
MAX_BYTES = 72  # bytes; bcrypt's limit, which GoTrue passes on
SCRYPT = {"n": 2**12, "r": 8, "p": 1}  # some milliseconds: enough for users of one laptop


def check(password: str) -> None:
    """Refuses what GoTrue refuses of the project's users."""
    if not password:
        raise Refusal(400, "validation_failed", "Signup requires a valid password")
    if len(password.encode()) > MAX_BYTES:
        raise Refusal(400, "validation_failed", f"Password cannot be longer than {MAX_BYTES} characters")
    if len(password) < SHORTEST:
        message = f"Password should be at least {SHORTEST} characters."
        raise Refusal(422, "weak_password", message, weak_password={"reasons": ["length"]})


def random() -> str:
    """An unknown password, for users who sign in without one."""
    return secrets.token_urlsafe(32)


async def hashed(password: str) -> str:
    """A password's hash; computed in a thread, because answers are streaming on the loop."""
    salt = os.urandom(16)
    digest = await asyncio.to_thread(_digest, password, salt)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


async def matches(password: str, kept: str) -> bool:
    """Whether the password has this hash."""
    kind, _, rest = kept.partition("$")
    salt, _, digest = rest.partition("$")
    if kind != "scrypt":
        return False
    computed = await asyncio.to_thread(_digest, password, base64.b64decode(salt))
    return hmac.compare_digest(computed, base64.b64decode(digest))


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, **SCRYPT)
