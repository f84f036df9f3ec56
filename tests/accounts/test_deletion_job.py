"""The job deletes accounts after the grace period, despite failures on the way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from uuid import UUID

import pytest

from oneai import accounts, settings
from oneai.billing import reconcile_subscriptions
from oneai.conversations.archive import Owner
from oneai.errors import DeletionFinal
from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from tests.accounts.deleting import DAY, GRACE_DAYS, code, delete_user, end_of_grace, request_deletion
from tests.accounts.full_account import create_full_account
from tests.accounts.rows_of_users import LEDGER, files_of, rows_naming
from tests.accounts.test_erasing import Killed, dying
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    provider_subscriptions,
    refunds,
    save_billing_details,
    set_fault,
    subscribe,
)
from tests.conversations.archive.trees import insert_tree
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

HALF_AN_HOUR = 1800


@contextmanager
def with_secret_key(monkeypatch: pytest.MonkeyPatch, key: str = LOCAL_SECRET_KEY) -> Iterator[None]:
    """The job has this key of Supabase's admin API."""
    with monkeypatch.context() as patch:
        patch.setenv("SUPABASE_SECRET_KEY", key)
        settings.reset_cache()
        yield
    settings.reset_cache()


def alerts(world: World, kind: str) -> list[str]:
    """The subjects of the open alerts of this kind."""
    subjects: list[str] = world.database.rows(
        "select subject from oneai.operator_alerts where kind = %s and acknowledged_at is null", kind
    )
    return subjects


async def test_only_what_the_law_requires_remains_after_the_grace_period(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    await create_full_account(world, "asha")
    await create_full_account(world, "ravi")
    world.database.rows("delete from oneai.account_deletions")
    await request_deletion(world)

    with with_secret_key(monkeypatch):
        assert await accounts.delete_due_accounts(600) == {"deleted": 0, "waiting": 0, "failed": 0}
        assert await end_of_grace(world) == {"deleted": 1, "waiting": 0, "failed": 0}

    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
    assert (await files_of(asha), await files_of(ravi)) == (0, 8)
    assert (await world.ask("Still there?")).code == "unauthenticated"
    assert (await world.get("/conversations", "ravi")).status_code == 200


@pytest.mark.parametrize("key", ["", "sb_secret_of_somebody_else"])
async def test_operators_are_alerted_whom_to_delete_when_the_admin_key_is_missing(
    key: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = world.people["asha"]
    await world.ask("Rain")
    await request_deletion(world)

    with with_secret_key(monkeypatch, key):
        assert await end_of_grace(world) == {"deleted": 0, "waiting": 1, "failed": 0}
        assert alerts(world, "sign_in_not_deleted") == [str(asha)]
        assert world.database.one("select count(*) from oneai.conversations") == 0
        # An operator deletes the sign-in in Supabase's dashboard.
        world.database.rows("delete from auth.users where id = %s", asha)
        assert (await accounts.delete_due_accounts(600))["deleted"] == 0
        world.database.advance(HALF_AN_HOUR)
        assert (await accounts.delete_due_accounts(600))["deleted"] == 1

    assert rows_naming(world.database, asha) == {}


async def test_a_running_subscription_ends_with_the_refund_of_a_cancellation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUND_DAYS", "30")
    settings.reset_cache()
    await subscribe(world)
    await request_deletion(world)

    with with_secret_key(monkeypatch):
        assert (await end_of_grace(world))["deleted"] == 1

    (subscription,) = await provider_subscriptions(world)
    assert subscription["status"] == "cancelled"
    (refund,) = await refunds(world)
    paid = world.database.one("select amount from oneai.payments")
    assert 0 < refund < paid
    assert rows_naming(world.database, world.people["asha"]).keys() - LEDGER == {"payments"}


async def test_a_provider_outage_delays_only_the_deletion_of_paying_users(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = world.people["asha"]
    await subscribe(world)
    await world.ask("Rain")
    await request_deletion(world)
    world.database.advance(5)
    await request_deletion(world, "ravi")

    with with_secret_key(monkeypatch):
        await set_fault(world, "away")
        assert await end_of_grace(world) == {"deleted": 1, "waiting": 0, "failed": 1}
        assert alerts(world, "account_deletion_failed") == [str(asha)]
        assert world.database.one("select count(*) from oneai.conversations") == 1
        with pytest.raises(DeletionFinal):
            await accounts.restore_account(Owner(asha))

        await set_fault(world, None)
        world.database.advance(HALF_AN_HOUR)
        assert (await accounts.delete_due_accounts(600))["deleted"] == 1

    assert rows_naming(world.database, asha).keys() - LEDGER == {"payments"}
    assert alerts(world, "account_deletion_failed") == []


async def test_a_payment_during_the_deletion_is_refunded(world: World) -> None:
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    await request_deletion(world)
    await world.check_out(checkout["short_url"])

    for _ in range(3):
        await reconcile_subscriptions()
        world.database.advance(600)

    (paid,) = world.database.rows("select amount from oneai.payments where captured_at is not null")
    assert await refunds(world) == [paid]


async def test_nothing_is_charged_during_the_grace_period(world: World) -> None:
    await subscribe(world)
    advance_days(world, 25)
    await request_deletion(world)

    for _ in range(13):
        advance_days(world, 1)
        await world.razorpay.catch_up()
        await reconcile_subscriptions()

    assert world.database.one("select count(*) from oneai.payments") == 1


async def test_concurrent_runs_and_a_restore_have_one_outcome(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asha = world.people["asha"]
    await request_deletion(world)
    world.database.advance(GRACE_DAYS * DAY - 0.2)

    with with_secret_key(monkeypatch):
        restored = asyncio.create_task(_restored(asha))
        runs = await asyncio.gather(*(accounts.delete_due_accounts(600) for _ in range(3)))
        world.database.advance(5)
        runs.append(await accounts.delete_due_accounts(600))

    assert sum(run["deleted"] for run in runs) == (0 if await restored else 1)
    assert bool(world.database.rows("select id from auth.users where id = %s", asha)) == await restored


async def _restored(user_id: UUID) -> bool:
    """Whether the user was in time."""
    try:
        await accounts.restore_account(Owner(user_id))
    except DeletionFinal:
        return False
    return True


async def test_a_later_run_completes_a_deletion_interrupted_at_any_point(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_secret_key(monkeypatch):
        for after in count():
            who = world.newcomer()
            user_id = world.people[who]
            insert_tree(world, who, [(None, True), (0, True)])
            world.database.rows("select oneai.request_account_deletion(%s, 0)", user_id)
            died = False
            with monkeypatch.context() as patch:
                dying(after, patch)
                try:
                    await accounts.delete_due_accounts(600)
                except Killed:
                    died = True
            if not died:
                break
            world.database.advance(HALF_AN_HOUR)
            await accounts.delete_due_accounts(600)
            assert rows_naming(world.database, user_id) == {}, after
    assert after > 5
    assert world.database.rows("select user_id from oneai.account_deletions") == []


async def test_a_second_deletion_request_is_refused(world: World) -> None:
    deletes_at = await request_deletion(world)
    again = await delete_user(world)
    assert code(again) == (403, "account_deleting")
    assert again.json()["error"]["deletes_at"] == deletes_at
