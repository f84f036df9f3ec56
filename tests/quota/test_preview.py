"""Checking before asking: whether it would be granted, and the alternatives."""

from datetime import datetime
from typing import Any

import pytest

from oneai.plans.limits_and_prices import plan_of
from tests.world import World


async def check(world: World, key: str = "small_messages", units: int = 1, who: str = "asha") -> tuple[int, Any]:
    """Status and body of a look."""
    answer = await world.post("/quota/check", {"quota_key": key, "units": units}, who)
    return answer.status_code, answer.json()


def use_up(world: World, key: str, who: str = "asha") -> None:
    """All of it."""
    world.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = %s",
        world.people[who],
        key,
    )


async def test_a_check_says_whether_units_would_be_granted_and_takes_none(world: World) -> None:
    for units in (1, 100):
        status, body = await check(world, units=units)
        assert (status, body["allowed"]) == (200, True)
        assert (body["quota"]["key"], body["quota"]["remaining"]) == ("small_messages", 100)

    assert world.quota() == (0, 0)
    assert (await check(world, units=101))[0] == 429


async def test_a_browser_can_get_the_refusal_as_a_200(world: World) -> None:
    use_up(world, "large_messages")
    refused = await world.post("/quota/check", {"quota_key": "large_messages"})
    shown = await world.post("/quota/check", {"quota_key": "large_messages", "refused_as": 200})

    assert (refused.status_code, shown.status_code) == (429, 200)
    assert shown.json()["allowed"] is False
    assert shown.json()["error"] == refused.json()["error"]
    assert (await check(world, "small_messages"))[0] == 200
    odd = await world.post("/quota/check", {"quota_key": "large_messages", "refused_as": 204})
    assert odd.status_code == 422


async def test_the_quota_key_is_accepted_in_camel_case(world: World) -> None:
    answer = await world.post("/quota/check", {"quotaKey": "large_messages"})

    assert (answer.status_code, answer.json()["quota"]["limit"]) == (200, 20)


async def test_a_refusal_names_its_window_and_every_alternative_with_the_cheapest_first(world: World) -> None:
    use_up(world, "large_messages")

    answer = await world.post("/quota/check", {"quota_key": "large_messages"})

    body = answer.json()
    assert (answer.status_code, body["allowed"], set(body)) == (429, False, {"allowed", "error", "request_id"})
    error = body["error"]
    assert {name: error[name] for name in ("code", "quota_key", "used", "reserved", "limit", "frequency")} == {
        "code": "quota_exceeded",
        "quota_key": "large_messages",
        "used": 20,
        "reserved": 0,
        "limit": 20,
        "frequency": "monthly",
    }
    model, wait, bought, upgrade = error["alternatives"]
    assert (model["kind"], model["quota_key"]) == ("model", "small_messages")
    offered = {each["id"]: each for each in (await world.get("/chat/models")).json()["items"]}
    assert offered[model["model"]]["quota_key"] == "small_messages"
    assert offered[model["model"]]["in_plan"]
    assert wait == {"kind": "wait", "at": error["resets_at"]}
    assert (bought, upgrade) == ({"kind": "credits"}, {"kind": "upgrade", "tier": "pro"})
    assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == ("20", "0")
    world.database.advance(int(answer.headers["retry-after"]) - 5)
    assert (await check(world, "large_messages"))[0] == 429
    world.database.advance(6)
    assert (await check(world, "large_messages"))[0] == 200
    assert datetime.fromisoformat(error["resets_at"]).day == 1


async def test_no_alternative_names_a_model_that_would_be_refused_too(world: World) -> None:
    use_up(world, "large_messages")
    use_up(world, "small_messages")

    _, body = await check(world)

    assert [each["kind"] for each in body["error"]["alternatives"]] == ["wait", "credits", "upgrade"]


@pytest.mark.parametrize("budget", ["tokens", "cost"])
async def test_another_model_is_an_alternative_while_one_unit_of_the_budget_is_left(world: World, budget: str) -> None:
    use_up(world, "large_messages")
    world.database.rows("select oneai.override_quota(%s, %s, 100, 0, null, 'a test')", world.people["asha"], budget)

    async def kinds(used: int) -> list[str]:
        world.database.rows(
            "update oneai.usage_quotas set used = %s where workspace_id = %s and quota_key = %s",
            *(used, world.people["asha"], budget),
        )
        _, body = await check(world, "large_messages")
        return [each["kind"] for each in body["error"]["alternatives"]]

    assert await kinds(99) == ["model", "wait", "credits", "upgrade"]
    assert await kinds(100) == ["wait", "credits", "upgrade"]


async def test_text_is_no_alternative_for_an_image(world: World) -> None:
    use_up(world, "image_generation")

    _, body = await check(world, "image_generation")

    assert [each["kind"] for each in body["error"]["alternatives"]] == ["wait", "credits", "upgrade"]


@pytest.mark.parametrize(("own", "extra", "upgrade"), [(5, 0, []), (None, 90, ["pro"]), (None, 0, ["pro"])])
async def test_another_plan_is_an_alternative_only_if_it_gives_more_than_the_override(
    world: World, own: int | None, extra: int, upgrade: list[str]
) -> None:
    if own is not None or extra:
        world.database.rows(
            "select oneai.override_quota(%s, 'large_messages', %s, %s, null, 'a test')",
            world.people["asha"],
            own,
            extra,
        )
    world.database.rows(
        "update oneai.usage_quotas set used = 200 where workspace_id = %s and quota_key = 'large_messages'",
        world.people["asha"],
    )

    _, body = await check(world, "large_messages")

    ways = body["error"]["alternatives"]
    assert [way["tier"] for way in ways if way["kind"] == "upgrade"] == upgrade


async def test_waiting_is_no_alternative_above_the_limit(world: World) -> None:
    _, body = await check(world, units=400)
    assert body["error"]["alternatives"] == [{"kind": "credits"}, {"kind": "upgrade", "tier": "pro"}]
    _, body = await check(world, units=4000)
    assert body["error"]["alternatives"] == [{"kind": "credits"}, {"kind": "upgrade", "tier": "enterprise"}]
    assert (await check(world, units=900_000))[1]["error"]["alternatives"] == [{"kind": "credits"}]


async def test_waiting_and_a_plan_are_alternatives_for_exactly_as_much_as_they_give(world: World) -> None:
    use_up(world, "large_messages")
    pro = plan_of("pro", "personal").quotas["large_messages"].limit

    async def ways(units: int) -> list[tuple[str, str | None]]:
        _, body = await check(world, "large_messages", units)
        return [(way["kind"], way.get("tier")) for way in body["error"]["alternatives"] if way["kind"] != "model"]

    assert await ways(20) == [("wait", None), ("credits", None), ("upgrade", "pro")]
    assert await ways(21) == await ways(pro) == [("credits", None), ("upgrade", "pro")]
    assert ("upgrade", "pro") not in await ways(pro + 1)


async def test_credits_are_no_alternative_where_the_plan_alone_pays(world: World) -> None:
    world.database.rows("update oneai.workspaces set payment_sources = 'plan' where id = %s", world.people["asha"])

    _, body = await check(world, units=400)

    assert [each["kind"] for each in body["error"]["alternatives"]] == ["upgrade"]


async def test_grace_and_overrides_are_applied_and_shown(world: World) -> None:
    world.database.rows("update oneai.usage_quotas set grace_units = 2 where quota_key = 'large_messages'")
    world.database.rows(
        "select oneai.override_quota(%s, 'small_messages', null, 50, oneai.now() + interval '1 hour', 'a friend')",
        world.people["asha"],
    )

    assert [(await check(world, "large_messages", units))[0] for units in (22, 23)] == [200, 429]
    assert [(await check(world, units=units))[0] for units in (150, 151)] == [200, 429]

    shown = (await world.get("/quota/status")).json()["quotas"]
    assert (shown["large_messages"]["grace_units"], shown["large_messages"]["override"]) == (2, None)
    assert shown["small_messages"]["limit"] == 150
    override = shown["small_messages"]["override"]
    assert (override["own_limit"], override["extra_units"]) == (None, 50)
    assert "a friend" not in (await world.get("/quota/status")).text
    ravis = (await world.get("/quota/status", "ravi")).json()["quotas"]
    assert ravis["small_messages"]["override"] is None


async def test_the_status_has_two_addresses(world: World) -> None:
    one, other = await world.get("/quota/status"), await world.get("/user/quota")

    assert one.status_code == other.status_code == 200
    assert one.json()["quotas"].keys() == other.json()["quotas"].keys()


@pytest.mark.parametrize(
    "body",
    [
        {"quota_key": "small_messages", "units": 0},
        {"quota_key": "small_messages", "units": -1},
        {"quota_key": "small_messages", "units": 1.5},
        {"quota_key": "small_messages", "units": "1"},
        {"quota_key": "small_messages", "units": True},
        {"quota_key": "small_messages", "units": 10**30},
        {"quota_key": "moon_flights"},
        {"quota_key": None},
        {"quota_key": "small_messages\0"},
        {"units": 1},
        {},
        [],
        None,
    ],
    ids=str,
)
async def test_an_unknown_key_or_number_of_units_is_refused(world: World, body: Any) -> None:
    answer = await world.post("/quota/check", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
