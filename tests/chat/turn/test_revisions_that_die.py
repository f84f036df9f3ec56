"""The process dies in the middle of a comparison or a revision: every answer is settled; more can be asked."""

import asyncio
from typing import Any
from uuid import uuid4, uuid5

import pytest

from oneai.chat import jobs
from tests.chat.branches import seen
from tests.patience import eventually
from tests.second_process import OtherProcess
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

LEASE = 31
MODELS = ["local/slow", "local/hang-while-thinking"]


async def _left_behind(other_process: OtherProcess, who: str, kinds: dict[str, str], **body: Any) -> None:
    """A question whose process is killed once something of each answer was kept: `text` or `reasoning`."""
    async with other_process.asking(body.pop("message", None), who, **body) as stream:
        await stream.next()
        for message_id, kind in kinds.items():

            async def kept(message_id: str = message_id, kind: str = kind) -> list[int]:
                return other_process.database.rows(
                    "select at from oneai.answer_pieces where message_id = %s and kind = %s", message_id, kind
                )

            await eventually(kept, bool)
        other_process.kill()
        await other_process.process.wait()


def _ended(world: World, ids: list[str]) -> list[tuple[str, int]]:
    """State of each answer and what was charged for it."""
    return [
        world.database.one(
            "select m.state, e.charged from oneai.chat_messages as m "
            "join oneai.usage_events as e on e.message_id = m.id where m.id = %s",
            each,
        )
        for each in ids
    ]


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("touch", ["job", "ask", "resume"])
async def test_all_answers_of_a_killed_comparison_expire_and_are_charged_once(
    touch: str, world: World, other_process: OtherProcess
) -> None:
    first = uuid4()
    slow, thinking = str(first), str(uuid5(first, "2"))
    body: dict[str, Any] = {"message": "Hello", "message_id": str(first), "compare": MODELS}
    await _left_behind(other_process, "asha", {slow: "text", thinking: "reasoning"}, **body)
    conversation = str(world.database.one("select id from oneai.conversations"))
    assert world.quota() == (0, 2)
    busy = await world.post("/chat/stream", {"message": "Next", "conversation_id": conversation})
    assert (busy.status_code, busy.json()["error"]["message_id"]) == (409, slow)

    world.database.advance(LEASE)
    if touch == "job":
        assert (await jobs.settle_open_answers())["settled"] == 2
    elif touch == "ask":
        assert (await world.ask("Next", conversation_id=conversation, model="local/empty")).status == 200
    else:
        again = await asyncio.gather(*(world.ask(**body) for _ in range(3)))
        assert {each.events[-1][0] for each in again} == {"end"}
        assert [again[0].of(each).last["state"] for each in (slow, thinking)] == ["truncated", "failed"]

    assert _ended(world, [slow, thinking]) == [("truncated", 1), ("failed", 0)]
    assert world.quota() == (1, 0)
    assert world.database.one("select count(*) from oneai.reservations where settled_at is null") == 0
    assert world.database.one("select sum(held_micro_usd)::integer from oneai.daily_spend") == 0
    after = await world.ask("After", conversation_id=conversation, model="local/echo")
    assert (after.status, after.last["state"]) == (200, "complete")


async def test_each_answer_of_a_killed_comparison_can_be_resumed_to_its_end(
    world: World, other_process: OtherProcess
) -> None:
    first = uuid4()
    slow, thinking = str(first), str(uuid5(first, "2"))
    await _left_behind(
        other_process,
        "asha",
        {slow: "text", thinking: "reasoning"},
        message="Hello",
        message_id=str(first),
        compare=MODELS,
    )
    async with world.following(thinking) as failed, world.following(slow) as truncated:
        for each, kind in ((failed, "reasoning"), (truncated, "delta")):
            assert [(await each.next() or ("",))[0] for _ in range(2)] == ["start", kind]
        running = "select count(*) from oneai.chat_messages where state = 'streaming'"
        assert world.database.one(running) == 2, "within the lease both may still be written somewhere"

        world.database.advance(LEASE)

        for each in (failed, truncated):
            await each.to_the_end()
    assert (failed.result.last["state"], failed.result.names) == ("failed", ["start", "reasoning", "error"])
    assert (truncated.result.last["state"], truncated.result.text[:6]) == ("truncated", "slowly")
    assert world.quota() == (1, 0)


@pytest.mark.parametrize("kind", ["edit", "regenerate"])
async def test_a_killed_revision_blocks_its_conversation_only_until_its_lease_expires(
    kind: str, world: World, other_process: OtherProcess
) -> None:
    start = (await world.ask("First", model="local/echo")).start
    dead = str(uuid4())
    body: dict[str, Any] = {"model": "local/slow", "message_id": dead}
    if kind == "edit":
        body |= {"edit_of": start["user_message_id"], "message": "Edited"}
    else:
        body |= {"regenerate_of": start["message_id"]}
    await _left_behind(other_process, "asha", {dead: "text"}, **body)
    busy = await world.post("/chat/stream", {"regenerate_of": start["message_id"]})
    assert (busy.status_code, busy.json()["error"]["message_id"]) == (409, dead)
    assert 0 < int(busy.headers["retry-after"]) <= 30

    world.database.advance(LEASE)

    regenerated = await world.ask(None, regenerate_of=dead, model="local/echo")
    text = "Edited" if kind == "edit" else "First"
    assert (regenerated.text, regenerated.last["state"]) == (text, "complete")
    assert seen(world, start["conversation_id"]) == [text, text]
    assert _ended(world, [dead]) == [("truncated", 1)]
    assert world.quota() == (3, 0)


async def test_a_process_killed_before_the_first_word_costs_nothing(world: World, other_process: OtherProcess) -> None:
    first = uuid4()
    ids = [str(first), str(uuid5(first, "2"))]
    async with other_process.asking(
        "Hello", message_id=str(first), compare=["local/hang-before-first", "local/thinks-long"]
    ) as asked:
        await asked.next()
        other_process.kill()
        await other_process.process.wait()

    world.database.advance(LEASE)
    await jobs.settle_open_answers()

    assert _ended(world, ids) == [("failed", 0)] * 2
    assert world.quota() == (0, 0)
    once_more = await world.ask(
        "Hello", message_id=str(first), compare=["local/hang-before-first", "local/thinks-long"]
    )
    assert [once_more.of(each).last["state"] for each in ids] == ["failed", "failed"]


async def test_a_killed_continuation_keeps_its_text_and_is_charged_for_the_new_part(
    world: World, other_process: OtherProcess
) -> None:
    old = await world.ask("A question", model="local/echo")
    world.database.rows(
        "update oneai.chat_messages set content = %s, state = 'truncated' where id = %s",
        *("half " * 10_000, old.start["message_id"]),
    )
    id_ = str(uuid4())
    body = {"message_id": id_, "regenerate_of": old.start["message_id"], "adjust": {"kind": "continue"}}

    async def stored() -> int:
        length: int = world.database.one(
            "select coalesce(sum(length(text)), 0) from oneai.answer_pieces where message_id = %s and kind = 'text'",
            id_,
        )
        return length

    async with other_process.asking(None, "asha", model="local/long", **body) as stream:
        await stream.next()
        await eventually(stored, lambda length: length > 50_000)
        other_process.kill()
        await other_process.process.wait()
    world.database.advance(LEASE)
    await jobs.settle_open_answers()

    content, tokens = world.database.one(
        "select content, (usage ->> 'completion_tokens')::integer from oneai.chat_messages where id = %s", id_
    )
    assert content.startswith("half half")
    assert len(content) > 50_000
    assert tokens <= (len(content) - 50_000) // 3 + 1
