"""What each provider is sent for a conversation and its options, where it has rules of its own."""

from typing import Any

import pytest

from oneai.clients.anthropic import request as anthropic
from oneai.clients.anthropic.messages import BEGINNING
from oneai.clients.gemini import request as gemini
from oneai.clients.replicate import request as replicate
from tests.clients.direct.stand_in_servers import TOOLS
from tests.world_cases.providers.sent import assistant, call, result, user

FORCED = {"type": "function", "function": {"name": "find_hotel"}}
PHOTO = "https://example.com/cat.webp?size=2"
INPUTS = frozenset({"prompt", "system_prompt", "image_input", "temperature"})
SYSTEM = {"role": "system", "content": "Be brief."}


def image(url: str) -> dict[str, Any]:
    """A part of a message."""
    return {"type": "image_url", "image_url": {"url": url}}


def asked(**fields: Any) -> dict[str, Any]:
    """A request of a chat completion."""
    return {"model": "m", "messages": [user("Hi")], "max_tokens": 4000, **fields}


@pytest.mark.parametrize(
    ("reasoning", "max_tokens", "expected"),
    [
        ({"effort": "low"}, 4000, {"type": "adaptive"}),
        ({"effort": "none"}, 4000, {"type": "disabled"}),
        ({"enabled": False}, 4000, {"type": "disabled"}),
        ({"max_tokens": 200}, 4000, {"type": "enabled", "budget_tokens": 1024}),
        ({"max_tokens": 50_000}, 4000, {"type": "enabled", "budget_tokens": 3999}),
        ({"max_tokens": 2000}, 1024, None),
        ({}, 4000, None),
    ],
)
def test_anthropics_thoughts_fit_into_the_answer(
    reasoning: dict[str, Any], max_tokens: int, expected: dict[str, Any] | None
) -> None:
    sent = anthropic.body(asked(reasoning=reasoning, max_tokens=max_tokens))

    assert sent.get("thinking") == expected


def test_a_model_of_anthropic_without_levels_has_a_share_of_the_answer() -> None:
    budgets = [
        anthropic.body(asked(reasoning={"effort": each}, max_tokens=10_000), thinking="budget")["thinking"]
        for each in ("low", "high")
    ]

    assert [each["budget_tokens"] for each in budgets] == [2000, 8000]


def test_anthropics_conversation_begins_with_a_user() -> None:
    messages = [assistant("Hello."), user("Hi")]

    sent = anthropic.body(asked(messages=messages))["messages"]

    assert [each["role"] for each in sent] == ["user", "assistant", "user"]
    assert sent[0]["content"] == [{"type": "text", "text": BEGINNING}]


def test_anthropic_fetches_an_image_that_has_an_address() -> None:
    sent = anthropic.body(asked(messages=[user([image(PHOTO)])]))["messages"]

    assert sent[0]["content"] == [{"type": "image", "source": {"type": "url", "url": PHOTO}}]


def test_anthropics_caches_have_one_duration_for_all_clients() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}

    sent = anthropic.body(asked(messages=[user([{"type": "text", "text": "Hi", "cache_control": mark}])]))["messages"]

    # The table of prices has that of five minutes alone.
    assert sent[0]["content"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"mode": "AUTO"}),
        ("required", {"mode": "ANY"}),
        ("none", {"mode": "NONE"}),
        (FORCED, {"mode": "ANY", "allowedFunctionNames": ["find_hotel"]}),
    ],
)
def test_gemini_knows_which_tools_it_may_call(choice: Any, expected: dict[str, Any]) -> None:
    sent = gemini.body(asked(tools=TOOLS, tool_choice=choice))

    assert sent["toolConfig"] == {"functionCallingConfig": expected}


@pytest.mark.parametrize(
    ("reasoning", "way", "expected"),
    [
        ({"effort": "low"}, "level", {"includeThoughts": True, "thinkingLevel": "LOW"}),
        ({"effort": "low"}, "budget", {"includeThoughts": True, "thinkingBudget": 1024}),
        ({"enabled": True}, "budget", {"includeThoughts": True, "thinkingBudget": -1}),
        ({"max_tokens": 300}, None, {"includeThoughts": True, "thinkingBudget": 300}),
        ({"max_tokens": 0}, None, {"includeThoughts": True, "thinkingBudget": 0}),
        ({"effort": "none"}, None, {"thinkingLevel": "MINIMAL"}),
        ({"effort": "none"}, "zero", {"thinkingBudget": 0}),
        ({"effort": "low"}, "unasked", None),
    ],
)
def test_gemini_learns_how_much_to_think(reasoning: Any, way: Any, expected: dict[str, Any] | None) -> None:
    sent = gemini.body(asked(reasoning=reasoning), thinking=way)

    assert sent["generationConfig"].get("thinkingConfig") == expected


def test_gemini_fetches_an_image_that_has_an_address() -> None:
    sent = gemini.body(asked(messages=[user([image(PHOTO)])]))["contents"]

    assert sent[0]["parts"] == [{"fileData": {"fileUri": PHOTO, "mimeType": "image/webp"}}]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (INPUTS, {"prompt": "Hi", "system_prompt": "Be brief.", "temperature": 0.3}),
        (INPUTS - {"system_prompt"}, {"prompt": "Be brief.\n\nHi", "temperature": 0.3}),
        (None, {"prompt": "Hi", "system_prompt": "Be brief.", "max_tokens": 4000}),
    ],
    ids=["with a system prompt", "without one", "inputs that are not known"],
)
def test_replicate_gets_the_inputs_that_its_model_has(known: Any, expected: dict[str, Any]) -> None:
    sent = replicate.inputs(asked(messages=[SYSTEM, user("Hi")], temperature=0.3), known)

    assert sent == expected


def test_replicate_gets_a_conversation_as_one_prompt() -> None:
    picture = [{"type": "text", "text": "And this?"}, image(PHOTO)]
    messages = [SYSTEM, user("Find it."), assistant("I look.", call("a")), result("a", "Meera"), user(picture)]

    sent = replicate.inputs(asked(messages=messages), INPUTS)

    assert (
        sent["prompt"]
        == "User: Find it.\n\nAssistant: I look.\n\nResult of a tool: Meera\n\nUser: And this?\n\nAssistant:"
    )
    assert sent["image_input"] == [PHOTO]
