"""A period that is paid ahead and has not started when its plan ends early is returned whole, like the rest of the one
before it."""

import pytest

from tests.billing.projection.builders import day, ours
from tests.billing.projection.prepaid_life import Life

VA, WALLET = "bank_transfer", "gopay"


@pytest.fixture
def life() -> Life:
    """A month of Pro by a wallet, and on its twentieth day the next one by virtual account."""
    life = Life()
    life.open()
    life.paid("a", 0, method=WALLET)
    life.paid("a", 20, method=VA)
    return life


def refunded(life: Life, at: float) -> list[tuple[str, int | None]]:
    """Reason and amount of each refund."""
    return [(each.reason, each.amount) for each in life.stand(at).operations if each.kind == "refund"]


def test_it_becomes_time_of_the_plan_that_follows_in_any_order(life: Life) -> None:
    life.used = {"large_messages": 60}
    life.open("b", "large", at=21, replaces="a")
    life.paid("b", 21, method=VA)

    for known in (life.observations, life.observations[::-1]):
        state = life.stand(22, known)
        # 99,000 buy a quarter of thirty days at 396,000. Nothing can be used of what has not started.
        assert state.summaries[ours("b")].period_end == day(21 + 30 + 7.5)
        assert [(each.reason, each.amount) for each in state.operations] == [("replaced", 99_000 * 9 // 30)]


def test_a_wallet_gets_all_of_it_and_the_rest_of_the_month_back() -> None:
    life = Life()
    life.open()
    life.paid("a", 0, method=WALLET)
    life.paid("a", 3, method=WALLET)
    life.change("a", access_ends_at=day(5), ended_by_user=True)

    assert sorted(refunded(life, 5)) == [("requested", 99_000 * 25 // 30), ("requested", 99_000)]
    assert life.stand(40).tier == "free"


def test_it_is_refunded_after_the_refund_days_until_it_begins() -> None:
    for ends, amounts in ((29, [99_000]), (31, [])):
        life = Life()
        life.open()
        life.paid("a", 0, method=WALLET)
        life.paid("a", 20, method=WALLET)
        life.change("a", access_ends_at=day(ends), ended_by_user=True)
        assert [amount for _, amount in refunded(life, ends)] == amounts


def test_its_user_can_have_credits_for_it(life: Life) -> None:
    life.change("a", access_ends_at=day(21), ended_by_user=True, rest_as_credits=True)

    assert [(each.amount, each.reversed) for each in life.stand(22).returned_credits] == [(99_000, False)]
    assert refunded(life, 22) == []


def test_without_credits_or_a_plan_operators_send_it_back(life: Life) -> None:
    life.change("a", access_ends_at=day(21), ended_by_user=True)

    (refund,) = life.stand(22).operations
    assert (refund.reason, refund.rejection, refund.amount) == ("unexpected_charge", "subscription_ended", 99_000)
    assert life.stand(22).returned_credits == ()


def test_an_account_that_is_closed_gets_it_back(life: Life) -> None:
    life.change("a", access_ends_at=day(21), account_closed_at=day(21))

    assert refunded(life, 22) == [("unexpected_charge", 99_000)]


def test_two_plans_that_one_plan_replaces_give_their_time_at_one_price(life: Life) -> None:
    life.open("year", "year", at=21, replaces="a", start_at=day(60))
    life.paid("year", 21, method=VA)
    life.open("b", "large", at=22, replaces="a")
    life.paid("b", 22, method=VA)

    # (99,000 + 990,000) rupiah at 396,000 for thirty days.
    assert life.stand(23).summaries[ours("b")].period_end == day(22 + 30 + 82.5)


def test_its_refund_does_not_lower_that_of_the_plan_that_followed() -> None:
    life = Life()
    life.open()
    life.paid("a", 0, method=WALLET)
    life.paid("a", 1, method=WALLET)
    life.open("b", "large", at=15, replaces="a")
    life.paid("b", 15, method=WALLET)
    life.change("b", access_ends_at=day(18), ended_by_user=True)

    # Half of the first month was refunded with the change, and is deducted once.
    kept = 99_000 // 2
    assert sorted(amount or 0 for _, amount in refunded(life, 18)) == [kept, 99_000, 396_000 * 27 // 30 - kept]
