"""Gemini: see README.md."""

from typing import Any

from oneai.clients.gemini import request
from tests.clients.direct.stand_in_servers import IMAGE, TOOLS, result_of, running
from tests.world_cases.providers.sent import ask_once, assistant, call, event, result, sending, user


def contents(messages: list[dict[str, Any]], model: str = "gemini-3-pro") -> list[dict[str, Any]]:
    """What is sent for a conversation."""
    found: list[dict[str, Any]] = request.body({"model": model, "messages": messages})["contents"]
    return found


async def test_the_signature_of_the_first_call_goes_back_with_it_alone() -> None:
    async with running("gemini") as provider:
        first = await provider.ask("Find both.", tools=TOOLS)
        results = [result_of(each, "done") for each in first.calls]
        second = await provider.ask(messages=[user("Find both."), first.message, *results], tools=TOOLS)
        sent = (await provider.last_body())["contents"][1]["parts"]

    assert second.error is None
    assert [("thoughtSignature" in part, "id" in part["functionCall"]) for part in sent] == [
        (True, False),
        (False, False),
    ]


async def test_an_error_in_a_list_is_known() -> None:
    body = b'[{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]'
    async with sending("gemini", body, status="400 Bad Request") as server:
        answered = await ask_once(server)

    assert type(answered.error).__name__ == "ProviderKeyRefused"


async def test_a_finish_without_content_keeps_its_reason_and_tokens() -> None:
    counted = {"promptTokenCount": 9, "totalTokenCount": 73, "thoughtsTokenCount": 64}
    chunk = event({"candidates": [{"finishReason": "MAX_TOKENS", "index": 0}], "usageMetadata": counted})
    async with sending("gemini", chunk) as server:
        answered = await ask_once(server)

    assert answered.error is None
    assert answered.said.finish_reason == "length"
    assert answered.said.usage is not None
    assert answered.said.usage.completion_tokens == 64


async def test_a_chunk_of_metadata_alone_is_no_end() -> None:
    text = {"content": {"parts": [{"text": "Ready."}], "role": "model"}, "index": 0}
    chunks = [
        event({"candidates": [{"groundingMetadata": {"webSearchQueries": ["x"]}, "index": 0}]}),
        event({"candidates": [text]}),
        event({"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]}),
    ]
    async with sending("gemini", *chunks) as server:
        answered = await ask_once(server)

    assert (answered.text, answered.said.finish_reason, answered.error) == ("Ready.", "stop", None)


async def test_parallel_results_are_one_turn_in_the_order_of_the_calls() -> None:
    messages = [user("Both."), assistant(None, call("a"), call("b", "find_hotel")), result("b", "B"), result("a", "A")]

    turn = contents(messages)[-1]

    found = [(part["functionResponse"]["name"], part["functionResponse"]["response"]) for part in turn["parts"]]
    assert found == [("find_train", {"result": "A"}), ("find_hotel", {"result": "B"})]


async def test_a_picture_in_a_result_does_not_change_the_number_of_parts() -> None:
    picture = [{"type": "text", "text": "Here."}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    messages = [user("Both."), assistant(None, call("a"), call("b")), result("a", picture), result("b")]

    newer, older = contents(messages)[-1]["parts"], contents(messages, "gemini-2.5-pro")[-1]["parts"]

    assert (len(newer), len(older)) == (2, 2)
    assert newer[0]["functionResponse"]["parts"][0]["inlineData"]["mimeType"] == "image/png"
    assert "parts" not in older[0]["functionResponse"]
