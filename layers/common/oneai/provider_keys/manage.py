"""Stores, lists, changes, tests and deletes the keys of a workspace for providers."""

import json
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from oneai.clients import chosen_address
from oneai.clients import kms_data_keys as kms
from oneai.clients.chosen_address import AddressRefused
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.provider_keys import data_keys, envelope, fields, testing
from oneai.provider_keys.envelope import Place
from oneai.provider_keys.fields import (
    NewProviderKey,
    ProviderKey,
    ProviderKeyChanges,
    ProviderKeyList,
    ProviderKeyTest,
    ProviderKeyUsage,
)
from oneai.provider_keys.fingerprints import fingerprint
from oneai.provider_keys.providers import Provider
from oneai.provider_keys.stored import StoredKey

# Of a workspace, revoked ones included.
MAX_KEYS = 20


async def add_key(principal: Principal, new: NewProviderKey) -> ProviderKey:
    """Encrypts and stores a key of the request's workspace.

    Raises InvalidRequest for an address that is not public, a key that the workspace has, and too many keys;
    ProviderKeysUnavailable; NotFound where this deployment has no keys of workspaces.
    """
    _require_configured()
    if new.provider == "custom" and not new.base_url:
        raise invalid("base_url", "required", "A custom provider needs the address of its API.")
    if new.provider != "custom" and new.base_url:
        raise invalid("base_url", "excluded", "Only a custom provider has an address of its own.")
    _check_models(new.provider, new)
    base_url = await _checked(new.base_url)
    (place,) = await db.call("select oneai.place_of_provider_key(%s, null)", [principal.user_id])
    base_url = base_url and await testing.find_address(base_url)
    workspace_id, key_id = UUID(place["workspace"]), uuid4()
    sealed = await _sealed(new.key, Place(workspace_id, new.provider, key_id, base_url), place["data_key"])
    columns = json.dumps({"id": str(key_id), **new.columns(), **sealed}, ensure_ascii=False)
    (row,) = await db.call(
        "select oneai.create_provider_key(%s, %s, %s, %s)", [principal.user_id, workspace_id, columns, MAX_KEYS]
    )
    return ProviderKey.model_validate(row)


async def list_keys(principal: Principal) -> ProviderKeyList:
    """The keys of the request's workspace. Raises NotFound as `add_key`."""
    _require_configured()
    (rows,) = await db.call("select oneai.list_provider_keys(%s)", [principal.user_id])
    return ProviderKeyList.model_validate({"items": rows})


async def change_key(principal: Principal, key_id: UUID, changes: ProviderKeyChanges) -> ProviderKey:
    """Changes the given fields. Another key is used from the next request on. Raises NotFound, and as `add_key`."""
    _require_configured()
    sent, sealed = changes.model_fields_set, {}
    if sent & {"key", "base_url", "models"}:
        (place,) = await db.call("select oneai.place_of_provider_key(%s, %s)", [principal.user_id, key_id])
        _check_models(place["provider"], changes)
        base_url = await _new_address(place, changes)
        if "key" in sent:
            at = Place(UUID(place["workspace"]), place["provider"], key_id, base_url)
            sealed = await _sealed(changes.key, at, place["data_key"])
    columns = json.dumps({**changes.columns(), **sealed}, ensure_ascii=False)
    (row,) = await db.call("select oneai.update_provider_key(%s, %s, %s)", [principal.user_id, key_id, columns])
    return ProviderKey.model_validate(row)


async def delete_key(principal: Principal, key_id: UUID) -> None:
    """Deletes a key at once. Running answers keep it to their end. Raises NotFound."""
    _require_configured()
    await db.call("select oneai.delete_provider_key(%s, %s)", [principal.user_id, key_id])


async def test_key(principal: Principal, key_id: UUID, network: str) -> ProviderKeyTest:
    """Asks the provider whether it accepts the key, as `testing.ask` does. `network` is that of the client.

    Raises NotFound, RateLimited, InvalidRequest for a revoked key, ProviderKeysUnavailable, ProviderKeyUnreadable.
    """
    _require_configured()
    (row,) = await db.call("select oneai.test_provider_key(%s, %s, %s)", [principal.user_id, key_id, network])
    key = StoredKey.of(row)
    result = await testing.ask(key.provider, key.base_url, await key.secret(), row["models"] or ())
    await db.call(
        "select oneai.note_provider_key(%s, %s, %s, %s, %s)",
        [key.id, key.sealed.nonce, result.problem, result.problem == "key_refused", result.models],
    )
    return result


async def read_usage(principal: Principal, key_id: UUID, days: int) -> ProviderKeyUsage:
    """What the key was used for on the last days. Raises NotFound."""
    _require_configured()
    (row,) = await db.call("select oneai.usage_of_provider_key(%s, %s, %s)", [principal.user_id, key_id, days])
    return ProviderKeyUsage.model_validate(row)


def _require_configured() -> None:
    if not kms.is_configured():
        raise NotFound("This deployment has no keys of workspaces for providers.")


def _check_models(provider: Provider, changes: ProviderKeyChanges) -> None:
    """Raises InvalidRequest for models of a provider that lists its own."""
    if provider != "custom" and changes.models:
        raise invalid("models", "excluded", "Only a custom provider has models that are entered.")


async def _checked(base_url: str) -> str | None:
    """The address if it is public now; None if there is none. Raises InvalidRequest."""
    if not base_url:
        return None
    try:
        await chosen_address.check(base_url)
    except AddressRefused as error:
        raise invalid("base_url", *fields.address_problem(error)) from None
    return base_url


async def _new_address(place: dict[str, Any], changes: ProviderKeyChanges) -> str | None:
    """The address that the key is for after a change. Another address needs the key again: else those who manage the
    workspace, and cannot read the key, could have it sent to a server of theirs."""
    stored: str | None = place["base_url"]
    if "base_url" not in changes.model_fields_set or changes.base_url == stored:
        return stored
    if stored is None:
        raise invalid("base_url", "excluded", "Only a custom provider has an address of its own.")
    if "key" not in changes.model_fields_set:
        raise invalid("key", "required", "Another address needs the key again.")
    checked = await _checked(changes.base_url)
    return checked and await testing.find_address(checked)


async def _sealed(secret: SecretStr, place: Place, current: dict[str, str] | None) -> dict[str, Any]:
    """The columns of an encrypted key. `current` is the workspace's data key; None: it has none yet."""
    wrapped = await data_keys.current(place.workspace_id, current)
    sealed = envelope.seal(secret, place, await data_keys.opened(wrapped))
    return {
        "base_url": place.base_url,
        "last4": fields.last4(secret),
        "fingerprint": _column(fingerprint(secret.get_secret_value())),
        "version": sealed.version,
        "data_key_id": str(sealed.data_key_id),
        "nonce": _column(sealed.nonce),
        "ciphertext": _column(sealed.ciphertext),
    }


def _column(content: bytes) -> str:
    """Bytes as Postgres reads them from JSON."""
    return rf"\x{content.hex()}"
