"""What is sent upstream: as much of the conversation as fits, the terms of the plan, and nothing else."""

from typing import Any

import pytest

from oneai import settings
from oneai.chat.turn.context import estimate_prompt
from tests.talks import conversation
from tests.world import World

SMALL = "openai/gpt-4.1-mini"


async def sent(world: World) -> dict[str, Any]:
    """The last request the upstream got."""
    return (await world.sent_upstream())[-1]


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize(
    ("model", "tier", "budget"),
    [
        (SMALL, "free", 16_000),
        ("gryphe/mythomax-l2-13b", "free", 4096 - 1024),
        ("meta-llama/llama-3.3-70b-instruct:free", "pro", 65_536 - 16_000),
        (SMALL, "pro", 128_000),
    ],
)
async def test_the_newest_of_two_thousand_messages_that_fit_are_sent(
    model: str, tier: str, budget: int, shared: World
) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.workspaces set subscription_tier = %s where id = %s", tier, shared.people[who])
    talk = conversation(shared, who, 2000, " has some words" + " and more words" * 20, "Be brief.")

    result = await shared.ask("What was the last thing I said?", who, conversation_id=talk, model=model)

    assert result.last["state"] == "complete"
    messages = (await sent(shared))["messages"]
    assert messages[0] == {"role": "system", "content": "Be brief."}
    assert messages[-1] == {"role": "user", "content": "What was the last thing I said?"}
    numbers = [int(message["content"].split()[0]) for message in messages[1:-1]]
    assert numbers == list(range(numbers[0], 2001))
    assert numbers[0] % 2 == 1, "an answer never goes without its question"
    assert estimate_prompt(messages) <= budget
    one_more_turn = 2 * estimate_prompt(messages[1:2])
    assert numbers[0] == 1 or estimate_prompt(messages) + one_more_turn > budget
    stored = shared.database.one(
        "select max(sequence_number) from oneai.chat_messages where conversation_id = %s", talk
    )
    assert stored == 2002


async def test_a_short_conversation_is_sent_whole_and_in_order(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model="local/echo")
    same = {"conversation_id": first.start["conversation_id"], "model": "local/echo"}
    await shared.ask("Second", who, **same)

    await shared.ask("Third", who, **same)

    assert [(message["role"], message["content"]) for message in (await sent(shared))["messages"]] == [
        *(("user", "First"), ("assistant", "First"), ("user", "Second"), ("assistant", "Second"), ("user", "Third"))
    ]


async def test_a_failed_answer_is_left_out_of_the_prompt_and_a_truncated_one_is_sent(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model="local/empty")
    same = {"conversation_id": first.start["conversation_id"]}
    second = await shared.ask("Second", who, model="local/eof-midway", **same)

    await shared.ask("Third", who, **same)

    messages = (await sent(shared))["messages"]
    assert [message["content"] for message in messages] == ["First", "Second", second.text, "Third"]


async def test_no_message_of_another_conversation_is_sent(shared: World) -> None:
    who = shared.newcomer()
    await shared.ask("A secret", who)

    await shared.ask("Hello", who)

    assert "A secret" not in str((await sent(shared))["messages"])


async def test_a_question_too_long_for_its_model_is_refused_and_free(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("w " * 11_000, who, model="local/context-too-long-once")

    assert (result.status, result.code, result.last["state"]) == (200, "invalid_request", "failed")
    assert shared.quota(who) == (0, 0)


async def test_a_model_with_less_context_than_stated_is_asked_again_with_less(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 8, " words" * 10, "Be brief.")

    result = await shared.ask("And now?", who, conversation_id=talk, model="local/context-too-long-once")

    assert result.last["state"] == "complete"
    first, second = [body["messages"] for body in (await shared.sent_upstream())[-2:]]
    assert (len(first), first[0], first[-1]) == (10, second[0], second[-1])
    assert second[1:-1] == first[-len(second) + 1 : -1]
    assert len(second) <= 5
    assert shared.quota(who) == (1, 0)


@pytest.mark.parametrize(
    ("tier", "model", "asked", "sent_upstream"),
    [
        ("free", SMALL, None, 4000),
        ("free", SMALL, 100, 100),
        ("free", SMALL, 100_000, 4000),
        ("free", "gryphe/mythomax-l2-13b", None, 1024),
        ("pro", SMALL, None, 16_000),
        ("pro", SMALL, 10**12, 16_000),
        ("enterprise", SMALL, None, 32_768),
        ("enterprise", "meta-llama/llama-3.3-70b-instruct:free", None, 16_000),
        ("enterprise", "openai/o1-pro", 50_000, 50_000),
    ],
)
async def test_max_tokens_is_the_smallest_of_request_plan_and_model(
    tier: str, model: str, asked: int | None, sent_upstream: int, shared: World
) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.workspaces set subscription_tier = %s where id = %s", tier, shared.people[who])

    await shared.ask("Hello", who, model=model, **({} if asked is None else {"max_tokens": asked}))

    assert (await sent(shared))["max_tokens"] == sent_upstream


async def test_an_answer_that_reached_max_tokens_says_so(shared: World) -> None:
    result = await shared.ask("Hello", shared.newcomer(), max_tokens=5)

    assert (result.last["state"], result.last["finish_reason"]) == ("complete", "length")
    assert len(result.text.split()) == 5


async def test_only_the_needed_fields_are_sent_and_training_is_denied(shared: World) -> None:
    result = await shared.ask("Hello", shared.newcomer(), model=SMALL)

    request = (await shared.upstream_requests())[-1]
    request_id = result.headers["x-request-id"]
    assert request["body"] == {
        "model": SMALL,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 4000,
        "stream": True,
        "usage": {"include": True},
        "provider": {"data_collection": "deny"},
        "metadata": {"request_id": request_id},
    }
    assert request["headers"]["x-request-id"] == request_id
    assert request["headers"]["http-referer"] == "https://oneai.example"
    assert request["headers"]["x-openrouter-title"] == "OneAI"
    everything = str(request)
    assert not [who for who, user in shared.people.items() if str(user) in everything or f"{who}@" in everything]


async def test_an_operator_may_allow_what_is_denied_by_default(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_DATA_COLLECTION", "allow")
    settings.reset_cache()

    await shared.ask("Hello", shared.newcomer())

    assert (await sent(shared))["provider"] == {"data_collection": "allow"}
    monkeypatch.undo()
    settings.reset_cache()


@pytest.mark.parametrize(
    ("asked", "sent_upstream"),
    [
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"reasoning": {"effort": "high"}}, {"reasoning": {"effort": "high"}}),
        ({"reasoning": {"max_tokens": 500}}, {"reasoning": {"max_tokens": 500}}),
        ({"reasoning": {"enabled": False, "exclude": True}}, {"reasoning": {"enabled": False, "exclude": True}}),
        # Thinking is paid for as answer tokens: never more than those.
        ({"reasoning": {"max_tokens": 50_000}}, {"reasoning": {"max_tokens": 4000}}),
        ({"reasoning": {"max_tokens": 500}, "max_tokens": 200}, {"reasoning": {"max_tokens": 200}, "max_tokens": 200}),
        ({}, {}),
    ],
    ids=str,
)
async def test_sampling_parameters_are_passed_on(
    asked: dict[str, Any], sent_upstream: dict[str, Any], shared: World
) -> None:
    await shared.ask("Hello", shared.newcomer(), model="local/reasoning", **asked)

    body = await sent(shared)
    passed_on = {name: body[name] for name in ("max_tokens", "temperature", "reasoning") if name in body}
    assert passed_on == {"max_tokens": 4000} | sent_upstream
