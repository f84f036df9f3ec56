"""Conversations that were had with Claude."""

import json
from uuid import uuid4

from tests.conversations.archive.samples import branched_claude, claude, claude_id, claude_message
from tests.conversations.archive.trees import conversation_ids, import_file
from tests.conversations.archive.visible_branch import assert_valid_tree, grown, visible
from tests.world import World


async def test_a_long_conversation_keeps_its_three_branches(shared: World) -> None:
    who, sample = shared.newcomer(), branched_claude()
    assert len(sample["chat_messages"]) > 200

    result = await import_file(shared, json.dumps([sample]).encode(), who)

    assert (result["state"], result["imported"], result["errors"]) == ("done", 1, [])
    (talk,) = conversation_ids(shared, who)
    seen = await visible(shared, talk, who)
    assert [said["content"] for said in seen[38:42]] == ["human 39", "assistant 40", "human 173", "assistant 174"]
    assert seen[-1]["content"] == "assistant 240"
    assert (seen[40]["revision_count"], seen[40]["revision_type"]) == (3, "user_edit")
    assert len(shared.database.rows("select id from oneai.chat_messages where conversation_id = %s", talk)) == 240
    assert (await shared.get(f"/conversations/{talk}", who)).json()["title"] == "Rivers"


async def test_the_leaf_seen_last_is_visible(shared: World) -> None:
    rows = grown(branched_claude() | {"current_leaf_message_uuid": claude_id(60)}, uuid4())

    assert_valid_tree(rows)
    assert [row["content"] for row in rows if row["is_latest"]][40:42] == ["human 41", "assistant 42"]


async def test_an_older_export_has_one_branch(shared: World) -> None:
    messages = [claude_message(n, "human" if n % 2 else "assistant", f"{n}") for n in range(1, 13)]

    rows = grown(claude(messages), uuid4())

    assert_valid_tree(rows)
    assert [row["content"] for row in rows if row["is_latest"]] == [str(n) for n in range(1, 13)]


async def test_attachments_are_imported_by_name_with_their_text(shared: World) -> None:
    attached = {"file_name": "notes.txt", "file_size": 12, "file_type": "text/plain", "extracted_content": "a river"}
    messages = [
        claude_message(1, "human", "", attachments=[attached], files=[{"file_name": "map.png"}], content=[]),
        claude_message(2, "assistant", "I see.", content=[]),
        claude_message(3, "human", "What **now**?"),
        claude_message(
            4,
            "assistant",
            "This block is not supported.",
            content=[
                {"type": "thinking", "thinking": "Hm."},
                {"type": "text", "text": "One."},
                {"type": "tool_use", "name": "web_search", "input": {}},
                {"type": "tool_result", "content": [{"type": "text", "text": "a page"}]},
                {"type": "text", "text": "Two."},
            ],
        ),
    ]

    rows = grown(claude(messages), uuid4())

    assert_valid_tree(rows)
    assert [row["content"] for row in rows] == ["", "I see.", "What **now**?", "One.\n\nTwo."]
    assert rows[0]["metadata"] == {
        "attachments": [
            {"type": "text", "name": "notes.txt", "media_type": "text/plain", "text": "a river", "size": 12},
            {"type": "file", "name": "map.png"},
        ]
    }


async def test_ids_differ_between_two_files_and_between_two_users(shared: World) -> None:
    asha, ravi = uuid4(), uuid4()
    one, other = branched_claude(), branched_claude() | {"uuid": "b7c1f0d2-0000-4000-8000-000000000002"}

    ids = [{row["id"] for row in grown(value, user)} for value in (one, other) for user in (asha, ravi)]
    assert len(set.union(*ids)) == 4 * 240
    assert {row["id"] for row in grown(one, asha)} == ids[0]
