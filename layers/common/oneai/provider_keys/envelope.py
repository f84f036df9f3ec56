"""Encrypts a workspace's key for a provider: AES-256-GCM under the workspace's data key.

The additional data name the row, so that a ciphertext that is copied to another workspace, provider or address does
not open there. `cryptography` is imported with the first key, because its import takes longer than a cold start may.
"""

import os
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from pydantic import SecretStr

from oneai import log
from oneai.provider_key_errors import ProviderKeyUnreadable

# Of what is written now. A row keeps the version that it was written with.
VERSION = 1
_NONCE_BYTES = 12


class Place(NamedTuple):
    """The row that a key belongs to."""

    workspace_id: UUID
    provider: str
    key_id: UUID
    base_url: str | None = None
    """The address of a custom provider, which is sent the key: another one needs the key to be entered again."""

    def additional_data(self) -> bytes:
        """What is authenticated with the ciphertext. Raises ValueError for a name that could pose as two."""
        parts = [f"v{VERSION}", str(self.workspace_id), self.provider, str(self.key_id)]
        if self.base_url is not None:
            parts.append(self.base_url)
        if any("|" in part for part in parts):
            raise ValueError("a part of the additional data has their separator")
        return "|".join(parts).encode()


@dataclass(frozen=True, slots=True)
class DataKey:
    """A data key of a workspace, in plain. It exists in this process alone."""

    id: UUID
    plain: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """An encrypted key as its row has it; the ciphertext ends with the tag of 16 bytes."""

    version: int
    data_key_id: UUID
    nonce: bytes
    ciphertext: bytes = field(repr=False)


def seal(secret: SecretStr, place: Place, data_key: DataKey) -> SealedKey:
    """Encrypts a key for its row, with a nonce of its own."""
    nonce = os.urandom(_NONCE_BYTES)
    text = encrypt(data_key.plain, nonce, secret.get_secret_value().encode(), place.additional_data())
    return SealedKey(VERSION, data_key.id, nonce, text)


def unseal(sealed: SealedKey, place: Place, data_key: DataKey) -> SecretStr:
    """Decrypts the key of this row. Raises ProviderKeyUnreadable if it was encrypted for another row, by another data
    key, or in a later version."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        if (sealed.version, sealed.data_key_id) != (VERSION, data_key.id):
            raise InvalidTag
        plain = AESGCM(data_key.plain).decrypt(sealed.nonce, sealed.ciphertext, place.additional_data())
    except (InvalidTag, ValueError):
        # Their texts say nothing of the key; the ids lead to the row.
        log.error("a provider key cannot be read", key_id=str(place.key_id), workspace_id=str(place.workspace_id))
        raise ProviderKeyUnreadable from None
    return SecretStr(plain.decode())


def encrypt(key: bytes, nonce: bytes, text: bytes, additional_data: bytes) -> bytes:
    """AES-256-GCM: the ciphertext, and its tag."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key).encrypt(nonce, text, additional_data)
