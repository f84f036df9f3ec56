"""An authenticator with passkeys, in software: what a device does for a page, and what the page then sends."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from tests.stand_ins.supabase_auth.gotrue import bearer

FLAG = AuthenticatorData.FLAG
SYNCED = FLAG.BE | FLAG.BS


@dataclass
class Passkey:
    """A credential with its private key, and how often it has signed."""

    rp_id: str
    user_handle: bytes
    id: bytes
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    @property
    def name(self) -> str:
        """Its id, as pages write it."""
        return websafe_encode(self.id)


class Authenticator:
    """Makes and uses passkeys for pages of one origin. `flags` are those that it reports."""

    def __init__(self, origin: str, flags: int = FLAG.UP | FLAG.UV | SYNCED) -> None:
        self.origin, self.flags = origin, flags

    def create(self, options: dict[str, Any], id: bytes | None = None) -> tuple[Passkey, dict[str, Any]]:
        """A passkey for the options of a registration, with this id if one is given, and the browser's response."""
        passkey = Passkey(options["rp"]["id"], websafe_decode(options["user"]["id"]), id or secrets.token_bytes(32))
        attested = AttestedCredentialData.create(bytes(16), passkey.id, _public(passkey))
        data = AuthenticatorData.create(_hash(passkey.rp_id), FLAG(self.flags | FLAG.AT), 0, attested)
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options, {}).b64,
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            "transports": ["internal"],
        }
        return passkey, _credential(passkey, response)

    def get(self, options: dict[str, Any], passkey: Passkey, **client_data: Any) -> dict[str, Any]:
        """The response of the browser to the options of a sign-in."""
        passkey.count += 1
        data = AuthenticatorData.create(_hash(passkey.rp_id), FLAG(self.flags), passkey.count)
        client = self._client_data("webauthn.get", options, client_data)
        response = {
            "clientDataJSON": client.b64,
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(passkey.key.sign(data + client.hash, ec.ECDSA(SHA256()))),
            "userHandle": websafe_encode(passkey.user_handle),
        }
        return _credential(passkey, response)

    def _client_data(self, ceremony: str, options: dict[str, Any], other: dict[str, Any]) -> CollectedClientData:
        fields = {"type": ceremony, "challenge": options["challenge"], "origin": self.origin} | other
        return CollectedClientData.create(**fields)


def _credential(passkey: Passkey, response: dict[str, Any]) -> dict[str, Any]:
    named = {"id": passkey.name, "rawId": passkey.name, "type": "public-key"}
    return named | {"response": response, "clientExtensionResults": {}}


def _public(passkey: Passkey) -> ES256:
    numbers = passkey.key.public_key().public_numbers()
    return ES256({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})


def _hash(rp_id: str) -> bytes:
    return sha256(rp_id.encode()).digest()


async def options(http: httpx.AsyncClient, ceremony: str, token: str = "") -> dict[str, Any]:
    """A new challenge of a registration or a sign-in."""
    answer = await http.post(f"/passkeys/{ceremony}/options", json={}, headers=bearer(token) if token else {})
    assert answer.status_code == 200, answer.text
    challenge: dict[str, Any] = answer.json()
    return challenge


async def verify(
    http: httpx.AsyncClient, ceremony: str, challenge: dict[str, Any], credential: Any, token: str = ""
) -> httpx.Response:
    """Sends the response of the browser."""
    body = {"challenge_id": challenge["challenge_id"], "credential": credential}
    headers = bearer(token) if token else {}
    return await http.post(f"/passkeys/{ceremony}/verify", json=body, headers=headers)


async def add_passkey(http: httpx.AsyncClient, token: str, device: Authenticator) -> tuple[Passkey, str]:
    """A passkey of the token's user on this device, and its id at Supabase Auth."""
    challenge = await options(http, "registration", token)
    passkey, credential = device.create(challenge["options"])
    answer = await verify(http, "registration", challenge, credential, token)
    assert answer.status_code == 200, answer.text
    return passkey, str(answer.json()["id"])


async def use_passkey(
    http: httpx.AsyncClient, passkey: Passkey, device: Authenticator, **client_data: Any
) -> httpx.Response:
    """Signs in with a passkey of this device."""
    challenge = await options(http, "authentication")
    return await verify(http, "authentication", challenge, device.get(challenge["options"], passkey, **client_data))
