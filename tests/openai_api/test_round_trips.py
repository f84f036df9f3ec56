"""The round trips to Postgres of OpenAI's endpoints, counted on the wire."""

from typing import Any

import pytest

from tests.api_keys.keys import create
from tests.chat.conftest import wire
from tests.openai_api.test_chat_completions import MODEL, asking
from tests.openai_api.test_embeddings import MODEL as EMBEDDING_MODEL
from tests.wire import Wire
from tests.world import World

__all__ = ["wire"]

LIMITS = {
    "budget": {"micro_usd": 10**9, "window": "day"},
    "limits": {"requests_per_minute": 100, "tokens_per_minute": 1_000_000, "parallel": 5},
    "models": ["openai/*"],
}
REQUESTS: dict[str, tuple[str, dict[str, Any] | None, list[str]]] = {
    "streamed": (
        "/v1/chat/completions",
        {"model": MODEL, "messages": asking(), "stream": True},
        ["oneai.admit(", "oneai.settle("],
    ),
    "whole": ("/v1/chat/completions", {"model": MODEL, "messages": asking()}, ["oneai.admit(", "oneai.settle("]),
    "response": ("/v1/responses", {"model": MODEL, "input": "Hello"}, ["oneai.admit(", "oneai.settle("]),
    "embeddings": (
        "/v1/embeddings",
        {"model": EMBEDDING_MODEL, "input": "one"},
        ["oneai.admit_embeddings(", "oneai.settle("],
    ),
    "models": ("/v1/models", None, [""]),
}


@pytest.mark.parametrize("limits", [{}, LIMITS], ids=["without limits", "with limits"])
async def test_a_key_takes_no_more_round_trips_than_a_token(world: World, wire: Wire, limits: dict[str, Any]) -> None:
    made = await create(world, **limits)
    await world.ask()  # opens the connections
    for name, (path, body, statements) in REQUESTS.items():
        for credential in (world.headers()["authorization"], f"Bearer {made['secret']}"):
            wire.trips.clear()

            answer = await world.http.request(
                "GET" if body is None else "POST", path, json=body, headers={"authorization": credential}
            )

            assert answer.status_code == 200, answer.text
            trips = wire.trips_without_checkpoints()
            assert len(trips) == len(statements), (name, trips)
            assert all(statement in trip for statement, trip in zip(statements, trips, strict=True)), (name, trips)
