"""After every kind of journey that credits pay, all figures of credits agree: balance, ledger, reports and export."""

import csv
import io
from typing import Any

import pytest

from oneai import settings
from tests.chat.turn.test_titles import over
from tests.credits.payer import Payer
from tests.documents.reader import Reader
from tests.usage.test_agreement import JOURNEYS, Journey
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)


@pytest.fixture(autouse=True)
def _titled(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


async def agree(payer: Payer) -> int:
    """Asserts that every figure has the same credits, and returns them."""
    charged = await payer.charged()
    totals = (await payer.get("/user/usage"))["totals"]
    by_model = (await payer.get("/user/usage", group_by="model"))["items"]
    exported = await payer.world.get("/user/usage/export", payer.who, format="csv")
    lines = [each for each in csv.DictReader(io.StringIO(exported.text)) if each["paid_by"] == "credits"]
    moved = (await payer.get("/credits/transactions"))["items"]
    used = [await payer.get("/credits/usage", group_by=by) for by in ("day", "model", "member", "chatbot")]

    assert [
        totals["credits_micro_usd"],
        sum(each["credits_micro_usd"] for each in by_model),
        sum(int(each["charged_micro_usd"]) for each in lines),
        -sum(each["amount_micro_usd"] for each in moved if each["kind"] != "purchase"),
        *(sum(item["charged_micro_usd"] for item in each["items"]) for each in used),
    ] == [charged] * 8
    assert {sum(item["cost_micro_usd"] for item in each["items"]) for each in used} == {
        sum(int(each["cost_micro_usd"]) for each in lines)
    }
    return charged


@pytest.mark.parametrize("journey", [each for each, *_ in JOURNEYS], ids=lambda each: each.__name__)
async def test_every_figure_of_credits_agrees(world: World, reader: Reader, journey: Journey) -> None:
    payer = Payer(world, "asha")

    await journey(world)
    await over()

    by_operator = journey.__name__ in ("upload", "search")
    assert (await agree(payer) > 0) is not by_operator
    world.database.rows("select oneai.roll_up_usage(1000)")
    await agree(payer)
