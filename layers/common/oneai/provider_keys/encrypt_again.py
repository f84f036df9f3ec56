"""Encrypts keys by another data key, once an operator suspects that others know the one before.

A row always has the data key that opens it, so answers go on meanwhile. A key that its workspace replaces meanwhile
wins.
"""

import json
from typing import Any
from uuid import UUID

from oneai import log
from oneai.postgres import db
from oneai.provider_key_errors import ProviderKeyUnreadable
from oneai.provider_keys import data_keys, envelope
from oneai.provider_keys.stored import StoredKey

AT_ONCE = 100


async def encrypt_again() -> dict[str, int]:
    """Encrypts every key whose data key is suspected, and deletes the data keys that no key needs any more.

    Counts keys that were encrypted and that cannot be read, and deleted data keys. A key that cannot be read keeps its
    data key, until its workspace enters it again. Raises ProviderKeysUnavailable; the next run does the rest.
    """
    done = {"encrypted": 0, "unreadable": 0, "data_keys": 0}
    after: UUID | None = None
    while rows := (await db.call("select oneai.provider_keys_to_encrypt(%s, %s)", [after, AT_ONCE]))[0]:
        for row in rows:
            try:
                done["encrypted"] += await _encrypt(row)
            except ProviderKeyUnreadable:
                done["unreadable"] += 1
        after = UUID(rows[-1]["id"])
    (done["data_keys"],) = await db.call("select oneai.remove_suspected_data_keys()", [])
    if done["encrypted"] or done["data_keys"]:
        data_keys.forget()
        log.info("provider keys are encrypted by other data keys", **done)
    return done


async def _encrypt(row: dict[str, Any]) -> bool:
    """Whether the row has what was encrypted again."""
    key = StoredKey.of(row)
    secret = await key.secret()
    other = await data_keys.opened(await data_keys.current(key.workspace_id, row["current"], row["kms_key_id"]))
    sealed = envelope.seal(secret, key.place, other)
    columns = {
        "version": sealed.version,
        "data_key_id": str(sealed.data_key_id),
        "nonce": rf"\x{sealed.nonce.hex()}",
        "ciphertext": rf"\x{sealed.ciphertext.hex()}",
    }
    (stored,) = await db.call(
        "select oneai.replace_sealed_provider_key(%s, %s, %s)", [key.id, key.sealed.nonce, json.dumps(columns)]
    )
    return bool(stored)
