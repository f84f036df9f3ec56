"""Replaces storage keys in a message's metadata with short-lived links."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from oneai.clients import s3
from oneai.files.media_types import EXTENSIONS
from oneai.postgres import db

LINK_SECONDS = 900

type Metadata = dict[str, Any]


async def with_links(owned: Sequence[tuple[UUID | None, Metadata]]) -> list[Metadata]:
    """The metadata of messages, each with its author, in API form: `key` becomes `url` and `expires_at`.

    Keys of other users than the author are left out, because metadata may be imported. Data URLs of older answers
    remain unchanged.
    """
    if not any(_has_keys(metadata) for _, metadata in owned):
        return [metadata for _, metadata in owned]
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    return [await _with_links(owner, metadata, now) if _has_keys(metadata) else metadata for owner, metadata in owned]


def is_owned(owner: UUID | None, key: object) -> bool:
    """Whether the object at `key` belongs to `owner`."""
    return owner is not None and isinstance(key, str) and key.startswith(f"users/{owner}/")


def _has_keys(metadata: Metadata) -> bool:
    return any(
        isinstance(each, dict) and "key" in each for name in ("attachments", "images") for each in _of(metadata, name)
    )


def _of(metadata: Metadata, name: str) -> list[Any]:
    files = metadata.get(name)
    return files if isinstance(files, list) else []


async def _with_links(owner: UUID | None, metadata: Metadata, now: datetime) -> Metadata:
    changed = {
        name: [await _with_link(owner, each, now) for each in _of(metadata, name)] for name in ("attachments", "images")
    }
    return metadata | {name: files for name, files in changed.items() if files}


async def _with_link(owner: UUID | None, file: Any, now: datetime) -> Any:
    if not isinstance(file, dict) or "key" not in file:
        return file
    plain = {name: value for name, value in file.items() if name != "key"}
    key = file["key"]
    if not is_owned(owner, key):
        return plain
    url = await s3.download_url(
        key,
        now=now,
        seconds=LINK_SECONDS,
        # Only images are shown inline: browsers must not run other files.
        download_as=None if file.get("media_type") in EXTENSIONS else str(file.get("name") or "file"),
    )
    expires_at = (now + timedelta(seconds=LINK_SECONDS)).astimezone(UTC).isoformat().replace("+00:00", "Z")
    return plain | {"url": url, "expires_at": expires_at}
