"""Users pay and leave the page, no webhook arrives; the job finds out."""

from typing import Any

from oneai.billing import reconcile_subscriptions
from tests.billing.subscriptions.subscribing import create_checkout, current_subscription, save_billing_details
from tests.world import World

DAY = 86_400
HISTORY = "select change_reason, metadata ->> 'found_by' from oneai.subscription_history order by changed_at, id"


async def open_checkout(world: World, who: str = "asha", **terms: Any) -> dict[str, Any]:
    """A page to pay on."""
    await save_billing_details(world, who)
    answer = await create_checkout(world, who, **terms)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pay_without_webhook(world: World, who: str = "asha", **terms: Any) -> dict[str, Any]:
    """Paid on the page, with neither webhook nor proof."""
    page = await open_checkout(world, who, **terms)
    await world.check_out(page["short_url"])
    return page


async def subscribe_without_webhook(world: World, who: str = "asha", **terms: Any) -> dict[str, Any]:
    """The same, found by the job."""
    page = await pay_without_webhook(world, who, **terms)
    await reconcile_subscriptions()
    assert (await current_subscription(world, who))["status"] == "active"
    return page


async def set_outcome(world: World, page: dict[str, Any], wanted: str) -> None:
    """Sets the outcome of later charges."""
    async with world.razorpay.session() as engine:
        engine.script(page["razorpay"]["subscription_id"], wanted)


def alerts(world: World) -> list[tuple[str, str]]:
    """All alerts."""
    return world.database.rows("select kind, subject from oneai.operator_alerts order by kind, subject")
