"""The same runtime under AWS's own Runtime Interface Emulator: what AWS's code takes, byte for byte.

It ships in the aws-sam-cli wheel and needs no container. It buffers and drops trailers, which is why the other
tests have an emulator of their own.
"""

import asyncio
import base64
import importlib.util
import json
import platform
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.lambda_runtime.execution_environment import START
from tests.lambda_stream.sandbox import environment, rest_event, url_event
from tests.patience import PATIENCE

pytestmark = pytest.mark.sampled(0.4)

SAM = importlib.util.find_spec("samcli")
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
DELIMITER = bytes(8)


def emulator() -> Path:
    assert SAM is not None, "aws-sam-cli, which brings the emulator, is not installed: make setup installs it."
    assert SAM.origin is not None
    return Path(SAM.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


class Sandbox:
    """The emulator with one function in it."""

    def __init__(self, port: int) -> None:
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)

    async def invoke(self, event: Any) -> httpx.Response:
        """The function starts with its first event; until the emulator listens, it is asked again."""
        while True:
            try:
                return await self._client.post("/2015-03-31/functions/function/invocations", json=event)
            except httpx.ConnectError:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def sandbox(handler: str, place: Path) -> AsyncIterator[Sandbox]:
    front, back = free_ports()
    addresses = f"--runtime-interface-emulator-address 127.0.0.1:{front} --runtime-api-address 127.0.0.1:{back}"
    with (place / "rie").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            emulator(),
            *addresses.split(),
            START,
            sys.executable,
            handler,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
            cwd=place,
            env=environment(handler, place, {"AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}),
        )
    try:
        yield Sandbox(front)
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def test_a_stream_is_its_prelude_eight_zero_bytes_and_the_payload(tmp_path: Path) -> None:
    for word in ("the prelude has arrived", "one has arrived", "two has arrived"):
        (tmp_path / word).touch()
    async with sandbox("plain.two_chunks", tmp_path) as chat:
        response = await chat.invoke(rest_event())

    prelude = b'{"statusCode": 200, "headers": {"content-type": "text/event-stream"}}'
    assert response.status_code == 200
    assert response.content == prelude + DELIMITER + b"data: one\n\n" + b"data: two\n\n"


async def test_binary_data_passes_unchanged_for_several_events(tmp_path: Path) -> None:
    every_byte = bytes(range(256)) * 1024
    event: dict[str, Any] = {"body": base64.b64encode(every_byte).decode(), "isBase64Encoded": True}
    async with sandbox("plain.return_body", tmp_path) as chat:
        of_rest = await chat.invoke(rest_event(**event))
        of_url = await chat.invoke(url_event(**event))

    prelude, _, payload = of_rest.content.partition(DELIMITER)
    assert payload == every_byte
    assert json.loads(prelude)["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]
    prelude, _, payload = of_url.content.partition(DELIMITER)
    assert payload == every_byte
    assert json.loads(prelude)["cookies"] == ["a=1", "b=2"]


async def test_a_response_without_a_body_is_its_prelude(tmp_path: Path) -> None:
    async with sandbox("plain.no_body", tmp_path) as chat:
        assert (await chat.invoke(rest_event())).content == b'{"statusCode": 204, "headers": {}}' + DELIMITER


async def test_an_app_that_fails_early_is_a_500_and_the_next_event_is_answered(tmp_path: Path) -> None:
    async with sandbox("plain.fails_first", tmp_path) as chat:
        for _ in range(2):
            prelude, _, payload = (await chat.invoke(rest_event())).content.partition(DELIMITER)
            assert json.loads(prelude)["statusCode"] == 500
            assert json.loads(payload)["error"]["code"] == "internal_error"


async def test_trailers_are_accepted_and_the_next_event_is_answered(tmp_path: Path) -> None:
    async with sandbox("plain.fails_between", tmp_path) as chat:
        for _ in range(2):
            assert (await chat.invoke(rest_event())).content.endswith(DELIMITER + b"data: one\n\n")


async def test_five_megabytes_pass(tmp_path: Path) -> None:
    async with sandbox("plain.large", tmp_path) as chat:
        response = await chat.invoke(rest_event(queryStringParameters={"megabytes": "5"}))
    payload = response.content.partition(DELIMITER)[2]
    assert payload == b"".join(bytes([number]) * 65536 for number in range(80))


async def test_an_event_that_is_not_http_gets_an_empty_answer(tmp_path: Path) -> None:
    async with sandbox("plain.fails_first", tmp_path) as chat:
        assert (await chat.invoke({"source": "aws.events"})).json() == {}


async def test_an_init_error_has_the_documented_name(tmp_path: Path) -> None:
    async with sandbox("unimportable.app", tmp_path) as chat:
        response = await chat.invoke(rest_event())
        assert response.json()["errorType"] == "Runtime.ImportModuleError"


async def test_a_starlette_app_streams(tmp_path: Path) -> None:
    (tmp_path / "one has arrived").touch()
    question = rest_event("/api/chat/stream", httpMethod="POST", body=json.dumps({"message": "नमस्ते 🙏"}))
    async with sandbox("starlette_app.app", tmp_path) as chat:
        payload = (await chat.invoke(question)).content.partition(DELIMITER)[2]
    assert payload.decode() == "data: नमस्ते 🙏\n\ndata: done\n\n"
