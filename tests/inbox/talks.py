"""Makes visitors' conversations directly in Postgres, and reads the inbox over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from tests.chatbots.made import insert_conversation
from tests.workspaces.teams import in_workspace
from tests.world import Database, World


def insert_talk(
    database: Database, chatbot: str, *texts: str, outcome: str = "answered", visit: str = "{}", **columns: Any
) -> str:
    """A visitor's conversation of a question, an answer, and so on; the outcome is of each answer. `columns` are set in
    its row of the inbox. Its id."""
    talk = uuid4()
    insert_conversation(database, chatbot, talk)
    for number, text in enumerate(texts, 1):
        database.rows(
            "insert into oneai.chat_messages (conversation_id, visitor_id, workspace_id, role, content, model_id, "
            "sequence_number, is_chosen, metadata) "
            "select t.id, t.visitor_id, t.workspace_id, r.role, %s, 'some/model', %s, false, "
            "case when r.role = 'user' then jsonb_build_object('visit', %s::jsonb) "
            "else jsonb_build_object('outcome', %s::text) end "
            "from oneai.conversations as t cross join (select case when %s %% 2 = 1 then 'user' else 'assistant' end "
            "as role) as r where t.id = %s",
            *(text, number, visit, outcome, number, talk),
        )
    database.rows(
        "select oneai.index_for_inbox(array(select id from oneai.chat_messages where conversation_id = %s))", talk
    )
    assert all(name.replace("_", "").isalpha() for name in columns)
    if columns:
        changes = ", ".join(f"{name} = %s" for name in columns)
        database.rows(
            f"update oneai.inbox_conversations set {changes} where conversation_id = %s",  # noqa: S608
            *(*columns.values(), talk),
        )
    return str(talk)


async def inbox(world: World, team: UUID, who: str, **params: Any) -> dict[str, Any]:
    """`GET /inbox/conversations` in this workspace."""
    answer = await in_workspace(world, team, "GET", "/inbox/conversations", who=who, **params)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def ids(world: World, team: UUID, who: str, **params: Any) -> list[str]:
    """The ids of such a page."""
    return [each["id"] for each in (await inbox(world, team, who, **params))["items"]]
