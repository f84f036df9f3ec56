"""An erasure covers every table and folder of its user and of no other user, despite failures on the way."""

import asyncio
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest

from oneai import accounts
from oneai.clients import s3
from oneai.errors import PreconditionFailed
from oneai.postgres import db
from tests.accounts.full_account import create_full_account
from tests.accounts.rows_of_users import LEDGER, files_of, lost_rows, rows_naming, tables_without
from tests.database.rows import all_rows
from tests.ops.operators import CommandResult, command
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

A_MINUTE = 60
# Rows that stay: of payments as they are, of the others without a name.
STAYING = {
    *(
        "payments",
        "orders",
        "offers",
        "seat_orders",
        "credit_orders",
        "credit_blocks",
        "ledger_sealed_parts",
        "subscriptions",
        "subscription_history",
        "usage_events",
        "pending_cost_checks",
        "daily_spend",
    ),
    *("usage_rollups", "quota_stats", "daily_usage", "daily_latency", "daily_errors", "daily_active_users"),
    *("daily_ratings", "daily_users", "daily_revenue", "daily_mrr", "payment_revenue"),
    *("pending_revenue", "pending_user_changes"),
    *LEDGER,
    *("lifecycle_events", "refunds", "disputes", "trials", "provider_events", "provider_operations", "invoices"),
    "operator_alerts",  # of a model whose answer was broken off
    "audit_log",
}


def delete_sign_in(world: World, user: UUID) -> None:
    """Deletes the sign-in as Supabase does."""
    world.database.rows("delete from auth.users where id = %s", user)


async def forget(world: World, user: UUID) -> None:
    """All three steps."""
    await accounts.close_account(user)
    delete_sign_in(world, user)
    await accounts.erase(user)


async def test_an_erased_user_appears_in_payments_alone_and_others_are_unchanged(world: World) -> None:
    ravi = world.people["ravi"]
    await create_full_account(world, "ravi")
    strangers = all_rows(world.database)
    leaving = world.newcomer()
    asha = world.people[leaving]
    await create_full_account(world, leaving)
    world.database.advance(A_MINUTE)
    assert tables_without(world.database, asha) == tables_without(world.database, ravi) == set()

    await forget(world, asha)

    assert rows_naming(world.database, asha).keys() == {"payments", *LEDGER}
    assert world.database.rows("select id from auth.users where id = %s", asha) == []
    assert (await files_of(asha), await files_of(ravi)) == (0, 8)
    after = all_rows(world.database)
    assert lost_rows(strangers, after) == {}
    assert {table for table in after if len(after[table]) > len(strangers[table])} <= STAYING


async def test_costs_and_payments_of_an_erased_user_are_kept(world: World) -> None:
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    world.database.advance(A_MINUTE)
    spent = "select sum(settled_micro_usd)::bigint, sum(held_micro_usd)::bigint from oneai.daily_spend"
    (before, _) = world.database.one(spent)

    await forget(world, asha)

    events = world.database.rows(
        "select outcome, user_id, conversation_id, cost_micro_usd > 0 from oneai.usage_events order by id"
    )
    # The answer whose process had died was settled on the way.
    assert events == [("complete", None, None, True), ("truncated", None, None, True)]
    (settled, held) = world.database.one(spent)
    assert (settled > before, held) == (True, 0)
    assert world.database.rows("select workspace_id, plan_id, metadata from oneai.subscriptions") == [(None, "pro", {})]
    assert world.database.rows("select workspace_id, new_tier, metadata from oneai.subscription_history") == [
        (None, "pro", {})
    ]
    paid = world.database.one("select workspace_id, amount, subscription_id is not null from oneai.payments")
    assert paid == (asha, 49900, True)


async def test_invoices_are_kept_as_required_by_law_and_other_billing_data_is_erased(world: World) -> None:
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    world.database.advance(A_MINUTE)

    await forget(world, asha)

    rows = world.database.rows
    assert rows("select workspace_id, total, buyer ->> 'legal_name' from oneai.invoices") == [(None, 49900, "Asha Rao")]
    assert rows("select legal_name from oneai.billing_details") == []
    assert rows("select mandate_instrument_hash from oneai.subscriptions") == [None]
    assert rows("select cancel_reason, snapshot ? 'short_url' from oneai.subscriptions") == [(None, False)]
    assert rows("select event_id is not null, body, state from oneai.provider_events") == [(True, b"", "processed")] * 2
    ((whose, card),) = rows("select user_id, instrument_hash from oneai.trials")
    assert (whose != asha, card) == (True, f"card of {asha}"[:26].encode())


async def test_a_provider_event_after_the_erasure_loses_its_body_once_processed(world: World) -> None:
    await create_full_account(world, "asha")
    await create_full_account(world, "ravi")
    ref = str(world.people["asha"])[:18]
    world.database.advance(A_MINUTE)
    await forget(world, world.people["asha"])
    for name, state in (("late", "processed"), ("poison", "pending")):
        world.database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, subscription_ref) "
            "values ('razorpay', %s, 'subscription.cancelled', 'Asha', %s, %s)",
            *(name, state, f"sub_{ref}"),
        )

    assert (await accounts.remove_what_is_over())["provider_events_emptied"] == 1

    query = "select event_id from oneai.provider_events where body <> '' and subscription_ref = %s"
    assert world.database.rows(query, f"sub_{ref}") == ["poison"]
    ravis = str(world.people["ravi"])[:18]
    assert len(world.database.rows(query, f"sub_{ravis}")) == 1


async def test_usage_totals_are_unchanged_and_name_no_erased_user(world: World) -> None:
    sums = (
        "select quarter_hour, model, sum(messages), sum(prompt_tokens), sum(cost_micro_usd) from oneai.usage_now "
        "where workspace_id <> %s group by 1, 2 order by 1, 2"
    )
    leaving = world.newcomer()
    for who in (leaving, "ravi", leaving):
        await world.ask("Rain", who)
        world.database.rows("select oneai.roll_up_usage(1000)")
    await world.ask("And snow", leaving)  # is not added up yet
    everybodys = world.database.rows(sums, uuid4())
    ravis = "select * from oneai.usage_rollups where user_id = %s"
    before = world.database.rows(ravis, world.people["ravi"])

    await forget(world, world.people[leaving])

    assert world.database.rows(sums, uuid4()) == everybodys
    assert world.database.rows(ravis, world.people["ravi"]) == before
    world.database.rows("select oneai.rebuild_rollups()")
    world.database.rows("select oneai.roll_up_usage(1000)")
    assert world.database.rows(sums, uuid4()) == everybodys
    assert rows_naming(world.database, world.people[leaving]) == {}


async def test_an_answer_being_written_is_stopped_and_charged_before_the_erasure(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        for _ in range(3):
            await answer.next()
        closing = asyncio.create_task(accounts.close_account(world.people["asha"]))
        await answer.to_the_end()
        await closing
    assert answer.result.last["state"] == "stopped"
    refused = await world.ask()
    assert (refused.status, refused.code) == (403, "account_suspended")

    delete_sign_in(world, world.people["asha"])
    await accounts.erase(world.people["asha"])

    assert rows_naming(world.database, world.people["asha"]) == {}
    assert world.database.rows("select outcome, charged from oneai.usage_events") == [("stopped", 1)]
    refused = await world.ask()
    assert (refused.status, refused.code) == (401, "unauthenticated")
    assert rows_naming(world.database, world.people["asha"]) == {}


async def test_an_answer_that_does_not_stop_is_settled_without_its_user(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("oneai.accounts.closing"), "STOP_SECONDS", 0)
    asha = world.people["asha"]
    async with world.asking(model="local/slow") as answer:
        for _ in range(3):
            await answer.next()
        await forget(world, asha)
        await answer.to_the_end()

    assert rows_naming(world.database, asha) == {}
    assert world.database.rows("select user_id, outcome, charged from oneai.usage_events") == [(None, "stopped", 1)]
    assert world.database.one("select sum(held_micro_usd)::bigint from oneai.daily_spend") == 0


async def test_the_stream_of_an_answer_that_was_erased_ends(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        await answer.next()
        for table in ("reservations", "conversations"):
            world.database.rows(f"delete from oneai.{table}")  # noqa: S608  # as erasing does
        await answer.to_the_end()

    assert answer.result.last["state"] == "stopped"


async def test_a_user_with_a_sign_in_is_not_erased_and_keeps_their_files(world: World) -> None:
    await create_full_account(world, "asha")
    with pytest.raises(PreconditionFailed):
        await accounts.erase(world.people["asha"])
    assert await files_of(world.people["asha"]) == 8


async def test_a_user_deleted_at_supabase_is_erased_too(world: World) -> None:
    # In Supabase's dashboard, say, and while an answer was being written.
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    delete_sign_in(world, asha)
    assert rows_naming(world.database, asha).keys() > {"payments", "usage_events", "reservations"}
    world.database.advance(A_MINUTE)

    await accounts.close_account(asha)
    await accounts.erase(asha)

    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
    assert await files_of(asha) == 0


async def test_a_second_erasure_or_an_unknown_user_changes_nothing(world: World) -> None:
    await create_full_account(world, "asha")
    await create_full_account(world, "ravi")
    world.database.advance(A_MINUTE)
    await forget(world, world.people["asha"])
    before = all_rows(world.database)

    await forget(world, world.people["asha"])
    await forget(world, uuid4())

    assert all_rows(world.database) == before


async def test_concurrent_erasures_of_one_user_happen_once(world: World) -> None:
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    world.database.advance(A_MINUTE)

    await asyncio.gather(*(accounts.close_account(asha) for _ in range(3)))
    delete_sign_in(world, asha)
    await asyncio.gather(*(accounts.erase(asha) for _ in range(3)))

    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
    assert len(world.database.rows("select id from oneai.usage_events")) == 2


class Killed(BaseException):
    """An exception that our code does not catch."""


def dying(after: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Lets the process die before its step number `after`; how many steps it has come."""
    steps = 0

    def counted(step: Callable[..., Any]) -> Callable[..., Any]:
        async def stepped(*args: Any, **kwargs: Any) -> Any:
            nonlocal steps
            if steps == after:
                raise Killed
            steps += 1
            return await step(*args, **kwargs)

        return stepped

    for door, name in ((db, "call"), (db, "call_long"), (s3, "delete_all")):
        monkeypatch.setattr(door, name, counted(getattr(door, name)))
    return lambda: steps


@pytest.mark.exhaustive
async def test_an_erasure_interrupted_at_any_point_is_completed_by_another_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_full_account(world, "ravi")
    after, done = 0, False
    while not done:
        who = world.newcomer()
        user = world.people[who]
        await create_full_account(world, who)
        world.database.advance(A_MINUTE)
        with monkeypatch.context() as patched:
            dying(after, patched)
            try:
                await forget(world, user)
                done = True
            except Killed:
                pass
        await forget(world, user)
        assert rows_naming(world.database, user).keys() - LEDGER == {"payments"}, after
        assert await files_of(user) == 0, after
        after += 1
    assert after > 7
    assert tables_without(world.database, world.people["ravi"]) == set()


async def make_erase(
    world: World, user: UUID, *arguments: str, typed: str = "", role: str = "postgres"
) -> CommandResult:
    """Runs the command of `make erase`."""
    url = world.database.url(role)
    return await command("erase", f"--id={user}", *arguments, typed=typed, DATABASE_URL=url, ONEAI_ENV_FILE=os.devnull)


async def test_an_operator_confirms_an_erasure_by_typing_the_id(world: World) -> None:
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    world.database.advance(A_MINUTE)
    before = all_rows(world.database)
    for typed in ("", "yes\n", f"{world.people['ravi']}\n"):
        unsure = await make_erase(world, asha, typed=typed)
        assert (unsure.returncode, unsure.stderr) == (1, "Nothing was erased.\n"), typed
    assert all_rows(world.database) == before

    went = await make_erase(world, asha, typed=f"{asha}\n")

    assert went.returncode == 0, went.stderr
    assert "asha@example.com" in went.stdout
    assert "1 conversation" in went.stdout
    assert went.stdout.endswith("Erased. Invoices and payments stay.\n")
    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
    again = await make_erase(world, asha, "--yes")
    assert (again.returncode, "is unknown or deleted" in again.stdout) == (0, True)


async def test_an_operator_without_the_admin_key_learns_where_to_delete_the_sign_in(world: World) -> None:
    asha = world.people["asha"]
    await create_full_account(world, "asha")
    world.database.advance(A_MINUTE)

    # The role that stands for Supabase's `postgres`, here without that right.
    went = await make_erase(world, asha, "--yes", role="migrator")

    assert went.returncode == 1
    assert "delete the user in Supabase's dashboard" in went.stderr
    assert world.database.one("select suspended_at is not null from oneai.users where id = %s", asha)
    delete_sign_in(world, asha)
    again = await make_erase(world, asha, "--yes", role="migrator")
    assert (again.returncode, again.stderr) == (0, "")
    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
