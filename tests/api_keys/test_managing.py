"""Creating, listing, changing, rotating and revoking API keys."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from tests.api_keys.keys import code, create, get
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

READ = ["usage:read"]


async def test_a_key_shows_its_secret_once_and_is_listed_without_it(world: World) -> None:
    made = await create(world, budget={"micro_usd": 5_000_000, "window": "month"}, models=["openai/*"])

    assert made["secret"].startswith("oneai_sk_")
    assert made["hint"] == f"oneai_sk_…{made['secret'][-4:]}"
    assert made["scopes"] == ["chat", "models", "embeddings"]
    assert (made["state"], made["last_used_at"], made["limits"], made["ip_ranges"]) == ("active", None, None, None)
    listed = (await world.get("/user/api-keys")).json()
    assert listed == {"items": [{name: made[name] for name in made if name != "secret"}], "next_cursor": None}
    assert (await world.get("/user/api-keys", "ravi")).json()["items"] == []


async def test_no_row_holds_the_secret(world: World) -> None:
    made = await create(world, scopes=READ)
    await get(world, "/user/usage", made["secret"])
    body = made["secret"].removeprefix("oneai_sk_")

    tables = world.database.rows(
        "select relname::text from pg_class where relnamespace = 'oneai'::regnamespace and relkind = 'r'"
    )
    with_it = [
        table
        for table in tables
        if world.database.connection.execute(
            sql.SQL("select 1 from oneai.{} as row where row::text like %s").format(sql.Identifier(table)),
            [f"%{body}%"],
        ).fetchone()
    ]

    assert "api_key_secrets" in tables
    assert with_it == []


async def test_pages_list_every_key_once_with_the_newest_first(world: World) -> None:
    made = [(await create(world, name=f"Key {n}"))["id"] for n in range(5)]
    listed: list[str] = []
    cursor = None
    while True:
        page = (await world.get("/user/api-keys", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        listed += [key["id"] for key in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert listed == made[::-1]


async def test_a_change_replaces_the_named_fields_and_keeps_the_others(world: World) -> None:
    made = await create(
        world, ip_ranges=["203.0.113.0/24"], limits={"parallel": 2, "requests_per_minute": 5}, models=["a/*"]
    )

    changed = await world.http.patch(
        f"/user/api-keys/{made['id']}",
        json={"name": "Hourly", "limits": {"parallel": 3}, "models": None, "budget": {"micro_usd": 1, "window": "day"}},
        headers=world.headers(),
    )

    assert changed.json() == {
        **{name: made[name] for name in made if name != "secret"},
        "name": "Hourly",
        "limits": {"requests_per_minute": None, "tokens_per_minute": None, "parallel": 3},
        "models": None,
        "budget": {"micro_usd": 1, "window": "day"},
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"models": ["openai/gpt 4"]}, "models.0"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"budget": {"micro_usd": -1, "window": "day"}}, "budget.micro_usd"),
        ({"budget": {"micro_usd": 1, "window": "year"}}, "budget.window"),
        ({"budget": {"micro_usd": 1}}, "budget.window"),
        ({"limits": {"parallel": 0}}, "limits.parallel"),
        ({"ip_ranges": ["203.0.113.7/24"]}, "ip_ranges.0"),
        ({"ip_ranges": ["somewhere"]}, "ip_ranges.0"),
        ({"secret": "mine"}, "secret"),
    ],
)
async def test_an_invalid_field_is_refused_by_name(world: World, fields: dict[str, Any], field: str) -> None:
    answer = await world.post("/user/api-keys", {"name": "Nightly report", **fields})

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["error"]["details"]] == [field]
    assert (await world.get("/user/api-keys")).json()["items"] == []


async def test_a_rotated_key_has_two_secrets_until_the_overlap_ends(world: World) -> None:
    made = await create(world, scopes=READ)

    rotated = (await world.post(f"/user/api-keys/{made['id']}/rotate", {"overlap_seconds": 60})).json()

    assert (rotated["id"], rotated["state"]) == (made["id"], "rotating")
    assert rotated["secret"] != made["secret"]
    for each in (made, rotated):
        assert (await get(world, "/user/usage", each["secret"])).is_success
    world.database.advance(61)
    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")
    assert (await get(world, "/user/usage", rotated["secret"])).is_success
    assert (await world.get("/user/api-keys")).json()["items"][0]["state"] == "active"


async def test_the_old_secret_ends_at_once_without_an_overlap(world: World) -> None:
    made = await create(world, scopes=READ)

    rotated = (await world.post(f"/user/api-keys/{made['id']}/rotate", {})).json()

    assert rotated["state"] == "active"
    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")


async def test_two_concurrent_rotations_leave_every_caller_a_valid_secret(world: World) -> None:
    made = await create(world, scopes=READ)

    answers = await asyncio.gather(
        *(world.post(f"/user/api-keys/{made['id']}/rotate", {"overlap_seconds": 60}) for _ in range(2))
    )

    secrets = [made["secret"], *(answer.json()["secret"] for answer in answers)]
    assert len(set(secrets)) == 3
    assert [(await get(world, "/user/usage", each)).status_code for each in secrets] == [200, 200, 200]
    world.database.advance(61)
    assert sorted([(await get(world, "/user/usage", each)).status_code for each in secrets]) == [200, 401, 401]


async def test_a_revoked_key_is_refused_at_once_and_remains_listed(world: World) -> None:
    made = await create(world, scopes=READ)
    assert (await get(world, "/user/usage", made["secret"])).is_success

    for _ in range(2):
        answer = await world.http.delete(f"/user/api-keys/{made['id']}", headers=world.headers())
        assert answer.status_code == 204

    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")
    assert (await world.get("/user/api-keys")).json()["items"][0]["state"] == "revoked"
    rotated = await world.post(f"/user/api-keys/{made['id']}/rotate", {})
    assert (rotated.status_code, rotated.json()["error"]["details"][0]["code"]) == (422, "revoked")


async def test_an_expired_key_is_refused_until_its_expiry_is_moved(world: World) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = await create(world, scopes=READ, expires_at=soon)
    world.database.advance(3601)
    assert code(await get(world, "/user/usage", made["secret"])) == (401, "invalid_api_key")
    assert (await world.get("/user/api-keys")).json()["items"][0]["state"] == "expired"

    await world.http.patch(f"/user/api-keys/{made['id']}", json={"expires_at": None}, headers=world.headers())

    assert (await get(world, "/user/usage", made["secret"])).is_success


async def test_a_key_of_another_user_is_not_found_and_unchanged(world: World) -> None:
    made = await create(world, scopes=READ)
    path = f"/user/api-keys/{made['id']}"

    answers = [
        await world.http.patch(path, json={"name": "Mine"}, headers=world.headers("ravi")),
        await world.post(f"{path}/rotate", {}, "ravi"),
        await world.get(f"{path}/usage", "ravi"),
        await world.http.delete(path, headers=world.headers("ravi")),
        await world.http.delete(f"/user/api-keys/{uuid4()}", headers=world.headers("ravi")),
    ]

    assert [code(answer) for answer in answers] == [(404, "not_found")] * 5
    assert (await get(world, "/user/usage", made["secret"])).is_success


async def test_the_number_of_keys_is_limited_without_counting_revoked_ones(world: World) -> None:
    world.database.rows(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "select %s, %s, 'Key', 'oneai_sk_…', array['chat'] from generate_series(1, 100)",
        *(world.people["asha"], world.people["asha"]),
    )
    answer = await world.post("/user/api-keys", {"name": "One more"})
    assert (answer.status_code, answer.json()["error"]["details"][0]["code"]) == (422, "too_many")

    world.database.rows(
        "update oneai.api_keys set revoked_at = oneai.now() where id = (select min(id::text)::uuid from oneai.api_keys)"
    )

    assert (await world.post("/user/api-keys", {"name": "One more"})).status_code == 201


async def test_changes_of_keys_are_recorded_without_their_secrets(world: World) -> None:
    made = await create(world)
    path = f"/user/api-keys/{made['id']}"
    await world.http.patch(path, json={"name": "Hourly"}, headers=world.headers())
    await world.post(f"{path}/rotate", {"overlap_seconds": 60})
    for _ in range(2):
        await world.http.delete(path, headers=world.headers())
    leaked = await create(world)
    await world.post("/keys/report", [leaked["secret"]], None)

    recorded = world.database.rows(
        "select action, actor_kind, user_id = %s, target_id from oneai.audit_log "
        "where action like 'api_key.%%' order by id",
        world.people["asha"],
    )
    assert recorded == [
        ("api_key.create", "user", True, made["id"]),
        ("api_key.update", "user", True, made["id"]),
        ("api_key.rotate", "user", True, made["id"]),
        ("api_key.revoke", "user", True, made["id"]),
        ("api_key.create", "user", True, leaked["id"]),
        ("api_key.report", "system", True, leaked["id"]),
    ]
