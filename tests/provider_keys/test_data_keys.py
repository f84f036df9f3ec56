"""Data keys are kept for minutes, and only for the workspace that they are of."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from oneai.clients import kms_data_keys
from oneai.provider_key_errors import ProviderKeysUnavailable, ProviderKeyUnreadable
from oneai.provider_keys import data_keys
from oneai.provider_keys.data_keys import WrappedKey


async def opened_at_kms(address: str) -> int:
    """How many data keys KMS has opened."""
    async with httpx.AsyncClient() as client:
        count: int = (await client.get(f"{address}/trouble")).json()["requests"].get("Decrypt", 0)
        return count


async def test_a_data_key_is_opened_once_in_some_minutes(kms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (await data_keys.make(uuid4())).key
    data_keys.forget()
    first = await data_keys.opened(made)

    assert [await data_keys.opened(made) for _ in range(3)] == [first] * 3
    assert await opened_at_kms(kms) == 1

    later = time.monotonic() + data_keys.KEPT_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert await data_keys.opened(made) == first
    assert await opened_at_kms(kms) == 2


async def test_a_data_key_that_is_made_needs_not_be_opened(kms: str) -> None:
    await data_keys.opened((await data_keys.make(uuid4())).key)

    assert await opened_at_kms(kms) == 0


async def test_a_data_key_of_another_workspace_does_not_open(kms: str) -> None:
    made = (await data_keys.make(uuid4())).key

    with pytest.raises(ProviderKeyUnreadable):
        await data_keys.opened(WrappedKey(made.id, uuid4(), made.wrapped))


async def test_what_cloudtrail_shows_of_a_data_key_has_only_ids(kms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts: list[dict[str, str]] = []
    make, open_key = kms_data_keys.make_data_key, kms_data_keys.open_data_key

    async def noted_make(context: dict[str, str], *more: Any) -> Any:
        contexts.append(context)
        return await make(context, *more)

    async def noted_open(wrapped: bytes, context: dict[str, str]) -> bytes:
        contexts.append(context)
        return await open_key(wrapped, context)

    monkeypatch.setattr(kms_data_keys, "make_data_key", noted_make)
    monkeypatch.setattr(kms_data_keys, "open_data_key", noted_open)
    workspace = uuid4()
    made = (await data_keys.make(workspace)).key
    data_keys.forget()
    await data_keys.opened(made)

    assert contexts == [{"purpose": "provider_keys", "workspace": str(workspace)}] * 2


async def test_a_kept_data_key_is_used_while_kms_is_away_and_no_other(kms: str) -> None:
    kept, dropped = [(await data_keys.make(uuid4())).key for _ in range(2)]
    data_keys.forget()
    await data_keys.opened(kept)
    async with httpx.AsyncClient() as client:
        await client.post(f"{kms}/trouble", json={"trouble": "disabled"})

    await data_keys.opened(kept)
    with pytest.raises(ProviderKeysUnavailable):
        await data_keys.opened(dropped)


async def test_few_data_keys_are_kept(kms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_keys, "MAX_KEPT", 2)
    first, *rest = [(await data_keys.make(uuid4())).key for _ in range(3)]

    for key in (*rest, first):
        await data_keys.opened(key)

    assert await opened_at_kms(kms) == 1
