"""Embeddings of direct providers, and the check of a key without a token."""

from types import ModuleType
from typing import Any

import pytest

from oneai.clients.gemini import embeddings as gemini_embeddings
from oneai.clients.openai import embeddings as openai_embeddings
from oneai.errors import OneAIError
from oneai.models.embeddings import UpstreamBill, decode_vector
from stand_ins.openai.app import RESTRICTED_KEY
from tests.clients.direct.stand_in_servers import PROVIDERS, running

EMBEDDING = [
    ("openai", openai_embeddings, "text-embedding-3-small"),
    ("gemini", gemini_embeddings, "gemini-embedding-001"),
]


@pytest.mark.parametrize(("name", "client", "model"), EMBEDDING)
async def test_each_text_has_its_vector_in_the_order_of_the_input(name: str, client: ModuleType, model: str) -> None:
    request: dict[str, Any] = {"model": model, "input": ["one", "two", "one"], "dimensions": 16}
    bill = UpstreamBill()
    async with running(name) as provider:
        vectors = await client.create_embeddings(request, provider.endpoint(key_id="key_1"), bill)

    assert [len(decode_vector(each)) for each in vectors] == [16, 16, 16]
    assert vectors[0] == vectors[2] != vectors[1]
    assert (bill.is_sent, bill.key_id, bill.model) == (True, "key_1", model)
    if name == "openai":
        assert bill.usage is not None
        assert bill.usage.cost_micro_usd is not None


@pytest.mark.parametrize(("name", "client", "model"), EMBEDDING)
async def test_a_refused_request_for_embeddings_is_not_billed(name: str, client: ModuleType, model: str) -> None:
    bill = UpstreamBill()
    async with running(name) as provider:
        with pytest.raises(OneAIError):
            await client.create_embeddings({"model": model, "input": ["x"]}, provider.endpoint(key="wrong"), bill)

    assert not bill.is_sent


@pytest.mark.parametrize("name", [name for name in PROVIDERS if name != "custom"])
async def test_a_key_is_checked_without_a_token(name: str) -> None:
    async with running(name) as provider:
        right = await provider.provider.client.check_key(provider.endpoint())
        wrong = await provider.provider.client.check_key(provider.endpoint(key="wrong"))
        asked = [each for each in await provider.requests() if each["method"] == "POST"]

    assert right.ok
    assert not wrong.ok
    assert type(wrong.problem).__name__ == "ProviderKeyRefused"
    assert asked == []
    if name != "replicate":
        assert right.models


async def test_a_restricted_key_of_openai_may_still_answer() -> None:
    async with running("openai") as provider:
        endpoint = provider.endpoint(key=RESTRICTED_KEY)
        checked = await provider.provider.client.check_key(endpoint)
        answered = await provider.ask(endpoint=endpoint)

    assert (checked.ok, checked.models, answered.error) == (True, (), None)


async def test_the_key_is_in_no_address_and_in_no_text_of_the_endpoint() -> None:
    async with running("gemini") as provider:
        await provider.ask()
        await provider.provider.client.check_key(provider.endpoint())
        paths = [each["path"] for each in await provider.requests()]

    assert not any(provider.provider.key in path for path in paths)
    assert provider.provider.key not in repr(provider.endpoint())
