"""Time-based one-time passwords (RFC 6238) as authenticator apps compute them: SHA-1, six digits, 30 seconds a step."""

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP = 30  # seconds
# The steps before and after the current one whose codes are right too, for clocks that differ.
SKEW = 1
_SECRET_BYTES = 20


def new_secret() -> str:
    """A random secret in base32 without padding, as the library of GoTrue makes it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, seconds: float) -> str:
    """The code of a secret at a time in seconds since 1970."""
    counter = struct.pack(">Q", int(seconds) // STEP)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def is_right(secret: str, code: str, seconds: float) -> bool:
    """Whether it is the code of this time, or of a step before or after it."""
    steps = range(-SKEW, SKEW + 1)
    codes = [code_at(secret, seconds + step * STEP) for step in steps]
    return any(hmac.compare_digest(each.encode(), code.strip().encode()) for each in codes)


def address(secret: str, issuer: str, account: str) -> str:
    """The `otpauth://` address that an authenticator app reads from a QR code."""
    fields = {"algorithm": "SHA1", "digits": 6, "issuer": issuer, "period": STEP, "secret": secret}
    query = urlencode(fields, quote_via=quote)
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='@')}?{query}"
