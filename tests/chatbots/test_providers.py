"""The provider of a chatbot's model: stated, or set by a model that only one provider has."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from oneai.chat.turn.answer_terms import terms_json
from oneai.clients.openrouter.models import parse_model
from tests.world import World

GPT, LLAMA = "openai/gpt-4.1-mini", "replicate/meta/llama-3-70b-instruct"
GENERAL = {"knowledge": {"mode": "general"}}


async def make(world: World, **fields: Any) -> httpx.Response:
    """A new chatbot of a new user with these fields."""
    return await world.post("/chatbots", {"name": "Help", "model": GPT, **GENERAL, **fields}, world.newcomer())


@pytest.mark.parametrize(
    ("fields", "provider"),
    [
        ({}, "openrouter"),
        ({"provider": "openai"}, "openai"),
        ({"model": LLAMA}, "replicate"),
        ({"model": LLAMA, "provider": "openrouter"}, "replicate"),
        ({"model": f"custom/{uuid4()}/llama-3"}, "custom"),
        ({"model": "openai/o3"}, "openai"),
    ],
)
async def test_a_chatbot_has_the_provider_that_offers_its_model(
    shared: World, fields: dict[str, Any], provider: str
) -> None:
    made = await make(shared, **fields)

    assert made.status_code == 201, made.text
    assert made.json()["draft"]["provider"] == provider


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"provider": "anthropic"}, "provider", "not_a_choice"),
        ({"provider": "replicate"}, "provider", "not_a_choice"),
        ({"model": LLAMA, "provider": "openai"}, "provider", "not_a_choice"),
        ({"model": "openai/never-made"}, "model", "unknown_model"),
        ({"model": "custom/llama"}, "model", "unknown_model"),
        ({"fallbacks": ["replicate/llama"]}, "fallbacks.0", "unknown_model"),
        ({"provider": "mistral"}, "provider", "not_a_choice"),
    ],
)
async def test_a_provider_without_the_model_is_refused(
    shared: World, fields: dict[str, Any], field: str, code: str
) -> None:
    refused = await make(shared, **fields)

    assert refused.status_code == 422, refused.text
    assert [(each["field"], each["code"]) for each in refused.json()["error"]["details"]] == [(field, code)]


async def test_another_model_sets_the_provider_unless_it_is_stated(shared: World) -> None:
    who = shared.newcomer()
    made = await shared.post("/chatbots", {"name": "Help", "model": LLAMA, **GENERAL}, who)
    path = f"/chatbots/{made.json()['id']}"

    async def change(**fields: Any) -> str:
        changed = await shared.http.patch(path, json=fields, headers=shared.headers(who))
        assert changed.status_code == 200, changed.text
        return str(changed.json()["draft"]["provider"])

    assert await change(model=GPT) == "openrouter"
    assert await change(model=GPT, provider="openai") == "openai"
    assert await change(temperature=0.5) == "openai"
    assert await change(model=LLAMA) == "replicate"


@pytest.mark.parametrize(
    ("provider", "keys"), [("openrouter", ["openai", "openrouter"]), ("openai", ["openai"]), ("gemini", [])]
)
async def test_only_keys_for_the_chatbots_provider_pay_its_answers(
    shared: World, provider: str, keys: list[str]
) -> None:
    model = parse_model({"id": GPT, "pricing": {"prompt": "0.000001", "completion": "0.000002"}})
    terms = json.loads(terms_json([[model]], None, 0, provider))

    assert [each["provider"] for each in terms["own_key"]["answers"][0]["routes"]] == keys
