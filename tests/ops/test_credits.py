"""`make credits`: what operators give, take and allow of prepaid credits."""

from tests.ops.operators import command
from tests.world import Database

WHY = "--reason=Contract 17"


async def test_operators_grant_revoke_release_and_set_limits(database: Database) -> None:
    user = database.user("asha@example.com")
    database.rows("select oneai.ensure_user(%s)", user)
    database.rows(
        "insert into oneai.credit_blocks (payment_id, workspace_id, user_id) values (gen_random_uuid(), %s, %s)",
        *(user, user),
    )
    available = "select oneai.available_credits(%s)"

    granted = await command("credits", "grant", "asha@example.com", "20.5", "--days=90", WHY, database=database)
    assert granted.returncode == 0, granted.stderr
    assert database.one(available, user) == 0
    listed = await command("credits", database=database)
    assert "blocked since" in listed.stdout
    for code in (0, 1):
        released = await command("credits", "release", "asha@example.com", WHY, database=database)
        assert released.returncode == code, released.stderr
    assert database.one(available, user) == 20_500_000
    grant = str(database.one("select id from oneai.credit_grants"))
    for code in (0, 1):
        revoked = await command("credits", "revoke", grant, WHY, database=database)
        assert revoked.returncode == code, revoked.stderr
    assert database.one(available, user) == 0

    for arguments in (["limit", "asha@example.com", "1000", WHY], ["level", "7", "300"]):
        done = await command("credits", *arguments, database=database)
        assert done.returncode == 0, done.stderr
    shown = (await command("credits", "list", database=database)).stdout
    assert f"{user}  $1,000.00 in thirty days" in shown
    assert "after   7 days  $300.00 in thirty days" in shown
    await command("credits", "limit", "asha@example.com", "none", WHY, database=database)
    assert database.one("select count(*) from oneai.credit_buying_limits") == 0
    unknown = await command("credits", "grant", "nobody@example.com", "5", WHY, database=database)
    assert unknown.returncode == 1
    acts = database.rows("select action from oneai.audit_log where action like 'credits.%%' order by id")
    assert acts == [f"credits.{each}" for each in ("grant", "release", "revoke", "limit", "level", "limit")]
