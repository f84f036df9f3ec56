"""OpenAI: see README.md."""

from typing import Any

from oneai.clients.openai import responses_request
from tests.clients.direct.stand_in_servers import TOOLS, running
from tests.world_cases.providers.sent import assistant, call, result, user


def thought(item_id: str, index: int, summary: str = "") -> list[dict[str, Any]]:
    """The entries of an item of thoughts."""
    place = {"id": item_id, "format": "openai-responses-v1", "index": index}
    shown = [{"type": "reasoning.summary", "summary": summary, **place}] if summary else []
    return [*shown, {"type": "reasoning.encrypted", "data": f"encrypted {item_id}", **place}]


def items(messages: list[dict[str, Any]]) -> list[str]:
    """What is sent for a conversation, by kind and id."""
    sent = responses_request.body({"model": "gpt-5.6", "messages": messages})["input"]
    return [each.get("id") or each.get("call_id") or each["role"] for each in sent]


def placed(call_id: str, index: int) -> dict[str, Any]:
    """A call with its place in the answer."""
    return call(call_id, extra_content={"openai": {"index": index}})


async def test_thoughts_that_no_item_follows_are_left_out() -> None:
    messages = [user("Hi"), assistant("", reasoning_details=thought("rs_1", 0)), user("Again")]

    assert items(messages) == ["user", "user"]


async def test_thoughts_text_and_calls_come_back_in_their_order() -> None:
    details = [*thought("rs_1", 0, "First."), *thought("rs_2", 3)]
    messages = [
        user("Find both."),
        assistant("I look.", placed("call_1", 2), placed("call_2", 4), reasoning_details=details),
        result("call_2"),
        result("call_1"),
    ]

    assert items(messages) == ["user", "rs_1", "assistant", "call_1", "rs_2", "call_2", "call_1", "call_2"]


async def test_the_limit_has_the_name_that_the_api_knows() -> None:
    async with running("openai") as provider:
        thinking = await provider.ask(model="gpt-5.6", max_tokens=50)
        sent = await provider.last_body()
        plain = await provider.ask(model="gpt-4.1-mini", max_tokens=50)
        sent_plain = await provider.last_body()

    assert (thinking.error, plain.error) == (None, None)
    assert (sent["max_output_tokens"], sent_plain["max_completion_tokens"]) == (50, 50)
    assert "max_tokens" not in sent.keys() | sent_plain.keys()


async def test_a_refused_temperature_is_left_out_and_asked_for_again() -> None:
    async with running("openai") as provider:
        answered = await provider.ask(model="gpt-5.6", temperature=0.3)
        plain = await provider.ask(model="gpt-4.1-plain", temperature=0.3)
        bodies = [each["body"] for each in await provider.requests()]

    assert (answered.error, plain.error) == (None, None)
    assert ["temperature" in each for each in bodies] == [True, False, True, False]


async def test_tools_with_optional_parameters_are_not_made_strict() -> None:
    async with running("openai") as provider:
        answered = await provider.ask(model="gpt-5.6", tools=TOOLS)
        sent = await provider.last_body()

    assert answered.error is None
    assert [each["strict"] for each in sent["tools"]] == [False, False]


async def test_an_id_of_another_provider_is_shortened_for_calls_and_results_alike() -> None:
    long = "call_" + "x/" * 60
    async with running("openai") as provider:
        messages = [user("Hi"), assistant(None, call(long)), result(long), user("And?")]
        for model in ("gpt-5.6", "gpt-4.1-mini"):
            answered = await provider.ask(messages=messages, model=model)
            assert answered.error is None


async def test_thoughts_that_cannot_be_verified_are_left_out_and_asked_for_again() -> None:
    messages = [user("Hi"), assistant("Hello.", reasoning_details=thought("rs_of_another_key", 0)), user("And?")]
    async with running("openai") as provider:
        answered = await provider.ask(messages=messages, model="gpt-5.6")

    assert answered.error is None
