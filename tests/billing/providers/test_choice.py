"""Which payment provider takes whose payments."""

from collections.abc import Collection

from oneai.billing.providers.choice import ANY, Rule, choose, parse
from tests.world import Database

ALL = ("midtrans", "razorpay", "stripe")


def test_the_default_rules_choose_by_country_and_currency(database: Database) -> None:
    rules = parse(database.one("select oneai.read_payment_provider_rules()"))
    expected: dict[tuple[str | None, str, Collection[str]], tuple[str, ...]] = {
        ("IN", "INR", ALL): ("razorpay",),
        ("ID", "IDR", ALL): ("midtrans",),
        ("US", "USD", ALL): ("stripe",),
        ("US", "USD", ("midtrans", "razorpay")): ("razorpay",),
        ("US", "INR", ALL): ("razorpay",),
        # Midtrans has no dollars, so its rule is as if it were not there.
        ("ID", "USD", ALL): ("stripe",),
        ("IN", "INR", ("stripe",)): ("stripe",),
        ("US", "EUR", ALL): (),
        ("IN", "INR", ()): (),
        (None, "INR", ALL): ("razorpay",),
        (None, "IDR", ALL): ("midtrans",),
        (None, "USD", ALL): ("stripe",),
    }

    assert {case: choose(rules, *case) for case in expected} == expected


def test_the_rule_of_a_country_counts_before_that_of_a_currency() -> None:
    rules = (
        Rule(ANY, ANY, ("razorpay",)),
        Rule(ANY, "USD", ("razorpay",)),
        Rule("US", ANY, ("stripe", "razorpay")),
        Rule("CA", "USD", ("razorpay", "stripe")),
    )

    assert choose(rules, "US", "USD", ALL) == ("stripe", "razorpay")
    assert choose(rules, "CA", "USD", ALL) == ("razorpay", "stripe")
    assert choose(rules, "DE", "USD", ALL) == ("razorpay",)


def test_a_provider_without_a_folder_or_keys_is_never_chosen() -> None:
    rules = (Rule(ANY, ANY, ("gone", "stripe"), ("razorpay",)),)

    assert choose(rules, "US", "USD", ALL) == ("stripe",)
    assert choose(rules, "US", "USD", ("razorpay",)) == ("razorpay",)
    assert choose((), "US", "USD", ALL) == ()
