"""OpenAI's `web_search_options` search the web as a question of our own does; other forms are refused."""

from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from tests.openai_api.test_chat_completions import asking, chunks_of
from tests.world import World

MODEL, KEY = "openai/gpt-4.1-mini", "web_searches"
BODY: dict[str, Any] = {"model": MODEL, "messages": asking("When does the last ferry leave?"), "max_tokens": 200}
TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("options", [{}, {"search_context_size": "medium"}], ids=str)
async def test_options_search_once_and_return_annotations(shared: World, options: dict[str, Any]) -> None:
    who = shared.newcomer()

    answer = await shared.post("/v1/chat/completions", {**BODY, "web_search_options": options}, who)

    message = ChatCompletion.model_validate_json(answer.content).choices[0].message
    assert message.annotations
    assert message.annotations[0].url_citation.url.startswith("https://news.dock.example/")
    assert (shared.quota(who, KEY), shared.quota(who)) == ((1, 0), (1, 0))
    search = (await shared.sent_upstream())[-1]["tools"]
    assert [(each["type"], each["parameters"]["max_uses"]) for each in search] == [("openrouter:web_search", 1)]


async def test_streamed_citations_come_before_the_finish(shared: World) -> None:
    who = shared.newcomer()

    chunks = await chunks_of(shared, who, **BODY, web_search_options={})

    deltas = [choice.delta.model_dump() for chunk in chunks for choice in chunk.choices]
    assert [each["annotations"][0]["type"] for each in deltas if each.get("annotations")] == ["url_citation"]
    assert shared.quota(who, KEY) == (1, 0)


async def test_tools_of_the_client_stay_beside_the_search(shared: World) -> None:
    who = shared.newcomer()

    answer = await shared.post("/v1/chat/completions", {**BODY, "web_search_options": {}, "tools": [TOOL]}, who)

    assert answer.json()["choices"][0]["finish_reason"] == "tool_calls"
    assert [each["type"] for each in (await shared.sent_upstream())[-1]["tools"]] == [
        "function",
        "openrouter:web_search",
    ]
    assert shared.quota(who, KEY) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"web_search_options": {"search_context_size": "high"}}, "web_search_options.search_context_size"),
        ({"web_search_options": {"user_location": {"type": "approximate"}}}, "web_search_options.user_location"),
        ({"web_search_options": {}, "model": "gryphe/mythomax-l2-13b"}, "web_search_options"),
        ({"plugins": [{"id": "web", "max_results": 100}]}, "plugins"),
        ({"tools": [{"type": "openrouter:web_search", "parameters": {"max_uses": 50}}]}, "tools[0].type"),
        ({"tools": [{"type": "web_search_preview"}]}, "tools[0].type"),
        ({"model": f"{MODEL}:online"}, "model"),
    ],
    ids=str,
)
async def test_what_cannot_be_honoured_is_refused_with_its_parameter(
    shared: World, fields: dict[str, Any], param: str
) -> None:
    who = shared.newcomer()

    answer = await shared.post("/v1/chat/completions", {**BODY, **fields}, who)

    assert (answer.status_code, answer.json()["error"]["param"]) in ((400, param), (404, param)), answer.text
    assert (shared.quota(who, KEY), shared.quota(who)) == ((0, 0), (0, 0))


@pytest.mark.parametrize("plugins", [[{"id": "response-healing"}], None, "web", 5, [None]], ids=str)
async def test_other_plugins_are_ignored_as_before(shared: World, plugins: Any) -> None:
    answer = await shared.post("/v1/chat/completions", {**BODY, "plugins": plugins}, shared.newcomer())

    assert answer.status_code == 200, answer.text
