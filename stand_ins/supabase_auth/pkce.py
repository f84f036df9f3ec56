"""Proof key for code exchange (RFC 7636): a client's challenge, and the verifier that proves it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stand_ins.supabase_auth.refusals import invalid

_CHALLENGE = re.compile(r"[a-zA-Z._~0-9-]+")


@dataclass(frozen=True)
class Challenge:
    """The challenge of a client, and its method, `s256` or `plain`."""

    value: str
    method: str


def challenge_of(fields: Mapping[str, Any]) -> Challenge | None:
    """The `code_challenge` of a request, None if it has none. Raises Refusal for half of one or a malformed one."""
    value, method = fields.get("code_challenge") or "", fields.get("code_challenge_method") or ""
    if not isinstance(value, str) or not isinstance(method, str) or bool(value) != bool(method):
        raise invalid("PKCE flow requires code_challenge_method and code_challenge")
    if not value:
        return None
    if not 43 <= len(value) <= 128:
        raise invalid("code challenge has to be between 43 and 128 characters")
    if not _CHALLENGE.fullmatch(value):
        raise invalid(
            "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes"
        )
    if method.lower() not in ("s256", "plain"):
        raise invalid(f'unsupported code_challenge method "{method}"')
    return Challenge(value, method.lower())


def is_proof(code_verifier: str, code_challenge: str | None, method: str | None) -> bool:
    """Whether the challenge was made of this verifier."""
    proof = code_verifier.encode()
    if method == "s256":
        proof = base64.urlsafe_b64encode(hashlib.sha256(proof).digest()).rstrip(b"=")
    return hmac.compare_digest(proof, (code_challenge or "").encode())
