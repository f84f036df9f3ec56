"""The list of models says which ways lead to each model for who is signed in."""

from typing import Any
from uuid import UUID

from oneai.usage import model_figures
from tests.credits.test_paying_with_credits import with_credits
from tests.database.team_members import team_of
from tests.provider_keys.keys import KEY, add, try_out
from tests.provider_keys.rows import insert_key
from tests.provider_keys.upstream import Upstream
from tests.wire import Wire
from tests.world import World

GPT, CLAUDE = "openai/gpt-4.1-mini", "anthropic/claude-opus-4.5"
HEADER = "OneAI-Workspace"


async def routes(world: World, model: str, who: str = "asha", **headers: str) -> list[dict[str, Any]]:
    """The ways to a model; empty for one that is not listed."""
    answer = await world.http.get("/chat/models", headers=world.headers(who, **headers))
    assert answer.status_code == 200, answer.text
    (found,) = [each["routes"] for each in answer.json()["items"] if each["id"] == model] or [[]]
    return list(found)


def first_open(found: list[dict[str, Any]]) -> tuple[str, str] | None:
    """The way that an answer takes."""
    return next(((each["provider"], each["source"]) for each in found if each["available"]), None)


def reason(found: list[dict[str, Any]], provider: str, source: str) -> str | None:
    (why,) = [each["reason"] for each in found if (each["provider"], each["source"]) == (provider, source)]
    return None if why is None else str(why)


def of_asha(world: World, **columns: Any) -> UUID:
    """A key of OpenAI in the personal workspace of Asha."""
    return insert_key(world.database, world.people["asha"], world.people["asha"], **columns)


async def test_the_ways_are_those_of_who_is_signed_in_and_the_public_list_has_none(world: World) -> None:
    of_asha(world)
    public = await world.get("/chat/models", None)
    ashas, others = await routes(world, GPT), await routes(world, GPT, world.newcomer())

    assert not any("routes" in each for each in public.json()["items"])
    assert first_open(ashas) == ("openai", "own_key")
    assert first_open(others) == ("openrouter", "plan")
    assert reason(others, "openai", "own_key") == "no_key"
    assert reason(others, "openrouter", "credits") == "credits_used_up"
    assert reason(await routes(world, CLAUDE), "openrouter", "plan") == "not_in_plan"


async def test_the_ways_are_private_and_take_no_further_round_trip(world: World, wire: Wire) -> None:
    of_asha(world)
    await world.get("/chat/models")  # reads the figures of models
    wire.trips.clear()
    answer = await world.get("/chat/models")

    assert len(wire.trips) == 1
    assert answer.headers["cache-control"] == "private, no-cache"
    assert {"Authorization", HEADER} <= {each.strip() for each in answer.headers["vary"].split(",")}


async def test_the_header_chooses_whose_keys_count(world: World) -> None:
    who, member = world.newcomer(), world.newcomer()
    team = team_of(world.database, world.people[who], member=world.people[member])
    insert_key(world.database, team, world.people[who], provider="anthropic")

    assert first_open(await routes(world, CLAUDE, member, **{HEADER: str(team)})) == ("anthropic", "own_key")
    assert first_open(await routes(world, CLAUDE, member)) is None
    stranger = await world.http.get("/chat/models", headers=world.headers(world.newcomer(), **{HEADER: str(team)}))
    assert stranger.status_code == 404


async def test_a_refused_key_and_a_reached_limit_close_the_ways_behind_them(world: World) -> None:
    key = of_asha(world, refused_at="2026-11-01")
    found = await routes(world, GPT)
    assert reason(found, "openai", "own_key") == reason(found, "openrouter", "plan") == "key_refused"
    world.database.rows("update oneai.provider_keys set refused_at = null, answers_per_day = 1 where id = %s", key)
    assert first_open(await routes(world, GPT)) == ("openai", "own_key")
    world.database.rows(
        "select oneai.hold_provider_key(w, gen_random_uuid(), %s, 5) from oneai.workspaces as w where w.id = %s",
        *(key, world.people["asha"]),
    )

    found = await routes(world, GPT)
    assert first_open(found) is None
    assert reason(found, "openai", "own_key") == "key_limit_reached"


async def test_an_account_without_credit_closes_its_way_for_an_hour(world: World) -> None:
    key = of_asha(world)
    nonce = world.database.one("select nonce from oneai.provider_keys where id = %s", key)
    world.database.rows("select oneai.note_provider_key(%s, %s, 'no_credit', false)", key, nonce)

    found = await routes(world, GPT)
    assert reason(found, "openai", "own_key") == reason(found, "openrouter", "plan") == "key_exhausted"
    second = of_asha(world)
    assert first_open(await routes(world, GPT)) == ("openai", "own_key")
    world.database.rows("delete from oneai.provider_keys where id = %s", second)
    world.database.advance(3601)
    assert first_open(await routes(world, GPT)) == ("openai", "own_key")


async def test_credits_that_are_blocked_are_off(world: World) -> None:
    account = with_credits(world.database, world.people["asha"], order="credits,plan")
    assert account.balance()[0] > 0
    assert first_open(await routes(world, GPT)) == ("openrouter", "credits")
    world.database.rows(
        "insert into oneai.credit_blocks (payment_id, workspace_id) values (gen_random_uuid(), %s)",
        world.people["asha"],
    )

    found = await routes(world, GPT)
    assert reason(found, "openrouter", "credits") == "credits_off"
    assert first_open(found) == ("openrouter", "plan")


async def test_a_quota_that_is_used_up_closes_the_plan_and_changes_the_etag(world: World) -> None:
    who = world.newcomer()
    await routes(world, GPT, who)
    world.database.rows("select oneai.ensure_user(%s)", world.people[who])
    before = await world.get("/chat/models", who)
    world.database.rows(
        "update oneai.usage_quotas set used = quota_limit + grace_units, "
        "next_reset_at = oneai.now() + interval '1 day' where workspace_id = %s and quota_key = 'small_messages'",
        world.people[who],
    )
    model_figures.reset()

    assert reason(await routes(world, GPT, who), "openrouter", "plan") == "plan_used_up"
    assert (await world.get("/chat/models", who)).headers["etag"] != before.headers["etag"]


async def test_a_tested_server_adds_its_models_to_the_list(world: World, upstream: Upstream) -> None:
    made = (await add(world, provider="custom", key=KEY, base_url=f"{upstream.address}/v1")).json()
    model = f"custom/{made['id']}/a-model"
    assert await routes(world, model) == []
    await try_out(world, made["id"])

    assert first_open(await routes(world, model)) == ("custom", "own_key")
    assert await routes(world, model, world.newcomer()) == []
    listed = {each["id"]: each for each in (await world.get("/chat/models")).json()["items"]}
    assert (listed[model]["name"], listed[model]["plans"], listed[model]["in_plan"]) == ("Ours: a-model", [], False)
    assert listed[model]["prompt_micro_usd_per_million"] is None


async def test_a_key_that_was_found_in_public_opens_no_way(world: World) -> None:
    of_asha(world)
    world.database.rows("select oneai.report_provider_keys(array(select fingerprint from oneai.provider_keys))")

    assert reason(await routes(world, GPT), "openai", "own_key") == "no_key"
