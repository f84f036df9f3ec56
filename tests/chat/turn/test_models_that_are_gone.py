"""A model is withdrawn: a request that names no model continues, one that names it is refused."""

from typing import Any

import pytest

from tests.chat.traces import refused
from tests.world import StreamResult, World

GONE = "gone/model-1"
DEFAULT = "openai/gpt-4.1-mini"


def forget_the_model(world: World, start: dict[str, Any], *, of_the_answer: bool, of_the_conversation: bool) -> None:
    """What an answer or a conversation was had with is on offer no more, or came from another service."""
    if of_the_answer:
        world.database.rows(
            "update oneai.chat_messages set model_id = %s, model_served = %s where id = %s",
            *(GONE, GONE, start["message_id"]),
        )
    if of_the_conversation:
        world.database.rows("update oneai.conversations set model = %s where id = %s", GONE, start["conversation_id"])


def model_of(world: World, start: dict[str, Any]) -> Any:
    """The conversation's own model."""
    return world.database.one("select model from oneai.conversations where id = %s", start["conversation_id"])


async def quoted(world: World, **question: Any) -> list[str]:
    """The models a quote reckons with."""
    answer = await world.post("/quota/quote", question)
    assert answer.status_code == 200, answer.text
    return [basis["model"] for basis in answer.json()["basis"]]


async def test_a_conversation_with_a_withdrawn_model_continues_with_the_default(shared: World) -> None:
    start = (await shared.ask("Hello", model="local/echo")).start
    forget_the_model(shared, start, of_the_answer=False, of_the_conversation=True)

    assert await quoted(shared, message="More", conversation_id=start["conversation_id"]) == [DEFAULT]
    more = await shared.ask("More", conversation_id=start["conversation_id"])

    assert (more.start["model"], more.last["state"]) == (DEFAULT, "complete")
    # Should the model come back, the conversation has it again.
    assert model_of(shared, start) == GONE


async def test_an_answer_of_a_withdrawn_model_is_regenerated_by_the_conversations(shared: World) -> None:
    start = (await shared.ask("Hello", model="local/echo")).start
    forget_the_model(shared, start, of_the_answer=True, of_the_conversation=False)

    assert await quoted(shared, regenerate_of=start["message_id"]) == ["local/echo"]
    again = await shared.ask(None, regenerate_of=start["message_id"])

    assert (again.start["model"], again.last["state"]) == ("local/echo", "complete")


async def test_imported_answers_and_conversations_continue_with_the_default(shared: World) -> None:
    start = (await shared.ask("Hello", model="local/echo")).start
    forget_the_model(shared, start, of_the_answer=True, of_the_conversation=True)

    assert await quoted(shared, regenerate_of=start["message_id"]) == [DEFAULT]
    again = await shared.ask(None, regenerate_of=start["message_id"])

    assert (again.start["model"], again.last["state"]) == (DEFAULT, "complete")
    revisions = await shared.get(f"/conversations/{start['conversation_id']}/messages/{start['message_id']}/revisions")
    assert [each["requested_model"] for each in revisions.json()["items"]] == [GONE, DEFAULT]


async def test_a_withdrawn_model_is_refused_by_name(shared: World) -> None:
    for body in ({"model": GONE}, {"models": [DEFAULT, GONE]}, {"compare": [DEFAULT, GONE]}):
        error = await refused(shared, "asha", 400, "unknown_model", **body)
        assert error["model"] == GONE


@pytest.mark.parametrize("model", [GONE, "nope", "\0"])
async def test_a_conversation_cannot_switch_to_a_model_that_is_not_offered(model: str, shared: World) -> None:
    talk = (await shared.post("/conversations", {"model": "local/echo"})).json()

    for answer in (
        await shared.http.patch(f"/conversations/{talk['id']}", json={"model": model}, headers=shared.headers()),
        await shared.post("/conversations", {"model": model}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_model")
    assert (await shared.get(f"/conversations/{talk['id']}")).json()["model"] == "local/echo"


def names(result: StreamResult) -> tuple[str, str]:
    """The model that was requested, and the one that served."""
    return result.last["requested_model"], result.last["model"]


async def test_the_requested_model_is_stored_beside_the_served_one(shared: World) -> None:
    asked = await shared.ask("Hello", model=DEFAULT)
    served = asked.last["model"]

    assert names(asked) == (DEFAULT, f"{DEFAULT}-2025-04-14")
    assert names(await shared.resume(asked.start["message_id"])) == (DEFAULT, served)
    talk = asked.start["conversation_id"]
    question, answer = (await shared.get(f"/conversations/{talk}/messages")).json()["items"]
    assert (answer["requested_model"], answer["model"]) == (DEFAULT, served)
    assert (question["requested_model"], question["model"]) == (None, None)
    token = (await shared.post(f"/conversations/{talk}/share", {"kind": "snapshot"})).json()["token"]
    question, answer = (await shared.get(f"/shared/{token}", None)).json()["messages"]["items"]
    assert (answer["requested_model"], answer["model"]) == (DEFAULT, served)
    assert (question["requested_model"], question["model"]) == (None, None)
    exported = (await shared.get(f"/conversations/{talk}/export")).json()["messages"][1]
    assert (exported["model"], exported["model_served"]) == (DEFAULT, served)


async def test_each_compared_answer_names_its_requested_model(shared: World) -> None:
    result = await shared.ask("Hello", compare=[DEFAULT, "local/echo"])

    ends = [result.of(each).last for each in result.start["message_ids"]]
    assert [end["requested_model"] for end in ends] == result.start["models"]


async def test_the_served_version_can_be_requested_by_name(shared: World) -> None:
    served = (await shared.ask("Hello", model=DEFAULT)).last["model"]

    again = await shared.ask("Hello again", model=served)

    assert (again.start["model"], again.last["model"]) == (DEFAULT, served)
    assert model_of(shared, again.start) == DEFAULT
    made = await shared.post("/conversations", {"model": served})
    assert made.json()["model"] == DEFAULT
    error = await refused(shared, "asha", 422, "invalid_request", compare=[DEFAULT, served])
    assert [detail["field"] for detail in error["details"]] == ["compare"]
