"""Makes chatbots directly in Postgres."""

from uuid import UUID

from psycopg.types.json import Jsonb

from oneai.chatbots.fields import Configuration, Limits
from tests.world import Database


def insert_chatbot(database: Database, workspace: UUID | str) -> str:
    """A chatbot of the workspace whose first version is published; its id."""
    configuration = Configuration(model="openai/gpt-4.1-mini").model_dump_json()
    chatbot = database.one(
        "with made as (insert into oneai.chatbots (workspace_id, public_id, name, draft, limits, status, "
        "published_version) values (%s, oneai.new_public_id(), 'Help', %s, %s, 'published', 1) returning *) "
        "insert into oneai.chatbot_versions (chatbot_id, version, workspace_id, configuration) "
        "select id, 1, workspace_id, draft from made returning chatbot_id",
        *(workspace, configuration, Limits().model_dump_json()),
    )
    return str(chatbot)


def public_id(database: Database, chatbot: str) -> str:
    """The id under which visitors find this chatbot."""
    return str(database.one("select public_id from oneai.chatbots where id = %s", chatbot))


def limit(database: Database, chatbot: str, **limits: int) -> None:
    """Sets some of the chatbot's limits."""
    database.rows("update oneai.chatbots set limits = limits || %s where id = %s", Jsonb(limits), chatbot)
