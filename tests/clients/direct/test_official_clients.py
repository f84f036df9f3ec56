"""The official clients against the stand-ins: these speak the true protocols, as far as the clients check them."""

import json
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from stand_ins.anthropic.app import KEY as ANTHROPIC_KEY
from stand_ins.gemini.app import KEY as GEMINI_KEY
from stand_ins.openai.app import KEY as OPENAI_KEY
from tests.clients.direct.stand_in_servers import TOOLS, running

FUNCTIONS = [tool["function"] for tool in TOOLS]


async def test_anthropics_client_reads_text_and_usage() -> None:
    async with running("anthropic") as provider:
        client = anthropic.AsyncAnthropic(base_url=provider.address, api_key=ANTHROPIC_KEY, max_retries=0)
        messages: Any = [{"role": "user", "content": "What is a cat?"}]
        async with client.messages.stream(model="claude-sonnet-5-5", max_tokens=100, messages=messages) as stream:
            text = "".join([each async for each in stream.text_stream])
            message = await stream.get_final_message()

    assert text.startswith('You asked: "What is a cat?".')
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 7)


async def test_anthropics_client_loops_through_signed_thoughts_and_tools() -> None:
    tools: Any = [{"name": each["name"], "input_schema": each["parameters"]} for each in FUNCTIONS]
    messages: list[Any] = [{"role": "user", "content": "Plan it."}]
    rounds = 0
    async with running("anthropic") as provider:
        client = anthropic.AsyncAnthropic(base_url=provider.address, api_key=ANTHROPIC_KEY, max_retries=0)
        while True:
            thinking: Any = {"type": "adaptive"}
            options: Any = {"model": "claude-loops", "max_tokens": 4000, "thinking": thinking, "tools": tools}
            async with client.messages.stream(messages=messages, **options) as stream:
                message = await stream.get_final_message()
            calls = [block for block in message.content if block.type == "tool_use"]
            if not calls:
                break
            rounds += 1
            messages.append({"role": "assistant", "content": [block.model_dump() for block in message.content]})
            results = [{"type": "tool_result", "tool_use_id": call.id, "content": "done"} for call in calls]
            messages.append({"role": "user", "content": results})

    assert rounds == 5


async def test_anthropics_client_raises_for_an_overload_within_a_stream() -> None:
    async with running("anthropic") as provider:
        client = anthropic.AsyncAnthropic(base_url=provider.address, api_key=ANTHROPIC_KEY, max_retries=0)
        messages: Any = [{"role": "user", "content": "Hi"}]
        with pytest.raises(anthropic.APIStatusError):
            async with client.messages.stream(
                model="replay-overloaded_after_text", max_tokens=100, messages=messages
            ) as stream:
                await stream.get_final_message()


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("refuse-401_unknown_key", anthropic.AuthenticationError),
        ("refuse-429_for_an_hour", anthropic.RateLimitError),
        ("refuse-404_no_such_model", anthropic.NotFoundError),
    ],
)
async def test_anthropics_client_knows_the_refusals(model: str, kind: type[Exception]) -> None:
    async with running("anthropic") as provider:
        client = anthropic.AsyncAnthropic(base_url=provider.address, api_key=ANTHROPIC_KEY, max_retries=0)
        messages: Any = [{"role": "user", "content": "Hi"}]
        with pytest.raises(kind):
            await client.messages.create(model=model, max_tokens=100, messages=messages)


async def test_openais_client_reads_a_response() -> None:
    async with running("openai") as provider:
        client = openai.AsyncOpenAI(base_url=f"{provider.address}/v1", api_key=OPENAI_KEY, max_retries=0)
        items: Any = [{"role": "user", "content": [{"type": "input_text", "text": "What is a cat?"}]}]
        reasoning: Any = {"effort": "low", "summary": "auto"}
        events = await client.responses.create(
            model="gpt-5.6", input=items, reasoning=reasoning, stream=True, store=False
        )
        kinds = [event async for event in events]

    ended: Any = kinds[-1]
    assert ended.type == "response.completed"
    assert ended.response.output_text.startswith('You asked: "What is a cat?".')
    assert ended.response.output[0].type == "reasoning"


async def test_openais_client_loops_through_encrypted_thoughts_and_tools() -> None:
    tools: Any = [{"type": "function", "strict": False, **each} for each in FUNCTIONS]
    items: list[Any] = [{"role": "user", "content": [{"type": "input_text", "text": "Plan it."}]}]
    rounds = 0
    async with running("openai") as provider:
        client = openai.AsyncOpenAI(base_url=f"{provider.address}/v1", api_key=OPENAI_KEY, max_retries=0)
        while True:
            reasoning: Any = {"effort": "low", "summary": "auto"}
            options: Any = {"model": "gpt-5.6-loops", "tools": tools, "reasoning": reasoning, "store": False}
            events = await client.responses.create(
                input=items, include=["reasoning.encrypted_content"], stream=True, **options
            )
            *_, ended = [event async for event in events]
            response: Any = ended.response
            calls = [each for each in response.output if each.type == "function_call"]
            if not calls:
                break
            rounds += 1
            items += [each.model_dump(exclude_none=True) for each in response.output]
            items += [{"type": "function_call_output", "call_id": call.call_id, "output": "done"} for call in calls]

    assert rounds == 5
    assert response.output_text.startswith('You asked: "Plan it."')


async def test_openais_client_reads_calls_and_usage_of_a_chat_completion() -> None:
    async with running("openai") as provider:
        client = openai.AsyncOpenAI(base_url=f"{provider.address}/v1", api_key=OPENAI_KEY, max_retries=0)
        messages: Any = [{"role": "user", "content": "Find both."}]
        tools: Any = TOOLS
        async with client.chat.completions.stream(
            model="gpt-4.1-mini", messages=messages, tools=tools, stream_options={"include_usage": True}
        ) as stream:
            completion = await stream.get_final_completion()

    calls = completion.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["find_train", "find_hotel"]
    assert completion.usage is not None
    assert completion.choices[0].finish_reason == "tool_calls"


async def test_openais_client_reads_embeddings_and_models() -> None:
    async with running("openai") as provider:
        client = openai.AsyncOpenAI(base_url=f"{provider.address}/v1", api_key=OPENAI_KEY, max_retries=0)
        vectors = await client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        models = [model.id async for model in client.models.list()]

    assert sorted(each.index for each in vectors.data) == [0, 1]
    assert "gpt-5.6" in models


async def test_geminis_client_loops_through_signed_calls() -> None:
    declared: Any = [{"name": each["name"], "parameters_json_schema": each["parameters"]} for each in FUNCTIONS]
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=declared)],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text="Plan it.")])]
    rounds, text = 0, ""
    async with running("gemini") as provider:
        options = types.HttpOptions(base_url=provider.address, api_version="v1beta")
        client = genai.Client(api_key=GEMINI_KEY, http_options=options)
        while True:
            parts: list[Any] = []
            stream = await client.aio.models.generate_content_stream(
                model="gemini-loops", contents=contents, config=config
            )
            async for chunk in stream:
                content = (chunk.candidates or [])[0].content
                parts += (content and content.parts) or []
            calls = [part.function_call for part in parts if part.function_call]
            if not calls:
                text = "".join(part.text or "" for part in parts)
                break
            rounds += 1
            contents.append(types.Content(role="model", parts=parts))
            answers = [types.Part.from_function_response(name=call.name, response={"result": "done"}) for call in calls]
            contents.append(types.Content(role="user", parts=answers))

    assert rounds == 5
    assert text.startswith('You asked: "Plan it."')


async def test_geminis_client_knows_a_key_that_is_not_valid() -> None:
    async with running("gemini") as provider:
        options = types.HttpOptions(base_url=provider.address, api_version="v1beta")
        client = genai.Client(api_key="wrong", http_options=options)
        with pytest.raises(errors.ClientError) as refused:
            await client.aio.models.generate_content(model="gemini-3-pro", contents="Hi")

    assert refused.value.code == 400
    assert "API_KEY_INVALID" in json.dumps(refused.value.details)
