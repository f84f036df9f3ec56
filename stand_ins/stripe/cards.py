"""Test cards by their number, as Stripe documents them. Any other number is a card that pays."""

from dataclasses import dataclass
from typing import Literal

from stand_ins.payments.state import JsonObject, pseudo_id

OK = "4242424242424242"
# A bank account, whose debit takes three days.
BANK_ACCOUNT = "000123456789"

type Secure = Literal["never", "first", "always"]


@dataclass(frozen=True)
class Card:
    """What a card does. `declined`: the code of every charge, `later`: only of charges without its payer; `secure`:
    when its payer has to authenticate; `disputed`; `refund_fails`: days after it succeeded."""

    country: str = "US"
    declined: str | None = None
    later: str | None = None
    secure: Secure = "never"
    disputed: bool = False
    refund_fails: bool = False


CARDS = {
    OK: Card(),
    "4000000000000002": Card(declined="generic_decline"),
    "4000000000009995": Card(declined="insufficient_funds"),
    "4000000000000341": Card(later="generic_decline"),
    "4000002500003155": Card(secure="first"),
    "4000000000003220": Card(secure="always"),
    "4000000000000259": Card(disputed=True),
    "4000000000005126": Card(refund_fails=True),
    "4000003560000008": Card("IN"),
    "4000003600000006": Card("ID"),
}
# What the payment page offers, with the number first.
CHOICES = {
    OK: "Card that pays",
    "4000000000009995": "Card without enough money",
    "4000000000000341": "Card that pays now, and not later",
    "4000002500003155": "Card that asks its payer once (3-D Secure)",
    "4000000000003220": "Card that asks its payer every time (3-D Secure)",
    "4000003560000008": "Card issued in India",
    "4000003600000006": "Card issued in Indonesia",
    BANK_ACCOUNT: "Bank account (three days)",
}


def card_of(number: str) -> Card:
    """The card with this number."""
    return CARDS.get(number, Card())


def of_charge(number: str) -> JsonObject:
    """`payment_method_details` of a charge."""
    found = of_method(number)
    if found["type"] == "card":
        found["card"] |= {"network": "visa", "three_d_secure": None}
    return found


def of_method(number: str) -> JsonObject:
    """The part of a payment method that says what it is."""
    if number == BANK_ACCOUNT:
        account = {"bank_name": "STRIPE TEST BANK", "fingerprint": pseudo_id(number, 16), "last4": number[-4:]}
        return {"type": "us_bank_account", "us_bank_account": account}
    card = {
        "brand": "visa",
        "country": card_of(number).country,
        "exp_month": 12,
        "exp_year": 2030,
        "fingerprint": pseudo_id(f"card {number}", 16),
        "funding": "credit",
        "last4": number[-4:],
        "wallet": None,
    }
    return {"type": "card", "card": card}
