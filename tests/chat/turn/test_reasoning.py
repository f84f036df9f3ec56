"""Models that reason: reasoning is streamed as it comes, and is no part of the answer."""

from tests.world import World

THOUGHTS = "Let me think about that. "


async def test_reasoning_comes_before_the_text_and_moves_no_offset(shared: World) -> None:
    result = await shared.ask("Hello", shared.newcomer(), model="local/reasoning")

    assert result.names == ["start", "reasoning", "delta", "done"]
    assert result.reasoning == THOUGHTS
    assert all(offset is None for name, _, offset in result.events if name == "reasoning")
    assert next(offset for name, data, offset in result.events if name == "delta") == len(
        next(data["text"] for name, data, _ in result.events if name == "delta")
    )
    assert result.last["usage"]["reasoning_tokens"] == 5


async def test_reasoning_is_stored_with_the_answer_and_not_sent_to_the_next_model(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("Hello", who, model="local/reasoning")
    talk = first.start["conversation_id"]

    await shared.ask("And now?", who, conversation_id=talk)

    messages = (await shared.get(f"/conversations/{talk}/messages", who)).json()["items"]
    assert messages[1]["content"] == first.text
    assert messages[1]["reasoning"] == {"text": THOUGHTS, "length": len(THOUGHTS), "is_cut": False}
    assert messages[0]["reasoning"] is None
    assert THOUGHTS not in str((await shared.sent_upstream())[-1])
    kept = "select count(*) from oneai.answer_pieces where message_id = %s"
    assert shared.database.one(kept, first.start["message_id"]) == 0


async def test_an_answer_of_reasoning_alone_fails_for_free_with_its_cost_recorded(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model="local/reasoning-only")

    assert result.names == ["start", "reasoning", "error"]
    assert result.reasoning == THOUGHTS
    assert (result.last["state"], result.last["error"]["code"]) == ("failed", "empty_answer")
    assert shared.quota(who) == (0, 0)
    outcome, charged, cost, thought = shared.database.one(
        "select outcome, charged, cost_micro_usd, reasoning_tokens from oneai.usage_events where message_id = %s",
        result.start["message_id"],
    )
    assert (outcome, charged, thought) == ("failed", 0, 5)
    assert cost > 0
    content = "select content, state, reasoning from oneai.chat_messages where id = %s"
    assert shared.database.one(content, result.start["message_id"]) == ("", "failed", THOUGHTS)
    again = await shared.ask("Again", who, conversation_id=result.start["conversation_id"], model="local/echo")
    assert again.last["state"] == "complete"


async def test_a_model_streams_its_reasoning_on_request(shared: World) -> None:
    asked = await shared.ask(
        "Hello", shared.newcomer(), model="google/gemini-2.5-flash-lite", reasoning={"effort": "high"}
    )
    not_asked = await shared.ask("Hello", shared.newcomer(), model="google/gemini-2.5-flash-lite")

    assert "reasoning" in asked.names
    assert "reasoning" not in not_asked.names
