"""What an upstream sends, written in a test."""

import json
from typing import Any

from tests.world import World

# The upstream sends the question back as the bytes of its response.
VERBATIM = "local/verbatim"
USAGE = {"prompt_tokens": 11, "completion_tokens": 6, "total_tokens": 17, "cost": 0.00021}


def call(index: int, id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    """A fragment of a tool call with those of these that are given."""
    named = {} if id is None else {"id": id, "type": "function"}
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"index": index, **named, "function": function}


def chunks(deltas: list[dict[str, Any]], finish: str) -> str:
    """A whole stream of these deltas."""
    choices: list[list[dict[str, Any]]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": finish}])
    frames = [{"id": "gen-1", "choices": each} for each in choices]
    lines = [json.dumps(each) for each in [*frames, {"id": "gen-1", "choices": [], "usage": USAGE}]]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])


async def events_of(world: World, body: str) -> list[dict[str, Any]]:
    """The events of a response that is answered with this stream."""
    answer = await world.post("/v1/responses", {"model": VERBATIM, "input": body, "stream": True}, world.newcomer())
    assert answer.status_code == 200, answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.split("\n") if line.startswith("data: ")]
