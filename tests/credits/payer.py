"""A user whose answers credits pay, over HTTP: what is held, what is charged, and what receipts say."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

import httpx

from oneai.plans.price_of_use import MARKUP_PERCENT, MIN_MICRO_USD, price_of_use
from tests.credits.account import Credits
from tests.credits.test_ledger import problems
from tests.world import World

MONEY = 5_000_000


class Payer:
    """A user with this much money, whose sources have this order."""

    def __init__(self, world: World, who: str | None = None, money: int = MONEY, order: str = "credits") -> None:
        self.world, self.money = world, money
        self.who = who or world.newcomer()
        self.user = world.people[self.who]
        self.account = Credits(world.database, self.user)
        if money:
            self.account.grant(money)
        self.order(order)

    def order(self, order: str) -> None:
        """Sets the order of the sources."""
        self.world.database.rows("update oneai.workspaces set payment_sources = %s where id = %s", order, self.user)

    def without_units(self, key: str = "small_messages", left: int = 0) -> None:
        """Leaves this many units of a quota of the plan."""
        self.world.database.rows(
            "update oneai.usage_quotas as q set used = oneai.effective_limit(q, oneai.now()) + q.grace_units - %s "
            "where workspace_id = %s and quota_key = %s",
            *(left, self.user, key),
        )

    async def get(self, path: str, **params: Any) -> Any:
        """`GET /api…`, which succeeds."""
        answer = await self.world.get(path, self.who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def balance(self) -> tuple[int, int]:
        """What can be used, and what is held."""
        found = await self.get("/credits/balance")
        return found["available_micro_usd"], found["held_micro_usd"]

    async def charged(self) -> int:
        """What was charged in all. Nothing is held, and the ledger has the same."""
        available, held = await self.balance()
        used = self.world.database.one(
            "select coalesce(sum(amount_micro_usd), 0)::bigint from oneai.ledger_entries "
            "where workspace_id = %s and account = 'used'",
            self.user,
        )
        assert (held, used) == (0, self.money - available)
        assert problems(self.world.database) == []
        return int(used)

    async def receipt(self, start: dict[str, Any], message_id: str | None = None) -> dict[str, Any]:
        """The receipt of an answer."""
        message = message_id or start["message_id"]
        found: dict[str, Any] = await self.get(f"/conversations/{start['conversation_id']}/messages/{message}/receipt")
        return found

    def held_for(self, message_id: str | UUID) -> int:
        """What was held for an answer before it was written."""
        return int(
            self.world.database.one(
                "select held_micro_usd from oneai.credit_holds where id = %s", UUID(str(message_id))
            )
        )

    def held_beside(self, message_id: str | UUID) -> int:
        """The cost, in micro-dollars, that was held for an answer besides what it may cost itself."""
        held, of_answer = self.world.database.one(
            "select h.held_micro_usd, r.held_micro_usd from oneai.credit_holds as h "
            "join oneai.reservations as r on r.id = h.id where h.id = %s",
            UUID(str(message_id)),
        )
        assert held % 3 == 0
        return int(held // 3 - of_answer)

    def events(self, *purposes: str) -> list[tuple[Any, ...]]:
        """Purpose, source, units, cost and charge of each usage event of the workspace."""
        query: LiteralString = (
            "select purpose::text, paid_by::text, charged, cost_micro_usd, credits_micro_usd from oneai.usage_events "
            "where workspace_id = %s and (purpose::text = any(%s) or %s = '{}') order by id"
        )
        return self.world.database.rows(query, self.user, list(purposes), list(purposes))

    def require_paid(self, receipt: dict[str, Any], *, held: int) -> int:
        """Requires the receipt of an answer that credits paid, at the usual price and within what was held; its
        charge."""
        charge = price(receipt["cost_micro_usd"])
        assert receipt["paid_by"] == {"source": "credits", "units": None, "micro_usd": charge}
        assert (receipt["charged_micro_usd"], receipt["charged"], receipt["quota_key"]) == (charge, 0, None)
        assert 0 < receipt["cost_micro_usd"] < charge <= held < self.money
        return charge


def price(*costs: int, least: int = MIN_MICRO_USD) -> int:
    """The usual price of these costs together."""
    return price_of_use(sum(costs), MARKUP_PERCENT, least)


def refused(answer: httpx.Response | dict[str, Any]) -> dict[str, Any]:
    """The `error` object of a refusal, without its sentence, which is not empty."""
    body = answer if isinstance(answer, dict) else answer.json()
    error = dict(body["error"])
    assert error.pop("message")
    return error


def kinds(error: dict[str, Any]) -> Sequence[str]:
    """The kinds of the alternatives of a refusal."""
    return [each["kind"] for each in error["alternatives"]]
