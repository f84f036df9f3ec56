"""Expired data are removed after their stated time and not a day sooner; other data are kept."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from oneai import accounts, settings
from oneai.postgres import db
from oneai.settings import SettingsError
from tests.accounts.retention_data import AGES, insert_usage_event, list_rollups, roll_up, run_retention
from tests.chatbots.made import insert_chatbot, insert_mail_address
from tests.chatbots.visitors import Website
from tests.database.billing_rows import now
from tests.inbox.talks import insert_talk
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)


def shares(world: World, **moments: str) -> UUID:
    """A link to a conversation of asha's; `moments` of what happened to it, in days from now."""
    talk = conversation(world, "asha", 2)
    share: UUID = world.database.one(
        "insert into oneai.shares (user_id, conversation_id, token_hash, kind, expires_at, revoked_at, taken_down_at) "
        "values (%s, %s, sha256(%s::text::bytea), 'live', now() + %s::interval, now() + %s::interval, "
        "now() + %s::interval) returning id",
        *(world.people["asha"], talk, talk),
        *(moments.get(name) for name in ("expires", "revoked", "taken_down")),
    )
    world.database.rows("insert into oneai.share_reports (share_id, number, reason) values (%s, 1, 'Rude')", share)
    return share


async def test_share_links_and_their_reports_are_removed_a_month_after_closing(world: World) -> None:
    forever = shares(world)
    shares(world, expires="-1 hour")
    shares(world, revoked="-1 hour")
    shares(world, expires="10 days", revoked="-1 hour")
    later = shares(world, expires="10 days")
    taken_down = shares(world, revoked="-1 hour", taken_down="-1 hour")

    assert await run_retention(world, AGES.closed_shares_days - 1) == {}
    assert await run_retention(world, 1) == {"shares": 3}
    assert set(world.database.rows("select id from oneai.shares")) == {forever, later, taken_down}
    assert len(world.database.rows("select share_id from oneai.share_reports")) == 3
    assert await run_retention(world, 10) == {"shares": 1}
    assert await run_retention(world, AGES.taken_down_shares_days - AGES.closed_shares_days - 11) == {}
    assert await run_retention(world, 1) == {"taken_down_shares": 1}
    assert world.database.rows("select id from oneai.shares") == [forever]
    # The conversations themselves are deleted by their owner alone.
    assert len(world.database.rows("select id from oneai.conversations")) == 6


async def test_ended_sessions_are_kept_while_a_token_of_theirs_could_be_valid(world: World) -> None:
    world.database.rows(
        "insert into oneai.ended_sessions (session_id, user_id) values (%s, %s)", uuid4(), world.people["asha"]
    )

    assert await run_retention(world, AGES.ended_sessions_days - 1) == {}
    assert await run_retention(world, 1) == {"ended_sessions": 1}


async def test_an_unused_rate_limit_is_removed_and_a_used_one_kept(world: World) -> None:
    world.database.rows("select oneai.take_rate('198.51.100.7', 'public', 60, 60, 1)")
    world.database.rows("select oneai.take_rate('198.51.100.8', 'public', 1, 60, 30)")
    world.database.advance(60)

    await run_retention(world)

    assert world.database.rows("select subject from oneai.rate_limits") == ["198.51.100.8"]


async def test_ended_exports_and_imports_are_removed_after_a_month_and_waiting_ones_kept(world: World) -> None:
    asha = world.people["asha"]
    for state in ("queued", "running", "done", "failed", "expired"):
        world.database.rows(
            "insert into oneai.exports (user_id, format, state, conversation_id) values (%s, 'json', %s, %s)",
            *(asha, state, uuid4()),
        )
    for state in ("queued", "running", "done", "failed"):
        world.database.rows(
            "insert into oneai.imports (user_id, workspace_id, upload_id, state, ended_at) "
            "values (%s, %s, %s, %s, case when %s in ('done', 'failed') then now() + interval '1 day' end)",
            *(asha, asha, uuid4(), state, state),
        )

    assert await run_retention(world, AGES.finished_transfers_days - 1) == {}
    assert await run_retention(world, 1) == {"exports": 2}
    assert await run_retention(world, 1) == {"imports": 2}
    # Until its file has expired a finished one is of use.
    assert set(world.database.rows("select state from oneai.exports")) == {"queued", "running", "done"}
    assert set(world.database.rows("select state from oneai.imports")) == {"queued", "running"}


async def test_temporary_rows_are_removed_even_if_their_own_job_did_not_run(world: World) -> None:
    world.database.rows(
        "insert into oneai.uploads (id, user_id, name, media_type, size, expires_at) "
        "values (%s, %s, 'a', 'image/png', 1, now() + interval '1 day')",
        *(uuid4(), world.people["asha"]),
    )
    await world.ask(temporary=True)

    assert await run_retention(world, 1) == {"conversations": 1}
    assert await run_retention(world, 1) == {"uploads": 1}
    assert len(world.database.rows("select key from oneai.files_to_remove")) == 1


async def test_settled_reservations_are_removed_and_open_ones_kept(world: World) -> None:
    await world.ask()
    world.database.rows(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day, created_at) "
        "values (%s, %s, %s, now(), 'free', 'm', 'v1', oneai.today(), now() - interval '2 years')",
        *(uuid4(), world.people["asha"], world.people["asha"]),
    )
    assert await run_retention(world, AGES.settled_reservations_days - 1) == {}
    assert await run_retention(world, 1) == {"reservations": 1}
    assert world.database.rows("select settled_at from oneai.reservations") == [None]
    assert world.quota() == (1, 0)


async def test_alerts_are_removed_half_a_year_after_their_acknowledgement(world: World) -> None:
    for subject in ("seen", "unseen"):
        world.database.rows("select oneai.raise_alert('signup_incomplete', %s, '{}')", subject)
    world.database.rows("update oneai.operator_alerts set acknowledged_at = now() where subject = 'seen'")
    assert await run_retention(world, AGES.acknowledged_alerts_days - 1) == {}
    assert await run_retention(world, 1) == {"alerts": 1}
    assert await run_retention(world, 3650) == {}
    assert world.database.rows("select subject from oneai.operator_alerts") == ["unseen"]


async def test_sales_requests_are_removed_a_year_after_their_answer_and_open_ones_kept(world: World) -> None:
    for asked in ("answered", "open"):
        world.database.rows(
            "insert into oneai.support_requests "
            "(kind, user_id, workspace_id, tier, plan_id, message, due_at, answered_at) "
            "values ('sales', %s, %s, 'free', 'enterprise', %s, now(), case when %s = 'answered' then now() end)",
            *(world.people["asha"], world.people["asha"], asked, asked),
        )
    assert await run_retention(world, AGES.answered_requests_days - 1) == {}
    assert await run_retention(world, 1) == {"support_requests": 1}
    assert world.database.rows("select message from oneai.support_requests") == ["open"]


async def test_the_audit_log_is_kept_for_five_years_and_for_at_least_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.database.rows("select oneai.record_audit('operator', 'maya', 'price.create')")
    assert await run_retention(world, AGES.audit_log_days - 1) == {}
    assert await run_retention(world, 2) == {"audit_log": 1}
    assert world.database.rows("select id from oneai.audit_log") == []

    monkeypatch.setenv("AUDIT_LOG_DAYS", "364")
    settings.reset_cache()
    with pytest.raises(SettingsError, match="AUDIT_LOG_DAYS is less than 365 days"):
        await accounts.remove_what_is_over()


async def test_mail_is_removed_a_year_after_sending_and_waiting_mail_kept(world: World) -> None:
    for cause, state in (("1", "sent"), ("2", "skipped"), ("3", "failed"), ("4", "unknown"), ("5", "waiting")):
        world.database.rows(
            "insert into oneai.outbox (user_id, kind, cause_key, data, state, settled_at) "
            "values (%s, 'welcome', %s, '{}', %s, case when %s <> 'waiting' then now() end)",
            *(world.people["asha"], cause, state, state),
        )
    assert await run_retention(world, AGES.settled_mails_days - 1) == {}
    assert await run_retention(world, 1) == {"mails": 4}
    assert set(world.database.rows("select state from oneai.outbox")) == {"waiting"}


async def test_provider_events_are_removed_after_400_days_and_unused_ones_sooner(world: World) -> None:
    for event, state in (("1", "processed"), ("2", "parked"), ("3", "pending")):
        world.database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, received_at) "
            "values ('razorpay', %s, 'subscription.charged', 'it', %s, now())",
            *(event, state),
        )
    assert await run_retention(world, AGES.stored_events_days - 1) == {}
    assert await run_retention(world, 1) == {"provider_events_emptied": 1}
    assert await run_retention(world, AGES.unapplied_events_days - AGES.stored_events_days - 1) == {}
    assert await run_retention(world, 1) == {"provider_events_emptied": 1}
    assert world.database.rows("select event_id, body, state from oneai.provider_events order by 1") == [
        ("1", b"it", "processed"),
        ("2", b"", "processed"),
        ("3", b"", "processed"),
    ]
    assert await run_retention(world, AGES.provider_events_days - AGES.unapplied_events_days - 1) == {}
    assert await run_retention(world, 1) == {"provider_events": 3}


async def test_reservations_are_kept_as_long_as_quotas_are_computed_from_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETTLED_RESERVATIONS_DAYS", "365")
    settings.reset_cache()
    with pytest.raises(SettingsError, match="less than 366 days"):
        await accounts.remove_what_is_over()


async def test_a_refund_of_a_yearly_plan_counts_all_usage_of_the_year(world: World) -> None:
    asha, database = world.people["asha"], world.database
    paid_at = now(database)
    database.rows(
        """
        with held as (
          insert into oneai.reservations
            (id, workspace_id, user_id, held_until, settled_at, subscription_tier, model_asked, price_version,
              spend_day, created_at)
          values (gen_random_uuid(), %s, %s, oneai.now(), oneai.now(), 'pro', 'm', 'v1', oneai.today(), oneai.now())
          returning id)
        insert into oneai.reservation_lines (reservation_id, quota_key, window_start, held, settled)
        select id, 'large_messages', oneai.now(), 1200, 1200 from held
        """,
        *(asha, asha),
    )
    for _ in range(3):
        await run_retention(world, 100)

    spans = json.dumps([{"tier": "pro", "since": paid_at.isoformat(), "until": now(database).isoformat()}])
    by_key = database.one("select oneai.quota_usage(%s, %s) -> 0", asha, spans)
    assert {each["key"]: each["used"] for each in by_key}["large_messages"] == 1200


async def test_rolled_up_usage_is_removed_after_two_years_and_its_sums_are_kept(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    for days in (900, 732, 731.5, 729, 100, 0):
        insert_usage_event(world.database, asha, days)
    insert_usage_event(world.database, ravi, 800)
    assert await run_retention(world) == {}  # nothing is added up
    roll_up(world.database)
    insert_usage_event(world.database, asha, 801)
    sums = list_rollups(world.database)

    assert await run_retention(world) == {"usage_events": 4}
    assert await run_retention(world) == {}

    assert len(world.database.rows("select id from oneai.usage_events")) == 4
    assert list_rollups(world.database) == sums
    roll_up(world.database)
    assert await run_retention(world) == {"usage_events": 1}
    sums = list_rollups(world.database)
    assert len(sums) == 8
    world.database.rows("select oneai.rebuild_rollups()")
    roll_up(world.database)
    assert list_rollups(world.database) == sums


async def test_rebuilding_sums_while_events_are_removed_neither_loses_nor_doubles(world: World) -> None:
    for days in range(700, 760):
        insert_usage_event(world.database, world.people["asha"], days)
    roll_up(world.database)
    sums = list_rollups(world.database)

    async def adding_up() -> None:
        for _ in range(5):
            await db.call("select oneai.rebuild_rollups()", [])
            await db.call("select oneai.roll_up_usage(20)", [])
            await db.call("select oneai.roll_up_usage(100)", [])

    await asyncio.gather(adding_up(), *(accounts.remove_what_is_over() for _ in range(4)))

    roll_up(world.database)
    assert list_rollups(world.database) == sums
    await accounts.remove_what_is_over()
    assert len(world.database.rows("select id from oneai.usage_events")) in (30, 31)


async def test_a_longer_retention_does_not_move_the_horizon_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    insert_usage_event(world.database, world.people["asha"], 800)
    roll_up(world.database)
    await run_retention(world)
    kept_from = world.database.one("select kept_from from oneai.usage_retention")
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "3650")
    settings.reset_cache()
    assert await run_retention(world) == {}
    assert world.database.one("select kept_from from oneai.usage_retention") == kept_from


async def test_addresses_that_visitors_never_confirmed_are_removed_after_a_week(world: World) -> None:
    database = world.database
    chatbot = insert_chatbot(database, world.people["asha"])
    confirmed, unconfirmed = (insert_talk(database, chatbot) for _ in range(2))
    for talk, address in ((confirmed, "asha@mail.example"), (unconfirmed, "ravi@mail.example")):
        insert_mail_address(database, talk, address)
    confirm = "update oneai.visitor_mail_addresses set confirmed_at = asked_at where conversation_id = %s"
    database.rows(confirm, confirmed)

    assert await run_retention(world, 6) == {"inbox_changes": 2}
    assert await run_retention(world, 1) == {"unconfirmed_mail_addresses": 1}
    assert database.rows("select conversation_id::text from oneai.visitor_mail_addresses") == [confirmed]


async def test_mail_to_visitors_is_counted_for_31_days(world: World) -> None:
    take = "select oneai.take_visitor_mail(%s, sha256('one'), 'messages')"
    world.database.rows("update oneai.workspaces set subscription_tier = 'pro' where id = %s", world.people["asha"])
    assert world.database.one(take, world.people["asha"])

    # Of the mails of thirty days one in a hundred may come back.
    assert await run_retention(world, 30) == {}
    assert await run_retention(world, 1) == {"visitor_mails": 1}


async def test_visitors_are_forgotten_once_the_days_of_their_chatbot_are_over(world: World) -> None:
    website = Website.of(world)
    asked = await website.ask(await website.visitor())
    assert asked.last["state"] == "complete"
    insert_mail_address(world.database, asked.start["conversation_id"], "me@mail.example")
    world.database.rows("update oneai.visitor_mail_addresses set confirmed_at = asked_at")
    lead = await website.post(await website.visitor(), "leads", {"email": "me@example.com"})
    assert lead.status_code == 201

    # A question and two sessions; the limit of leads needs theirs for a day.
    assert await run_retention(world, 0.5) == {"visitor_requests": 3}
    assert await run_retention(world, 28) == {"visitor_requests": 1, "inbox_changes": 3}
    days = "update oneai.chatbots set retention_days = 30 where id = %s and retention_days = 365 returning id"
    assert world.database.rows(days, website.chatbot)
    assert await run_retention(world, 1) == {}
    # Who has an answer that is not settled is waited for.
    settle = "update oneai.reservations set settled_at = %s where chatbot_id = %s"
    settled = world.database.one("select settled_at from oneai.reservations where chatbot_id = %s", website.chatbot)
    world.database.rows(settle, None, website.chatbot)
    assert await run_retention(world, 0.5) == {"visitors": 1}
    world.database.rows(settle, settled, website.chatbot)
    assert await run_retention(world) == {"visitor_conversations": 1, "visitors": 1}
    assert world.database.rows("select id from oneai.chatbot_leads") == []
    assert world.database.rows("select id from oneai.conversations") == []
    assert world.database.rows("select email from oneai.visitor_mail_addresses") == []
    # What it cost stays.
    assert world.database.one("select count(*) from oneai.usage_events where chatbot_id = %s", website.chatbot) == 1
    assert await run_retention(world, AGES.chatbot_budgets_days - 30) == {
        "reservations": 1,
        "inbox_changes": 1,
        "workspace_events": 2,
        "chatbot_budgets": 6,
    }
