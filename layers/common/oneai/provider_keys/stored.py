"""A workspace's key as its row has it, and how it is opened."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from oneai.provider_keys import data_keys, envelope
from oneai.provider_keys.data_keys import WrappedKey
from oneai.provider_keys.envelope import Place, SealedKey
from oneai.provider_keys.providers import Provider


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An encrypted key with its data key, which KMS has wrapped."""

    id: UUID
    workspace_id: UUID
    provider: Provider
    base_url: str | None
    sealed: SealedKey
    data_key: WrappedKey = field(repr=False)

    @classmethod
    def of(cls, row: dict[str, Any]) -> "StoredKey":
        """From what `oneai.sealed_provider_key` returns."""
        workspace_id, data_key_id = UUID(row["workspace_id"]), UUID(row["data_key_id"])
        return cls(
            UUID(row["id"]),
            workspace_id,
            row["provider"],
            row["base_url"],
            SealedKey(row["version"], data_key_id, bytes.fromhex(row["nonce"]), bytes.fromhex(row["ciphertext"])),
            WrappedKey(data_key_id, workspace_id, bytes.fromhex(row["wrapped"])),
        )

    @property
    def place(self) -> Place:
        """The row that it was encrypted for."""
        return Place(self.workspace_id, self.provider, self.id, self.base_url)

    async def secret(self) -> SecretStr:
        """The key itself, which stays in this process. Raises ProviderKeysUnavailable, ProviderKeyUnreadable."""
        return envelope.unseal(self.sealed, self.place, await data_keys.opened(self.data_key))
