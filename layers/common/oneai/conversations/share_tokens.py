"""The secret part of a share link: made again for its owner, and otherwise known only to its readers.

A token is the HMAC of the link's id, so that the owner can copy the link again, and the database has only its SHA-256:
who reads the database without the key opens no link. `docs/decisions/share-links.md` explains why.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from oneai import settings

# As many characters make a key that cannot be guessed.
MIN_KEY = 32
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class ShareKeySettings:
    """`share_link_keys`: new links use the first key; older ones are only for the links that were made with them.
    Without a key the tokens are random, and a link can be copied only once."""

    share_link_keys: tuple[str, ...] = ()


def token_hash(token: str) -> bytes:
    """The hash that the database stores; defined for any text."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def new_token(share_id: UUID) -> str:
    """The token of a new link. Raises SettingsError for a key that is too short."""
    keys = _keys()
    return _token(keys[0], share_id) if keys else secrets.token_urlsafe(TOKEN_BYTES)


def token_again(share_id: UUID, stored_hash: bytes) -> str | None:
    """The token of a link with this hash; None if no key that is still configured has made it."""
    for key in _keys():
        token = _token(key, share_id)
        if hmac.compare_digest(token_hash(token), stored_hash):
            return token
    return None


def _keys() -> tuple[str, ...]:
    keys = settings.read(ShareKeySettings).share_link_keys
    if any(len(key) < MIN_KEY for key in keys):
        raise settings.SettingsError(f"Each key in SHARE_LINK_KEYS needs at least {MIN_KEY} characters.")
    return keys


def _token(key: str, share_id: UUID) -> str:
    digest = hmac.digest(key.encode(), b"share link " + share_id.bytes, "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
