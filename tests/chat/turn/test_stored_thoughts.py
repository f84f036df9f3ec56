"""Thoughts are stored with their answer: read with it or on demand, counted, searched, and gone with it."""

import json
from typing import Any
from uuid import uuid4

from oneai.models.outcome import MAX_REASONING
from tests.conversations.api import create_conversation
from tests.world import World

THOUGHTS = "Let me think about that. "
LONG = "thinking " * 1_000


def store_thoughts(world: World, message_id: str, thoughts: str, length: int | None = None) -> None:
    """Gives an answer other thoughts than its model wrote."""
    world.database.rows(
        "update oneai.chat_messages set reasoning = %s, reasoning_length = %s where id = %s",
        *(thoughts, length, message_id),
    )


async def last_answer(world: World, talk: str, who: str) -> dict[str, Any]:
    """The last message of a conversation, as a page of it has it."""
    found: dict[str, Any] = (await world.get(f"/conversations/{talk}/messages", who)).json()["items"][-1]
    return found


async def thinking(world: World, who: str) -> tuple[str, str]:
    """The conversation and the answer of a model that thinks."""
    start = (await world.ask("Hello", who, model="local/reasoning")).start
    return start["conversation_id"], start["message_id"]


def frames(*deltas: dict[str, Any]) -> str:
    """The stream of an upstream with these deltas."""
    lines = [json.dumps({"id": "gen-1", "choices": [{"index": 0, "delta": delta}]}) for delta in deltas]
    end = json.dumps({"id": "gen-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return "".join(f"data: {line}\n\n" for line in [*lines, end, "[DONE]"])


async def test_thoughts_between_texts_are_stored_in_their_order(shared: World) -> None:
    who = shared.newcomer()
    stream = frames({"reasoning": "One "}, {"content": "A"}, {"reasoning": "two 😀"}, {"content": "B"})

    start = (await shared.ask(stream, who, model="local/verbatim")).start

    answer = await last_answer(shared, start["conversation_id"], who)
    assert (answer["content"], answer["reasoning"]) == ("AB", {"text": "One two 😀", "length": 9, "is_cut": False})


async def test_blank_thoughts_are_no_thoughts(shared: World) -> None:
    who = shared.newcomer()

    start = (await shared.ask(frames({"reasoning": "\n \n"}, {"content": "A"}), who, model="local/verbatim")).start

    assert (await last_answer(shared, start["conversation_id"], who))["reasoning"] is None


async def test_long_thoughts_are_not_in_a_page_and_read_on_demand(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    store_thoughts(shared, answer, LONG, len(LONG))

    listed = (await last_answer(shared, talk, who))["reasoning"]
    whole = await shared.get(f"/conversations/{talk}/messages/{answer}/reasoning", who)

    assert listed == {"text": None, "length": len(LONG), "is_cut": False}
    assert whole.json() == {"text": LONG, "length": len(LONG), "is_cut": False}


async def test_thoughts_of_200000_characters_are_stored_and_longer_ones_are_cut(shared: World) -> None:
    who = shared.newcomer()
    # The message has the stream, and may be as long as that in this plan.
    shared.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", shared.people[who])
    thoughts = "x" * (MAX_REASONING - 1) + "ध and more"
    stream = frames({"reasoning": thoughts[:150_000]}, {"reasoning": thoughts[150_000:]}, {"content": "A"})
    start = (await shared.ask(stream, who, model="local/verbatim")).start

    listed = (await last_answer(shared, start["conversation_id"], who))["reasoning"]
    address = f"/conversations/{start['conversation_id']}/messages/{start['message_id']}/reasoning"
    whole = (await shared.get(address, who)).json()

    assert listed == {"text": None, "length": MAX_REASONING + 9, "is_cut": True}
    assert whole == {"text": thoughts[:MAX_REASONING], "length": MAX_REASONING + 9, "is_cut": True}


async def test_old_answers_without_a_length_state_that_of_their_thoughts(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    store_thoughts(shared, answer, "Before")

    assert (await last_answer(shared, talk, who))["reasoning"] == {"text": "Before", "length": 6, "is_cut": False}


async def test_thoughts_of_others_and_of_no_answer_are_not_found(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    question = (await last_answer(shared, talk, who))["parent_message_id"]

    for user, message in ((shared.newcomer(), answer), (who, question), (who, str(uuid4()))):
        refused = await shared.get(f"/conversations/{talk}/messages/{message}/reasoning", user)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


async def test_thoughts_count_as_storage_and_are_deleted_with_the_conversation(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    size = "select oneai.conversation_bytes(%s)"
    before = shared.database.one(size, talk)
    store_thoughts(shared, answer, THOUGHTS + LONG)

    assert shared.database.one(size, talk) - before == len(LONG)
    await shared.get("/search", who, q="thinking", reasoning=True)
    await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))
    entries = "select count(*) from oneai.search_entries where conversation_id = %s"
    assert shared.database.one(entries, talk) == 0


async def test_a_search_finds_thoughts_only_where_it_is_asked_to(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    await create_conversation(shared, who, title="Nothing of it")

    without = (await shared.get("/search", who, q="let me think")).json()["items"]
    with_them = (await shared.get("/search", who, q="let me think", reasoning=True)).json()["items"]

    assert without == []
    (hit,) = with_them
    assert (hit["message_id"], hit["conversation_id"], hit["in_reasoning"]) == (answer, talk, True)
    assert hit["snippet"] == THOUGHTS


async def test_an_ended_answer_is_resumed_with_its_thoughts(shared: World) -> None:
    who = shared.newcomer()
    asked = await shared.ask("Hello", who, model="local/reasoning")

    again = await shared.resume(asked.start["message_id"], None, who)
    later = await shared.resume(asked.start["message_id"], 1, who)

    assert (again.names, again.reasoning, again.text) == (["start", "reasoning", "delta", "done"], THOUGHTS, asked.text)
    assert later.names == ["start", "delta", "done"]


async def test_a_page_read_while_the_model_answers_and_its_stream_have_each_thought_once(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Hello", who, model="local/reasoning-slowly") as answer:
        while not answer.result.reasoning:
            await answer.next()
        start = answer.result.start
        thinking_page = await last_answer(shared, start["conversation_id"], who)
        await answer.to_the_end()
    ended = await last_answer(shared, start["conversation_id"], who)

    # The stream repeats the thoughts until the answer begins, so the page has none of them.
    assert (thinking_page["state"], thinking_page["content"], thinking_page["reasoning"]) == ("streaming", "", None)
    assert ended["reasoning"]["text"] == answer.result.reasoning


async def test_a_running_answer_has_the_thoughts_before_its_text(shared: World) -> None:
    who = shared.newcomer()
    talk, answer = await thinking(shared, who)
    pieces = [("reasoning", 0, "Before. "), ("text", 0, "Te"), ("reasoning", 8, "Between. "), ("text", 2, "xt")]
    for kind, at, text in [*pieces, ("reasoning", 17, "After.")]:
        shared.database.rows(
            "insert into oneai.answer_pieces (message_id, user_id, kind, at, text) values (%s, %s, %s, %s, %s)",
            *(answer, shared.people[who], kind, at, text),
        )
    shared.database.rows("update oneai.chat_messages set state = 'streaming' where id = %s", answer)
    shared.database.rows(
        """
        update oneai.conversations set answering_message_id = %s, answering_until = oneai.now() + '1 hour'
        where id = %s
        """,
        *(answer, talk),
    )

    running = await last_answer(shared, talk, who)

    assert (running["content"], running["reasoning"]["text"]) == ("Text", "Before. Between. ")


async def test_done_and_the_stored_answer_state_the_same_first_token(shared: World) -> None:
    who = shared.newcomer()
    asked = await shared.ask("Hello", who)

    answer = await last_answer(shared, asked.start["conversation_id"], who)

    assert isinstance(answer["first_token_ms"], int)
    assert asked.last["first_token_ms"] == answer["first_token_ms"]
