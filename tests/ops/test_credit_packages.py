"""`make credit-packages`: what prepaid credits cost."""

from tests.ops.operators import command
from tests.world import Database


async def test_packages_are_listed_changed_added_and_no_longer_sold(database: Database) -> None:
    listed = await command("credit_packages", database=database)
    assert listed.stdout.splitlines() == [
        "credits_10     $10.00  IDR 150000  INR 99900  USD 1000",
        "credits_50     $50.00 + $10.00  IDR 750000  INR 499900  USD 5000",
        "credits_200    $200.00 + $50.00  IDR 3000000  INR 1999900  USD 20000",
        "custom         IDR 15000 a dollar, from 75000 to 150000000",
        "custom         INR 9990 a dollar, from 49900 to 99900000",
        "custom         USD 100 a dollar, from 500 to 1000000",
    ]
    for arguments, problem in (
        (["credits_99", "--price=INR=500"], "needs --credit"),
        (["credits_10"], "--price"),
        (["custom", "--credit=5"], "--rate"),
        (["custom", "--rate=USD=100,50,1000"], "refuses"),
        (["Gold", "--credit=5"], "refuses"),
    ):
        refused = await command("credit_packages", *arguments, database=database)
        assert refused.returncode == 1, arguments
        assert problem in refused.stderr, arguments
    for arguments in (
        ["credits_10", "--bonus=0.5", "--price=INR=109900", "--price=IDR=0"],
        ["credits_500", "--credit=500", "--price=USD=50000"],
        ["custom", "--rate=IDR=0,0,0"],
    ):
        changed = await command("credit_packages", *arguments, database=database)
        assert changed.returncode == 0, changed.stderr

    packages = database.one("select oneai.read_credit_packages()")

    assert [(each["id"], each["bonus_micro_usd"], each["prices"]) for each in packages["packages"]] == [
        ("credits_10", 500_000, {"INR": 109_900, "USD": 1_000}),
        ("credits_50", 10_000_000, {"IDR": 750_000, "INR": 499_900, "USD": 5_000}),
        ("credits_200", 50_000_000, {"IDR": 3_000_000, "INR": 1_999_900, "USD": 20_000}),
        ("credits_500", 0, {"USD": 50_000}),
    ]
    assert [each["currency"] for each in packages["rates"]] == ["INR", "USD"]
    assert database.one("select count(*) from oneai.audit_log where action = 'credit_package.change'") == 3
