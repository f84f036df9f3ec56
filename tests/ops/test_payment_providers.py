"""`make payment-providers`: which provider takes whose payments."""

from tests.ops.operators import command
from tests.world import Database

DEFAULT = [
    "any  any  stripe, otherwise razorpay",
    "any  IDR  midtrans",
    "any  INR  razorpay",
    "ID   any  midtrans",
    "IN   any  razorpay",
]


async def test_rules_are_listed_set_replaced_and_removed(database: Database) -> None:
    listed = await command("payment_providers", database=database)
    assert listed.stdout.splitlines() == DEFAULT

    for arguments in (
        ["set", "US", "USD", "stripe"],
        ["set", "US", "USD", "stripe,razorpay", "--reason=cards of Indians abroad"],
        ["set", "any", "USD", "razorpay", "--otherwise=stripe"],
        ["remove", "any", "USD"],
    ):
        changed = await command("payment_providers", *arguments, database=database)
        assert changed.returncode == 0, changed.stderr

    assert changed.stdout.splitlines() == [*DEFAULT, "US   USD  stripe, razorpay"]
    audited = "select detail from oneai.audit_log where action = 'payment_providers.change' order by id"
    recorded = [(each["payment_providers_before"], each["payment_providers"]) for each in database.rows(audited)]
    assert recorded == [([], ["stripe"]), (["stripe"], ["stripe", "razorpay"]), ([], ["razorpay"]), (["razorpay"], [])]


async def test_a_rule_that_no_payment_could_follow_is_refused(database: Database) -> None:
    for arguments, problem in (
        (["set", "Deutschland", "EUR", "stripe"], "Deutschland is neither"),
        (["set", "DE", "euro", "stripe"], "euro is neither"),
        (["set", "DE", "USD", "paypal"], "paypal is none of"),
        (["set", "IN", "INR", "midtrans"], "Midtrans does not take INR."),
        (["set", "any", "any", "stripe", "--otherwise="], "nothing is none of"),
        (["remove", "DE", "EUR"], "There is no such rule."),
    ):
        refused = await command("payment_providers", *arguments, database=database)
        assert refused.returncode != 0, arguments
        assert problem in refused.stderr, arguments

    listed = await command("payment_providers", database=database)
    assert listed.stdout.splitlines() == DEFAULT
    assert database.one("select count(*) from oneai.audit_log") == 0
