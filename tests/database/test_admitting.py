"""Admitting a question: every check in one order, and nothing stored where one of them refuses."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.rows import all_rows
from tests.database.turns import TurnClient, quota, refusal, set_quota, spend
from tests.world import Database


async def test_an_admitted_question_is_stored_with_an_empty_answer_its_unit_and_its_cost(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)

    assert database.rows(
        "select id, role, content, state, sequence_number, parent_message_id from oneai.chat_messages "
        "order by sequence_number"
    ) == [
        (turn.question_id, "user", "Hello", "complete", 1, None),
        (turn.message_id, "assistant", "", "streaming", 2, turn.question_id),
    ]
    assert quota(database, asha) == (0, 1)
    assert spend(database) == (203, 0)
    assert turn.result["tier"] == "free"
    assert turn.result["history"] == []


async def test_refusals_have_a_fixed_order_and_store_nothing(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    taken = (await client.admit(ravi)).message_id
    ravis = (await client.admit(ravi)).conversation_id
    busy = await client.admit(asha)
    set_quota(database, asha, left=1)  # which the busy answer holds
    database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", asha)
    before = all_rows(database)
    question = {"message_id": taken, "conversation": ravis, "refusal": "model_not_in_plan", "spend_limit": 0}

    async def code() -> str:
        refused = await refusal(client.admit(asha, **question))  # type: ignore[arg-type]
        assert all_rows(database) == before
        return refused.code

    assert await code() == "account_suspended"
    database.rows("update oneai.users set suspended_at = null where id = %s", asha)
    before = all_rows(database)
    assert await code() == "idempotency_conflict"
    question["message_id"] = uuid4()
    assert await code() == "not_found"
    question["conversation"] = busy.conversation_id
    assert await code() == "conversation_busy"
    await client.settle(busy.message_id)
    set_quota(database, asha, left=0)
    before = all_rows(database)
    assert await code() == "model_not_in_plan"
    question["refusal"] = None
    assert await code() == "service_paused"
    question["spend_limit"] = None
    assert await code() == "quota_exceeded"
    set_quota(database, asha, left=1)
    assert not (await client.admit(asha, **question)).replay  # type: ignore[arg-type]


async def test_the_same_question_under_the_same_id_is_a_replay_despite_other_refusals(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    first = await client.admit(asha)
    set_quota(database, asha, left=0)
    before = all_rows(database)

    again = await client.admit(asha, message_id=first.message_id, refusal="model_not_in_plan", spend_limit=0)
    there = await client.admit(asha, message_id=first.message_id, conversation=first.conversation_id)

    assert again.replay
    assert there.replay
    assert (again.conversation_id, again.question_id) == (first.conversation_id, first.question_id)
    assert all_rows(database) == before


async def test_the_same_id_for_anything_else_is_a_conflict_that_reveals_nothing(
    client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    first = await client.admit(asha)
    other = await client.admit(asha)
    second = await client.admit(asha, conversation=await ended(client, first.conversation_id, first.message_id))
    conflicts = [
        client.admit(asha, "Something else", message_id=first.message_id),
        client.admit(ravi, message_id=first.message_id),
        client.admit(asha, message_id=first.question_id),
        client.admit(asha, message_id=first.message_id, conversation=other.conversation_id),
        client.admit(asha, message_id=second.message_id),  # it began no conversation
    ]

    for asked in conflicts:
        refused = await refusal(asked)
        assert (refused.code, refused.sqlstate, refused.detail) == ("idempotency_conflict", "ON409", {})


async def test_the_id_of_an_answer_remains_taken_after_its_conversation_is_deleted(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)

    assert (await refusal(client.admit(asha, message_id=turn.message_id))).sqlstate == "23505"


async def test_a_busy_conversation_names_its_answer_and_the_wait(client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)

    refused = await refusal(client.admit(asha, conversation=turn.conversation_id))

    assert refused.code == "conversation_busy"
    assert refused.detail["message_id"] == str(turn.message_id)
    assert 0 < refused.detail["retry_after"] <= 30


async def test_a_used_up_quota_is_named_with_its_reset(database: Database, client: TurnClient, asha: UUID) -> None:
    set_quota(database, asha, left=0)

    refused = await refusal(client.admit(asha))

    assert refused.sqlstate == "ON429"
    detail = refused.detail
    assert (detail["quota_key"], detail["used"], detail["reserved"], detail["limit"]) == ("small_messages", 100, 0, 100)
    assert detail["frequency"] == "monthly"
    assert detail["resets_at"].endswith("-01T00:00:00Z")
    assert 0 < detail["retry_after"] <= 31 * 86_400


async def test_conversation_and_reservation_have_the_same_lease_of_thirty_seconds(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    leases = """
        select answering_until = held_until, answering_until - r.created_at = oneai.lease()
        from oneai.conversations join oneai.reservations as r on r.id = answering_message_id"""
    assert database.one(leases) == (True, True)

    database.advance(20)
    assert await client.checkpoint(turn.message_id) == (False, "streaming")
    database.advance(20)

    assert database.one(leases) == (True, False)
    assert (await refusal(client.admit(asha, conversation=turn.conversation_id))).code == "conversation_busy"
    assert not await client.expire_answer(turn.message_id)


async def test_the_next_question_settles_an_expired_answer_and_follows_its_text(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    dead = await client.admit(asha)
    await client.checkpoint(dead.message_id, ("text", 0, "It rains "), ("text", 9, "in"))
    database.advance(31)

    turn = await client.admit(asha, "And then?", conversation=dead.conversation_id)

    assert turn.result["expired"]
    assert [(said["role"], said["content"]) for said in turn.result["history"]] == [
        ("user", "Hello"),
        ("assistant", "It rains in"),
    ]
    assert database.rows("select state, content from oneai.chat_messages where role = 'assistant' order by 1") == [
        ("streaming", ""),
        ("truncated", "It rains in"),
    ]
    assert quota(database, asha) == (1, 1)
    assert database.rows("select kind, count from oneai.operator_alerts") == [("reservation_lapsed", 1)]


async def test_an_expired_answer_without_text_frees_its_unit_for_the_next_question(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    set_quota(database, asha, left=1)
    dead = await client.admit(asha)
    await client.checkpoint(dead.message_id, ("reasoning", 0, "Let me think"))
    database.advance(31)

    await client.admit(asha, conversation=dead.conversation_id)

    assert quota(database, asha) == (99, 1)


async def test_a_refused_question_leaves_an_expired_answer_unchanged(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    dead = await client.admit(asha)
    await client.checkpoint(dead.message_id, ("text", 0, "Well"))
    set_quota(database, asha, left=1)
    database.advance(31)
    before = all_rows(database)

    assert (await refusal(client.admit(asha, conversation=dead.conversation_id))).code == "quota_exceeded"

    assert all_rows(database) == before


async def test_an_unknown_user_is_refused(database: Database, client: TurnClient) -> None:
    refused = await refusal(client.admit(uuid4()))

    assert (refused.code, refused.sqlstate) == ("unauthenticated", "ON401")
    assert not any(all_rows(database)[table] for table in ("users", "conversations", "reservations"))


async def test_an_unconfirmed_address_is_refused_only_if_the_project_requires_confirmation(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await client.admit(asha, confirmed=True)
    database.rows("update auth.users set email_confirmed_at = null where id = %s", asha)

    assert (await refusal(client.admit(asha, confirmed=True))).code == "email_not_confirmed"
    await client.admit(asha)
    database.rows("update auth.users set phone = '+911234', phone_confirmed_at = now() where id = %s", asha)
    await client.admit(asha, confirmed=True)


async def test_a_tier_without_terms_is_refused(database: Database, client: TurnClient, asha: UUID) -> None:
    database.rows("update oneai.workspaces set subscription_tier = 'unheard-of' where id = %s", asha)

    assert (await refusal(client.admit(asha))).code == "model_not_in_plan"


@pytest.mark.parametrize(("room", "expected"), [(0, "Ja"), (4, "Zwei Ja"), (10_000, "Eins Ja Zwei Ja")])
async def test_the_history_is_the_newest_messages_that_fit_and_at_least_one(
    client: TurnClient, asha: UUID, room: int, expected: str
) -> None:
    first = await client.admit(asha, "Eins")
    await client.settle(first.message_id, "Ja")
    second = await client.admit(asha, "Zwei", conversation=first.conversation_id)
    await client.settle(second.message_id, "Ja")

    third = await client.admit(asha, "Drei", conversation=first.conversation_id, history_bytes=room)

    assert [said["content"] for said in third.result["history"]] == expected.split()


async def ended(client: TurnClient, conversation: UUID, message_id: UUID) -> UUID:
    """The conversation, free again."""
    await client.settle(message_id)
    return conversation


async def test_an_image_of_an_earlier_question_is_estimated_like_a_new_one(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    async def held(attachments: str) -> int:
        first = await client.admit(asha)
        await client.settle(first.message_id)
        database.rows(
            "update oneai.chat_messages set metadata = jsonb_build_object('attachments', %s::jsonb) where id = %s",
            attachments,
            first.question_id,
        )
        again = await client.admit(asha, conversation=first.conversation_id)
        return int(database.one("select held_micro_usd from oneai.reservations where id = %s", again.message_id))

    text = await held('[{"type": "textx", "name": "a"}]')
    one, two = [await held(json.dumps([{"type": "image", "name": "a"}] * n)) for n in (1, 2)]

    assert one - text == 1600
    assert 1600 <= two - one <= 1610


@pytest.mark.parametrize(("more", "tokens"), [({}, 15_000), ({"context_tokens": 12_000}, 12_000)])
async def test_the_whole_prompt_is_held_even_beyond_the_plans_input_limit(
    database: Database, client: TurnClient, asha: UUID, more: dict[str, Any], tokens: int
) -> None:
    first = await client.admit(asha, "x" * 3000)
    await client.settle(first.message_id)
    database.rows("update oneai.conversations set system_prompt = repeat('y', 30000)")

    long = await client.admit(
        asha, "z" * 14_999, conversation=first.conversation_id, answer_tokens=0, input_tokens=10_000, **more
    )

    assert database.one("select held_micro_usd from oneai.reservations where id = %s", long.message_id) == tokens


async def test_the_hold_covers_the_instructions_and_the_history_that_fits(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    async def held(instructions: int) -> int:
        turn = await client.admit(asha, "x" * 3000, conversation=talk, answer_tokens=0, input_tokens=5_000)
        await client.settle(turn.message_id)
        database.rows("update oneai.conversations set system_prompt = repeat('y', %s)", instructions)
        again = await client.admit(asha, conversation=talk, answer_tokens=0, input_tokens=5_000)
        await client.settle(again.message_id)
        return int(database.one("select held_micro_usd from oneai.reservations where id = %s", again.message_id))

    talk = (first := await client.admit(asha)).conversation_id
    await client.settle(first.message_id)
    assert 3_000 <= await held(6_000) < 4_000
    assert await held(12_000) == 5_000
