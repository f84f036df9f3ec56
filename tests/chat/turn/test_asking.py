"""Asking a question and watching the answer stream."""

from tests.world import World


async def test_a_question_streams_an_answer_and_is_charged_once(world: World) -> None:
    result = await world.ask("What is a monsoon?")

    assert result.status == 200
    assert result.names == ["start", "delta", "done"]
    done = result.last
    assert done["state"] == "complete"
    assert done["finish_reason"] == "stop"
    assert done["quota"] == {
        "key": "small_messages",
        "used": 1,
        "limit": 100,
        "remaining": 99,
        "resets_at": done["quota"]["resets_at"],
    }
    assert world.quota() == (1, 0)
    stored = world.database.one("select content, state from oneai.chat_messages where role = 'assistant'")
    assert stored == (result.text, "complete")
