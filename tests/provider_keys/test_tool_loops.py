"""Five rounds of tools with each provider's own key, by OpenAI's own client.

A model that signs what it thinks refuses the results of a call where the signature does not come back whole.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from stand_ins.direct.answers import IN_A_LOOP
from tests.openai_api.clients import openai_client
from tests.provider_keys.answering import Provider, over, with_key
from tests.provider_keys.every import CASES, Case, paid, running
from tests.world import World

QUESTION = f"Plan my journey {IN_A_LOOP}."
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAMES = ("find_train", "find_hotel")
TOOLS: list[Any] = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in NAMES]
FUNCTIONS: list[Any] = [{"type": "function", "name": name, "parameters": PARAMETERS, "strict": False} for name in NAMES]
MOST_ROUNDS = 8


@pytest.fixture(params=[each for each in CASES if each != "replicate"])  # whose models have no tools
def case(request: pytest.FixtureRequest) -> Case:
    """One provider."""
    return CASES[request.param]


@pytest.fixture
async def provider(shared: World, monkeypatch: pytest.MonkeyPatch, case: Case) -> AsyncIterator[Provider]:
    """Its stand-in."""
    del shared
    async with running(case, monkeypatch) as found:
        yield found


async def whole(client: AsyncOpenAI, model: str, messages: list[Any]) -> dict[str, Any]:
    """The message of a completion in one piece."""
    answer = await client.chat.completions.create(model=model, messages=messages, tools=TOOLS, reasoning_effort="low")
    return answer.choices[0].message.model_dump(exclude_none=True)


async def streamed(client: AsyncOpenAI, model: str, messages: list[Any]) -> dict[str, Any]:
    """The message that the library puts together from a stream."""
    async with client.chat.completions.stream(
        model=model, messages=messages, tools=TOOLS, reasoning_effort="low"
    ) as stream:
        completion = await stream.get_final_completion()
    message = completion.choices[0].message.model_dump(exclude_none=True)
    for call in message.get("tool_calls", ()):
        call["function"].pop("parsed_arguments", None)  # the library's own field
    return message


@pytest.mark.parametrize("ask", [whole, streamed])
async def test_five_rounds_of_chat_completions_end_with_an_answer(
    shared: World, provider: Provider, case: Case, ask: Any
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider))
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    async with openai_client(shared, who) as client:
        for _ in range(MOST_ROUNDS):
            message = await ask(client, case.id_of(case.looping or "", key), messages)
            calls = message.get("tool_calls", [])
            if not calls:
                break
            messages.append(message)
            messages += [
                {"role": "tool", "tool_call_id": call["id"], "content": f"result {n}"} for n, call in enumerate(calls)
            ]
    await over()

    assert [each["role"] for each in messages].count("assistant") == 5
    assert "result 0" in message["content"]
    assert message["content"].count("result") >= 5
    assert len(provider.asked) == 6
    assert {source for source, _ in paid(shared, who)} == {"own_key"}
    assert shared.quota(who) == (0, 0)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
async def test_five_rounds_of_responses_end_with_an_answer(
    shared: World, provider: Provider, case: Case, *, streams: bool
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider))
    items: list[Any] = [{"role": "user", "content": QUESTION}]
    options: dict[str, Any] = {"model": case.id_of(case.looping or "", key), "tools": FUNCTIONS}
    options["reasoning"] = {"effort": "low"}
    rounds = 0
    response: Any
    async with openai_client(shared, who) as client:
        for _ in range(MOST_ROUNDS):
            if streams:
                async with client.responses.stream(input=items, **options) as stream:
                    response = await stream.get_final_response()
            else:
                response = await client.responses.create(input=items, **options)
            calls = [each for each in response.output if each.type == "function_call"]
            if not calls:
                break
            rounds += 1
            items += [each.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for each in response.output]
            items += [
                {"type": "function_call_output", "call_id": call.call_id, "output": f"result {n}"}
                for n, call in enumerate(calls)
            ]
    await over()

    assert rounds == 5
    assert response.output_text.count("result") >= 5
    assert len(provider.asked) == 6
    assert {source for source, _ in paid(shared, who)} == {"own_key"}


async def test_five_turns_of_a_chat_are_answered_by_one_key(shared: World, provider: Provider, case: Case) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider))
    more: dict[str, Any] = {}
    for turn in range(5):
        result = await shared.ask(f"Question {turn}?", who, model=case.id_of(case.looping or "", key), **more)
        await over()
        assert result.last["state"] == "complete", result.last
        assert f"Question {turn}?" in result.text
        more = {"conversation_id": result.start["conversation_id"]}

    assert paid(shared, who) == [("own_key", paid(shared, who)[0][1])] * 5
    assert len(provider.asked) == 5
