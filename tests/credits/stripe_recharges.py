"""A buyer in Austin whose automatic recharge is debited at Stripe's stand-in."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oneai.billing import reconcile_subscriptions
from tests.billing.stripe.users import CAROL, OK, pay
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, Buyer
from tests.world import World

WANTED = {"on": True, "below_micro_usd": 5 * DOLLAR, "package_id": "credits_10", "per_month": 5_000}
# Cards of Stripe's test mode: it pays once and is declined later; its bank asks the payer each time.
DECLINED_LATER, ASKS_ALWAYS, BANK = "4000000000000341", "4000000000003220", "000123456789"


@dataclass
class Recharge:
    """One person's automatic recharge."""

    world: World
    who: str = "asha"
    workspace: UUID | None = None

    @property
    def buyer(self) -> Buyer:
        """Who pays."""
        return Buyer(self.world, self.who, self.workspace)

    async def put(self, **changes: Any) -> dict[str, Any]:
        """`PUT /credits/auto-recharge`."""
        answer = await self.buyer.send("PUT", "/credits/auto-recharge", WANTED | changes)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def shown(self) -> dict[str, Any]:
        """`GET /credits/auto-recharge`."""
        answer = await self.buyer.send("GET", "/credits/auto-recharge")
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def authorize(self, card: str = OK, **changes: Any) -> dict[str, Any]:
        """Turns it on, and pays on Stripe's page; what is shown then."""
        await self.buyer.live_at("5 Main St", **{each: CAROL[each] for each in ("legal_name", "state", "country")})
        found = await self.put(**changes)
        assert found["state"] == "authorization_required", found
        await self.paid(found["pending"], card)
        return await self.shown()

    async def paid(self, order: dict[str, Any], card: str = OK) -> None:
        """The holder pays an order on Stripe's page, and authenticates if the bank asks."""
        answer = await pay(self.world, order["checkout"]["short_url"], card)
        if card == ASKS_ALWAYS:
            await pay_authenticated(self.world, order)
        assert answer.status_code < 500, answer.text

    def spend(self, amount: int) -> None:
        """An answer that cost this much."""
        account = Credits(self.world.database, self.buyer.account)
        assert account.settle(account.hold(amount), amount) == amount

    def stored(self, column: str) -> Any:
        """A column of the stored recharge."""
        row = self.world.database.rows(
            "select to_jsonb(r) from oneai.credit_recharges as r where workspace_id = %s", self.buyer.account
        )
        return row[0][column]

    async def after(self, hours: float) -> None:
        """Time passes, the job runs, and its events arrive."""
        self.world.database.advance(hours * 3_600)
        for _ in range(2):
            await self.world.stripe.catch_up()
            await reconcile_subscriptions()
        await self.world.stripe.catch_up()

    @property
    def grants(self) -> int:
        """The purchases that were paid."""
        return int(
            self.world.database.one(
                "select count(*) from oneai.credit_grants where kind = 'paid' and workspace_id = %s", self.buyer.account
            )
        )

    async def debits(self) -> list[dict[str, Any]]:
        """The payment intents at Stripe that no page made, oldest first."""
        async with self.world.stripe.session(changing=False) as engine:
            return [
                each
                for each in engine.account.all("payment_intent").values()
                if "oneai_debit" in each["metadata"] and each["metadata"]["oneai_workspace"] == str(self.buyer.account)
            ]

    async def attempts(self) -> int:
        """The charges that Stripe tried without a payer."""
        refs = {each["id"] for each in await self.debits()}
        async with self.world.stripe.session(changing=False) as engine:
            return sum(each["payment_intent"] in refs for each in engine.account.all("charge").values())

    async def script(self, outcome: str) -> None:
        """The outcome of the next charges without the payer."""
        async with self.world.stripe.session() as engine:
            engine.script(self.stored("customer_ref"), outcome)

    def mails(self) -> list[str]:
        """The events of mail about recharges."""
        return list(
            self.world.database.rows(
                "select data ->> 'event' from oneai.outbox where kind = 'credit_recharge' order by created_at"
            )
        )


async def pay_authenticated(world: World, order: dict[str, Any]) -> None:
    """The payer passes 3-D Secure on the page of an order."""
    session = order["checkout"]["short_url"].rsplit("/", 1)[1]
    async with world.stripe.session() as engine:
        engine.pay(session, ASKS_ALWAYS, authenticated=True)
    await world.stripe.catch_up()
