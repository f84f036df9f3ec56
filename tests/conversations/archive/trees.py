"""Trees of messages written straight into the database, what they are without their ids, and files on their way."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx

from oneai.conversations import archive
from tests.world import World

# For each message: the position of its parent in the list (None for a root), and whether it is the chosen sibling.
type Shape = Sequence[tuple[int | None, bool]]

WAIT = 900


def insert_tree(world: World, who: str, shape: Shape, **fields: Any) -> str:
    """A conversation with such a tree, every message saying its place; the last chosen one of each group is chosen."""
    talk, user = str(uuid4()), world.people[who]
    columns = {"title": "Trees", "tags": ["green", "wood"], "folder": "Nature", "system_prompt": "Be a tree."} | fields
    world.database.rows(
        """
        insert into oneai.conversations
          (id, workspace_id, user_id, title, title_source, tags, folder, system_prompt, model, pinned, metadata,
            temporary)
        values (%s, %s, %s, %s, 'person', %s, %s, %s, 'some/model', true, '{"from": {"the": ["wood", 1.5]}}', %s)
        """,
        *(talk, user, user, columns["title"], columns["tags"], columns["folder"], columns["system_prompt"]),
        columns.get("temporary", False),
    )
    rows: list[dict[str, Any]] = []
    for place, (parent, chosen) in enumerate(shape):
        above = rows[parent] if parent is not None else None
        depth = above["sequence_number"] + 1 if above else 1
        older = [row for row in rows if row["parent"] == parent]
        if chosen:
            for row in older:
                row["is_chosen"] = False
        rows.append(
            {
                "id": str(uuid4()),
                "parent": parent,
                "parent_message_id": above["id"] if above else None,
                "role": "user" if depth % 2 else "assistant",
                "content": f"message {place}" + (' with "quotes" & <b>नमस्ते</b>\n' if place % 3 == 0 else ""),
                "sequence_number": depth,
                "revision_number": sum(row["sequence_number"] == depth for row in rows),
                "revision_type": ("user_edit" if depth % 2 else "regeneration") if older else None,
                "original_message_id": older[0]["id"] if older else None,
                "is_chosen": chosen or not older,
            }
        )
    for row in rows:
        above = rows[row["parent"]] if row["parent"] is not None else None
        row["is_latest"] = row["is_chosen"] and (above is None or above["is_latest"])
    _write(world, talk, who, rows)
    return talk


def _write(world: World, talk: str, who: str, rows: list[dict[str, Any]]) -> None:
    world.database.rows(
        """
        insert into oneai.chat_messages (id, conversation_id, user_id, role, content, model_id, model_served, usage,
          sequence_number, revision_number, revision_type, original_message_id, parent_message_id, is_chosen, is_latest,
          metadata, finish_reason, turn_id, chosen_at, first_token_ms, reasoning, reasoning_length)
        select m.id, %s, %s, m.role, m.content, 'some/model', case m.role when 'assistant' then 'some/model-1' end,
          case m.role when 'assistant' then '{"prompt_tokens": 3, "completion_tokens": 4, "reasoning_tokens": 0,
            "cached_tokens": 0, "cost_micro_usd": 17, "estimated": false}'::jsonb end,
          m.sequence_number, m.revision_number, m.revision_type, m.original_message_id, m.parent_message_id,
          m.is_chosen, m.is_latest, case m.role when 'user' then '{"attachments": [{"type": "image", "name": "a.png",
            "media_type": "image/png", "size": 5, "key": "users/other/secret"}]}'::jsonb else '{}' end,
          case m.role when 'assistant' then 'stop' end, case m.role when 'assistant' then m.id end,
          case when m.role = 'assistant' and m.revision_number %% 2 = 1 then oneai.now() end,
          case m.role when 'assistant' then 250 end,
          case m.role when 'assistant' then 'Which tree? <b>' end,
          case m.role when 'assistant' then 15 end
        from jsonb_to_recordset(%s::jsonb) as m (id uuid, role text, content text, sequence_number integer,
          revision_number integer, revision_type text, original_message_id uuid, parent_message_id uuid,
          is_chosen boolean, is_latest boolean)
        """,
        *(talk, world.people[who], json.dumps(rows)),
    )


def stored_tree(world: World, talk: str) -> dict[str, Any]:
    """The parts of a conversation that an export and an import preserve, with ids replaced by positions."""
    about = world.database.one(
        """
        select jsonb_build_object('title', title, 'title_source', title_source, 'tags', tags, 'folder', folder,
          'pinned', pinned, 'archived', archived, 'system_prompt', system_prompt, 'model', model,
          'metadata', metadata, 'created_at', created_at, 'last_message_at', last_message_at)
        from oneai.conversations where id = %s
        """,
        talk,
    )
    rows = world.database.rows(
        """
        select to_jsonb(m)
          - '{user_id,workspace_id,conversation_id,generation_id,fingerprint,stop_requested_at}'::text[]
        from oneai.chat_messages as m where conversation_id = %s order by sequence_number, revision_number
        """,
        talk,
    )
    places = {row["id"]: f"{row['sequence_number']}/{row['revision_number']}" for row in rows}
    for row in rows:
        for column in ("id", "parent_message_id", "original_message_id", "turn_id"):
            row[column] = places.get(row[column], row[column])
        row["ended_at"] = row["ended_at"] or row["created_at"]
        if row["usage"]:
            row["usage"] |= {"cost_micro_usd": 0, "estimated": True}
            # An import was paid by no one here.
            for payment in ("charged_micro_usd", "paid_by"):
                row["usage"].pop(payment, None)
        for attachment in row["metadata"].get("attachments", []):
            attachment.pop("key", None)
    return {**about, "messages": rows}


async def upload_file(world: World, content: bytes, who: str = "asha", media_type: str = "application/json") -> str:
    """Uploads a file as a browser does; returns the upload's id."""
    new = {"name": "conversations", "type": media_type, "size": len(content)}
    opened = (await world.post("/uploads", new, who)).json()
    async with httpx.AsyncClient() as browser:
        answer = await browser.put(opened["url"], headers=opened["headers"], content=content)
    assert answer.is_success, answer.text
    return str(opened["upload_id"])


async def import_file(
    world: World, content: bytes, who: str = "asha", media_type: str = "application/json"
) -> dict[str, Any]:
    """Imports a file and waits; returns the body of `GET /import/{id}`."""
    upload = await upload_file(world, content, who, media_type)
    accepted = await world.post("/import", {"upload_id": upload}, who)
    assert accepted.status_code == 202, accepted.text
    await run_job()
    found: dict[str, Any] = (await world.get(f"/import/{accepted.json()['import_id']}", who)).json()
    return found


async def run_job() -> dict[str, int]:
    """Runs the job of every minute in this process."""
    return await archive.run_exports_and_imports(WAIT)


def zip_file(entries: dict[str, bytes]) -> bytes:
    """A zip file of these."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return into.getvalue()


def conversation_ids(world: World, who: str) -> list[str]:
    """The ids of a user's conversations, oldest first."""
    return [
        str(talk)
        for talk in world.database.rows(
            "select id from oneai.conversations where user_id = %s order by created_at, id", world.people[who]
        )
    ]
