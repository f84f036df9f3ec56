"""Identities as websites' servers and attackers send them: who it is, or what is wrong."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import pytest

from oneai.chatbot_errors import IdentityInvalid
from oneai.chatbots.identity import Identity, identity_of
from tests.canaries import CANARY

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "tokens.json").read_text())
CHATBOT = "k7m2xq9tn4wc5hv8pd3j"
SECRETS = [f"identity-newer-secret-of-a-website-{CANARY}", f"identity-older-secret-of-a-website-{CANARY}"]


def _encoded(part: Any, *, padded: bool = False) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    text = base64.urlsafe_b64encode(data).decode()
    return text if padded else text.rstrip("=")


def _value(value: Any) -> Any:
    now = int(time.time())
    values = {
        "$chatbot": CHATBOT,
        "$hour": now + 3600,
        "$hour.5": now + 3600.5,
        "'$hour": str(now + 3600),
        "$milliseconds": (now + 3600) * 1000,
        "$infinite": float("inf"),
        "$ended": now - 61,
        "$just_ended": now - 30,
        "$thirteen": now + 13 * 3600,
        "$long": "7" * 401,
    }
    return [_value(each) for each in value] if isinstance(value, list) else values.get(str(value), value)


def token(case: dict[str, Any], secret: str) -> str:
    """The token of a case, signed as it says."""
    if (text := case.get("text")) is not None:
        nested = _encoded(b"[" * 2000)
        return {"$huge": "a" * 10_000, "$nested": f"{nested}.{nested}.a"}.get(text, str(text))
    good = {"sub": "customer-7", "aud": CHATBOT, "exp": _value("$hour")}
    claims = None if case["claims"] is None else good | {name: _value(each) for name, each in case["claims"].items()}
    header, padded = case.get("header", {"alg": "HS256", "typ": "JWT"}), case.get("padded", False)
    signed = f"{_encoded(header, padded=padded)}.{_encoded(claims or [good], padded=padded)}"
    key = {"nothing": "", "secret": "secret", "another secret": "another"}.get(case.get("signed", ""), secret)
    algorithm = "sha512" if header["alg"] == "HS512" else "sha256"
    signature = b"" if header["alg"].lower() == "none" else hmac.digest(key.encode(), signed.encode(), algorithm)
    return f"{signed}.{_encoded(signature, padded=padded)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"])
def test_an_identity_is_who_was_signed_or_says_its_fault(case: dict[str, Any]) -> None:
    for secret in SECRETS:
        if fault := case.get("fault"):
            with pytest.raises(IdentityInvalid) as refused:
                identity_of(token(case, secret), CHATBOT, SECRETS)
            assert refused.value.extra == {"fault": fault}
        else:
            assert identity_of(token(case, secret), CHATBOT, SECRETS) == Identity(case["id"])


def test_a_signed_id_is_no_token_and_a_token_no_signed_id() -> None:
    secret = SECRETS[0]

    def signature(text: str) -> str:
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    named = "shop:Ünal \u202e7"
    assert identity_of(f"{named}:{signature(f'{CHATBOT}:{named}')}", CHATBOT, SECRETS) == Identity(named)
    good = token({"claims": {"sub": "admin"}}, secret)
    signed, _, signed_by = good.rpartition(".")
    # A website that signs names may sign one that has the form of a token, and a page shows its tokens' signatures.
    forged = f"{signed}.{_encoded(bytes.fromhex(signature(f'{CHATBOT}:{signed}')))}"
    replayed = f"{signed}:{base64.urlsafe_b64decode(signed_by + '=').hex()}"
    for wrong in (forged, replayed, f"{named}:{signature(named)}", f"{named}:{signature(f'another:{named}')}"):
        with pytest.raises(IdentityInvalid) as refused:
            identity_of(wrong, CHATBOT, SECRETS)
        assert refused.value.extra == {"fault": "signature"}
    with pytest.raises(IdentityInvalid):
        identity_of(good, CHATBOT, [])


def test_a_name_and_an_address_are_read_or_left_out() -> None:
    shown = {"name": " Asha\u202e\n Rao ", "email": "asha@shop.example"}
    assert identity_of(token({"claims": shown}, SECRETS[0]), CHATBOT, SECRETS) == Identity(
        "customer-7", "Asha Rao", "asha@shop.example"
    )
    for name, email in ((7, ["a@b"]), ("\ud83d", "\ud83d@b"), ("", "nobody"), (None, "a@" + "b" * 254)):
        hidden = token({"claims": {"name": name, "email": email}}, SECRETS[0])
        assert identity_of(hidden, CHATBOT, SECRETS) == Identity("customer-7")
