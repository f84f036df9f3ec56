"""Who a visitor is, as the website's server says and signs.

It signs a JSON Web Token (RFC 7519) with HS256, or, where it cannot, the visitor's id alone. That never expires: a page
that shows it to someone else gives that person the visitor's conversations for as long as the secret is good.
"""

import hmac
import math
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeGuard

from oneai.chatbot_errors import IdentityInvalid
from oneai.field_errors import InvalidValue
from oneai.text import clean_code, clean_line, cut, replace_nul

if TYPE_CHECKING:
    from jwt.types import Options

MAX_HOURS = 12
# Servers' clocks differ.
LEEWAY_SECONDS = 60
MAX_CHARACTERS = 4000
MAX_ID_BYTES = 400
_NAME_CHARACTERS = 100
_EMAIL_BYTES = 254
_SIGNED_ID = re.compile(r"(?P<id>.+):(?P<signature>[0-9a-f]{64})", re.DOTALL)
# PyJWT verifies the signature and reads the claims here: it takes a text for a time, and a time without an end.
_SIGNATURE_ALONE: "Options" = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

# What is wrong: its form, its signature, its time, its audience or its subject.
type Fault = Literal["form", "signature", "expiry", "audience", "subject"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A visitor as the website knows them: its own id, and a name and an address if it says them."""

    external_id: str
    name: str | None = None
    email: str | None = None


def identity_of(text: str, public_id: str, secrets: list[str]) -> Identity:
    """Who this is for the chatbot, if one of its secrets has signed it: a JSON Web Token, or `ID:SIGNATURE`.

    A token has `sub`, `exp` at most MAX_HOURS ahead, and the chatbot's public id in `aud`; `name` and `email` are
    optional. The signature of an id is the HMAC-SHA-256 of `PUBLIC_ID:ID` in hexadecimal: no part of a token has a
    colon, so neither kind of signature is ever one of the other. Raises IdentityInvalid.
    """
    if len(text) > MAX_CHARACTERS:
        raise IdentityInvalid(fault="form")
    if signed := _SIGNED_ID.fullmatch(text):
        return _of_signed_id(signed["id"], signed["signature"], public_id, secrets)
    return _of_token(text, public_id, secrets)


def _of_signed_id(external_id: str, signature: str, public_id: str, secrets: list[str]) -> Identity:
    external_id = _id(external_id)
    signed = f"{public_id}:{external_id}".encode()
    # Each secret is tried: which one matched must not be seen in the time that it takes.
    matches = [hmac.compare_digest(hmac.digest(key.encode(), signed, "sha256").hex(), signature) for key in secrets]
    if not any(matches):
        raise IdentityInvalid(fault="signature")
    return Identity(external_id)


def _of_token(token: str, public_id: str, secrets: list[str]) -> Identity:
    claims = _verified(token, secrets)
    now = time.time()
    expires_at, not_before = claims.get("exp"), claims.get("nbf", 0)
    if not (_is_time(expires_at) and now - LEEWAY_SECONDS < expires_at <= now + MAX_HOURS * 3600 + LEEWAY_SECONDS):
        raise IdentityInvalid(fault="expiry")
    if not (_is_time(not_before) and not_before <= now + LEEWAY_SECONDS):
        raise IdentityInvalid(fault="expiry")
    audience = claims.get("aud")
    if public_id not in (audience if isinstance(audience, list) else [audience]):
        raise IdentityInvalid(fault="audience")
    return Identity(_id(claims.get("sub")), _name(claims.get("name")), _email(claims.get("email")))


def _verified(token: str, secrets: list[str]) -> dict[str, Any]:
    """The claims of a token that one of the secrets has signed with HS256. Nothing else of its header counts."""
    import jwt

    fault: Fault = "signature"
    for secret in secrets:
        try:
            claims: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=_SIGNATURE_ALONE)
            return claims
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            continue
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError):
            fault = "form"
    raise IdentityInvalid(fault=fault)


def _is_time(value: Any) -> TypeGuard[int | float]:
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))


def _id(value: Any) -> str:
    """An id as it was signed: nothing of it is changed, so that two ids never become one. Many servers sign the number
    that their database gave."""
    if type(value) is int and 0 <= value < 2**63:
        return str(value)
    try:
        if isinstance(value, str) and value.strip() and "\0" not in value and len(value.encode()) <= MAX_ID_BYTES:
            return value
    except UnicodeEncodeError:
        pass
    raise IdentityInvalid(fault="subject")


def _name(value: Any) -> str | None:
    """A name for the team to read; None if it is none."""
    try:
        return cut(clean_line(value), _NAME_CHARACTERS) or None if isinstance(value, str) else None
    except InvalidValue:
        return None


def _email(value: Any) -> str | None:
    """An address for the team to read; None if it is none."""
    try:
        address = clean_code(replace_nul(value)) if isinstance(value, str) else ""
    except InvalidValue:
        return None
    return address if "@" in address and len(address.encode()) <= _EMAIL_BYTES else None
