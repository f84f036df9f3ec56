"""Recorded streams, bodies and errors, replayed byte for byte as models."""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path

from stand_ins.openrouter.reply import ModelError, Reply

type Scenario = Callable[[Reply], Awaitable[None]]


def found(folders: Sequence[Path]) -> dict[str, Scenario]:
    """`replay/<stem>` for every stream, `replay-json/<stem>` for bodies, `replay-error/<stem>` for errors.

    Each file is read once in a process, however many stand-ins it makes.
    """
    scenarios: dict[str, Scenario] = {}
    for folder in folders:
        for path in sorted(folder.glob("sse/*.sse")):
            scenarios[f"replay/{path.name.removesuffix('.sse')}"] = _stream(path)
        for path in sorted(folder.glob("json/*.json")):
            scenarios[f"replay-json/{path.name.removesuffix('.json')}"] = _body(path)
        for path in sorted(folder.glob("errors/*.json")):
            scenarios[f"replay-error/{path.name.removesuffix('.json')}"] = _refusal(path)
        for path in sorted(folder.glob("errors/200_*.raw.txt")):
            scenarios[f"replay-error/{path.name.removesuffix('.raw.txt')}"] = _raw(path)
    return scenarios


@cache
def _stream(path: Path) -> Scenario:
    frames = path.read_bytes().splitlines(keepends=True)

    async def play(reply: Reply) -> None:
        # The recording has its own generation id; ours in the header would contradict it.
        await reply.open(names_itself=False)
        for frame in frames:
            await reply.write(frame)

    return play


@cache
def _raw(path: Path) -> Scenario:
    body = path.read_bytes()

    async def play(reply: Reply) -> None:
        await reply.open("application/json", names_itself=False)
        await reply.write(body)

    return play


@cache
def _refusal(path: Path) -> Scenario:
    recorded = json.loads(path.read_text())
    body = json.dumps(recorded["body"]).encode()

    async def play(_: Reply) -> None:
        raise ModelError(recorded["http_status"], "recorded", headers=recorded["headers"], body=body)

    return play


@cache
def _body(path: Path) -> Scenario:
    response = json.loads(path.read_text())["response"]
    status, body = response["status"]["code"], json.dumps(response["json"]).encode()

    async def play(reply: Reply) -> None:
        if status != 200:
            raise ModelError(status, "recorded", body=body)
        await reply.open("application/json", names_itself=False)
        await reply.write(b"\n         \n\n         \n" + body)

    return play
