"""Workspaces' keys for providers: who manages them, what is stored, and what is shown."""

import asyncio
import json

import httpx
import pytest

from oneai import settings
from oneai.provider_keys import data_keys
from tests.canaries import CANARY
from tests.provider_keys.keys import KEY, NEW, add, change, delete
from tests.provider_keys.upstream import Upstream
from tests.workspaces.teams import in_workspace, insert_team
from tests.world import World


async def test_a_key_is_stored_encrypted_and_shown_by_its_end(world: World) -> None:
    made = await add(world, limits={"micro_usd_per_day": 5_000_000}, fallback="plan_then_credits")
    listed = (await world.get("/settings/provider-keys")).json()

    assert made.status_code == 201
    assert made.json() | {"id": None, "created_at": None} == {
        "id": None,
        "provider": "openai",
        "name": "Ours",
        "base_url": None,
        "last4": "x7Qz",
        "state": "active",
        "problem": None,
        "limits": {
            "micro_usd_per_day": 5_000_000,
            "micro_usd_per_month": None,
            "answers_per_day": None,
            "fallback_answers_per_day": None,
        },
        "fallback": "plan_then_credits",
        "models": None,
        "created_at": None,
        "last_used_at": None,
    }
    assert listed == {"items": [made.json()]}
    assert CANARY not in made.text + json.dumps(listed)
    (row,) = world.database.rows("select k::text from oneai.provider_keys as k")
    assert CANARY.encode().hex() not in str(row)
    assert CANARY not in str(row)


async def test_both_addresses_are_the_same_keys(world: World) -> None:
    made = (await add(world, path="/settings/api-keys")).json()

    assert (await world.get("/settings/provider-keys")).json() == (await world.get("/settings/api-keys")).json()
    changed = await world.http.put(f"/settings/api-keys/{made['id']}", json={"name": "Theirs"}, headers=world.headers())
    assert changed.json() == made | {"name": "Theirs"}
    assert (await delete(world, f"/settings/api-keys/{made['id']}")).status_code == 204
    assert (await world.get("/settings/provider-keys")).json() == {"items": []}


async def test_a_change_keeps_what_it_does_not_name(world: World) -> None:
    made = (await add(world, limits={"answers_per_day": 10}, fallback="plan")).json()

    assert (await change(world, made["id"], fallback="credits")).json() == made | {"fallback": "credits"}
    replaced = (await change(world, made["id"], limits={"micro_usd_per_month": 7})).json()
    assert replaced["limits"] | {"micro_usd_per_month": None} == dict.fromkeys(made["limits"])
    assert (await change(world, made["id"], key=f"sk-{CANARY}-another")).json()["last4"] == "ther"


async def test_a_team_s_keys_are_managed_by_its_owners_and_admins(world: World) -> None:
    admin, member, viewer = (world.database.user(f"{role}@example.com") for role in ("admin", "member", "viewer"))
    world.people |= {"an_admin": admin, "a_member": member, "a_viewer": viewer}
    team = insert_team(world.database, world.people["asha"], admin=admin, member=member, viewer=viewer)
    made = await in_workspace(world, team, "POST", "/settings/provider-keys", NEW, who="an_admin")
    path = f"/settings/provider-keys/{made.json()['id']}"

    assert made.status_code == 201
    assert (await in_workspace(world, team, "GET", "/settings/provider-keys")).json()["items"] == [made.json()]
    for who in ("a_member", "a_viewer"):
        for method, of, body in (
            ("POST", "/settings/provider-keys", NEW),
            ("GET", "/settings/provider-keys", None),
            ("PUT", path, {"name": "Mine"}),
            ("DELETE", path, None),
            ("POST", f"{path}/test", None),
        ):
            refused = await in_workspace(world, team, method, of, body, who=who)
            assert refused.json()["error"]["code"] == "role_insufficient", (who, method, of)
    for method, of, body in (("PUT", path, {"name": "Mine"}), ("DELETE", path, None), ("POST", f"{path}/test", None)):
        assert (await in_workspace(world, world.people["ravi"], method, of, body, who="ravi")).status_code == 404
    assert (await world.get("/settings/provider-keys")).json()["items"] == []


async def test_the_same_key_is_refused_twice_in_a_workspace_and_not_in_two(world: World) -> None:
    await add(world)
    refused = await add(world, name="Again")

    (detail,) = refused.json()["error"]["details"]
    assert (detail["field"], detail["code"]) == ("key", "repeated")
    assert (await add(world, "ravi")).status_code == 201


async def test_twenty_keys_are_the_most_also_when_they_are_added_at_once(world: World) -> None:
    made = await asyncio.gather(*(add(world, key=f"sk-{CANARY}-{n}") for n in range(24)))

    assert sorted(answer.status_code for answer in made) == [201] * 20 + [422] * 4
    # All of them have one data key, although the first ones found none.
    assert world.database.rows("select count(*) from oneai.provider_data_keys") == [1]
    assert world.database.rows("select count(distinct data_key_id) from oneai.provider_keys") == [1]


async def test_another_address_needs_the_key_again(world: World, upstream: Upstream) -> None:
    """Else an admin, who cannot read the key, could have it sent to a server of theirs."""
    models, attacker, other = (f"{upstream.address}/{name}/v1" for name in ("models", "attacker", "other"))
    made = (await add(world, provider="custom", base_url=f"{models}/")).json()

    assert made["base_url"] == models
    refused = await change(world, made["id"], base_url=attacker)
    assert refused.json()["error"]["details"][0]["field"] == "key"
    assert (await change(world, made["id"], base_url=models)).json() == made
    moved = await change(world, made["id"], base_url=other, key=KEY)
    assert moved.json() == made | {"base_url": other}


async def test_without_kms_no_key_is_stored_and_everything_else_works(world: World) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"{world.address}/kms/trouble", json={"trouble": "disabled"})
    data_keys.forget()
    refused = await add(world)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "provider_keys_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert (await world.get("/settings/provider-keys")).json() == {"items": []}
    assert (await world.ask("Is it raining?")).text


async def test_a_deployment_without_a_key_of_kms_has_no_such_routes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVIDER_KEYS_KMS_KEY", "")
    settings.reset_cache()

    assert (await add(world)).status_code == 404
    assert (await world.get("/settings/provider-keys")).status_code == 404


async def test_what_is_done_to_a_key_is_in_the_audit_log_without_the_key(world: World) -> None:
    key = (await add(world)).json()["id"]
    await change(world, key, key=f"sk-{CANARY}-another", limits={"answers_per_day": 3})
    await delete(world, f"/settings/provider-keys/{key}")
    rows = world.database.rows(
        "select action, target_id, detail from oneai.audit_log where target_kind = 'provider_key' order by id"
    )

    assert [(action, target) for action, target, _ in rows] == [
        (f"provider_key.{what}", key) for what in ("create", "update", "delete")
    ]
    assert rows[0][2] == {"provider": "openai", "last4": "x7Qz"}
    assert set(rows[1][2]["changed"]) >= {"last4", "answers_per_day"}
    assert CANARY not in str(rows)


async def test_a_row_that_is_copied_to_another_workspace_cannot_be_read_there(world: World) -> None:
    await add(world)
    await add(world, "ravi", key=f"sk-{CANARY}-of-ravi")
    asha, ravi = world.people["asha"], world.people["ravi"]
    world.database.rows(
        "update oneai.provider_keys as k set ciphertext = o.ciphertext, nonce = o.nonce "
        "from oneai.provider_keys as o where k.workspace_id = %s and o.workspace_id = %s",
        *(ravi, asha),
    )
    world.database.rows(
        "update oneai.provider_data_keys as d set wrapped = o.wrapped from oneai.provider_data_keys as o "
        "where d.workspace_id = %s and o.workspace_id = %s",
        *(ravi, asha),
    )
    (key,) = (await world.get("/settings/provider-keys", "ravi")).json()["items"]
    tested = await world.post(f"/settings/provider-keys/{key['id']}/test", None, "ravi")

    assert (tested.status_code, tested.json()["error"]["code"]) == (409, "provider_key_unreadable")
