"""The end of an answer: text, usage, cost and reservation together, once, whichever worker comes first."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.rows import all_rows
from tests.database.turns import USAGE, TurnClient, quota, spend
from tests.world import Database

ANSWER = "select content, state, finish_reason, error_code from oneai.chat_messages where id = %s"
EVENTS = (
    "select purpose, outcome, charged, cost_micro_usd, completion_tokens, estimated from oneai.usage_events order by id"
)
ESTIMATED = USAGE | {"cost_micro_usd": 100, "completion_tokens": 40, "estimated": True}


async def test_a_settled_answer_has_its_text_usage_and_cost_and_holds_nothing(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "Hi"))

    settled = await client.settle(turn.message_id, "Hi there", generation_id="gen-1", first_token_ms=120)

    assert settled["state"] == "complete"
    assert {key: settled["quota"][key] for key in ("key", "used", "reserved", "remaining")} == {
        "key": "small_messages",
        "used": 1,
        "reserved": 0,
        "remaining": 99,
    }
    assert database.one(ANSWER, turn.message_id) == ("Hi there", "complete", "stop", None)
    assert database.rows("select * from oneai.answer_pieces") == []
    assert database.one("select answering_until, answering_message_id from oneai.conversations") == (None, None)
    assert quota(database, asha) == (1, 0)
    assert spend(database) == (0, 19)
    assert database.one(
        "select user_id, conversation_id, message_id, outcome, quota_key, charged, model_asked, model_served, "
        "provider, generation_id, prompt_tokens, reasoning_tokens, cached_tokens, price_version, first_token_ms "
        "from oneai.usage_events"
    ) == (
        *(asha, turn.conversation_id, turn.message_id, "complete", "small_messages", 1, "maker/small", "maker/small"),
        *("Acme", "gen-1", 9, 2, 1, "v1", 120),
    )


async def test_an_answer_without_text_is_free_and_its_cost_is_recorded(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("reasoning", 0, "I wonder"))

    await client.settle(turn.message_id, "", "failed", finish_reason="error", error_code="upstream_error")

    assert database.one(ANSWER, turn.message_id) == ("", "failed", "error", "upstream_error")
    assert quota(database, asha) == (0, 0)
    assert database.rows(EVENTS) == [("answer", "failed", 0, 19, 5, False)]
    assert spend(database) == (0, 19)


async def test_an_answer_of_images_alone_is_charged(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha, quota_key="image_generation")

    await client.settle(turn.message_id, "", metadata={"images": ["data:image/png;base64,AA=="]})

    assert quota(database, asha, "image_generation") == (1, 0)


async def test_settling_again_changes_nothing(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    assert (await client.settle(turn.message_id))["first"]
    before = all_rows(database)

    again = await client.settle(turn.message_id)

    assert (again["first"], again["state"]) == (False, "complete")
    assert all_rows(database) == before


async def test_a_late_writer_extends_the_text_and_corrects_the_cost_in_one_row(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It ra"))
    database.advance(31)
    assert await client.expire_answer(turn.message_id)
    assert database.one(ANSWER, turn.message_id) == ("It ra", "truncated", "error", "internal_error")
    estimate = 3 + 2 * (len("It ra") // 3)
    assert spend(database) == (0, estimate)

    for _ in range(2):
        settled = await client.settle(turn.message_id, "It rains in June")
        assert (settled["first"], settled["state"]) == (False, "complete")
        await client.settle(turn.message_id, "It", usage=USAGE | {"cost_micro_usd": 500})

    assert database.one(ANSWER, turn.message_id) == ("It rains in June", "complete", "stop", None)
    assert quota(database, asha) == (1, 0)
    assert database.rows(EVENTS) == [
        ("answer", "truncated", 1, estimate, 1, True),
        ("correction", "complete", 0, 19 - estimate, 4, False),
    ]
    assert spend(database) == (0, 19)


async def test_a_late_writer_adds_generated_images_without_a_charge(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha, quota_key="image_generation")
    database.advance(31)
    assert await client.expire_answer(turn.message_id)
    assert database.one(ANSWER, turn.message_id) == ("", "failed", "error", "internal_error")
    drawn = ["data:image/png;base64,AA=="]

    await client.settle(turn.message_id, "", metadata={"images": drawn})

    assert database.one(ANSWER, turn.message_id) == ("", "complete", "stop", None)
    assert database.one("select metadata -> 'images' from oneai.chat_messages where id = %s", turn.message_id) == drawn
    assert quota(database, asha, "image_generation") == (0, 0)


async def test_a_late_writer_with_less_text_removes_nothing(database: Database, client: TurnClient, asha: UUID) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id, "It rains")
    before = all_rows(database)

    await client.settle(turn.message_id, "It", "truncated")

    assert all_rows(database) == before


async def test_a_late_writer_does_not_affect_the_next_answer(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    first = await client.admit(asha)
    await client.checkpoint(first.message_id, ("text", 0, "It ra"))
    database.advance(31)
    second = await client.admit(asha, conversation=first.conversation_id)

    await client.settle(first.message_id, "It rains")

    assert database.one("select answering_message_id from oneai.conversations") == second.message_id
    assert await client.checkpoint(second.message_id, ("text", 0, "And")) == (False, "streaming")
    assert quota(database, asha) == (1, 1)


async def test_the_first_settlement_decides_the_charge_even_if_the_late_writer_has_text(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    database.advance(31)
    await client.expire_answer(turn.message_id)
    assert database.one(ANSWER, turn.message_id) == ("", "failed", "error", "internal_error")

    await client.settle(turn.message_id, "Here I am")

    assert database.one(ANSWER, turn.message_id) == ("Here I am", "complete", "stop", None)
    assert quota(database, asha) == (0, 0)


@pytest.mark.parametrize("usage", [None, {}, {"cost_micro_usd": None, "estimated": False}, {"prompt_tokens": None}])
async def test_an_unknown_cost_is_estimated_and_corrected_later(
    database: Database, client: TurnClient, asha: UUID, usage: dict[str, Any] | None
) -> None:
    turn = await client.admit(asha)

    await client.settle(turn.message_id, usage=usage)

    assert database.rows(EVENTS) == [("answer", "complete", 1, 0, 0, True)]
    assert spend(database) == (0, 0)
    await client.settle(turn.message_id, "")
    assert database.rows(EVENTS)[1:] == [("correction", "complete", 0, 19, 5, False)]


@pytest.mark.parametrize("usage", [None, {}, ESTIMATED, USAGE | {"cost_micro_usd": None}])
async def test_only_a_stated_cost_corrects_an_estimate(
    database: Database, client: TurnClient, asha: UUID, usage: dict[str, Any] | None
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id, usage=ESTIMATED)

    await client.settle(turn.message_id, "", usage=usage)

    assert database.rows(EVENTS) == [("answer", "complete", 1, 100, 40, True)]
    assert spend(database) == (0, 100)


async def test_a_known_cost_settles_an_expired_answer_exactly(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It"), generation="gen-1")
    database.advance(31)

    await client.expire_answer(turn.message_id, {"usage": USAGE, "model": "maker/other", "provider": "Elsewhere"})

    assert database.rows(EVENTS) == [("answer", "truncated", 1, 19, 5, False)]
    assert database.one("select model_served, provider, generation_id from oneai.usage_events") == (
        "maker/other",
        "Elsewhere",
        "gen-1",
    )


async def test_an_answer_expires_once_and_not_before_its_lease(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    assert not await client.expire_answer(turn.message_id)
    assert not await client.expire_answer(uuid4())
    database.advance(31)

    assert await client.expire_answer(turn.message_id)
    assert not await client.expire_answer(turn.message_id)

    assert database.rows("select kind, subject, count from oneai.operator_alerts") == [
        ("reservation_lapsed", "maker/small", 1)
    ]


@pytest.mark.parametrize("gone", ["conversation", "user"])
@pytest.mark.parametrize("lapsed", [False, True])
async def test_an_answer_is_settled_despite_a_deleted_conversation_or_user(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID, *, gone: str, lapsed: bool
) -> None:
    turn = await client.admit(asha)
    await client.checkpoint(turn.message_id, ("text", 0, "It rains"))
    if gone == "user":
        database.rows("delete from auth.users where id = %s", asha)
    else:
        database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)
    assert await client.checkpoint(turn.message_id, ("text", 8, " in")) == (False, "deleted")

    if lapsed:
        database.advance(31)
        assert await client.expire_answer(turn.message_id)
    else:
        assert (await client.settle(turn.message_id, "It rains", "truncated"))["first"]

    assert database.one("select charged, cost_micro_usd from oneai.usage_events") == (1, 3 if lapsed else 19)
    assert spend(database) == (0, 3 if lapsed else 19)
    if gone == "conversation":
        assert quota(database, asha) == (1, 0)


async def test_settling_an_unknown_answer_does_nothing(database: Database, client: TurnClient, asha: UUID) -> None:
    before = all_rows(database)

    assert await client.settle(uuid4()) == {
        "state": "complete",
        "first": False,
        "untitled": False,
        "quota": None,
        "bill": None,
    }

    assert all_rows(database) == before
