"""Streams as providers really send them, read by a client of `/v1`: streamed, in one piece, and as a response.

`*.sse` is the body of the upstream's response; `expected.json` has what must come out of each.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from oneai.clients.model_streams.frames import FrameParser
from oneai.text import is_blank
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

FOLDER = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())
CASES = sorted(EXPECTED)
# The upstream sends the question back as the bytes of its response.
VERBATIM = "local/verbatim"
type Outcome = dict[str, Any]


def upstream_body(case: str) -> str:
    """What the upstream sends."""
    return (FOLDER / f"{case}.sse").read_bytes().decode()


def chat_body(case: str, *, stream: bool) -> dict[str, Any]:
    """A request that is answered with this case."""
    return {"model": VERBATIM, "messages": [{"role": "user", "content": upstream_body(case)}], "stream": stream}


def called(calls: list[dict[str, Any]]) -> list[list[Any]]:
    """Name and arguments of each call, which must be JSON."""
    return [[call["function"]["name"], json.loads(call["function"]["arguments"])] for call in calls]


def of_message(message: dict[str, Any], finish: str) -> Outcome:
    """What a message of a chat completion says."""
    calls = message.get("tool_calls") or []
    assert len({call["id"] for call in calls}) == len(calls)
    extra = [call["extra_content"] for call in calls if "extra_content" in call]
    return {
        "text": message["content"] or "",
        "reasoning": message.get("reasoning_content", ""),
        "refusal": message["refusal"] or "",
        "calls": called(calls),
        "finish": finish,
        "reasoning_details": message.get("reasoning_details", []),
        "annotations": message.get("annotations", []),
        "extra_content": extra[0] if extra else None,
    }


def of_case(case: str) -> Outcome:
    """What has to come out."""
    nothing: Outcome = {"text": "", "reasoning": "", "refusal": "", "calls": [], "extra_content": None}
    lists: Outcome = {"reasoning_details": [], "annotations": []}
    return {**nothing, **lists, **{name: value for name, value in EXPECTED[case].items() if name != "error"}}


def whole_chunks(lines: list[str]) -> tuple[Outcome, str | None]:
    """The message that chunks make up, put together as OpenAI's documentation says, and the code of their error."""
    message: dict[str, Any] = {"content": "", "refusal": "", "reasoning_content": ""}
    calls: dict[int, dict[str, Any]] = {}
    finish, error = "", None
    for line in lines:
        chunk = json.loads(line)
        if "error" in chunk:
            error = chunk["error"]["code"]
            continue
        (choice,) = chunk["choices"]
        finish = choice["finish_reason"] or finish
        for name, value in choice["delta"].items():
            if name in ("content", "refusal", "reasoning_content"):
                message[name] += value or ""
            elif name in ("reasoning_details", "annotations"):
                assert name not in message, "OpenAI's libraries keep the last list only, or fail"
                message[name] = value
        for fragment in choice["delta"].get("tool_calls", ()):
            if fragment["index"] not in calls:
                assert fragment["id"]
                assert fragment["function"]["name"]
                calls[fragment["index"]] = fragment
            else:
                calls[fragment["index"]]["function"]["arguments"] += fragment["function"]["arguments"]
    message["tool_calls"] = [calls[index] for index in range(len(calls))]
    return of_message(message, finish), error


async def streamed(world: World, case: str, who: str) -> tuple[Outcome, str | None]:
    """What the stream of chunks says, and the code of its error; that of a refusal before the stream too."""
    answer = await world.post("/v1/chat/completions", chat_body(case, stream=True), who)
    if answer.status_code != 200:
        return {}, answer.json()["error"]["code"]
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return whole_chunks(lines[:-1])


@pytest.mark.parametrize("case", CASES)
def test_a_stream_split_at_any_byte_has_the_same_frames(case: str) -> None:
    whole = (FOLDER / f"{case}.sse").read_bytes()
    parser, bytewise = FrameParser(), FrameParser()

    frames = [*parser.feed(whole), *parser.finish()]
    assert [
        *(one for at in range(len(whole)) for one in bytewise.feed(whole[at : at + 1])),
        *bytewise.finish(),
    ] == frames
    assert frames != []


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in EXPECTED[case]])
async def test_a_stream_and_a_completion_have_the_providers_content(shared: World, case: str) -> None:
    who = shared.newcomer()
    outcome, error = await streamed(shared, case, who)
    answer = await shared.post("/v1/chat/completions", chat_body(case, stream=False), who)

    assert (outcome, error) == (of_case(case), None)
    (choice,) = answer.json()["choices"]
    assert of_message(choice["message"], choice["finish_reason"]) == of_case(case)
    assert shared.quota(who) == (2, 0)


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in EXPECTED[case]])
async def test_a_response_has_the_providers_content(shared: World, case: str) -> None:
    answer = await shared.post("/v1/responses", {"model": VERBATIM, "input": upstream_body(case)}, shared.newcomer())

    response, expected = answer.json(), of_case(case)
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    thoughts = [part["text"] for item in response["output"] if item["type"] == "reasoning" for part in item["content"]]
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    assert "".join(part["text"] for part in parts if part["type"] == "output_text") == expected["text"]
    assert "".join(part["refusal"] for part in parts if part["type"] == "refusal") == expected["refusal"]
    assert "".join(thoughts) == expected["reasoning"]
    assert [[call["name"], json.loads(call["arguments"])] for call in calls] == expected["calls"]
    cited = [citation["url"] for part in parts for citation in part.get("annotations", ())]
    assert cited == [each["url_citation"]["url"] for each in expected["annotations"]]
    incomplete = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(expected["finish"])
    assert response["status"] == ("incomplete" if incomplete else "completed")
    assert response["incomplete_details"] == ({"reason": incomplete} if incomplete else None)


async def test_a_source_has_the_number_that_the_text_uses(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(upstream_body("citations-with-an-address-that-is-none"), who, model=VERBATIM)

    (sources,) = [data["sources"] for name, data, _ in result.events if name == "sources"]
    assert [(each["n"], each["url"]) for each in sources] == [(1, "https://a.example/"), (3, "https://c.example/")]


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("error-")])
async def test_an_error_in_a_stream_keeps_the_text_before_it(shared: World, case: str) -> None:
    outcome, error = await streamed(shared, case, shared.newcomer())

    assert (outcome["text"], error) == (EXPECTED[case]["text"], EXPECTED[case]["error"])


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("nothing-")])
async def test_an_answer_without_any_content_fails_and_is_free(shared: World, case: str) -> None:
    who, expected = shared.newcomer(), EXPECTED[case]

    result = await shared.ask(upstream_body(case), who, model=VERBATIM)

    assert (is_blank(result.text), result.reasoning) == (True, expected.get("reasoning", ""))
    assert (result.names[-1], result.last["state"]) == ("error", "failed")
    assert result.last["error"]["code"] == expected["error"]
    outcome, units, cost = shared.database.one(
        "select outcome, charged, cost_micro_usd from oneai.usage_events where message_id = %s and purpose = 'answer'",
        result.start["message_id"],
    )
    assert (outcome, units, cost) == ("failed", 0, 210)
    assert shared.quota(who) == (0, 0)


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("nothing-")])
async def test_a_v1_client_gets_an_error_for_an_empty_answer(shared: World, case: str) -> None:
    who, expected = shared.newcomer(), EXPECTED[case]
    outcome, error = await streamed(shared, case, who)
    answer = await shared.post("/v1/chat/completions", chat_body(case, stream=False), who)

    if expected.get("finish") == "length":
        # As OpenAI's own models end where thoughts took all tokens: clients know this finish.
        assert (outcome["finish"], error) == ("length", None)
        assert answer.json()["choices"][0]["finish_reason"] == "length"
    else:
        assert error is not None
        assert answer.status_code >= 400
        assert outcome.get("finish", "") == ""
    assert shared.quota(who) == (0, 0)
