"""A new tier is one entry of the catalogue: all that knows plans follows from it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from local.schema import PLAN_NUMBERS, plan_numbers
from oneai.chat.turn.concurrency import answers_at_once
from oneai.plans import PLANS, Plan
from oneai.plans.limits_and_prices import Quota
from tests.plans.test_models_on_offer import asked
from tests.world import World

STUDIO = replace(
    PLANS["pro"],
    tier="studio",
    name="Studio",
    quotas={"small_messages": Quota(7, "daily", grace=1)},
    budgets={"tokens": Quota(1_000_000, "monthly")},
    storage_bytes=1_000_000,
    document_pages=3,
    chatbots=2,
    answers_at_once=2,
    daily_share=Decimal("0.5"),
    prices={("monthly", "INR"): 999_00},
)


@pytest.fixture
def studio(own_world: World, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The tier as an entry of the catalogue, in a database that the schema of then has made."""
    monkeypatch.setitem(PLANS, "studio", STUDIO)
    own_world.database.rows("delete from oneai.plan_quotas")
    own_world.database.rows("delete from oneai.plan_storage")
    own_world.database.rows("delete from oneai.plan_document_pages")
    own_world.database.rows("delete from oneai.plan_chatbots")
    own_world.database.connection.execute(plan_numbers().encode())
    return STUDIO


async def grant(world: World, who: str, tier: str) -> Any:
    """Grants `who` a tier, as an admin does."""
    world.database.rows(
        "insert into oneai.admins (user_id, role) values (%s, 'admin') on conflict do nothing", world.people["asha"]
    )
    return await world.post(
        f"/admin/users/{world.people[who]}/plan-grants", {"tier": tier, "reason": "A trial"}, "asha"
    )


def test_the_schema_of_the_plans_is_what_the_catalogue_says() -> None:
    assert PLAN_NUMBERS.read_text() == plan_numbers(), "`make schema` writes it from oneai/plans/limits_and_prices.py"


async def test_a_grant_gives_a_new_tier_with_its_quotas_storage_and_pages(own_world: World, studio: Plan) -> None:
    who = own_world.newcomer()
    user: UUID = own_world.people[who]
    assert own_world.database.one("select subscription_tier from oneai.workspaces where id = %s", user) == "free"

    granted = await grant(own_world, who, "studio")

    assert granted.status_code == 201, granted.text
    status = (await own_world.get("/quota/status", who)).json()
    assert (status["subscription"]["tier"], set(status["quotas"])) == ("studio", {"small_messages", "tokens"})
    assert (status["quotas"]["small_messages"]["limit"], status["storage"]["limit_bytes"]) == (7, studio.storage_bytes)
    figures = (await own_world.get("/documents", who)).json()["stats"]
    assert (figures["limit_bytes"], figures["limit_pages"]) == (1_000_000, 3)
    result = await own_world.ask("Hello", who)
    assert (result.last["quota"]["limit"], result.last["quota"]["used"]) == (7, 1)
    assert await asked(own_world, who, "openai/gpt-4.1") == 403, "the tier has no large messages"


@pytest.mark.parametrize("grants", [("studio", "pro"), ("pro", "studio")])
async def test_a_user_with_two_grants_has_the_higher_tier(
    own_world: World, studio: Plan, grants: tuple[str, str]
) -> None:
    who = own_world.newcomer()

    for tier in grants:
        assert (await grant(own_world, who, tier)).status_code == 201

    assert (await own_world.get("/quota/status", who)).json()["subscription"]["tier"] == "studio"


async def test_the_list_of_plans_and_the_limit_at_once_know_a_new_tier(own_world: World, studio: Plan) -> None:
    listed = {each["id"]: each for each in (await own_world.get("/subscription/plans")).json()["items"]}

    assert (listed["studio"]["name"], len(listed["studio"]["prices"])) == ("Studio", 1)
    assert answers_at_once() == {
        "free": 4,
        "none": 4,
        "pro": 8,
        "team": 8,
        "enterprise": 24,
        "studio": studio.answers_at_once,
    }


async def test_a_tier_that_no_entry_has_is_not_granted(own_world: World) -> None:
    refused = await grant(own_world, own_world.newcomer(), "studio")

    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == [
        {"field": "tier", "code": "not_a_choice", "message": "This must be 'pro', 'team' or 'enterprise'."}
    ]


async def test_sign_up_gives_what_the_entry_of_the_free_tier_says(own_world: World, studio: Plan) -> None:
    who = own_world.newcomer()

    rows = own_world.database.rows(
        "select quota_key, quota_limit from oneai.usage_quotas where workspace_id = %s", own_world.people[who]
    )
    assert dict(rows) == {key: quota.limit for key, quota in PLANS["free"].quotas.items()}
