"""What a provider sends with an answer that has to come back with the next question."""

from typing import Any

from oneai.clients.anthropic import request as anthropic
from oneai.clients.gemini import request as gemini
from tests.clients.direct.stand_in_servers import Answered, result_of, running
from tests.world_cases.providers.sent import user


async def replayed(name: str, sample: str) -> Answered:
    """The answer of a sample."""
    async with running(name) as provider:
        return await provider.ask(model=f"replay-{sample}")


def next_question(answered: Answered) -> dict[str, Any]:
    """The request that follows an answer."""
    results = [result_of(each, "done") for each in answered.calls]
    return {"model": "m", "messages": [user("Hi"), answered.message, *results, user("And?")], "max_tokens": 900}


async def test_anthropics_encrypted_thoughts_go_back_before_the_text() -> None:
    sent = anthropic.body(next_question(await replayed("anthropic", "redacted_thoughts")))["messages"]

    assert sent[1]["content"] == [
        {"type": "redacted_thinking", "data": "RW5jcnlwdGVk"},
        {"type": "text", "text": "Yes."},
    ]


async def test_geminis_id_goes_back_with_its_call_and_the_result() -> None:
    sent = gemini.body(next_question(await replayed("gemini", "call_with_an_id")))["contents"]

    assert sent[1]["parts"] == [
        {"functionCall": {"id": "fn-7", "name": "find_train", "args": {"train": "1"}}, "thoughtSignature": "SWQ="}
    ]
    assert sent[2]["parts"][0]["functionResponse"] == {
        "id": "fn-7",
        "name": "find_train",
        "response": {"result": "done"},
    }


async def test_geminis_signature_of_a_text_goes_back_with_the_text() -> None:
    sent = gemini.body(next_question(await replayed("gemini", "thoughts_and_a_signed_end")))["contents"]

    assert sent[1]["parts"] == [{"text": "Hello.", "thoughtSignature": "U2lnbmVkVGV4dA=="}]
