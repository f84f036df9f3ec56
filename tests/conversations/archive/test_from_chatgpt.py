"""Conversations that were had with ChatGPT."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.conversations.archive.samples import ChatGPT, chatgpt
from tests.conversations.archive.trees import conversation_ids, import_file, zip_file
from tests.conversations.archive.visible_branch import assert_valid_tree, grown, visible
from tests.world import World


def texts(rows: list[dict[str, Any]]) -> list[str]:
    return [row["content"] for row in rows]


async def test_a_long_conversation_with_three_branches_shows_the_branch_seen_last(shared: World) -> None:
    who, sample = shared.newcomer(), chatgpt()
    assert len(sample["mapping"]) > 200
    pictures = zip_file(
        {"conversations.json": json.dumps([sample]).encode(), "chat.html": b"<html>", "file-9Xy.png": b"x"}
    )

    result = await import_file(shared, pictures, who, "application/zip")

    assert (result["state"], result["progress"], result["imported"], result["errors"]) == ("done", 100, 1, [])
    (talk,) = conversation_ids(shared, who)
    seen = await visible(shared, talk, who)
    said = texts(seen)
    assert said[:2] == ["question 1", "answer 1"]
    assert said[18:20] == ["question 10, version 1", "answer 10, version 1"]
    assert said[-2:] == ["question 45", "answer 45, second"]
    edited = seen[18]
    assert (edited["revision_type"], edited["revision_number"], edited["revision_count"]) == ("user_edit", 1, 3)
    assert (seen[19]["revision_type"], seen[19]["revision_count"]) == ("regeneration", 1)
    assert (seen[-1]["revision_type"], seen[-1]["revision_count"], seen[-1]["revision_position"]) == (
        "regeneration",
        2,
        2,
    )
    assert seen[1]["model"] == "gpt-4o"
    assert seen[0]["created_at"].startswith("2025-03-01T09:00")
    item = (await shared.get(f"/conversations/{talk}", who)).json()
    assert (item["title"], item["title_source"], item["total_cost_micro_usd"]) == ("Trees", "person", 0)
    assert item["system_prompt"] == "I plant trees.\n\nBe brief."
    assert item["last_message_at"].startswith("2025-03-01T09")


async def test_an_imported_answer_is_regenerated_by_the_default_model(shared: World) -> None:
    who = shared.newcomer()
    await import_file(shared, json.dumps([chatgpt()]).encode(), who)
    answer = (await visible(shared, conversation_ids(shared, who)[0], who))[-1]
    assert answer["requested_model"] == "gpt-4o"

    again = await shared.ask(None, who, regenerate_of=answer["id"])

    assert (again.last["state"], again.start["model"]) == ("complete", "openai/gpt-4.1-mini")


async def test_visible_tool_output_is_part_of_the_answer(shared: World) -> None:
    rows = grown(chatgpt(), uuid4())

    assert_valid_tree(rows)
    (answer,) = [row for row in rows if "4858 years" in row["content"]]
    assert answer["content"] == ("Let me look.\n\n```\nprint(2025 - -2833)\n```\n\n```\n4858\n```\n\nAbout 4858 years.")
    assert answer["metadata"] == {
        "attachments": [{"type": "image", "name": "file-9Xy", "media_type": "image/*", "size": 4000}]
    }
    assert not [row for row in rows if "a page about trees" in row["content"] or "search(" in row["content"]]


async def test_the_other_branches_can_be_activated(shared: World) -> None:
    who = shared.newcomer()
    await import_file(shared, json.dumps([chatgpt()]).encode(), who)
    (talk,) = conversation_ids(shared, who)
    edited = (await visible(shared, talk, who))[18]

    revisions = (await shared.get(f"/conversations/{talk}/messages/{edited['id']}/revisions", who)).json()["items"]
    assert texts(revisions) == [f"question 10, version {n}" for n in range(3)]
    activated = await shared.post(f"/conversations/{talk}/messages/{revisions[0]['id']}/activation", None, who)

    assert activated.is_success
    assert texts(await visible(shared, talk, who))[-1] == "answer 44"


async def test_a_second_import_changes_nothing(shared: World) -> None:
    who, file = shared.newcomer(), json.dumps([chatgpt()]).encode()
    first, second = await import_file(shared, file, who), await import_file(shared, file, who)

    assert (first["imported"], second["imported"], second["skipped"]) == (1, 0, 1)


async def test_a_leading_answer_gets_an_empty_question(shared: World) -> None:
    talk = ChatGPT()
    talk.turn(talk.add("node-0", "assistant", "How can I help?"), 1)

    rows = grown(talk.exported(), uuid4())

    assert_valid_tree(rows)
    assert texts(rows) == ["", "How can I help?", "question 1", "answer 1"]


async def test_two_questions_in_a_row_are_kept_and_parts_of_an_answer_joined(shared: World) -> None:
    talk = ChatGPT()
    node = talk.add(talk.add("node-0", "user", "a"), "user", "b")
    one = talk.add(node, "assistant", "c")
    talk.add(one, "assistant", "d")
    talk.add(one, "assistant", "e")

    rows = grown(talk.exported(), uuid4())

    assert_valid_tree(rows)
    assert texts(rows) == ["a", "", "b", "c\n\nd", "c\n\ne"]
    assert [row["is_latest"] for row in rows] == [True, True, True, False, True]
    assert rows[1]["state"] == "stopped"


async def test_an_empty_export_is_an_empty_conversation(shared: World) -> None:
    who, talk = shared.newcomer(), ChatGPT(title=None, conversation_id=None)
    assert (await import_file(shared, json.dumps(talk.exported()).encode(), who))["imported"] == 1
    (empty,) = conversation_ids(shared, who)
    assert await visible(shared, empty, who) == []
    assert (await shared.get(f"/conversations/{empty}", who)).json()["title"] is None


@pytest.mark.parametrize(
    "date", [None, "yesterday", 1e300, -1e300, float(2**53), True, {}, [], "9999-12-31T23:59:59-12:00"]
)
async def test_an_invalid_date_becomes_the_previous_one(date: Any, shared: World) -> None:
    who, talk = shared.newcomer(), ChatGPT()
    node = talk.add("node-0", "user", "hi", create_time=date)
    talk.add(node, "assistant", "hello", create_time=date)
    value = talk.exported() | {"create_time": date, "update_time": date}

    assert (await import_file(shared, json.dumps([value]).encode(), who))["imported"] == 1
    assert (
        shared.database.rows(
            "select id from oneai.chat_messages where user_id = %s and created_at > oneai.now()", shared.people[who]
        )
        == []
    )
