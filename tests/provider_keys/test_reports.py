"""A key that was found in public is deleted here, and its owners are asked to revoke it at the provider."""

from tests.canaries import CANARY
from tests.provider_keys.keys import KEY, add, change, try_out
from tests.world import World


async def report(world: World, *tokens: str) -> int:
    return (await world.post("/keys/report", list(tokens), None)).status_code


async def test_a_reported_key_is_deleted_in_each_workspace_that_has_it(world: World) -> None:
    await add(world)
    await add(world, "ravi")
    await add(world, key=f"sk-{CANARY}-unreported")

    assert await report(world, KEY, "something else") == 204
    assert await report(world, KEY) == 204
    rows = world.database.rows(
        "select last4, oneai.provider_key_state(revoked_at, refused_at), ciphertext is null, data_key_id is null "
        "from oneai.provider_keys order by last4 desc"
    )
    assert rows == [("x7Qz", "revoked", True, True)] * 2 + [("rted", "active", False, False)]
    mails = world.database.rows("select user_id, data from oneai.outbox where kind = 'provider_key_leaked'")
    assert {user for user, _ in mails} == set(world.people.values())
    assert mails[0][1] == {"key_name": "Ours", "provider": "openai", "last4": "x7Qz"}
    assert world.database.rows("select count(*) from oneai.audit_log where action = 'provider_key.report'") == [2]


async def test_a_revoked_key_is_neither_tested_nor_entered_again(world: World) -> None:
    made = (await add(world)).json()
    await report(world, KEY)

    assert (await try_out(world, made["id"])).status_code == 422
    for refused in (await add(world, name="Again"), await change(world, made["id"], key=KEY)):
        if refused.status_code == 422:
            (detail,) = refused.json()["error"]["details"]
            assert (detail["field"], detail["code"]) == ("key", "revoked")


async def test_another_key_makes_a_revoked_one_active(world: World) -> None:
    made = (await add(world)).json()
    await report(world, KEY)
    changed = (await change(world, made["id"], key=f"sk-{CANARY}-new1")).json()

    assert (changed["state"], changed["last4"]) == ("active", "new1")


async def test_a_report_is_answered_alike_where_nothing_is_found(world: World) -> None:
    assert await report(world, "x") == await report(world, KEY) == 204
