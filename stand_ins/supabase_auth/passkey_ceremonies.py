"""What a passkey's registration and sign-in ask for, and whether their responses are right (WebAuthn, by `fido2`).

The rules are GoTrue's (supabase/auth, internal/api/passkey_*.go over go-webauthn): credentials are discoverable, user
verification is preferred and not required, attestation is ignored, and a counter that does not rise is accepted. A
passkey that was eligible for backup at its registration has to stay so.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import Project
from stand_ins.supabase_auth.refusals import Refusal

TIMEOUT = 300_000  # milliseconds, how long the browser asks
_PREFERRED = UserVerificationRequirement.PREFERRED
# What parsing and checking a response raise, which may contain anything.
_WRONG = (
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError, NotImplementedError),
    *(OverflowError, RecursionError, struct.error),
)


@dataclass(frozen=True)
class NewCredential:
    """A credential whose registration was verified, as `auth.webauthn_credentials` stores it."""

    credential_id: bytes
    public_key: bytes
    aaguid: UUID
    sign_count: int
    transports: list[str]
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True)
class StoredCredential:
    """The columns of a stored credential that a sign-in is checked with."""

    id: UUID
    credential_id: bytes
    public_key: bytes
    backup_eligible: bool


class RelyingParty:
    """The site that passkeys belong to: the one of the project, where no address of a page is a number.

    A passkey belongs to a name. So a stack at `http://127.0.0.1:8000` has the passkeys of `localhost`, at any port.
    """

    def __init__(self, project: Project) -> None:
        site = urlsplit(project.site_url)
        host = site.hostname or ""
        self.id = "localhost" if host in ("127.0.0.1", "::1") else host
        self._origin = f"{site.scheme}://{site.netloc}"
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=CONFIG["auth"]["webauthn"]["rp_display_name"], id=self.id),
            attestation=AttestationConveyancePreference.NONE,
            verify_origin=self._allows,
        )
        self._server.timeout = TIMEOUT  # type: ignore[assignment]

    def creation_options(self, user: User, existing: list[bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The options for `navigator.credentials.create`, and the state to verify the response with."""
        name = user.email or ""
        data = user.raw_user_meta_data or {}
        display_name = data.get("name") if isinstance(data.get("name"), str) else None
        options, state = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=str(user.id).encode(), name=name, display_name=display_name or name),
            [PublicKeyCredentialDescriptor(type=PublicKeyCredentialType.PUBLIC_KEY, id=each) for each in existing],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=_PREFERRED,
        )
        return _json(options.public_key), _json(state)

    def request_options(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The options for `navigator.credentials.get`, for any passkey of this site, and the state to verify with."""
        options, state = self._server.authenticate_begin(user_verification=_PREFERRED)
        return _json(options.public_key), _json(state)

    def registered(self, state: dict[str, Any], response: Any) -> NewCredential:
        """The credential of a registration. Raises Refusal."""
        try:
            registration = RegistrationResponse.from_dict(response)
        except _WRONG:
            raise _failed("Invalid credential response") from None
        try:
            data = self._server.register_complete(state, registration)
            if data.credential_data is None:
                raise ValueError("no credential")
            transports = response["response"].get("transports") or []
            return NewCredential(
                credential_id=data.credential_data.credential_id,
                public_key=cbor.encode(data.credential_data.public_key),
                aaguid=UUID(bytes=bytes(data.credential_data.aaguid)),
                sign_count=data.counter,
                transports=[str(each) for each in transports],
                backup_eligible=data.is_backup_eligible(),
                backed_up=data.is_backed_up(),
            )
        except _WRONG:
            raise _failed("Credential verification failed") from None

    def signed_in(
        self, state: dict[str, Any], response: AuthenticationResponse, stored: list[StoredCredential]
    ) -> tuple[StoredCredential, AuthenticatorData]:
        """The credential that signed, and what its authenticator says. Raises Refusal."""
        try:
            known = {each.credential_id: each for each in stored}
            credentials = [AttestedCredentialData.create(bytes(16), each.credential_id, _key(each)) for each in stored]
            used = self._server.authenticate_complete(state, credentials, response)
            credential, data = known[used.credential_id], response.response.authenticator_data
            if data.is_backup_eligible() != credential.backup_eligible:
                raise ValueError("the passkey became eligible for backup, or ceased to be")
        except _WRONG:
            raise _failed("Credential verification failed") from None
        return credential, data

    def _allows(self, origin: str) -> bool:
        if self.id == "localhost":
            return urlsplit(origin).hostname == "localhost"
        return origin == self._origin


def read_response(response: Any) -> tuple[AuthenticationResponse, UUID]:
    """The response of a sign-in, and the user whom it names. Raises Refusal."""
    try:
        parsed = AuthenticationResponse.from_dict(response)
    except _WRONG:
        raise _failed("Invalid credential response") from None
    try:
        return parsed, UUID((parsed.response.user_handle or b"").decode())
    except ValueError:
        raise _failed("Credential verification failed") from None


def _key(stored: StoredCredential) -> CoseKey:
    return CoseKey.parse(cast(Mapping[int, Any], cbor.decode(stored.public_key)))


def _failed(message: str) -> Refusal:
    return Refusal(400, "webauthn_verification_failed", message)


def _json(value: Any) -> dict[str, Any]:
    """The value as JSON would give it back."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(value), default=dict))
    return plain
