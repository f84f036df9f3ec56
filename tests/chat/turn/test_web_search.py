"""A question that may search the web: what is sent upstream, what comes back, what it costs, and when it is free."""

import json
from typing import Any

import pytest

from oneai.models import web_search
from tests.chat.traces import refused
from tests.world import StreamResult, World

FERRY = "When does the last ferry to the island leave on Fridays?"
SMALL, KEY = "openai/gpt-4.1-mini", "web_searches"


async def receipt_of(world: World, result: StreamResult, who: str) -> dict[str, Any]:
    """The receipt of the answer."""
    path = f"/conversations/{result.start['conversation_id']}/messages/{result.start['message_id']}/receipt"
    receipt: dict[str, Any] = (await world.get(path, who)).json()
    return receipt


async def tools_sent(world: World) -> list[Any]:
    """The tools of the last request to the upstream that is no title."""
    bodies = [body for body in await world.sent_upstream() if body["max_tokens"] > 100]
    tools: list[Any] = bodies[-1].get("tools", [])
    return tools


def hosts(result: StreamResult) -> list[str]:
    """The hosts of the sources that were streamed last."""
    found = [data["sources"] for name, data, _ in result.events if name == "sources"]
    return [each["url"].split("/")[2] for each in found[-1]] if found else []


async def test_an_answer_cites_the_pages_it_found_and_its_receipt_has_the_search(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(FERRY, who, model=SMALL, web_search=True)

    assert result.last["state"] == "complete"
    assert hosts(result)[:2] == ["news.dock.example", "transit.example"]
    assert "[news.dock.example](https://news.dock.example/2026/11/ferry-timetable)" in result.text
    assert await tools_sent(shared) == [web_search.search_tool(1)]
    assert (shared.quota(who), shared.quota(who, KEY)) == ((1, 0), (1, 0))
    receipt = await receipt_of(shared, result, who)
    assert (receipt["web_search_requests"], receipt["web_searches_charged"]) == (1, 1)
    assert receipt["web_search_micro_usd"] == 7_000 < receipt["cost_micro_usd"]
    assert (receipt["quota_key"], receipt["charged"], receipt["basis"]) == ("small_messages", 1, "final")
    assert result.last["usage"]["web_search_requests"] == 1
    (line,) = (await shared.get("/user/usage/export", who, format="jsonl")).text.splitlines()
    columns = ("web_search_requests", "web_searches_charged", "web_search_micro_usd")
    assert [json.loads(line)[name] for name in columns] == [1, 1, 7_000]


async def test_a_model_that_does_not_search_gives_the_search_back(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Qwertz?", who, model=SMALL, web_search=True)

    assert (result.last["state"], hosts(result), shared.quota(who, KEY)) == ("complete", [], (0, 0))
    assert (await receipt_of(shared, result, who))["web_search_micro_usd"] == 0


async def test_a_question_without_the_field_offers_no_search(shared: World) -> None:
    who = shared.newcomer()

    await shared.ask(FERRY, who, model=SMALL)

    assert await tools_sent(shared) == []
    assert shared.quota(who, KEY) == (0, 0)


async def test_the_choice_is_the_conversations_and_can_be_changed_there(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask(FERRY, who, model=SMALL, web_search=True)
    conversation = first.start["conversation_id"]
    path = f"/conversations/{conversation}"
    assert (await shared.get(path, who)).json()["web_search"] is True

    await shared.ask(FERRY, who, conversation_id=conversation)
    assert shared.quota(who, KEY) == (2, 0)
    changed = await shared.http.patch(path, json={"web_search": False}, headers=shared.headers(who))
    assert (changed.status_code, changed.json()["web_search"]) == (200, False)
    await shared.ask(FERRY, who, conversation_id=conversation)
    await shared.ask(None, who, regenerate_of=first.start["message_id"])

    assert shared.quota(who, KEY) == (2, 0)


async def test_a_temporary_chat_searches_only_if_the_question_says_so(shared: World) -> None:
    who = shared.newcomer()

    await shared.ask(FERRY, who, model=SMALL, temporary=True)
    assert shared.quota(who, KEY) == (0, 0)
    result = await shared.ask(FERRY, who, model=SMALL, temporary=True, web_search=True)

    assert (result.last["state"], shared.quota(who, KEY)) == ("complete", (1, 0))


async def test_a_quote_states_the_search_before_it_is_asked(shared: World) -> None:
    who = shared.newcomer()
    body = {"message": FERRY, "model": SMALL}

    plain = (await shared.post("/quota/quote", body, who)).json()
    quoted = (await shared.post("/quota/quote", {**body, "web_search": True}, who)).json()

    assert {each["quota_key"]: each["units"] for each in quoted["lines"]} == {"small_messages": 1, KEY: 1}
    assert (quoted["basis"][0]["web_searches"], quoted["basis"][0]["web_search_micro_usd"]) == (1, 7_000)
    # The results are read too: 9,000 tokens at 0.4 micro-dollars.
    assert quoted["max_cost_micro_usd"] >= plain["max_cost_micro_usd"] + 7_000 + 3_600


async def test_the_hold_covers_what_a_searched_answer_costs(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask(FERRY, who, model=SMALL, web_search=True, max_tokens=40)

    held, cost = shared.database.one(
        "select r.held_micro_usd, e.cost_micro_usd from oneai.reservations as r"
        " join oneai.usage_events as e on e.message_id = r.id and e.purpose = 'answer' where r.id = %s",
        result.start["message_id"],
    )
    assert 7_000 < cost <= held


async def test_a_used_up_quota_refuses_the_search_and_names_its_ways_on(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = %s",
        shared.people[who],
        KEY,
    )

    error = await refused(shared, who, 429, "quota_exceeded", model=SMALL, web_search=True)

    assert (error["quota_key"], error["limit"], error["frequency"]) == (KEY, 10, "monthly")
    assert [each["kind"] for each in error["alternatives"]] == ["wait", "credits", "upgrade"]
    assert (await shared.ask(FERRY, who, model=SMALL)).last["state"] == "complete"


@pytest.mark.parametrize("model", ["gryphe/mythomax-l2-13b", "google/gemini-2.5-flash-image"])
async def test_a_model_that_cannot_search_is_refused_with_the_field(shared: World, model: str) -> None:
    error = await refused(shared, shared.newcomer(), 422, "invalid_request", model=model, web_search=True)

    assert [(each["field"], each["code"]) for each in error["details"]] == [("web_search", "no_web_search")]


async def test_a_variant_that_searches_by_itself_is_not_offered(shared: World) -> None:
    error = await refused(shared, shared.newcomer(), 400, "unknown_model", model=f"{SMALL}:online")

    assert "with a web search" in error["message"]


async def test_five_reported_searches_cost_one_held_unit_and_their_whole_price(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Ferry?", who, model="local/searches-five-times", web_search=True)

    receipt = await receipt_of(shared, result, who)
    assert (shared.quota(who, KEY), receipt["web_search_requests"]) == ((1, 0), 5)
    assert receipt["web_search_micro_usd"] == 35_000 < receipt["cost_micro_usd"]


async def test_a_search_that_was_not_asked_for_takes_no_unit(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Ferry?", who, model="local/searches-unasked")

    receipt = await receipt_of(shared, result, who)
    assert (shared.quota(who, KEY), receipt["web_searches_charged"]) == ((0, 0), 0)
    assert (receipt["web_search_requests"], receipt["cost_micro_usd"] > 7_000) == (1, True)
    assert len(hosts(result)) == 2


@pytest.mark.parametrize(
    ("model", "state", "charged"),
    [
        ("local/searches-and-fails", "failed", 0),
        ("local/cannot-search", "failed", 0),
        ("local/searches-silently", "complete", 1),
    ],
)
async def test_a_failed_search_is_given_back_and_one_that_cites_pages_is_not(
    shared: World, model: str, state: str, charged: int
) -> None:
    who = shared.newcomer()

    result = await shared.ask("Ferry?", who, model=model, web_search=True)

    assert (result.last["state"], shared.quota(who, KEY)) == (state, (charged, 0))


async def test_a_stopped_search_is_charged_and_settles_once(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Ferry?", who, model="local/searches-slowly", web_search=True) as answer:
        while (event := await answer.next()) is not None and event[0] != "delta":
            pass
        message_id = answer.result.start["message_id"]
        await shared.post("/chat/stop", {"message_id": message_id}, who)
        result = await answer.to_the_end()

    assert (result.last["state"], shared.quota(who, KEY), shared.quota(who)) == ("stopped", (1, 0), (1, 0))
    assert hosts(result) == ["news.dock.example", "transit.example"]
    # The upstream stated no cost, and the pages show that it searched.
    assert (await receipt_of(shared, result, who))["cost_micro_usd"] > web_search.MICRO_USD


async def test_compared_answers_hold_a_search_each_and_name_a_used_up_quota(shared: World) -> None:
    who = shared.newcomer()
    models = [SMALL, "meta-llama/llama-3.3-70b-instruct"]

    result = await shared.ask(FERRY, who, compare=models, web_search=True)
    assert ({each for each in result.names if each == "error"}, shared.quota(who, KEY)) == (set(), (2, 0))
    shared.database.rows(
        "update oneai.usage_quotas set used = 9 where workspace_id = %s and quota_key = %s", shared.people[who], KEY
    )
    again = await shared.ask(FERRY, who, compare=models, web_search=True)

    assert (again.status, again.body["error"]["quota_key"], shared.quota(who, KEY)) == (429, KEY, (9, 0))


async def test_the_field_is_strict(shared: World) -> None:
    for value in ("yes", 1, {"max_uses": 5}, [True]):
        error = await refused(shared, shared.newcomer(), 422, "invalid_request", web_search=value)
        assert error["details"][0]["field"] == "web_search"


async def test_the_ai_sdk_asks_with_the_same_field(shared: World) -> None:
    who = shared.newcomer()
    message = {"id": "m-1", "role": "user", "parts": [{"type": "text", "text": FERRY}]}
    body = {"id": "c-1", "messages": [message], "trigger": "submit-message", "model": SMALL, "web_search": True}

    answer = await shared.post("/chat/ui-stream", body, who)

    assert answer.text.count('"source-url"') >= 2
    assert shared.quota(who, KEY) == (1, 0)


async def test_the_list_of_models_states_the_price_of_a_search(shared: World) -> None:
    models = {each["id"]: each for each in (await shared.get("/chat/models")).json()["items"]}

    assert models[SMALL]["web_search_micro_usd"] == 7_000
    assert models["gryphe/mythomax-l2-13b"]["web_search_micro_usd"] is None
