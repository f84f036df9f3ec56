"""Conversations written directly into the database."""

from uuid import uuid4

from tests.world import World


def conversation(world: World, who: str, messages: int, content: str = "", system_prompt: str | None = None) -> str:
    """A conversation with this many messages, each with its number before `content`."""
    user, talk = world.people[who], str(uuid4())
    world.database.rows(
        "insert into oneai.conversations (id, workspace_id, user_id, system_prompt) values (%s, %s, %s, %s)",
        *(talk, user, user, system_prompt),
    )
    world.database.rows(
        """
        insert into oneai.chat_messages
          (id, conversation_id, user_id, role, content, model_id, sequence_number, parent_message_id)
        select md5(%s || n)::uuid, %s, %s, case n %% 2 when 1 then 'user' else 'assistant' end, n || %s, 'some/model',
          n, case when n > 1 then md5(%s || n - 1)::uuid end
        from generate_series(1, %s) as n
        """,
        *(talk, talk, user, content, talk, messages),
    )
    return talk
