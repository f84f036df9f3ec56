"""From signing up to reading one's usage: what a new user does on the first day."""

from tests.journeys.running_stack import RunningStack


async def test_a_new_user_signs_up_asks_stops_and_sees_the_usage(stack: RunningStack) -> None:
    asha = stack.newcomer()
    models = (await stack.get("/chat/models", asha)).json()["items"]
    assert await stack.quota_of(asha) == (0, 0)

    first = await stack.ask("What is a monsoon? 🌧 वर्षा", asha)
    conversation = first.start["conversation_id"]
    assert (first.names, first.last["state"]) == (["start", "delta", "done"], "complete")
    assert "🌧 वर्षा" in first.text
    assert first.start["model"] in [model["id"] for model in models if model["in_plan"]]
    assert first.last["quota"]["used"] == 1

    async with stack.asking("And slowly?", asha, conversation_id=conversation, model="local/slow") as answer:
        await answer.next()
        await answer.next()
        stopped = await stack.post("/chat/stop", {"message_id": answer.result.start["message_id"]}, asha)
        assert stopped.status_code == 202
        await answer.to_the_end()
    assert answer.result.last["state"] == "stopped"

    # The next day, on another device.
    listed = (await stack.get("/conversations", asha)).json()["items"]
    messages = await stack.messages(asha, conversation)
    again = await stack.resume(first.start["message_id"], who=asha)
    assert [each["id"] for each in listed] == [conversation]
    assert [(each["role"], each["state"]) for each in messages] == [
        ("user", "complete"),
        ("assistant", "complete"),
        ("user", "complete"),
        ("assistant", "stopped"),
    ]
    assert [each["content"] for each in messages[1::2]] == [first.text, answer.result.text]
    assert again.text == first.text
    assert await stack.quota_of(asha) == (2, 0)

    ravi = stack.newcomer()
    assert (await stack.get(f"/conversations/{conversation}/messages", ravi)).status_code == 404
    assert (await stack.get("/conversations", ravi)).json()["items"] == []
    assert await stack.quota_of(ravi) == (0, 0)
