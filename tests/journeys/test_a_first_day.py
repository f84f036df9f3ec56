"""From signing up to knowing what one has used: what a newcomer does on the first day."""

from tests.journeys.town import Town
from tests.world import heard_until_the_end


async def test_a_newcomer_signs_up_asks_asks_on_stops_and_sees_what_was_used(town: Town) -> None:
    asha = town.newcomer()
    models = (await town.get("/chat/models", asha)).json()["items"]
    assert await town.quota_of(asha) == (0, 0)

    first = await town.ask("What is a monsoon? 🌧 वर्षा", asha)
    conversation = first.start["conversation_id"]
    assert (first.names, first.last["state"]) == (["start", "delta", "done"], "complete")
    assert "🌧 वर्षा" in first.text
    assert first.start["model"] in [model["id"] for model in models if model["in_plan"]]
    assert first.last["quota"]["used"] == 1

    async with town.asking("And slowly?", asha, conversation_id=conversation, model="local/slow") as answer:
        await answer.next()
        await answer.next()
        stopped = await town.post("/chat/stop", {"message_id": answer.heard.start["message_id"]}, asha)
        assert stopped.status_code == 202
        async for _ in heard_until_the_end(answer):
            pass
    assert answer.heard.last["state"] == "stopped"

    # The next day, on another device.
    listed = (await town.get("/conversations", asha)).json()["items"]
    messages = await town.messages(asha, conversation)
    again = await town.resume(first.start["message_id"], who=asha)
    assert [each["id"] for each in listed] == [conversation]
    assert [(each["role"], each["state"]) for each in messages] == [
        ("user", "complete"),
        ("assistant", "complete"),
        ("user", "complete"),
        ("assistant", "stopped"),
    ]
    assert [each["content"] for each in messages[1::2]] == [first.text, answer.heard.text]
    assert again.text == first.text
    assert await town.quota_of(asha) == (2, 0)

    ravi = town.newcomer()
    assert (await town.get(f"/conversations/{conversation}/messages", ravi)).status_code == 404
    assert (await town.get("/conversations", ravi)).json()["items"] == []
    assert await town.quota_of(ravi) == (0, 0)
