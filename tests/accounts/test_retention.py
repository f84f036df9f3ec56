"""What is over goes after its stated time and not a day sooner; what is not over stays."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from local import template
from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from oneai import accounts, db, settings
from oneai.accounts import retention
from oneai.errors import InternalError, OneAIError
from oneai.settings import SettingsError
from tests.database.money import now, payment, subscription
from tests.database.rows import everything, holding
from tests.talks import conversation
from tests.world import Database, World

A_DAY = 24 * 3600
AGES = accounts.Ages()
NOTHING = dict.fromkeys(
    (
        *("shares", "taken_down_shares", "exports", "imports", "uploads", "reservations", "alerts", "usage_events"),
        *("mails", "conversations", "provider_events", "provider_events_emptied"),
    ),
    0,
)


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


async def ran(world: World, days: float = 0) -> dict[str, int]:
    """What a run removes so many days later, as far as it is anything."""
    world.database.advance(days * A_DAY)
    done = await accounts.remove_what_is_over()
    assert done.keys() == NOTHING.keys()
    return {kind: count for kind, count in done.items() if count}


async def test_links_go_a_month_after_they_were_closed_and_reports_of_them_with_them(world: World) -> None:
    forever = shares(world)
    shares(world, expires="-1 hour")
    shares(world, revoked="-1 hour")
    shares(world, expires="10 days", revoked="-1 hour")
    later = shares(world, expires="10 days")
    taken_down = shares(world, revoked="-1 hour", taken_down="-1 hour")

    assert await ran(world, AGES.closed_shares_days - 1) == {}
    assert await ran(world, 1) == {"shares": 3}
    assert set(world.database.rows("select id from oneai.shares")) == {forever, later, taken_down}
    assert len(world.database.rows("select share_id from oneai.share_reports")) == 3
    assert await ran(world, 10) == {"shares": 1}
    assert await ran(world, AGES.taken_down_shares_days - AGES.closed_shares_days - 11) == {}
    assert await ran(world, 1) == {"taken_down_shares": 1}
    assert world.database.rows("select id from oneai.shares") == [forever]
    # The conversations themselves are nobody's but their owner's to delete.
    assert len(world.database.rows("select id from oneai.conversations")) == 6


async def test_exports_and_imports_go_a_month_after_they_ended_and_those_that_wait_stay(world: World) -> None:
    asha = world.people["asha"]
    for state in ("queued", "running", "done", "failed", "expired"):
        world.database.rows(
            "insert into oneai.exports (user_id, format, state, conversation_id) values (%s, 'json', %s, %s)",
            *(asha, state, uuid4()),
        )
    for state in ("queued", "running", "done", "failed"):
        world.database.rows(
            "insert into oneai.imports (user_id, upload_id, state, ended_at) "
            "values (%s, %s, %s, case when %s in ('done', 'failed') then now() + interval '1 day' end)",
            *(asha, uuid4(), state, state),
        )

    assert await ran(world, AGES.finished_transfers_days - 1) == {}
    assert await ran(world, 1) == {"exports": 2}
    assert await ran(world, 1) == {"imports": 2}
    # Until its file has expired a finished one is of use.
    assert set(world.database.rows("select state from oneai.exports")) == {"queued", "running", "done"}
    assert set(world.database.rows("select state from oneai.imports")) == {"queued", "running"}


async def test_what_is_temporary_goes_also_where_its_own_job_did_not_come(world: World) -> None:
    world.database.rows(
        "insert into oneai.uploads (id, user_id, name, media_type, size, expires_at) "
        "values (%s, %s, 'a', 'image/png', 1, now() + interval '1 day')",
        *(uuid4(), world.people["asha"]),
    )
    await world.ask(temporary=True)

    assert await ran(world, 1) == {"conversations": 1}
    assert await ran(world, 1) == {"uploads": 1}
    assert len(world.database.rows("select key from oneai.files_to_remove")) == 1


async def test_reservations_go_when_nobody_asks_for_them_any_more_and_open_ones_never(world: World) -> None:
    await world.ask()
    world.database.rows(
        "insert into oneai.reservations "
        "(id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day, created_at) "
        "values (%s, %s, now(), 'free', 'm', 'v1', oneai.today(), now() - interval '2 years')",
        *(uuid4(), world.people["asha"]),
    )
    assert await ran(world, AGES.settled_reservations_days - 1) == {}
    assert await ran(world, 1) == {"reservations": 1}
    assert world.database.rows("select settled_at from oneai.reservations") == [None]
    assert world.quota() == (1, 0)


async def test_alerts_go_half_a_year_after_somebody_has_seen_them(world: World) -> None:
    for subject in ("seen", "unseen"):
        world.database.rows("select oneai.raise_alert('signup_incomplete', %s, '{}')", subject)
    world.database.rows("update oneai.operator_alerts set acknowledged_at = now() where subject = 'seen'")
    assert await ran(world, AGES.acknowledged_alerts_days - 1) == {}
    assert await ran(world, 1) == {"alerts": 1}
    assert await ran(world, 3650) == {}
    assert world.database.rows("select subject from oneai.operator_alerts") == ["unseen"]


async def test_mail_goes_a_year_after_it_left_and_what_waits_stays(world: World) -> None:
    for cause, state in (("1", "sent"), ("2", "skipped"), ("3", "failed"), ("4", "unknown"), ("5", "waiting")):
        world.database.rows(
            "insert into oneai.outbox (user_id, kind, cause_key, data, state, settled_at) "
            "values (%s, 'welcome', %s, '{}', %s, case when %s <> 'waiting' then now() end)",
            *(world.people["asha"], cause, state, state),
        )
    assert await ran(world, AGES.settled_mails_days - 1) == {}
    assert await ran(world, 1) == {"mails": 4}
    assert set(world.database.rows("select state from oneai.outbox")) == {"waiting"}


async def test_what_the_payment_provider_sent_goes_after_400_days_and_what_led_to_nothing_sooner(world: World) -> None:
    for event, state in (("1", "applied"), ("2", "stored"), ("3", "unapplied")):
        world.database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, received_at) "
            "values ('razorpay', %s, 'subscription.charged', 'it', %s, now())",
            *(event, state),
        )
    assert await ran(world, AGES.stored_events_days - 1) == {}
    assert await ran(world, 1) == {"provider_events_emptied": 1}
    assert await ran(world, AGES.unapplied_events_days - AGES.stored_events_days - 1) == {}
    assert await ran(world, 1) == {"provider_events_emptied": 1}
    assert world.database.rows("select event_id, body, state from oneai.provider_events order by 1") == [
        ("1", b"it", "applied"),
        ("2", b"", "applied"),
        ("3", b"", "applied"),
    ]
    assert await ran(world, AGES.provider_events_days - AGES.unapplied_events_days - 1) == {}
    assert await ran(world, 1) == {"provider_events": 3}


async def test_reservations_are_kept_for_as_long_as_quotas_are_added_up_from_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETTLED_RESERVATIONS_DAYS", "365")
    settings.forget()
    with pytest.raises(SettingsError, match="less than 366 days"):
        await accounts.remove_what_is_over()


async def test_what_is_given_back_of_a_year_remembers_all_that_was_used_in_it(world: World) -> None:
    asha, database = world.people["asha"], world.database
    year = subscription(database, asha, period="yearly")
    paid = payment(database, asha, 1_200_000, of=year, period_start=now(database))
    database.rows(
        """
        with held as (
          insert into oneai.reservations
            (id, user_id, held_until, settled_at, subscription_tier, model_asked, price_version, spend_day, created_at)
          values (gen_random_uuid(), %s, oneai.now(), oneai.now(), 'pro', 'm', 'v1', oneai.today(), oneai.now())
          returning id)
        insert into oneai.reservation_lines (reservation_id, quota_key, window_start, unit, held, settled)
        select id, 'large_messages', oneai.now(), 'messages', 1200, 1200 from held
        """,
        asha,
    )
    for _ in range(3):
        await ran(world, 100)

    assert database.one("select oneai.refund_due(%s, oneai.now(), 100000)", paid) == 0


def used(database: Database, person: UUID, days_ago: float) -> None:
    """An event of so long ago."""
    database.rows(
        "insert into oneai.usage_events (user_id, created_at, purpose, outcome, subscription_tier, quota_key, charged, "
        "model_asked, cost_micro_usd, price_version) "
        "values (%s, oneai.now() - make_interval(secs => %s), 'answer', 'complete', 'free', 'small_messages', 1, "
        "'maker/small', 20, 'v1')",
        person,
        days_ago * A_DAY,
    )


def roll_up(database: Database) -> None:
    database.rows("select oneai.roll_up_usage(100000)")


def added_up(database: Database) -> list[Any]:
    return database.rows("select q::text from oneai.usage_quarters as q order by 1")


async def test_usage_goes_after_two_years_once_it_is_added_up_and_its_sums_stay(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    for days in (900, 732, 731.5, 729, 100, 0):
        used(world.database, asha, days)
    used(world.database, ravi, 800)
    assert await ran(world) == {}  # nothing is added up
    roll_up(world.database)
    used(world.database, asha, 801)
    sums = added_up(world.database)

    assert await ran(world) == {"usage_events": 4}
    assert await ran(world) == {}

    assert len(world.database.rows("select id from oneai.usage_events")) == 4
    assert added_up(world.database) == sums
    roll_up(world.database)
    assert await ran(world) == {"usage_events": 1}
    sums = added_up(world.database)
    assert len(sums) == 8
    world.database.rows("select oneai.rebuild_usage()")
    roll_up(world.database)
    assert added_up(world.database) == sums


async def test_sums_made_anew_while_events_go_lose_nothing_and_count_nothing_twice(world: World) -> None:
    for days in range(700, 760):
        used(world.database, world.people["asha"], days)
    roll_up(world.database)
    sums = added_up(world.database)

    async def adding_up() -> None:
        for _ in range(5):
            await db.call("select oneai.rebuild_usage()", [])
            await db.call("select oneai.roll_up_usage(20)", [])
            await db.call("select oneai.roll_up_usage(100)", [])

    await asyncio.gather(adding_up(), *(accounts.remove_what_is_over() for _ in range(4)))

    roll_up(world.database)
    assert added_up(world.database) == sums
    await accounts.remove_what_is_over()
    assert len(world.database.rows("select id from oneai.usage_events")) in (30, 31)


async def test_a_horizon_never_comes_back_when_more_is_to_be_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    used(world.database, world.people["asha"], 800)
    roll_up(world.database)
    await ran(world)
    kept_from = world.database.one("select kept_from from oneai.usage_horizon")
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "3650")
    settings.forget()
    assert await ran(world) == {}
    assert world.database.one("select kept_from from oneai.usage_horizon") == kept_from


def much_that_is_over(world: World, count: int) -> None:
    """So many of several kinds."""
    world.database.rows(
        """
        insert into oneai.reservations
          (id, user_id, held_until, settled_at, subscription_tier, model_asked, price_version, spend_day)
        select gen_random_uuid(), %s, now(), now() - interval '2 years', 'free', 'm', 'v1', oneai.today()
        from generate_series(1, %s)
        """,
        *(world.people["asha"], count),
    )
    world.database.rows(
        "insert into oneai.operator_alerts (kind, subject, acknowledged_at) "
        "select 'signup_incomplete', n::text, now() - interval '1 year' from generate_series(1, %s) as n",
        count,
    )
    for _ in range(count):
        used(world.database, world.people["asha"], 800)
    roll_up(world.database)


def left(world: World) -> list[int]:
    counts: list[int] = world.database.one(
        "select array[(select count(*) from oneai.reservations), (select count(*) from oneai.operator_alerts), "
        "(select count(*) from oneai.usage_events)]"
    )
    return counts


async def test_runs_at_once_remove_each_thing_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    much_that_is_over(world, 60)
    runs = await asyncio.gather(*(accounts.remove_what_is_over() for _ in range(4)))
    # A run whose batch others had locked ends early: the next night does the rest, here another run.
    last = await accounts.remove_what_is_over()
    for kind in ("reservations", "alerts", "usage_events"):
        assert sum(each[kind] for each in (*runs, last)) == 60, kind
    assert left(world) == [0, 0, 0]


async def test_a_run_that_dies_between_any_two_statements_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    much_that_is_over(world, 10)
    sums, others = added_up(world.database), everything(world.database)["usage_quotas"]
    after = 0
    while True:
        with monkeypatch.context() as patched:
            dying(after, patched)
            try:
                await accounts.remove_what_is_over()
            except Killed:
                after += 1
                continue
        break
    assert after > 8
    assert left(world) == [0, 0, 0]
    assert added_up(world.database) == sums
    assert everything(world.database)["usage_quotas"] == others


class Killed(BaseException):
    """What no `except` of ours catches."""


def dying(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the process die at its statement number `after`."""
    statements = 0

    def counted(statement: Callable[..., Any]) -> Callable[..., Any]:
        async def stepped(*args: Any, **kwargs: Any) -> Any:
            nonlocal statements
            if statements == after:
                raise Killed
            statements += 1
            return await statement(*args, **kwargs)

        return stepped

    for name in ("as_service", "work"):
        monkeypatch.setattr(db, name, counted(getattr(db, name)))


async def test_rows_that_somebody_is_using_are_passed_over(world: World) -> None:
    much_that_is_over(world, 3)
    async with holding(world.database, "select from oneai.reservations for update"):
        assert await ran(world) == {"alerts": 3, "usage_events": 3}
    assert await ran(world) == {"reservations": 3}


async def test_a_kind_that_cannot_be_removed_keeps_no_other_and_is_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    much_that_is_over(world, 2)

    async def broken(*_: Any, **__: Any) -> None:
        raise InternalError

    as_service = db.as_service

    async def sometimes(query: Any, *args: Any) -> Any:
        return await (broken() if "oneai.reservations" in query else as_service(query, *args))

    monkeypatch.setattr(db, "as_service", sometimes)
    with pytest.raises(OneAIError):
        await accounts.remove_what_is_over()
    assert left(world) == [2, 0, 0]


async def test_a_run_without_time_takes_one_step_of_nothing(world: World) -> None:
    much_that_is_over(world, 2)
    assert (await accounts.remove_what_is_over(0))["alerts"] == 0
    assert left(world) == [2, 2, 2]


async def test_an_age_of_less_than_a_day_is_refused_before_anything_goes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    much_that_is_over(world, 2)
    monkeypatch.setenv("USAGE_EVENTS_DAYS", "0")
    settings.forget()
    with pytest.raises(SettingsError, match="USAGE_EVENTS_DAYS"):
        await accounts.remove_what_is_over()
    assert left(world) == [2, 2, 2]


async def test_the_function_runs_as_lambda_starts_it(world: World, tmp_path: Any) -> None:
    much_that_is_over(world, 2)
    function = template.read(REPOSITORY / "template.yaml").function("retention")
    assert function is not None
    outcome = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(
        function, (REPOSITORY / "events/retention/every_night.json").read_text()
    )
    assert outcome.status == "succeeded"
    assert outcome.output == NOTHING | {"reservations": 2, "alerts": 2, "usage_events": 2}
