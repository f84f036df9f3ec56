"""`make bank-account`: where bank transfers of offers go."""

from tests.ops.operators import command
from tests.world import Database


async def test_an_account_is_set_listed_and_replaced(database: Database) -> None:
    values = ["--holder=OneAI Pvt Ltd", "--bank=HDFC Bank", "--code=HDFC0000123"]

    empty = await command("bank_account", database=database)
    incomplete = await command("bank_account", "INR", *values, database=database)
    too_long = await command("bank_account", "INR", *values, f"--account={'9' * 51}", database=database)
    for number in ("50100012345678", "50100087654321"):
        made = await command("bank_account", "INR", *values, f"--account={number}", database=database)
        assert made.returncode == 0, made.stderr
    listed = await command("bank_account", database=database)

    assert "checkout only" in empty.stdout
    assert (incomplete.returncode, too_long.returncode) == (1, 1)
    assert "--account" in incomplete.stderr
    assert listed.stdout == "INR  OneAI Pvt Ltd  HDFC Bank  50100087654321  HDFC0000123\n"
    acts = "select count(*) from oneai.audit_log where action = 'bank_account.change'"
    assert database.one(acts) == 2
