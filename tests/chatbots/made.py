"""Makes chatbots directly in Postgres."""

import json
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from oneai.chatbots.fields import Configuration, Limits
from tests.world import Database


def insert_chatbot(database: Database, workspace: UUID | str) -> str:
    """A chatbot of the workspace whose first version is published, with a curated answer, an identity secret, an
    evaluation and a run of evaluations of the same id, a report, and a grant of a document that is gone; its
    id."""
    configuration = Configuration(model="openai/gpt-4.1-mini").model_dump_json()
    chatbot = database.one(
        "with made as (insert into oneai.chatbots (workspace_id, public_id, name, draft, limits, status, "
        "published_version) values (%s, oneai.new_public_id(), 'Help', %s, %s, 'published', 1) returning *) "
        "insert into oneai.chatbot_versions (chatbot_id, version, workspace_id, configuration) "
        "select id, 1, workspace_id, draft from made returning chatbot_id",
        *(workspace, configuration, Limits().model_dump_json()),
    )
    database.rows(
        "insert into oneai.chatbot_answers (id, chatbot_id, workspace_id, question, answer, words) "
        "values (%s, %s, %s, 'When are you open?', 'From ten to six.', '[[\"open\"]]')",
        *(chatbot, chatbot, workspace),
    )
    database.rows(
        "with made as (insert into oneai.chatbot_evaluations (id, chatbot_id, workspace_id, question, checks) "
        'values (%s, %s, %s, \'When are you open?\', \'{"must_contain": ["ten"], "must_not_contain": [], '
        '"sources": [], "must_not_know": false}\') returning *) '
        "insert into oneai.chatbot_evaluation_runs (id, chatbot_id, workspace_id, configuration, state, ended_at) "
        "select id, chatbot_id, workspace_id, %s, 'complete', oneai.now() from made",
        *(chatbot, chatbot, workspace, configuration),
    )
    database.rows(
        "insert into oneai.chatbot_evaluation_results (run_id, evaluation_id, ordinal, question, checks, message_id, "
        "reserved, state) select id, id, 1, question, checks, gen_random_uuid(), '{}', 'passed' "
        "from oneai.chatbot_evaluations where id = %s",
        chatbot,
    )
    database.rows(
        "insert into oneai.chatbot_grants (chatbot_id, workspace_id, named_id) values (%s, %s, gen_random_uuid())",
        *(chatbot, workspace),
    )
    database.rows(
        "insert into oneai.chatbot_identity_secrets (id, chatbot_id, digest) values (%s, %s, sha256('none'))",
        *(chatbot, chatbot),
    )
    database.rows("insert into oneai.chatbot_reports (chatbot_id, number, kind) values (%s, 0, 'complaint')", chatbot)
    return str(chatbot)


def insert_conversation(database: Database, chatbot: str, conversation: str | UUID) -> None:
    """A conversation of a new visitor with the chatbot, in which nothing was asked yet."""
    database.rows(
        "with of as (select id, workspace_id from oneai.chatbots where id = %s), visitor as ("
        "insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) select gen_random_uuid(), id, workspace_id "
        "from of returning *) insert into oneai.conversations (id, visitor_id, chatbot_id, workspace_id) "
        "select %s, v.id, v.chatbot_id, v.workspace_id from visitor as v",
        *(chatbot, conversation),
    )


def insert_question(database: Database, conversation: str | UUID) -> None:
    """A visitor's first question in a conversation."""
    database.rows(
        "insert into oneai.chat_messages (conversation_id, visitor_id, workspace_id, role, content, model_id, "
        "sequence_number) select id, visitor_id, workspace_id, 'user', 'When are you open?', '', 1 "
        "from oneai.conversations where id = %s",
        conversation,
    )


def insert_visitor(database: Database, chatbot: str, visitor: str | UUID) -> None:
    """A visitor of the chatbot with this id."""
    database.rows(
        "insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) "
        "select %s, id, workspace_id from oneai.chatbots where id = %s",
        *(visitor, chatbot),
    )


def insert_lead(database: Database, chatbot: str, lead: str | UUID) -> None:
    """A lead of a visitor who asked the chatbot."""
    database.rows(
        "insert into oneai.chatbot_leads (id, chatbot_id, workspace_id, visitor_id, email) "
        "select %s, chatbot_id, workspace_id, id, 'lead@example.com' from oneai.chatbot_visitors where chatbot_id = %s",
        *(lead, chatbot),
    )


def insert_note(database: Database, conversation: str | UUID, note: str | UUID, author: UUID) -> None:
    """A note of this author beside a visitor's conversation."""
    database.rows(
        "insert into oneai.inbox_notes (id, conversation_id, user_id, content) values (%s, %s, %s, 'Called back.')",
        *(note, conversation, author),
    )


def insert_saved(database: Database, chatbot: str, id: str | UUID) -> None:
    """A shared view and a canned reply of the chatbot's workspace, both with this id."""
    for table, column, value in (("inbox_views", "filter", "{}"), ("inbox_replies", "content", "Hello.")):
        database.rows(
            f"insert into oneai.{table} (id, workspace_id, name, {column}) "  # noqa: S608  literals
            "select %s, workspace_id, 'hello', %s from oneai.chatbots where id = %s",
            *(id, value, chatbot),
        )


def insert_mail_address(database: Database, conversation: str | UUID, email: str) -> None:
    """An unconfirmed address at which the visitor of a conversation wants people's messages."""
    database.rows(
        "insert into oneai.visitor_mail_addresses (conversation_id, email) values (%s, %s)", conversation, email
    )


def _insert_visitor_mail(database: Database, workspace: UUID, conversation: UUID) -> None:
    """The address of a conversation, a mail to it, the refusal of another one, and a stop of the workspace's mail."""
    database.rows(
        "with address as (insert into oneai.visitor_mail_addresses (conversation_id, email) "
        "values (%s, 'visitor@example.com') returning oneai.address_hash(email) as hash), "
        "sent as (insert into oneai.visitor_mails (workspace_id, address_hash, kind) "
        "select %s, hash, 'confirmation' from address returning *), "
        "stop as (insert into oneai.visitor_mail_stops select workspace_id, oneai.now() from sent) "
        "insert into oneai.visitor_mail_refusals (workspace_id, address_hash) "
        "select workspace_id, address_hash from sent",
        *(conversation, workspace),
    )


def insert_visited_chatbot(database: Database, workspace: UUID) -> None:
    """A chatbot of the workspace with its figures, two visitors of it, one with a lead and one with a conversation, and
    what an answer counts in its budget."""
    chatbot = insert_chatbot(database, workspace)
    talk = uuid4()
    insert_conversation(database, chatbot, talk)
    insert_saved(database, chatbot, talk)
    _insert_visitor_mail(database, workspace, talk)
    database.rows("update oneai.inbox_conversations set tags = '{order}' where conversation_id = %s", talk)
    database.rows(
        "with said as (insert into oneai.chat_messages (conversation_id, visitor_id, workspace_id, role, content, "
        "model_id, sequence_number) select id, visitor_id, workspace_id, 'assistant', 'At ten.', 'some/model', 2 "
        "from oneai.conversations where id = %s returning conversation_id) "
        "insert into oneai.inbox_notes (conversation_id, user_id, content) "
        "select conversation_id, (select user_id from oneai.workspace_members where workspace_id = %s limit 1), "
        "'Called back.' from said",
        *(talk, workspace),
    )
    database.rows(
        "with visitor as (insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) "
        "values (gen_random_uuid(), %s, %s) returning *) "
        "insert into oneai.chatbot_leads (chatbot_id, workspace_id, visitor_id, email) "
        "select chatbot_id, workspace_id, id, 'lead@example.com' from visitor",
        *(chatbot, workspace),
    )
    figures = "'visitors_new', '', 1"
    database.rows(f"insert into oneai.chatbot_quarters values (%s, %s, oneai.now(), {figures})", workspace, chatbot)  # noqa: S608
    database.rows(f"insert into oneai.chatbot_days values (%s, %s, oneai.today(), {figures})", workspace, chatbot)  # noqa: S608
    database.rows(
        "insert into oneai.chatbot_topics (chatbot_id, workspace_id, model, total, last_asked_at) "
        "values (%s, %s, 'words', array_fill(0.5, array[1024])::extensions.vector, oneai.now())",
        *(chatbot, workspace),
    )
    database.rows(
        "insert into oneai.chatbot_questions (message_id, chatbot_id, visitor_id, asked_at) "
        "select m.id, %s, gen_random_uuid(), oneai.now() from oneai.chat_messages as m "
        "where m.workspace_id = %s limit 1 on conflict do nothing",
        *(chatbot, workspace),
    )
    database.rows(
        "insert into oneai.chatbot_budgets (workspace_id, chatbot_id, period, starts_at) "
        "values (%s, %s, 'day', oneai.now())",
        *(workspace, chatbot),
    )
    database.rows(
        "insert into oneai.chatbot_holds (reservation_id, workspace_id, chatbot_id, quarter_hour, day, month, "
        "stranger, micro_usd) select id, workspace_id, %s, oneai.now(), oneai.now(), oneai.now(), true, 1 "
        "from oneai.reservations where workspace_id = %s limit 1",
        *(chatbot, workspace),
    )


def public_id(database: Database, chatbot: str) -> str:
    """The id under which visitors find this chatbot."""
    return str(database.one("select public_id from oneai.chatbots where id = %s", chatbot))


def limit(database: Database, chatbot: str, **limits: int) -> None:
    """Sets some of the chatbot's limits."""
    database.rows("update oneai.chatbots set limits = limits || %s where id = %s", Jsonb(limits), chatbot)


def insert_document(
    database: Database, workspace: UUID | str, author: UUID, *texts: str, name: str = "notes.txt", private: bool = False
) -> UUID:
    """A document of the workspace that was read, with these texts as its chunks; its id."""
    document = uuid4()
    database.rows(
        "insert into oneai.documents (id, workspace_id, user_id, name, media_type, size, status, chunks, visibility, "
        "upload_expires_at, arrived_at) values (%s, %s, %s, %s, 'text/plain', 100, 'ready', %s, %s, oneai.now(), "
        "oneai.now())",
        *(document, workspace, author, name, len(texts), "private" if private else "workspace"),
    )
    for ordinal, text in enumerate(texts, 1):
        database.rows(
            "insert into oneai.document_chunks (document_id, ordinal, workspace_id, content, tokens, words) "
            "values (%s, %s, %s, %s, 5, oneai.search_vector(%s, %s))",
            *(document, ordinal, workspace, text, workspace, text),
        )
    return document


def name_documents(database: Database, chatbot: str, *documents: UUID) -> None:
    """Names these documents in the chatbot's draft."""
    database.rows(
        "update oneai.chatbots set draft = jsonb_set(draft, '{knowledge,documents}', %s) where id = %s",
        *(json.dumps([str(each) for each in documents]), chatbot),
    )
