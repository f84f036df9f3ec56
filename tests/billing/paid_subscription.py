"""A subscription that was paid at the stand-in and is known here, and the provider operations of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.world import World

AMOUNT = 79900


@dataclass
class PaidSubscription:
    """Ids of ours and refs of the provider's."""

    world: World
    id: UUID
    ref: str
    payment: UUID
    payment_ref: str

    async def at_provider(self) -> dict[str, Any]:
        """The subscription as the provider has it."""
        async with self.world.razorpay.session() as engine:
            return dict(engine.subscription(self.ref))

    async def refunds(self) -> list[int]:
        """The refunds of its payment at the provider."""
        async with self.world.razorpay.session() as engine:
            return [each["amount"] for each in engine.refunds_of(self.payment_ref)]

    def add_operation(self, kind: str = "cancel", **fields: Any) -> UUID:
        """Adds a provider operation that is due now; its id."""
        # An operator's decision does not follow from facts, so a projection keeps it.
        refund = {"payment_id": self.payment, "reason": "operator"} if kind == "refund" else {}
        row = {"dedupe_key": f"{kind}:{uuid4()}", "kind": kind, "reason": "requested", **refund, **fields}
        made: UUID = self.world.database.one(
            """
            insert into oneai.provider_operations (dedupe_key, kind, subscription_id, payment_id, amount, as_of, reason)
            values (%s, %s, %s, %s, %s, %s, %s) returning id
            """,
            *(row["dedupe_key"], row["kind"], self.id, row.get("payment_id"), row.get("amount"), row.get("as_of")),
            row["reason"],
        )
        return made

    def state(self, call: UUID) -> tuple[str, int]:
        """The state of an operation, and the number of its attempts."""
        found: tuple[str, int] = self.world.database.one(
            "select state, attempts from oneai.provider_operations where id = %s", call
        )
        return found


async def create_paid_subscription(world: World, who: str = "asha") -> PaidSubscription:
    """Pro by the month, paid just now; not through the API, for tests of what comes after."""
    ours, payment = uuid4(), uuid4()
    async with world.razorpay.session() as engine:
        plan = next(each for each in engine.account.plans.values() if each["item"]["amount"] == AMOUNT)
        notes = {"oneai_subscription": str(ours), "oneai_user": str(world.people[who])}
        there = engine.open({"plan_id": plan["id"], "total_count": 12, "notes": notes})
        paid = engine.pay(there["id"])
    world.database.rows(
        """
        insert into oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, provider_subscription_id,
          provider_plan_id, period, currency, amount, current_period_start, current_period_end)
        values (%s, %s, 'pro', 'active', 'razorpay', %s, %s, 'monthly', 'INR', %s, to_timestamp(%s), to_timestamp(%s))
        """,
        *(ours, world.people[who], there["id"], plan["id"], AMOUNT, there["current_start"], there["current_end"]),
    )
    world.database.rows(
        """
        insert into oneai.payments (id, workspace_id, subscription_id, payment_provider, provider_payment_id, amount,
          currency, status, captured_at, period_start, period_end, period_from)
        values (%s, %s, %s, 'razorpay', %s, %s, 'INR', 'captured', to_timestamp(%s), to_timestamp(%s), to_timestamp(%s),
          'subscription')
        """,
        *(payment, world.people[who], ours, paid["id"], AMOUNT, paid["created_at"]),
        *(there["current_start"], there["current_end"]),
    )
    return PaidSubscription(world, ours, there["id"], payment, paid["id"])
