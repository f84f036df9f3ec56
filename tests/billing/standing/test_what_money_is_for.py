"""What a payment is for: which plan, which period, and whether it is to be had at all."""

from tests.billing.standing.tellings import Life


def given_back(life: Life, at: float) -> list[tuple[str, str]]:
    """Payments that are to be given back, and why."""
    refs = {each.id: each.ref for each in life.known().payments.values()}
    calls = [each for each in life.stand(at).calls if each.kind == "refund"]
    return [(refs[each.payment_id], each.reason) for each in calls if each.payment_id is not None]


def discounted() -> Life:
    """Somebody who has an offer and pays less."""
    life = Life()
    life.open(offer_ref="offer_1")
    life.charged("a", 0, 0, 30, amount=39_900)
    return life


def test_of_two_discounted_payments_for_one_invoice_the_second_goes_back() -> None:
    life = discounted()
    life.charged("a", 0.01, 0, 30, amount=39_900, ref="pay_again")
    assert given_back(life, 1) == [("pay_again", "slipped_through")]
