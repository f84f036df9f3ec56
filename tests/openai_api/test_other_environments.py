"""An older version of OpenAI's library, and LangChain: each in a virtual environment of its own."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from local.data_folder import REPOSITORY
from tests.api_keys.keys import create
from tests.world import World

PROGRAMS = Path(__file__).with_name("environments")
ENVIRONMENTS = REPOSITORY / ".data" / "environments"


async def received(world: World, environment: str, program: str) -> dict[str, Any]:
    """The output of the program in this environment with an API key."""
    installed, wanted = ENVIRONMENTS / environment / "installed.txt", PROGRAMS / f"{environment}.txt"
    assert installed.exists(), f"make test-all makes the environment {environment}, which is missing"
    assert installed.read_text() == wanted.read_text(), f"make test-all rebuilds {environment}: its packages changed"
    python = ENVIRONMENTS / environment / "bin" / "python"
    key = (await create(world))["secret"]
    client = await asyncio.create_subprocess_exec(
        *(str(python), str(PROGRAMS / program), f"{world.address}/v1", key),
        env={"NO_PROXY": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await client.communicate()
    finally:
        if client.returncode is None:
            client.kill()
    assert client.returncode == 0, errors.decode()
    result: dict[str, Any] = json.loads(output)
    return result


@pytest.mark.exhaustive
async def test_the_first_major_version_of_openais_library_reads_every_endpoint(shared: World) -> None:
    answer = await received(shared, "openai-1", "openai_1.py")

    assert answer["version"].startswith("1.")
    assert "Hello from an older library" in answer["whole"]
    assert answer["whole"] == answer["streamed"] == answer["response"]
    assert answer["tokens"] > 10
    assert answer["calls"] == [[["weather", {"city": "Pune"}]]] * 2
    assert answer["dimensions"] == 8
    assert "openai/gpt-4.1-mini" in answer["models"]
    assert answer["refusals"] == [
        ["NotFoundError", "model_not_found", True],
        ["InternalServerError", "server_is_overloaded", True],
    ]
    assert answer["broken"] == "APIError"


@pytest.mark.exhaustive
async def test_langchain_reads_every_endpoint(shared: World) -> None:
    answer = await received(shared, "langchain", "with_langchain.py")

    assert "Hello from LangChain" in answer["whole"]
    assert answer["whole"] == answer["streamed"] == answer["response"]
    assert answer["finish"] == "stop"
    assert answer["tokens"] > 10
    assert answer["calls"] == [["weather", {"city": "Pune"}]]
    assert answer["after_tools"] == "The tools say rain in Pune."
    assert answer["structured"] == {"city": "Pune"}
    assert answer["dimensions"] == [8, 8]
    assert answer["refusal"].endswith("NotFoundError")
    assert answer["broken"] == "APIError"
