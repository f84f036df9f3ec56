"""`make razorpay-plans`, as an operator types it, with the stand-in for Razorpay."""

import pytest

from oneai.billing.subscriptions import all_prices
from tests.ops.operators import CommandResult, command
from tests.world import World

pytestmark = pytest.mark.sampled(0.34)


async def make(world: World, **environment: str) -> CommandResult:
    """Runs it for an account without plans of its own, unless RAZORPAY_PLANS is given."""
    return await command("razorpay_plans", database=world.database, **{"RAZORPAY_PLANS": ""} | environment)


def printed(result: CommandResult) -> dict[str, str]:
    """The plans of the line that is to be deployed."""
    assert result.returncode == 0, result.stderr
    (line,) = (each for each in result.stdout.splitlines() if each.startswith("RAZORPAY_PLANS="))
    pairs = (pair.split("=", 1) for pair in line.removeprefix("RAZORPAY_PLANS=").split(","))
    return dict(pairs)


async def there(world: World) -> dict[str, int]:
    """The plans that were made by hand: their amounts."""
    async with world.razorpay.session() as engine:
        made = [each for each in engine.account.plans.values() if each["notes"]]
        return {each["id"]: each["item"]["amount"] for each in made}


async def test_every_price_gets_a_plan_and_a_second_run_creates_nothing(world: World) -> None:
    first = printed(await make(world))
    made = await there(world)
    assert first.keys() == {each.key for each in all_prices()}
    assert set(first.values()) == made.keys()
    assert {key: made[ref] for key, ref in first.items()} == {each.key: each.amount for each in all_prices()}

    assert printed(await make(world)) == first
    assert await there(world) == made
    remembered = "select provider_plan_id from oneai.prices order by provider_plan_id"
    assert world.database.rows(remembered) == sorted(first.values())


async def test_a_new_price_is_a_new_plan_and_old_ones_are_kept(world: World) -> None:
    before = printed(await make(world))

    after = printed(await make(world, PLAN_PRICES="pro.monthly.INR=99900"))

    assert {key for key in after if after[key] != before[key]} == {"pro.monthly.INR"}
    assert (await there(world))[after["pro.monthly.INR"]] == 99900
    assert before["pro.monthly.INR"] in await there(world)
    assert printed(await make(world)) == before


async def test_the_plan_in_use_remains_in_use_if_a_price_has_two(world: World) -> None:
    plan = {"period": "monthly", "interval": 1, "notes": {"oneai_tier": "pro"}}
    async with world.razorpay.session() as engine:
        for _ in range(2):
            created = engine.make_plan({**plan, "item": {"name": "Pro", "amount": 79900, "currency": "INR"}})
    in_use = str(created["id"])

    assert printed(await make(world, RAZORPAY_PLANS=f"pro.monthly.INR={in_use}"))["pro.monthly.INR"] == in_use


async def test_an_invalid_setting_is_reported(world: World) -> None:
    for environment, problem in (
        ({"RAZORPAY_KEY_ID": ""}, "name the account"),
        ({"RAZORPAY_KEY_SECRET": "of another account"}, "does not know this key"),
        ({"PLAN_PRICES": "pro.weekly.INR=5"}, "pro.weekly.INR"),
    ):
        result = await make(world, **environment)
        assert result.returncode == 1
        assert problem in result.stderr
    assert await there(world) == {}
