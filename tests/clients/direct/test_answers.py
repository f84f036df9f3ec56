"""What every direct provider's client makes of an answer of its stand-in, over real HTTP."""

import json
from typing import Any

import pytest

from tests.clients.direct.stand_in_servers import IMAGE, PDF, PROVIDERS, TOOLS, Answered, Running, result_of, running

ALL = list(PROVIDERS)
WITH_TOOLS = ["anthropic", "custom", "gemini", "openai"]
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "place", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.mark.parametrize("name", ALL)
async def test_an_answer_has_its_text_finish_model_and_usage(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("What is a cat?")

    assert answered.error is None
    assert answered.text.startswith('You asked: "What is a cat?".')
    said = answered.said
    assert (said.finish_reason, said.model) == ("stop", provider.provider.model)
    assert said.usage is not None
    assert said.usage.prompt_tokens > 0
    assert said.usage.completion_tokens > 0
    assert said.generation_id


@pytest.mark.parametrize("name", WITH_TOOLS)
async def test_parallel_calls_are_whole_and_have_different_ids(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("Find both.", tools=TOOLS)

    calls = [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in answered.calls]
    assert calls == [("find_train", {"train": "Pune"}), ("find_hotel", {"hotel": "Pune"})]
    assert len({call["id"] for call in answered.calls}) == 2
    assert answered.said.finish_reason == "tool_calls"


# Gemini has no such option.
@pytest.mark.parametrize("name", ["anthropic", "custom", "openai"])
async def test_calls_come_one_by_one_where_they_may_not_be_parallel(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("Find both.", tools=TOOLS, parallel_tool_calls=False)

    assert len(answered.calls) == 1


@pytest.mark.parametrize("thinks", [False, True], ids=["plain", "thinking"])
@pytest.mark.parametrize("name", WITH_TOOLS)
async def test_a_loop_of_five_rounds_of_tools_ends_with_an_answer(name: str, *, thinks: bool) -> None:
    async with running(name) as provider:
        model = provider.provider.looping_model
        if not thinks and name == "openai":
            model = "gpt-4.1-loops"
        rounds, answered = await loop(provider, model, thinks=thinks)

    assert answered.error is None
    assert rounds == 5
    assert answered.text.endswith(" / ".join(f"result {n}" for n in range(6)) + ". 😀")
    assert not answered.calls


async def loop(provider: Running, model: str, *, thinks: bool) -> tuple[int, Answered]:
    """Answers the calls of a model until it has no more. The stand-in refuses thoughts or calls that come back
    changed."""
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Plan it."},
    ]
    options: dict[str, Any] = {"model": model, "tools": TOOLS, "max_tokens": 4000}
    if thinks and provider.provider.name != "custom":
        options["reasoning"] = {"effort": "low"}
    rounds, results = 0, 0
    while True:
        answered = await provider.ask(messages=messages, **options)
        if answered.error is not None or not answered.calls or rounds > 9:
            return rounds, answered
        if options.get("reasoning"):
            assert answered.reasoning
        rounds += 1
        messages.append(answered.message)
        for call in answered.calls:
            messages.append(result_of(call, f"result {results}"))
            results += 1


@pytest.mark.parametrize("name", WITH_TOOLS)
async def test_structured_output_fits_the_schema(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("Where?", response_format=SCHEMA)

    assert json.loads(answered.text) == {"city": "Pune"}


@pytest.mark.parametrize("name", WITH_TOOLS)
async def test_an_image_reaches_the_model(name: str) -> None:
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    async with running(name) as provider:
        answered = await provider.ask(content)

    assert "I see 1 images." in answered.text


@pytest.mark.parametrize("name", ["anthropic", "gemini", "openai"])
async def test_a_pdf_reaches_the_model(name: str) -> None:
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}}
    async with running(name) as provider:
        answered = await provider.ask([file, {"type": "text", "text": "Read it."}])

    assert "I read 1 files." in answered.text


@pytest.mark.parametrize(
    ("name", "model"), [("openai", "gpt-5.6"), ("gemini", "gemini-3-pro"), ("replicate", "example/draw")]
)
async def test_a_generated_image_is_a_data_url(name: str, model: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("A red dot.", model=model, modalities=["image", "text"])

    assert answered.error is None
    assert [each[:22] for each in answered.images] == ["data:image/png;base64,"]


@pytest.mark.parametrize("name", ["anthropic", "gemini", "openai"])
async def test_thoughts_are_shown_and_counted(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask(model=provider.provider.thinking_model, reasoning={"effort": "low"})

    assert answered.reasoning == "A question of 14 characters needs a thought."
    assert answered.said.usage is not None
    assert answered.said.usage.reasoning_tokens == 8
    assert answered.said.usage.completion_tokens > 8


@pytest.mark.parametrize("name", ["anthropic", "gemini", "openai"])
async def test_excluded_thoughts_are_not_shown(name: str) -> None:
    async with running(name) as provider:
        reasoning = {"effort": "low", "exclude": True}
        answered = await provider.ask(model=provider.provider.thinking_model, reasoning=reasoning)

    # OpenAI and Gemini are asked for none. Anthropic has to send them, because their signature goes back.
    assert answered.reasoning == "" or name == "openai"
    assert answered.error is None


async def test_a_model_that_only_thinks_keeps_its_thoughts_for_those_who_want_them() -> None:
    async with running("gemini") as provider:
        model = f"{provider.provider.thinking_model}-only-thinks"
        without = await provider.ask(model=model, reasoning={"effort": "none"})
        other = await provider.ask("Think.", model=model, reasoning={"effort": "low"})
        thinking = (await provider.last_body())["generationConfig"]["thinkingConfig"]

    assert (without.error, other.error) == (None, None)
    assert (thinking, bool(other.reasoning)) == ({"includeThoughts": True, "thinkingLevel": "LOW"}, True)


async def test_a_refused_signature_leaves_the_thoughts_of_others_alone() -> None:
    async with running("anthropic") as provider:
        asked: dict[str, Any] = {"model": provider.provider.thinking_model, "reasoning": {"effort": "low"}}
        first = await provider.ask("Find both.", tools=TOOLS, **asked)
        changed = [{**each, "signature": "another"} for each in first.message["reasoning_details"]]
        results = [result_of(each, "done") for each in first.calls]
        messages = [
            {"role": "user", "content": "Find both."},
            {**first.message, "reasoning_details": changed},
            *results,
        ]
        refused = await provider.ask(messages=messages, tools=TOOLS, **asked)
        other = await provider.ask("Think.", **asked)
        thinking = (await provider.last_body())["thinking"]

    assert refused.error is not None
    assert (thinking["type"], bool(other.reasoning)) == ("adaptive", True)


@pytest.mark.parametrize("name", [each for each in ALL if each != "replicate"])
async def test_the_limit_of_tokens_ends_an_answer(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask("one two three four five six seven eight nine ten eleven twelve", max_tokens=16)
        shorter = await provider.ask("one two three four five", max_tokens=3, model=provider.provider.model)

    assert answered.said.finish_reason == "stop"
    assert shorter.said.finish_reason == "length"


@pytest.mark.parametrize("name", ALL)
async def test_a_key_that_is_wrong_is_refused_without_a_retry(name: str) -> None:
    async with running(name) as provider:
        answered = await provider.ask(endpoint=provider.endpoint(key="wrong", key_id="key_1"))
        requests = [each for each in await provider.requests() if each["method"] == "POST"]

    assert type(answered.error).__name__ == "ProviderKeyRefused"
    assert answered.said.refused_keys == ["key_1"]
    assert len(requests) == 1
    assert "wrong" not in str(answered.error)
