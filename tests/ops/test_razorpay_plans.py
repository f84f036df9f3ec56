"""`make razorpay-plans`, as an operator types it, with the stand-in for Razorpay."""

import pytest

from oneai.billing.subscriptions import on_sale, prices
from tests.ops.operators import CommandResult, command
from tests.world import World

pytestmark = pytest.mark.sampled(0.34)


@pytest.fixture
def unpriced(world: World) -> World:
    """A world whose price list is empty, and whose account has no plans."""
    world.database.rows("delete from oneai.price_list")
    world.database.rows("delete from oneai.prices")
    return world


async def make(world: World, *arguments: str, **environment: str) -> CommandResult:
    """Runs it."""
    return await command("razorpay_plans", *arguments, database=world.database, **environment)


def listed(world: World) -> dict[str, str]:
    """The plans of the prices that are sold."""
    return dict(
        world.database.rows(
            "select tier || '.' || period || '.' || currency, provider_plan_id from oneai.price_list where listed > 0"
        )
    )


async def plans(world: World, *arguments: str) -> dict[str, str]:
    """The plans of the prices that are sold once it has run."""
    result = await make(world, *arguments)
    assert result.returncode == 0, result.stderr
    return listed(world)


async def there(world: World) -> dict[str, int]:
    """The plans that were made by hand: their amounts."""
    async with world.razorpay.session() as engine:
        made = [each for each in engine.account.plans.values() if each["notes"]]
        return {each["id"]: each["item"]["amount"] for each in made}


async def test_every_price_gets_a_plan_and_a_second_run_creates_nothing(unpriced: World) -> None:
    first = await plans(unpriced)
    made = await there(unpriced)
    sold = {each.key: each.amount for each in on_sale([], prices.at("razorpay"))}
    assert first.keys() == sold.keys()
    assert set(first.values()) == made.keys()
    assert {key: made[ref] for key, ref in first.items()} == sold

    assert await plans(unpriced) == first
    assert await there(unpriced) == made
    remembered = "select provider_plan_id from oneai.prices order by provider_plan_id"
    assert unpriced.database.rows(remembered) == sorted(first.values())


async def test_a_new_price_is_a_new_plan_and_old_ones_are_kept(unpriced: World) -> None:
    before = await plans(unpriced)

    after = await plans(unpriced, "pro.monthly.INR=99900", "enterprise.yearly.INR=2000000")

    assert {key for key in after if after[key] != before.get(key)} == {"pro.monthly.INR", "enterprise.yearly.INR"}
    assert (await there(unpriced))[after["pro.monthly.INR"]] == 99900
    assert before["pro.monthly.INR"] in await there(unpriced)
    assert before["pro.monthly.INR"] in unpriced.database.rows("select provider_plan_id from oneai.prices")
    assert await plans(unpriced) == after
    assert await plans(unpriced, "pro.monthly.INR=79900", "enterprise.yearly.INR=0") == before


async def test_the_plan_in_use_remains_in_use_if_a_price_has_two(unpriced: World) -> None:
    plan = {"period": "monthly", "interval": 1, "notes": {"oneai_tier": "pro"}}
    async with unpriced.razorpay.session() as engine:
        for _ in range(2):
            created = engine.make_plan({**plan, "item": {"name": "Pro", "amount": 79900, "currency": "INR"}})
    in_use = str(created["id"])
    set_price = "select oneai.set_price('razorpay', 'pro', 'monthly', 'INR', 79900, %s, 79900)"
    unpriced.database.rows(set_price, in_use)

    assert (await plans(unpriced))["pro.monthly.INR"] == in_use


async def test_no_price_changes_if_a_plan_belongs_to_another_price(unpriced: World) -> None:
    before = await plans(unpriced)
    async with unpriced.razorpay.session() as engine:
        item = {"name": "Pro", "amount": 88800, "currency": "INR"}
        notes = {"oneai_tier": "pro"}
        wrong = engine.make_plan({"period": "monthly", "interval": 1, "notes": notes, "item": item})["id"]
    unpriced.database.rows("select oneai.remember_price('razorpay', %s, 'pro', 'monthly', 'INR', 5)", wrong)

    result = await make(unpriced, "pro.yearly.INR=700000", "pro.monthly.INR=88800")

    assert (result.returncode, f"{wrong} is known for another price" in result.stderr) == (1, True)
    assert listed(unpriced) == before


async def test_an_invalid_argument_or_key_is_reported(unpriced: World) -> None:
    for arguments, environment, problem in (
        ([], {"RAZORPAY_KEY_ID": ""}, "name the account"),
        ([], {"RAZORPAY_KEY_ID": "", "RAZORPAY_BASE_URL": ""}, "name the account"),
        ([], {"RAZORPAY_KEY_SECRET": "of another account"}, "does not know this key"),
        (["pro.weekly.INR=5"], {}, "pro.weekly.INR"),
        (["free.monthly.INR=5"], {}, "free.monthly.INR"),
        (["pro.monthly.INR=-5"], {}, "-5 is not a whole number"),
        (["pro.monthly.INR"], {}, "nothing is not a whole number"),
    ):
        result = await make(unpriced, *arguments, **environment)
        assert result.returncode > 0
        assert problem in result.stderr
    assert await there(unpriced) == {}
    assert listed(unpriced) == {}
