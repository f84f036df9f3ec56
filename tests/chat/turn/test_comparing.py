"""Several models answer one question side by side, on one connection, each for itself."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from oneai import settings
from tests.chat.branches import message, read, seen, tree
from tests.chat.traces import fields, nothing_happens, refused
from tests.world import StreamResult, World, remaining_events

SMALL, LARGE = "openai/gpt-4.1-mini", "openai/gpt-4.1"
THREE = ["local/echo", "local/reasoning", LARGE]
SLOWLY = ["local/slow", "local/long"]


async def until_said(stream: Any, message_id: str) -> None:
    """Listens until there is text of this answer."""
    async for name, data, _ in remaining_events(stream):
        if name == "delta" and data["message_id"] == message_id:
            return


async def test_compared_answers_stream_side_by_side_each_with_its_own_end(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Which is best?", who, compare=THREE)

    start = result.start
    assert set(start) == {"conversation_id", "user_message_id", "message_ids", "models"}
    assert start["models"] == THREE
    assert result.events[-1] == ("end", {}, None)
    for answer_id in start["message_ids"]:
        one = result.of(answer_id)
        assert one.names[-1] == "done"
        assert [name for name, _, _ in one.events if name in ("done", "error")] == ["done"]
        assert (one.last["state"], one.last["message_id"]) == ("complete", answer_id)
        # Each counts its own text.
        assert [at for name, _, at in one.events if name == "delta"][-1] == len(one.text)
        assert message(shared, answer_id).content == one.text
    assert result.of(start["message_ids"][0]).text == "Which is best?"
    assert result.of(start["message_ids"][1]).reasoning
    assert {name for name, _, _ in result.events} == {"start", "reasoning", "delta", "done", "end"}
    assert all("message_id" in data for _, data, _ in result.events[1:-1])


async def test_event_ids_name_the_answer_and_its_offset(shared: World) -> None:
    who = shared.newcomer()
    body = {"message": "Hi 😀", "compare": ["local/echo", SMALL]}

    wire = (await shared.http.post("/chat/stream", json=body, headers=shared.headers(who))).text

    frames = [dict(line.split(": ", 1) for line in frame.splitlines()) for frame in wire.strip().split("\n\n")]
    assert frames[-1] == {"event": "end", "data": "{}"}
    first = json.loads(frames[0]["data"])["message_ids"][0]
    deltas = [frame for frame in frames if frame["event"] == "delta" and first in frame["data"]]
    assert deltas[-1]["id"] == f"{first}:4"


async def test_compared_answers_are_siblings_and_the_first_named_is_visible(shared: World) -> None:
    who, first = shared.newcomer(), uuid4()

    result = await shared.ask("Hello", who, compare=THREE, message_id=str(first))

    ids = result.start["message_ids"]
    assert ids == [str(first), str(uuid5(first, "2")), str(uuid5(first, "3"))]
    answers = [message(shared, each) for each in ids]
    assert [(each.seq, each.rev, each.parent) for each in answers] == [
        (2, rev, result.start["user_message_id"]) for rev in range(3)
    ]
    assert [(each.chosen, each.seen) for each in answers] == [(True, True), (False, False), (False, False)]
    assert [each.model for each in answers] == THREE
    assert {(each.type, each.original) for each in answers} == {(None, None)}
    page = (await shared.get(f"/conversations/{result.start['conversation_id']}/messages", who)).json()
    assert [(each["id"], each["revision_count"]) for each in page["items"]] == [
        (result.start["user_message_id"], 1),
        (ids[0], 3),
    ]


async def test_each_compared_answer_with_text_is_charged_under_its_own_key(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, compare=["local/echo", LARGE, "local/empty", "local/eof-midway"])

    states = [result.of(each).last["state"] for each in result.start["message_ids"]]
    assert states == ["complete", "complete", "failed", "truncated"]
    assert result.of(result.start["message_ids"][2]).code == "empty_answer"
    assert (shared.quota(who), shared.quota(who, "large_messages")) == ((2, 0), (1, 0))
    charged = shared.database.rows(
        "select quota_key, outcome, charged from oneai.usage_events where conversation_id = %s order by model_asked",
        result.start["conversation_id"],
    )
    assert sorted(charged) == [
        ("large_messages", "complete", 1),
        ("small_messages", "complete", 1),
        ("small_messages", "failed", 0),
        ("small_messages", "truncated", 1),
    ]
    assert shared.database.one(
        "select c.total_cost_micro_usd = sum(e.cost_micro_usd) from oneai.conversations as c "
        "join oneai.usage_events as e on e.conversation_id = c.id where c.id = %s group by c.id",
        result.start["conversation_id"],
    )


@pytest.mark.parametrize(
    ("compare", "field"),
    [
        (["local/echo"], "compare"),
        ([], "compare"),
        ([*THREE, SMALL, "local/long"], "compare"),
        (["local/echo", SMALL, "local/echo"], "compare"),
        ("local/echo", "compare"),
        (["local/echo", 7], "compare.1"),
        (["local/echo", ""], "compare.1"),
    ],
    ids=str,
)
async def test_two_to_four_different_models_are_compared(compare: Any, field: str, shared: World) -> None:
    assert fields(await refused(shared, "asha", 422, "invalid_request", compare=compare)) == [field]


@pytest.mark.parametrize("other", [{"model": SMALL}, {"models": [SMALL]}, {"model": SMALL, "models": [LARGE]}], ids=str)
async def test_comparing_excludes_asking_one(other: dict[str, Any], shared: World) -> None:
    assert fields(await refused(shared, "asha", 422, "invalid_request", compare=THREE, **other)) == ["compare"]


async def test_one_unavailable_model_refuses_the_comparison(shared: World) -> None:
    who = shared.newcomer()

    unknown = await refused(shared, who, 400, "unknown_model", compare=["local/echo", "maker/none"])
    await refused(shared, who, 403, "model_not_in_plan", compare=["local/echo", "openai/o1-pro"])

    assert unknown["model"] == "maker/none"


async def test_units_are_held_for_all_answers_or_none(shared: World) -> None:
    who = shared.newcomer()
    left = "update oneai.usage_quotas set used = quota_limit - %s where workspace_id = %s and quota_key = %s"

    shared.database.rows(left, 0, shared.people[who], "large_messages")
    error = await refused(shared, who, 429, "quota_exceeded", compare=THREE)
    assert error["quota_key"] == "large_messages"

    shared.database.rows(left, 1, shared.people[who], "small_messages")
    for _ in range(2):
        error = await refused(shared, who, 429, "quota_exceeded", compare=["local/echo", "local/long"])
        assert (error["used"], error["reserved"]) == (error["limit"] - 1, 0)
    assert (await shared.ask("One is left", who, model="local/echo")).status == 200


async def test_concurrent_comparisons_use_exactly_the_remaining_units(shared: World) -> None:
    who = shared.newcomer()
    limit = shared.database.one(
        "update oneai.usage_quotas set used = quota_limit - 5 where workspace_id = %s and quota_key = 'small_messages' "
        "returning quota_limit",
        shared.people[who],
    )

    result = await asyncio.gather(
        *(shared.ask("Hello", who, compare=models) for models in [["local/echo", SMALL], [SMALL, "local/echo"]] * 5)
    )

    assert sorted(each.status for each in result) == [200] * 2 + [429] * 8
    assert shared.quota(who) == (limit - 1, 0)


async def test_a_failing_or_slow_model_delays_no_other(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Hello", who, compare=["local/slow", "local/empty", "local/echo"]) as stream:
        ends: list[tuple[str, str]] = []
        async for name, data, _ in remaining_events(stream):
            if name in ("done", "error"):
                ends.append((name, data["message_id"]))
            if len(ends) == 2:
                break
        slow, empty, echo = stream.result.start["message_ids"]
        assert sorted(ends) == sorted([("error", empty), ("done", echo)])

        # One answer still comes, so nothing else is asked here, and the conversation says which.
        busy = await shared.post(
            "/chat/stream", {"message": "?", "conversation_id": stream.result.start["conversation_id"]}, who
        )
        assert (busy.status_code, busy.json()["error"]["message_id"]) == (409, slow)

        stopped = await shared.post("/chat/stop", {"message_id": slow}, who)
        assert stopped.status_code == 202
        await stream.to_the_end()
    assert stream.result.of(slow).last["state"] == "stopped"
    assert stream.result.events[-1][0] == "end"
    assert (await shared.ask("Next", who, conversation_id=stream.result.start["conversation_id"])).status == 200


async def test_choosing_early_shows_that_answer_and_stops_the_others(shared: World) -> None:
    who = shared.newcomer()
    models = ["local/slow", "local/reasoning-slowly", "local/thinks-long"]
    async with shared.asking("Hello", who, compare=models) as stream:
        await stream.next()
        first, second, third = stream.result.start["message_ids"]
        await until_said(stream, first)

        shared.database.rows(
            "select oneai.activate(%s, %s, %s)",
            *(shared.people[who], stream.result.start["conversation_id"], second),
        )
        await stream.to_the_end()

    states = [stream.result.of(each).last["state"] for each in (first, second, third)]
    assert states == ["stopped", "complete", "stopped"]
    assert [message(shared, each).seen for each in (first, second, third)] == [False, True, False]
    assert shared.quota(who) == (3, 0), "the third had said nothing yet, but its question had left"


async def test_a_repeated_comparison_streams_all_answers_and_is_charged_once(shared: World) -> None:
    who, body = shared.newcomer(), {"compare": ["local/echo", "local/reasoning"], "message_id": str(uuid4())}

    first = await shared.ask("Compare them", who, **body)
    again = await shared.ask("Compare them", who, **body)

    assert (again.start, again.events[-1]) == (first.start, ("end", {}, None))
    for each in first.start["message_ids"]:
        assert again.of(each).text == first.of(each).text
        # What is left of the quota is as it is now.
        assert {**again.of(each).last, "quota": None} == {**first.of(each).last, "quota": None}
    assert shared.quota(who) == (2, 0)
    for other in ({"compare": ["local/reasoning", "local/echo"]}, {"model": "local/echo", "compare": None}):
        conflict = await shared.post("/chat/stream", {"message": "Compare them", **body, **other}, who)
        assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "idempotency_conflict")


async def test_a_repeat_of_a_running_comparison_streams_it_a_second_time(shared: World) -> None:
    who, body = shared.newcomer(), {"compare": SLOWLY, "message_id": str(uuid4())}

    async with shared.asking("Both at once", who, **body) as stream:
        await stream.next()
        slow, long = stream.result.start["message_ids"]
        await until_said(stream, slow)
        async with shared.asking("Both at once", who, **body) as again:
            await until_said(again, slow)
            await shared.post("/chat/stop", {"message_id": slow}, who)
            await again.to_the_end()
        await stream.to_the_end()

    assert again.result.start == stream.result.start
    for each in (slow, long):
        assert again.result.of(each).text == stream.result.of(each).text
        assert again.result.of(each).last["state"] == stream.result.of(each).last["state"]
    assert shared.quota(who) == (2, 0)


async def test_resuming_one_compared_answer_is_an_ordinary_stream(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Hello", who, compare=["local/slow", "local/echo"]) as stream:
        await stream.next()
        slow, echo = stream.result.start["message_ids"]
        await until_said(stream, slow)

        stored = await shared.resume(echo, 2, who)
        async with shared.following(slow, who=who) as follower:
            while not follower.result.text:
                assert await follower.next() is not None
            await shared.post("/chat/stop", {"message_id": slow}, who)
            await follower.to_the_end()
        live = follower.result

    assert (stored.start["message_id"], stored.start["model"]) == (echo, "local/echo")
    assert (stored.text, stored.names) == ("llo", ["start", "delta", "done"])
    assert (live.start["message_id"], live.last["state"]) == (slow, "stopped")
    assert live.text.startswith("slowly")
    # The id of the last event, as it came beside the others, does as well.
    headers = shared.headers(who, **{"last-event-id": f"{echo}:2"})
    as_it_came = await shared.http.get(f"/chat/stream/{echo}", headers=headers)
    assert '{"text": "llo"}' in as_it_came.text
    headers = shared.headers(who, **{"last-event-id": f"{slow}:2"})
    assert (await shared.http.get(f"/chat/stream/{echo}", headers=headers)).status_code == 422
    (others,) = {(await shared.resume(slow, who=each)).status for each in ("asha", "ravi")}
    assert others == 404


async def test_a_comparison_continues_after_its_reader_leaves(shared: World) -> None:
    who, body = shared.newcomer(), {"compare": ["local/long", "local/echo"], "message_id": str(uuid4())}
    async with shared.asking("Count to 3000", who, **body) as stream:
        await stream.next()
    ids = stream.result.start["message_ids"]

    for each in ids:
        assert await shared.settled(each) == "complete"

    again = await shared.ask("Count to 3000", who, **body)
    assert again.of(ids[0]).text.endswith("word2999 ")
    assert shared.quota(who) == (2, 0)


async def test_a_reader_who_reads_nothing_delays_no_answer(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Hello", who, compare=["local/1mb", "local/reasoning", "local/long"]) as stream:
        await stream.next()
        for each in stream.result.start["message_ids"]:
            assert await shared.settled(each) == "complete"
        await stream.to_the_end()

    for each in stream.result.start["message_ids"]:
        assert stream.result.of(each).text == message(shared, each).content
    assert len(stream.result.of(stream.result.start["message_ids"][0]).text) > 1_000_000


async def test_a_comparison_can_be_replayed_after_a_model_is_withdrawn(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, body = shared.newcomer(), {"compare": ["local/echo", SMALL], "message_id": str(uuid4())}
    first = await shared.ask("Hello", who, **body)

    monkeypatch.setenv("MODELS_DENY", SMALL)
    settings.reset_cache()
    again = await shared.ask("Hello", who, **body)
    refused_now = await shared.post("/chat/stream", {"message": "Hello", "compare": body["compare"]}, who)
    monkeypatch.undo()
    settings.reset_cache()

    assert again.start == first.start
    assert [again.of(each).text for each in first.start["message_ids"]] == [
        first.of(each).text for each in first.start["message_ids"]
    ]
    assert (refused_now.status_code, refused_now.json()["error"]["model"]) == (400, SMALL)


async def test_an_edit_and_a_regeneration_can_compare_models(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("Old", who, model="local/echo")

    edited = await shared.ask("New", who, edit_of=old.start["user_message_id"], compare=["local/echo", SMALL])
    again = await shared.ask(None, who, regenerate_of=old.start["message_id"], compare=[SMALL, "local/echo"])

    question = message(shared, edited.start["user_message_id"])
    assert (question.type, question.original) == ("user_edit", old.start["user_message_id"])
    for result, parent, first in ((edited, question.id, 1), (again, old.start["user_message_id"], 3)):
        answers = [message(shared, each) for each in result.start["message_ids"]]
        assert [(each.type, each.original, each.rev, each.parent) for each in answers] == [
            ("regeneration", old.start["message_id"], first + n, parent) for n in range(2)
        ]
    assert again.of(again.start["message_ids"][1]).text == "Old"
    assert seen(shared, old.start["conversation_id"])[0] == "Old"
    assert len(tree(shared, old.start["conversation_id"])) == 7


async def test_a_follow_up_continues_the_visible_answer(shared: World) -> None:
    who = shared.newcomer()
    result: StreamResult = await shared.ask("Hello", who, compare=["local/echo", SMALL])
    talk = {"conversation_id": result.start["conversation_id"]}

    await shared.ask("Next", who, model="local/echo", **talk)
    assert await read(shared) == ["Hello", "Hello", "Next"]

    await shared.ask("Both", who, compare=["local/echo", SMALL], **talk)
    contents = [[each["content"] for each in body["messages"]] for body in (await shared.sent_upstream())[-2:]]
    assert contents == [["Hello", "Hello", "Next", "Next", "Both"]] * 2


async def test_an_idempotency_key_covers_a_whole_comparison(shared: World) -> None:
    who, key = shared.newcomer(), {"idempotency-key": "compare-1"}
    body = {"compare": ["local/echo", SMALL], "headers": key}

    first = await shared.ask("Hello", who, **dict(body))
    again = await shared.ask("Hello", who, **dict(body))

    assert UUID(first.start["message_ids"][0]) == uuid5(shared.people[who], "compare-1")
    assert again.start == first.start
    assert shared.quota(who) == (2, 0)


async def test_a_taken_id_refuses_the_whole_comparison(shared: World) -> None:
    who, first = shared.newcomer(), uuid4()
    await shared.ask("Hello", who, message_id=str(uuid5(first, "2")), model="local/echo")

    async with nothing_happens(shared, who):
        taken = await shared.post("/chat/stream", {"message": "Hello", "message_id": str(first), "compare": THREE}, who)

    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "idempotency_conflict")


async def test_a_comparison_without_any_replayable_answer_is_refused(shared: World) -> None:
    who, body = shared.newcomer(), {"compare": ["local/echo", SMALL], "message_id": str(uuid4())}
    result = await shared.ask("Hello", who, **body)
    shared.database.rows("delete from oneai.conversations where id = %s", result.start["conversation_id"])

    gone = await shared.resume(result.start["message_ids"][1], who=who)
    again = await shared.post("/chat/stream", {"message": "Hello", **body}, who)

    assert gone.status == 404
    assert (again.status_code, again.json()["error"]["code"]) == (409, "idempotency_conflict")
