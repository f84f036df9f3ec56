"""The books of a sound service hold, and each of their checks sees the wrong it is there for."""

from typing import LiteralString

import pytest

from bench.invariants import ReceivedStream
from tests.bench.conftest import Service

pytestmark = pytest.mark.exhaustive

FINAL = "every answer is in a final state"
RESERVED = "nothing is reserved"
FOUND = "a search finds what was said, or the index has it in its queue"
USED = "what a quota has used is what the answers of its window were charged"
MEMBER = "what a member has used is what their answers of its window were charged"
TOGETHER = "the members of a team have used what its pool has"
LIMIT = "no quota has used more than its limit"
EVENTS = "every answer has one usage event, which charges what its reservation settled"
DIED = "a request whose process died after it was sent costs what was held for its prompt"
CHARGED = "a failed answer is not charged, and one that has text is"
SPEND = "the day's spend is what its usage events cost"
TOTAL = "a conversation has cost what its answers have cost"
ROLLUPS = "usage that was rolled up adds up to its events"
PLACE = "no answer was written twice into its place"
CHECKPOINTS = "no text that was checkpointed is lost"
RECEIVED = "an answer that a client received to its end is stored as it was received"
AGREES = "an answer that began for a client is stored, and agrees with what the client received"
PAYMENTS = "every payment and refund of the provider is recorded once, and no other"
PLAN = "a user has the plan that the provider is paid for"
INVOICE = "a payment has one invoice over its amount"
SEARCHES = "a search of the web is charged as its reservation settled it, and only with its answer"
NUMBERS = "invoices and credit notes have numbers without a gap"
ONCE = "a payment is granted once: one entry in the history, one receipt"
LEFT = "no event of the provider and no operation is left to do"


def test_the_invariants_hold_for_a_healthy_service(service: Service) -> None:
    checks = service.check()

    assert service.broken() == []
    assert {each.sentence for each in checks} == {
        *(
            FINAL,
            RESERVED,
            FOUND,
            USED,
            MEMBER,
            TOGETHER,
            LIMIT,
            EVENTS,
            SEARCHES,
            DIED,
            CHARGED,
            SPEND,
            TOTAL,
            ROLLUPS,
            PLACE,
        ),
        *(CHECKPOINTS, RECEIVED, AGREES, PAYMENTS, PLAN, INVOICE, NUMBERS, ONCE, LEFT),
    }
    assert service.texts.checkpointed


WRONGS: list[tuple[str, LiteralString]] = [
    (FINAL, "update oneai.chat_messages set state = 'streaming' where id in (table watch.answered)"),
    (FINAL, "update oneai.conversations set answering_message_id = id"),
    (FINAL, "insert into oneai.answer_pieces (message_id, user_id, kind, at, text) "
     "select id, user_id, 'reasoning', 0, 'so' from oneai.chat_messages where id in (table watch.answered)"),
    (RESERVED, "update oneai.reservations set settled_at = null where id in (table watch.answered)"),
    (RESERVED, "update oneai.usage_quotas set reserved = 1 where quota_key = 'large_messages'"),
    (RESERVED, "update oneai.daily_spend set held_micro_usd = 5"),
    (FOUND, "with queued as (delete from oneai.search_queue) delete from oneai.search_entries"),
    (USED, "update oneai.usage_quotas set used = used + 1 where quota_key = 'large_messages'"),
    (RESERVED, "insert into oneai.member_usage (workspace_id, user_id, quota_key, window_start, reserved) "
     "select workspace_id, workspace_id, quota_key, window_start, 1 from oneai.usage_quotas limit 1"),
    (MEMBER, "insert into oneai.member_usage (workspace_id, user_id, quota_key, window_start, used) "
     "select workspace_id, workspace_id, quota_key, window_start, used + 1 from oneai.usage_quotas limit 1"),
    (TOGETHER, "with team as (insert into oneai.workspaces (kind, name) values ('team', 'Tea') returning id) "
     "insert into oneai.usage_quotas (workspace_id, quota_key, subscription_tier, quota_limit, used, reset_frequency, "
     "window_start, next_reset_at) select team.id, quota_key, 'team', 5, 1, reset_frequency, window_start, "
     "next_reset_at from team cross join (select * from oneai.usage_quotas limit 1) as q"),
    (LIMIT, "update oneai.usage_quotas set used = quota_limit + 1 where quota_key = 'large_messages'"),
    (EVENTS, "delete from oneai.usage_events where message_id in (table watch.failed)"),
    (EVENTS, "update oneai.reservation_lines set settled = 0 where reservation_id in (table watch.answered)"),
    (EVENTS, "delete from oneai.reservations where id in (table watch.failed)"),
    (SEARCHES, "update oneai.usage_events set web_searches_charged = 1 where message_id in (table watch.failed)"),
    (DIED, "with died as (update oneai.reservations set purpose = 'embedding', sent_at = created_at, "
     "prompt_micro_usd = 9, held_until = settled_at - interval '1 second' where id in (table watch.failed)) "
     "update oneai.usage_events set purpose = 'embedding', error_code = 'internal_error' "
     "where message_id in (table watch.failed)"),
    (CHARGED, "update oneai.usage_events set outcome = 'failed' where charged = 1"),
    (CHARGED, "update oneai.chat_messages set content = 'It rains.' where id in (table watch.failed)"),
    (SPEND, "update oneai.daily_spend set settled_micro_usd = settled_micro_usd + 1"),
    (TOTAL, "update oneai.conversations set total_cost_micro_usd = total_cost_micro_usd + 1"),
    (ROLLUPS, "update oneai.usage_rollups set charged = charged + 1"),
    (ROLLUPS, "delete from oneai.usage_rollups"),
    (PLACE, "update oneai.chat_messages set parent_message_id = null where id in (table watch.answered)"),
    (CHECKPOINTS, "update oneai.chat_messages set content = 'slow' where id in (table watch.answered)"),
    (RECEIVED, "update oneai.chat_messages set content = content || 'more' where id in (table watch.answered)"),
    (AGREES, "update oneai.chat_messages set content = 'another' where id in (table watch.answered)"),
    (AGREES, "delete from oneai.chat_messages where id in (table watch.answered)"),
    (PAYMENTS, "update oneai.payments set amount = amount - 1"),
    (PAYMENTS, "update oneai.payments set amount_refunded = 1"),
    (PAYMENTS, "insert into oneai.payments (workspace_id, payment_provider, provider_payment_id, amount, "
     "currency, status, captured_at) select workspace_id, payment_provider, 'pay_00000000000000', amount, currency, "
     "status, captured_at from oneai.payments"),
    (PLAN, "update oneai.workspaces set subscription_tier = 'free'"),
    (PLAN, "update oneai.workspaces set subscription_tier = 'pro'"),
    (INVOICE, "update oneai.invoices set total = total - 100, taxable = taxable - 100"),
    (INVOICE, "delete from oneai.invoices"),
    (NUMBERS, "update oneai.invoice_series set last_number = last_number + 1"),
    (ONCE, "insert into oneai.outbox (user_id, kind, cause_key, data) "
     "select user_id, kind, 'again', data from oneai.outbox where kind = 'payment_receipt'"),
    (ONCE, "insert into oneai.subscription_history "
     "(workspace_id, old_tier, new_tier, change_reason, subscription_id, cause) "
     "select workspace_id, old_tier, new_tier, change_reason, subscription_id, 'again' from "
     "oneai.subscription_history"),
    (LEFT, "update oneai.provider_events set state = 'pending'"),
    (LEFT, "insert into oneai.provider_operations (dedupe_key, kind, subscription_id, reason) "
     "select 'cancel', 'cancel', id, 'requested' from oneai.subscriptions"),
]  # fmt: skip


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(("sentence", "wrong"), WRONGS, ids=[f"{at}-{wrong[0]}" for at, wrong in enumerate(WRONGS)])
def test_a_violated_invariant_is_reported(service: Service, sentence: str, wrong: LiteralString) -> None:
    database = service.world.database
    with service.changed():
        database.rows("set local session_replication_role = replica")
        database.rows(wrong)

        assert sentence in service.broken()


def test_an_unrecorded_payment_is_reported(service: Service) -> None:
    with service.changed():
        (payment,) = service.account.payments.values()
        service.account.payments["pay_other"] = payment | {"id": "pay_other"}

        assert service.broken() == [PAYMENTS]


def test_text_lost_by_a_server_crash_is_reported(service: Service) -> None:
    database = service.world.database
    with service.changed():
        database.rows("truncate watch.checkpoints")
        database.rows("update oneai.chat_messages set content = '' where role = 'assistant'")
        service.texts.read(database.connection)

        assert CHECKPOINTS in service.broken()


def test_a_conversation_deleted_by_its_user_is_not_reported_as_lost(service: Service) -> None:
    (stream,) = service.texts.streams
    with service.changed():
        service.world.database.rows("delete from oneai.conversations where id = %s", stream.conversation_id)
        assert service.broken() == [CHECKPOINTS, RECEIVED, AGREES]

        service.texts.deleted.add(stream.conversation_id)

        assert service.broken() == []


def test_a_client_may_have_more_text_than_stored_unless_its_stream_ended(
    service: Service,
) -> None:
    (stream,) = service.texts.streams
    longer = f"{stream.text}and more"
    with service.changed():
        service.texts.streams = [ReceivedStream(stream.message_id, stream.conversation_id, longer, final=False)]
        assert service.broken() == []

        service.texts.streams = [ReceivedStream(stream.message_id, stream.conversation_id, longer, final=True)]

        assert service.broken() == [RECEIVED]
