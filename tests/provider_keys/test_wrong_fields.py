"""What is wrong with a request about a key is named, and never quoted."""

from typing import Any

import pytest

from tests.canaries import CANARY
from tests.provider_keys.keys import add
from tests.world import World


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"provider": "acme"}, "provider", "not_a_choice"),
        ({"key": ""}, "key", "wrong_format"),
        ({"key": f"two {CANARY}"}, "key", "wrong_format"),
        ({"key": f"sk-{CANARY}\r\nHost: x"}, "key", "wrong_format"),
        ({"key": f"{CANARY}ключ"}, "key", "wrong_format"),
        ({"key": "k" * 4097}, "key", "wrong_format"),
        ({"key": [CANARY]}, "key", "wrong_type"),
        ({"name": " "}, "name", "empty"),
        ({"base_url": "https://models.example/v1"}, "base_url", "excluded"),
        ({"provider": "custom"}, "base_url", "required"),
        ({"provider": "custom", "base_url": "https://127.0.0.1/v1"}, "base_url", "not_public"),
        ({"provider": "custom", "base_url": "https://localhost/v1"}, "base_url", "not_public"),
        ({"provider": "custom", "base_url": "http://models.example/v1"}, "base_url", "wrong_format"),
        ({"provider": "custom", "base_url": f"https://u:{CANARY}@models.example"}, "base_url", "excluded"),
        ({"models": ["llama"]}, "models", "excluded"),
        ({"models": ["a" * 201]}, "models.0", "too_long"),
        ({"models": ["a\nb"]}, "models.0", "wrong_format"),
        ({"models": ["a"] * 201}, "models", "too_many"),
        ({"limits": {"micro_usd_per_day": -1}}, "limits.micro_usd_per_day", "too_small"),
        ({"limits": {"answers_per_day": 1.5}}, "limits.answers_per_day", "wrong_type"),
        ({"fallback": "free"}, "fallback", "not_a_choice"),
        ({"secret": CANARY}, "secret", "unknown_field"),
    ],
)
async def test_a_wrong_field_is_named_and_never_quoted(
    shared: World, fields: dict[str, Any], field: str, code: str
) -> None:
    refused = await add(shared, **fields)

    (detail,) = refused.json()["error"]["details"]
    assert (refused.status_code, detail["field"], detail["code"]) == (422, field, code)
    assert CANARY not in refused.text
