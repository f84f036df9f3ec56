"""One subscription takes another's place: when it does, what comes back of the other, and what stays as it was."""

import pytest

from tests.billing.standing.tellings import Life, day, ours


@pytest.fixture
def life() -> Life:
    """Somebody who pays for a month."""
    life = Life()
    life.open()
    life.charged("a", 0, 0, 30)
    return life


def test_a_later_refund_of_the_older_does_not_bring_the_newer_back(life: Life) -> None:
    life.open("b", at=10)
    life.charged("b", 10, 10, 40)
    life.refunded("pay_b10", 11)
    life.refunded("pay_a0", 12, amount=5_000)
    life.charged("a", 30, 30, 60)
    life.refunded("pay_a30", 32, amount=5_000)
    now = life.stand(33)
    assert (now.tier, now.status, now.subscription_id, now.calls) == ("pro", "active", ours("a"), ())
