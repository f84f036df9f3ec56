"""The mark of an adjusted or edited answer: on its version, for readers of a share, in copies and in exports."""

import json
from typing import Any

import pytest

from tests.chat.branches import message
from tests.conversations.archive.trees import conversation_ids, import_file
from tests.conversations.links import create_link, open_link
from tests.world import StreamResult, World

HINDI = {"kind": "translate", "language": "hi"}


async def _translated(world: World, who: str) -> StreamResult:
    old = await world.ask("A question", who, model="local/echo")
    return await world.ask(None, who, regenerate_of=old.start["message_id"], adjust=HINDI)


async def _edit(world: World, who: str, answer: StreamResult, content: str) -> dict[str, Any]:
    start = answer.start
    response = await world.http.patch(
        f"/conversations/{start['conversation_id']}/messages/{start['message_id']}",
        json={"content": content},
        headers=world.headers(who),
    )
    assert response.status_code == 200, response.text
    edited: dict[str, Any] = response.json()
    return edited


async def _export(world: World, who: str, conversation: str, file_format: str) -> str:
    return (await world.get(f"/conversations/{conversation}/export", who, format=file_format)).text


async def test_readers_see_how_an_answer_was_made_and_no_more(shared: World) -> None:
    who = shared.newcomer()
    answer = await _translated(shared, who)
    await _edit(shared, who, answer, "मेरा अपना पाठ")
    links = [await create_link(shared, answer.start["conversation_id"], who, kind) for kind in ("snapshot", "live")]

    for link in links:
        question, read = (await open_link(shared, link.token)).json()["messages"]["items"]
        assert (question["adjust"], question["edited"]) == (None, False)
        assert (read["content"], read["adjust"], read["edited"]) == ("मेरा अपना पाठ", HINDI, True)


async def test_a_copy_of_a_share_keeps_how_its_answers_were_made(shared: World) -> None:
    owner, reader = shared.newcomer(), shared.newcomer()
    answer = await _translated(shared, owner)
    await _edit(shared, owner, answer, "Edited")
    link = await create_link(shared, answer.start["conversation_id"], owner)

    copy = (await shared.post(f"/shared/{link.token}/fork", None, reader)).json()["conversation_id"]

    copied = (await shared.get(f"/conversations/{copy}/messages", reader)).json()["items"][1]
    assert copied["metadata"] == {"adjust": HINDI, "edited": True}
    assert copied["revision_type"] is None


@pytest.mark.parametrize("file_format", ["markdown", "html", "txt"])
async def test_an_export_says_how_an_answer_was_made(file_format: str, shared: World) -> None:
    who = shared.newcomer()
    answer = await _translated(shared, who)
    await _edit(shared, who, answer, "Edited")

    text = await _export(shared, who, answer.start["conversation_id"], file_format)

    assert "translated into Hindi" in text
    assert "edited by hand" in text


async def test_an_imported_export_keeps_how_its_answers_were_made(shared: World) -> None:
    who = shared.newcomer()
    answer = await _translated(shared, who)
    await _edit(shared, who, answer, "Edited")
    document = json.loads(await _export(shared, who, answer.start["conversation_id"], "json"))
    made = [(each["adjust"], each["edited"]) for each in document["messages"]]
    assert made == [(None, False), (None, False), (HINDI, False), (HINDI, True)]

    other = shared.newcomer()
    result = await import_file(shared, json.dumps(document).encode(), other)

    assert (result["state"], result["imported"], result["errors"]) == ("done", 1, [])
    (copy,) = conversation_ids(shared, other)
    again = json.loads(await _export(shared, other, copy, "json"))
    assert [(each["adjust"], each["edited"]) for each in again["messages"]] == made


async def test_an_edited_answer_is_found_by_its_new_text_and_the_original_stays(shared: World) -> None:
    who = shared.newcomer()
    answer = await shared.ask("A question", who, model="local/echo")

    edited = await _edit(shared, who, answer, "Zucchinibrot mit Walnuss")

    assert (edited["revision_type"], edited["revision_position"], edited["revision_count"]) == ("user_edit", 2, 2)
    assert message(shared, answer.start["message_id"]).content == "A question"
    found = (await shared.get("/search", who, q="Zucchinibrot")).json()["items"]
    assert [each["message_id"] for each in found] == [edited["id"]]


async def test_an_edited_answer_loses_what_described_the_text_of_the_model(shared: World) -> None:
    who = shared.newcomer()
    refused = await shared.ask("A question", who, model="local/declines")
    shared.database.rows(
        "update oneai.chat_messages set metadata = metadata || %s where id = %s",
        *(json.dumps({"logprobs": {}, "reasoning_details": [], "refusal": "No"}), refused.start["message_id"]),
    )

    edited = await _edit(shared, who, refused, "I will help")

    assert edited["metadata"] == {}
    next_answer = await shared.ask("Thanks", who, conversation_id=refused.start["conversation_id"], model="local/echo")
    assert next_answer.last["state"] == "complete"
    sent = (await shared.sent_upstream())[-1]["messages"]
    assert [each["content"] for each in sent] == ["A question", "I will help", "Thanks"]
