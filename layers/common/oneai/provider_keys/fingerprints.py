"""Fingerprints of keys: the same key has the same one, and no one who reads the database can try keys against it.

A fingerprint is the HMAC-SHA-256 under a key of the deployment (`PROVIDER_KEY_HASH_KEYS`). The first makes new ones. A
report finds keys that were entered under an older one, as long as that is in the list.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from oneai import settings
from oneai.settings import SettingsError

_MIN_KEY_CHARACTERS = 32


@dataclass(frozen=True)
class FingerprintSettings:
    """`provider_key_hash_keys` make fingerprints of providers' keys, the first those of new ones."""

    provider_key_hash_keys: tuple[str, ...] = ()


def fingerprint(text: str) -> bytes:
    """The fingerprint of a key. Raises SettingsError without the setting."""
    keys = settings.read(FingerprintSettings).provider_key_hash_keys
    if not keys or any(len(key) < _MIN_KEY_CHARACTERS for key in keys):
        raise SettingsError(
            f"The setting PROVIDER_KEY_HASH_KEYS needs keys of {_MIN_KEY_CHARACTERS} characters or more."
        )
    return _made(keys[0], text)


def every_fingerprint(texts: Iterable[str]) -> list[bytes]:
    """The fingerprints that these texts have or had; none without the setting."""
    keys = settings.read(FingerprintSettings).provider_key_hash_keys
    return [_made(key, text) for text in texts for key in keys]


def _made(key: str, text: str) -> bytes:
    return hmac.digest(key.encode(), b"oneai provider key " + text.encode(errors="replace"), "sha256")
