"""What a model writes in place of an answer is shown as its answer, is marked, and counts as one."""

from typing import Any

from tests.world import World

REFUSAL = "I cannot help with that."


async def test_a_refusal_is_the_text_of_its_answer_and_is_marked(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Hello", who, model="local/declines")

    assert (result.text, result.last["state"]) == (REFUSAL, "complete")
    assert result.last["notice"] == "The model declined to answer."
    assert shared.quota(who) == (1, 0)
    path = f"/conversations/{result.start['conversation_id']}/messages"
    message = (await shared.get(path, who)).json()["items"][1]
    assert (message["content"], message["metadata"]["refusal"]) == (REFUSAL, REFUSAL)
    again = await shared.resume(result.start["message_id"], offset=9, who=who)
    assert (again.text, again.last["notice"]) == (REFUSAL[9:], result.last["notice"])


async def test_the_conversation_continues_after_a_refusal(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("Hello", who, model="local/declines")
    await shared.ask("And now?", who, model="local/echo", conversation_id=first.start["conversation_id"])

    sent = (await shared.sent_upstream())[-1]["messages"]
    assert sent[-2] == {"role": "assistant", "content": REFUSAL}


async def test_a_v1_client_that_retries_gets_the_refusal_again(shared: World) -> None:
    body: dict[str, Any] = {"model": "local/declines", "messages": [{"role": "user", "content": "Hello"}]}
    headers = {**shared.headers(shared.newcomer()), "idempotency-key": "once"}
    answers = [await shared.http.post("/v1/chat/completions", json=body, headers=headers) for _ in range(2)]

    messages = [answer.json()["choices"][0]["message"] for answer in answers]
    assert messages[0] == messages[1]
    assert (messages[0]["refusal"], messages[0]["content"]) == (REFUSAL, None)


async def test_a_refusal_sent_back_by_a_client_is_sent_to_the_model(shared: World) -> None:
    history = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": None, "refusal": REFUSAL},
        {"role": "user", "content": "And now?"},
    ]
    answer = await shared.post("/v1/chat/completions", {"model": "local/echo", "messages": history}, shared.newcomer())

    assert answer.status_code == 200
    assert (await shared.sent_upstream())[-1]["messages"][1] == {"role": "assistant", "content": REFUSAL}
