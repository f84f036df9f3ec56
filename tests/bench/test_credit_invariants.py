"""The books of credits hold for a sound service, and each of their checks sees the wrong it is there for."""

from typing import LiteralString

import pytest
import pytest_asyncio

from bench.invariants import check_credits
from oneai.billing import credit_packages
from tests.credits.buying import Buyer
from tests.world import World

pytestmark = pytest.mark.exhaustive

HELD = "no credits are held"
BALANCE = "a balance is the sum of its entries, and of what its grants have left"
CHAIN = "the entries of a movement sum to zero, and each has the hash of the one before"
GRANT = "a payment for credits has one grant and its bonus, and no other grant is of a payment"
CHARGED = "what was used of grants and is owed is what answers were charged and not given back"
SOURCE = "an answer that credits paid has one hold and no unit of the plan"

WRONGS: list[tuple[str, LiteralString]] = [
    (HELD, "update oneai.credit_holds set open_micro_usd = 5"),
    (HELD, "update oneai.credit_balances set held_micro_usd = 5"),
    (HELD, "update oneai.credit_daily_spend set held_micro_usd = 5"),
    (BALANCE, "update oneai.credit_balances set paid_micro_usd = paid_micro_usd + 1"),
    (BALANCE, "update oneai.credit_grants set remaining_micro_usd = remaining_micro_usd - 1 where kind = 'paid'"),
    (CHAIN, "update oneai.ledger_entries set amount_micro_usd = amount_micro_usd + 1 where number = 1"),
    (CHAIN, "delete from oneai.ledger_entries where number = 1"),
    (CHAIN, "update oneai.ledger_entries set at = at + interval '1 microsecond' where number = 2"),
    (GRANT, "delete from oneai.credit_grants where kind = 'bonus'"),
    (GRANT, "update oneai.credit_grants set granted_micro_usd = granted_micro_usd + 1 where kind = 'paid'"),
    (GRANT, "update oneai.credit_orders set payment_id = null"),
    (CHARGED, "update oneai.credit_holds set charged_micro_usd = charged_micro_usd + 1"),
    (CHARGED, "update oneai.usage_events set credits_micro_usd = 0"),
    (SOURCE, "delete from oneai.credit_holds"),
    (SOURCE, "update oneai.reservations set paid_by = 'plan'"),
]


@pytest_asyncio.fixture(scope="module")
async def sound(shared: World) -> World:
    """A user has bought credits with a bonus, which paid one answer."""
    credit_packages.reset()
    buyer = Buyer(shared, shared.newcomer())
    await buyer.live_at()
    await buyer.buy(package_id="credits_50")
    saved = await buyer.send("PUT", "/credits/sources", {"order": ["credits"], "chatbots": []})
    assert saved.is_success, saved.text
    answer = await shared.ask("What is a monsoon?", who=buyer.who)
    await shared.settled(answer.start["message_id"])
    return shared


def test_the_books_of_credits_hold_for_a_healthy_service(sound: World) -> None:
    checks = check_credits(sound.database.connection)

    assert [(each.sentence, each.contradictions) for each in checks if not each.holds] == []
    assert {each.sentence for each in checks} == {HELD, BALANCE, CHAIN, GRANT, CHARGED, SOURCE}
    assert sound.database.one("select count(*) from oneai.credit_holds where charged_micro_usd > 0") == 1


@pytest.mark.parametrize(("sentence", "wrong"), WRONGS)
def test_a_check_of_credits_sees_what_is_wrong(sound: World, sentence: str, wrong: LiteralString) -> None:
    connection = sound.database.connection
    with connection.transaction(force_rollback=True):
        connection.execute("set local session_replication_role = replica")
        assert connection.execute(wrong).rowcount > 0
        assert sentence in [each.sentence for each in check_credits(connection) if not each.holds]
