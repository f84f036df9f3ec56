"""Passwords as Postgres keeps them."""

import hashlib
import hmac
import re
from base64 import b64decode


def is_of(password: str, verifier: str) -> bool:
    """Whether a verifier of `pg_authid` is of this password (RFC 5802, SCRAM-SHA-256)."""
    match = re.fullmatch(r"SCRAM-SHA-256\$(\d+):(.+)\$(.+):.+", verifier)
    assert match is not None, verifier
    rounds, salt, stored = match.groups()
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(rounds))
    return hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest() == b64decode(stored)
