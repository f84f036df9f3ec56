"""What becomes of members where the number of seats falls, and of a charge that waits for the payer's yes."""

import asyncio
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest

from oneai.billing import reconcile_subscriptions
from tests.billing.subscriptions.buyers import PRICE, Buyers
from tests.billing.without_webhooks import DAY, set_outcome
from tests.patience import PATIENCE

ENQUEUE: LiteralString = "select oneai.enqueue_subscription_mail(2, interval '5 minutes', interval '3 days')"
ASK: LiteralString = "select oneai.require_active_user(%s, %s, false)"


def add_member(buyers: Buyers, role: str = "member") -> UUID:
    """A newcomer who has joined the team a second after the last one."""
    buyers.world.database.advance(1)
    user = buyers.world.people[buyers.world.newcomer()]
    buyers.world.database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role, joined_at) values (%s, %s, %s, oneai.now())",
        *(user, buyers.team, role),
    )
    return user


def may_ask(buyers: Buyers, user: UUID) -> bool:
    """Whether the team's plan admits a question of this member; False for `no_seat_left`."""
    try:
        buyers.world.database.rows(ASK, user, buyers.team)
    except psycopg.DatabaseError as error:
        if "no_seat_left" in str(error):
            return False
        raise
    return True


async def invite(buyers: Buyers, email: str) -> int:
    """The status of an invitation to be a member."""
    return (await buyers.send("POST", "/team/invite", {"email": email, "role": "member"})).status_code


async def test_seats_that_end_with_the_period_cannot_be_filled_any_more(buyers: Buyers) -> None:
    await buyers.subscribe()
    add_member(buyers)
    viewer = add_member(buyers, "viewer")
    await buyers.authorize((await buyers.change(seats=3)).json())

    sent = await asyncio.wait_for(
        asyncio.gather(*(invite(buyers, f"{number}@example.com") for number in range(3))), PATIENCE
    )
    raised = await buyers.send("PUT", f"/team/members/{viewer}", {"role": "member"})

    assert sorted(sent) == [201, 409, 409]
    assert (raised.status_code, raised.json()["error"]["code"]) == (409, "no_seat_left")
    assert buyers.seats == 5
    buyers.world.database.advance(31 * DAY)
    await reconcile_subscriptions()
    assert buyers.seats == 3
    assert may_ask(buyers, buyers.world.people["asha"])


async def test_members_beyond_the_seats_ask_nothing_until_one_is_free(buyers: Buyers) -> None:
    await buyers.subscribe(seats=2)
    await buyers.pay_order((await buyers.change(seats=4)).json()["seat_order"])
    second, third, fourth = (add_member(buyers) for _ in range(3))
    assert all(may_ask(buyers, each) for each in (second, third, fourth))

    buyers.world.database.advance(31 * DAY)
    await reconcile_subscriptions()

    assert buyers.seats == 2
    owner = buyers.world.people["asha"]
    assert [may_ask(buyers, each) for each in (owner, second, third, fourth)] == [True, True, False, False]
    buyers.world.database.rows(ENQUEUE)
    buyers.world.database.rows(ENQUEUE)
    (mail,) = buyers.world.database.rows("select data from oneai.outbox where kind = 'seats_ending'")
    assert (mail["seats"], mail["taken"], len(mail["members"])) == (2, 4, 2)
    buyers.world.database.rows("delete from oneai.workspace_members where user_id = %s", second)
    assert [may_ask(buyers, each) for each in (third, fourth)] == [True, False]


async def test_a_role_that_fell_meanwhile_buys_nothing(buyers: Buyers) -> None:
    member = add_member(buyers)
    await buyers.subscribe()
    database = buyers.world.database
    terms = "jsonb_build_object('kinds', array['team'], 'seats', 5, 'confirmed', false, 'minutes', 60)"
    for statement in (
        f"select oneai.start_checkout(%s, %s, {terms})",
        f"select oneai.start_seat_order(%s, %s, {terms})",
        "select oneai.may_change_to(%s, %s, false, 'razorpay', 'x', 'team', 'monthly', 'INR', 1)",
    ):
        with pytest.raises(psycopg.DatabaseError, match="role_insufficient"):
            database.rows(statement, member, buyers.team)


async def test_a_charge_that_waits_for_a_yes_is_mailed_once_to_owner_and_billing_address(buyers: Buyers) -> None:
    database = buyers.world.database
    checkout = dict(await buyers.subscribe(seats=22))
    database.rows("update oneai.workspaces set billing_email = 'books@example.com' where id = %s", buyers.team)
    await set_outcome(buyers.world, checkout, "fail")
    for days in (31, 1):
        database.advance(days * DAY)
        await buyers.world.razorpay.catch_up()
        await reconcile_subscriptions()

    found = await buyers.subscription()
    mails = database.rows("select data from oneai.outbox where kind = 'payment_reminder' order by cause_key")
    assert (found["status"], found["pay_url"]) == ("past_due", checkout["short_url"])
    assert [(each["amount"], each["waits_for_yes"], each["pay_url"]) for each in mails] == [
        (22 * PRICE, True, checkout["short_url"])
    ] * 2
    addresses = database.rows(
        "select (oneai.mail_recipient(o)).address from oneai.outbox as o where o.kind = 'payment_reminder'"
    )
    assert set(addresses) == {"asha@example.com", "books@example.com"}
    copies = database.one("select count(*) from oneai.outbox where data ? 'billing_of' and kind = 'payment_receipt'")
    assert copies == 0, "the receipt was sent before there was an address"
