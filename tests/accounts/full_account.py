"""A user with something in every table and every folder of the storage."""

import json
from uuid import UUID, uuid4

import psycopg

from oneai.clients import s3
from tests.accounts.full_billing import insert_billing_rows
from tests.chatbots.made import insert_visited_chatbot
from tests.database.turns import TurnClient
from tests.world import Database, World

FOLDERS = ("users", "uploads", "exports", "documents")


async def create_full_account(world: World, who: str) -> None:
    """Creates everything that a user can have, with a finished answer and one of a killed process."""
    result = await world.ask("Rain in the hills", who)
    user, answer, talk = world.people[who], result.start["message_id"], result.start["conversation_id"]
    await _expired_answer(world, user, talk)
    await _files(user)
    _conversation_rows(world.database, user, talk, answer)
    insert_billing_rows(world.database, user)
    _share_rows(world.database, user, talk, answer)
    _transfer_rows(world.database, user, answer)
    _follower_row(world.database, user, answer)
    insert_document_rows(world.database, user)
    _mail(world.database, user)
    _audit_rows(world.database, user)
    _refusal(world.database, user)
    _team_rows(world.database, user)
    world.database.rows("select oneai.roll_up_usage(1000)")
    world.database.rows("select oneai.require_storage(%s, 0, true, null)", user)


async def _expired_answer(world: World, user: UUID, talk: str) -> None:
    """Two words of a second answer; the process that wrote them died."""
    async with await psycopg.AsyncConnection.connect(world.database.url("oneai_app"), autocommit=True) as connection:
        client = TurnClient(connection)
        turn = await client.admit(user, "And then?", conversation=UUID(talk))
        await client.checkpoint(turn.message_id, ("text", 0, "The hills"))


async def _files(user: UUID) -> None:
    for folder in FOLDERS:
        for name in ("1", "2/0.png"):
            await s3.put(f"{folder}/{user}/{name}", b"a file", "image/png")


def _conversation_rows(database: Database, user: UUID, talk: str, answer: str) -> None:
    shown = {"images": [{"key": f"users/{user}/2/0.png", "media_type": "image/png"}]}
    database.rows("update oneai.conversations set title = 'Rain', metadata = %s where id = %s", json.dumps({}), talk)
    database.rows("update oneai.chat_messages set metadata = %s where id = %s", json.dumps(shown), answer)
    database.rows(
        "insert into oneai.conversation_summaries (message_id, conversation_id, user_id, content, model) "
        "select id, conversation_id, user_id, 'Rain', 'a model' from oneai.chat_messages where id = %s",
        answer,
    )
    database.rows(
        "insert into oneai.message_feedback (message_id, user_id, rating, note) values (%s, %s, 1, 'Good')",
        *(answer, user),
    )
    database.rows("insert into oneai.files_to_remove (key) values (%s)", f"users/{user}/1")


def _follower_row(database: Database, user: UUID, answer: str) -> None:
    """A reader who came back to an answer, for as long as a lease."""
    database.rows(
        "insert into oneai.answer_followers (id, message_id, user_id, expires_at) "
        "values (gen_random_uuid(), %s, %s, oneai.now() + oneai.lease())",
        *(answer, user),
    )


def _share_rows(database: Database, user: UUID, talk: str, answer: str) -> None:
    share = database.one(
        "insert into oneai.shares (user_id, conversation_id, token_hash, kind, report_count, last_reported_at) "
        "values (%s, %s, sha256(%s::text::bytea), 'snapshot', 1, now()) returning id",
        *(user, talk, str(uuid4())),
    )
    database.rows(
        "insert into oneai.snapshot_messages (share_id, sequence_number, message_id, characters, state) "
        "values (%s, 2, %s, 5, 'complete')",
        *(share, answer),
    )
    database.rows("insert into oneai.share_reports (share_id, number, reason) values (%s, 1, 'Rude')", share)


def _transfer_rows(database: Database, user: UUID, answer: str) -> None:
    upload = uuid4()
    database.rows(
        "insert into oneai.uploads (id, user_id, name, media_type, size, expires_at) "
        "values (%s, %s, 'rain.zip', 'application/zip', 6, now() + interval '1 day')",
        *(upload, user),
    )
    database.rows(
        "insert into oneai.imports (user_id, workspace_id, upload_id) values (%s, %s, %s)", user, user, upload
    )
    database.rows("insert into oneai.exports (user_id, format) values (%s, 'zip')", user)
    database.rows("insert into oneai.pending_cost_checks (message_id, generation_id) values (%s, 'gen-1')", answer)
    for kind, subject, detail in (
        ("signup_incomplete", str(user), {}),
        ("reservation_lapsed", f"model-of-{answer}", {"user_id": str(user)}),
    ):
        database.rows("select oneai.raise_alert(%s, %s, %s)", kind, subject, json.dumps(detail))


def insert_document_rows(database: Database, user: UUID) -> None:
    """A document in a collection, with a chunk and its vector, and one that is deleted already."""
    collection = database.one(
        "insert into oneai.collections (workspace_id, name) values (%s, 'Home') returning id", user
    )
    kept, _ = (
        database.one(
            "insert into oneai.documents (id, workspace_id, collection_id, name, media_type, size, upload_expires_at) "
            "values (gen_random_uuid(), %s, %s, 'rain.txt', 'text/plain', 6, oneai.now()) returning id",
            *(user, collection),
        )
        for _ in range(2)
    )
    database.rows("delete from oneai.documents where workspace_id = %s and id <> %s", user, kept)
    database.rows(
        "insert into oneai.document_chunks (document_id, ordinal, workspace_id, content, tokens, words) "
        "values (%s, 1, %s, 'Rain', 1, oneai.search_vector(%s, 'Rain'))",
        *(kept, user, user),
    )
    database.rows(
        "insert into oneai.document_vectors (document_id, ordinal, workspace_id, embedding_1) "
        "values (%s, 1, %s, array_fill(0.5, array[1024])::extensions.halfvec)",
        *(kept, user),
    )
    database.rows("insert into oneai.embedding_models (model) values ('a model') on conflict do nothing")
    database.rows(
        "insert into oneai.document_summaries "
        "(document_id, workspace_id, content, state, requested_model, reservation, units, part_tokens) "
        "values (%s, %s, 'Rain.', 'ready', 'a model', gen_random_uuid(), 1, 1)",
        *(kept, user),
    )
    database.rows("insert into oneai.document_page_counts values (%s, oneai.document_page_month(), 1)", user)


def _mail(database: Database, user: UUID) -> None:
    database.rows("insert into oneai.consents (user_id, kind, version) values (%s, 'age', '18')", user)
    database.rows("insert into oneai.preferences (user_id, language) values (%s, 'hi')", user)
    database.rows("insert into oneai.prompts (user_id, name, content) values (%s, 'Rain', 'Will it rain?')", user)
    database.rows("insert into oneai.profile_pictures (user_id, content) values (%s, 'a picture')", user)
    database.rows("insert into oneai.second_factor_attempts (user_id, wrong_codes) values (%s, 1)", user)
    database.rows("insert into oneai.second_factor_uses values (gen_random_uuid(), %s, oneai.now())", user)
    database.rows("insert into oneai.admins (user_id, role) values (%s, 'support')", user)
    database.rows("insert into oneai.ended_sessions (session_id, user_id) values (gen_random_uuid(), %s)", user)
    database.rows("select oneai.suspend_user(null, %s, 'A mistake')", user)
    database.rows("select oneai.unsuspend_user(null, %s, 'It was none')", user)
    database.rows("select oneai.enqueue_mail(%s, 'welcome', %s, '{}')", user, f"{user}/welcome")
    # To operators, about this user.
    payload = {"newest": [{"subject": str(user)}]}
    database.rows("select oneai.enqueue_mail(null, 'operator_alert', %s, %s)", f"alert/{uuid4()}", json.dumps(payload))
    database.rows("select oneai.override_quota(%s, 'small_messages', null, 5, null, 'a friend')", user)
    database.rows(
        "insert into oneai.quota_warnings (workspace_id, quota_key, window_start, threshold) "
        "values (%s, 'small_messages', now(), 80)",
        user,
    )
    database.rows("insert into oneai.usage_anomalies (workspace_id, day) values (%s, oneai.today())", user)
    database.rows("insert into oneai.ended_sessions (session_id, user_id) values (gen_random_uuid(), %s)", user)
    database.rows("insert into oneai.account_deletions (user_id, deletes_at) values (%s, oneai.now())", user)
    key = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'laptop', 'oneai_sk_…abcd', '{chat}') returning id",
        *(user, user),
    )
    database.rows(
        "insert into oneai.api_key_secrets (hash, api_key_id) values (sha256(%s::text::bytea), %s)", str(key), key
    )
    database.rows("insert into oneai.api_key_spend values (%s, 'day', now(), 5)", key)
    insert_provider_key_rows(database, user, user)


def insert_provider_key_rows(database: Database, workspace: UUID, user: UUID) -> None:
    """A key for a provider with its data key; nothing opens them."""
    data_key = database.one(
        "insert into oneai.provider_data_keys (id, workspace_id, kms_key_id, wrapped) "
        "values (gen_random_uuid(), %s, 'a key', decode(repeat('00', 32), 'hex')) returning id",
        workspace,
    )
    key = database.one("select gen_random_uuid()")
    database.rows(
        "insert into oneai.provider_keys (id, workspace_id, user_id, provider, name, last4, fingerprint, version, "
        "data_key_id, nonce, ciphertext) values (%s, %s, %s, 'openai', 'Ours', 'x7Qz', "
        "sha256(%s::text::bytea), 1, %s, decode(repeat('00', 12), 'hex'), decode(repeat('00', 40), 'hex'))",
        *(key, workspace, user, workspace, data_key),
    )
    database.rows(
        "select oneai.hold_provider_key(w, gen_random_uuid(), %s, 5) from oneai.workspaces as w where w.id = %s",
        *(key, workspace),
    )


def _refusal(database: Database, user: UUID) -> None:
    """A question that was refused, as operators look it up."""
    database.rows(
        "select oneai.record_refusal(%s, %s, null, 'POST /chat', 429, 'quota_exceeded', 'Used up', '{}', '{}')",
        *(str(uuid4()), user),
    )


def _team_rows(database: Database, user: UUID) -> None:
    """The trial of a team that was deleted, an invitation, the use and the limit of a member, a request to sales,
    and a team that was left."""
    quota = "'small_messages', oneai.now()"
    database.rows(f"insert into oneai.member_usage values (%s, %s, {quota})", user, user)  # noqa: S608  a literal
    database.rows(f"insert into oneai.member_warnings values (%s, %s, {quota}, 80)", user, user)  # noqa: S608
    database.rows("insert into oneai.member_spend values (%s, %s, oneai.today())", user, user)
    database.rows("insert into oneai.former_member_limits values (%s, %s, 50)", user, user)
    database.rows(
        "insert into oneai.support_requests (kind, user_id, workspace_id, tier, plan_id, message, due_at) "
        "values ('sales', %s, %s, 'free', 'enterprise', 'Forty seats', oneai.now())",
        *(user, user),
    )
    database.rows("select oneai.update_member_notifications(%s, %s, %s)", user, user, '{"weekly": false}')
    database.rows("insert into oneai.team_trials (user_id, ends_at) values (%s, oneai.now())", user)
    insert_visited_chatbot(database, user)
    database.rows(
        "select oneai.be_present(%s, conversation_id, true) from oneai.inbox_conversations where workspace_id = %s",
        *(user, user),
    )
    database.rows(
        "insert into oneai.inbox_events (conversation_id, after_number, kind, member_id) "
        "select conversation_id, 0, 'claimed', %s from oneai.inbox_conversations where workspace_id = %s",
        *(user, user),
    )
    database.rows(
        "insert into oneai.member_messages select gen_random_uuid(), conversation_id, %s "
        "from oneai.inbox_conversations where workspace_id = %s",
        *(user, user),
    )
    database.rows(
        "insert into oneai.invitations (workspace_id, user_id, email, role, expires_at) "
        "values (%s, %s, 'meera@example.com', 'member', oneai.now() + interval '7 days')",
        *(user, user),
    )
    database.rows(
        "insert into oneai.departures (workspace_id, user_id, may_download, expires_at) "
        "values (%s, %s, true, oneai.now() + interval '30 days')",
        *(user, user),
    )


def _audit_rows(database: Database, user: UUID) -> None:
    """Actions by the user, and by an operator on their account."""
    database.rows("select oneai.record_audit('user', %s, 'api_key.create', p_ip => '203.0.113.9')", str(user))
    database.rows(
        "select oneai.record_audit('operator', 'maya', 'account.suspend', %s, 'user', %s, %s)",
        *(user, str(user), f"asked by {user}"),
    )
