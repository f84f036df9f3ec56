"""What the client for KMS does, at moto and at the stand-in."""

import boto3
import httpx
import pytest

from oneai import settings
from oneai.clients import kms_data_keys as kms
from oneai.provider_key_errors import ProviderKeysUnavailable, ProviderKeyUnreadable
from tests.clients.kms.conftest import endpoint_at

CONTEXT = {"purpose": "provider_keys", "workspace": "6f1c"}


async def test_a_data_key_is_opened_with_its_context_alone(either: str) -> None:
    made = await kms.make_data_key(CONTEXT)

    assert len(made.plain) == 32
    assert made.plain not in made.wrapped
    assert await kms.open_data_key(made.wrapped, CONTEXT) == made.plain
    for other in ({}, {**CONTEXT, "workspace": "6f1d"}, {"workspace": "6f1c"}):
        with pytest.raises(ProviderKeyUnreadable):
            await kms.open_data_key(made.wrapped, other)


async def test_each_data_key_is_another_one(either: str) -> None:
    first, second = await kms.make_data_key(CONTEXT), await kms.make_data_key(CONTEXT)

    assert first.plain != second.plain
    assert first.kms_key_id == second.kms_key_id == settings.read(kms.KmsSettings).provider_keys_kms_key


async def test_a_changed_envelope_does_not_open(either: str) -> None:
    wrapped = bytearray((await kms.make_data_key(CONTEXT)).wrapped)
    wrapped[-1] ^= 1

    with pytest.raises((ProviderKeyUnreadable, ProviderKeysUnavailable)):
        await kms.open_data_key(bytes(wrapped), CONTEXT)


async def test_an_envelope_opens_after_its_key_was_rotated(theirs: str) -> None:
    made = await kms.make_data_key(CONTEXT)
    key = settings.read(kms.KmsSettings).provider_keys_kms_key
    boto3.Session().client("kms", endpoint_url=theirs).rotate_key_on_demand(KeyId=key)

    assert await kms.open_data_key(made.wrapped, CONTEXT) == made.plain


@pytest.mark.parametrize("trouble", ["disabled", "away", "throttled"])
async def test_a_refusal_of_kms_is_unavailable_and_ends_with_it(ours: str, trouble: str) -> None:
    made = await kms.make_data_key(CONTEXT)
    async with httpx.AsyncClient() as client:
        await client.post(f"{ours}/trouble", json={"trouble": trouble})
        for request in (kms.make_data_key(CONTEXT), kms.open_data_key(made.wrapped, CONTEXT)):
            with pytest.raises(ProviderKeysUnavailable) as refused:
                await request
            assert refused.value.retry_after
        await client.post(f"{ours}/trouble", json={"trouble": None})

    assert await kms.open_data_key(made.wrapped, CONTEXT) == made.plain


async def test_a_kms_that_cannot_be_reached_is_unavailable() -> None:
    nowhere = {"KMS_ENDPOINT_URL": "http://127.0.0.1:9", "PROVIDER_KEYS_KMS_KEY": "a key"}
    with endpoint_at(nowhere), pytest.raises(ProviderKeysUnavailable):
        await kms.make_data_key(CONTEXT)


async def test_no_representation_has_the_data_key(ours: str) -> None:
    made = await kms.make_data_key(CONTEXT)

    assert repr(made.plain)[2:-1] not in repr(made)
