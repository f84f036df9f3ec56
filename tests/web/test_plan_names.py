"""What the API says of plans and quotas is said in the page's languages."""

import json
import subprocess
from typing import Any, get_args

import pytest

from local import node
from oneai.billing.subscriptions import on_sale
from oneai.billing.subscriptions.plan_list import BANK_CONFIRMS, EACH, NAMES, offered_plans
from oneai.plans.limits_and_prices import PLANS, BudgetKey, QuotaKey

_KEYS = {*get_args(QuotaKey.__value__), *get_args(BudgetKey.__value__)}


def evaluate(script: str, *arguments: str) -> Any:
    """What an expression over the app's modules prints, run by Node in web/."""
    command = [str(node.binary()), "--input-type=module", "-e", script, *arguments]
    done = subprocess.run(command, cwd=node.WEB, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_sentence_about_plans_has_its_hindi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "1000")
    offer = offered_plans(on_sale([], {"INR": "razorpay"}))
    values = {value for row in offer.comparison for value in row.plans.values() if value not in (None, "yes")}
    numbers = {value for value in values if value is not None and value.isdecimal()}
    sentences = {
        *(row.feature for row in offer.comparison),
        *(
            value
            for value in values - numbers
            if value is not None and not value.startswith("$") and not value.endswith(" MB")
        ),
        *(feature for plan in offer.items for feature in plan.features),
        *NAMES.values(),
        *(f"1,000 {each}" for each in EACH.values()),
        BANK_CONFIRMS,
    }
    assert any("a day, at their models' prices" in each for each in sentences)

    left = evaluate(
        "import hi from './src/lib/i18n/hi/pricing.ts'; import { translated } from './src/lib/public/sentences.ts';"
        "const english = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(english.filter((each) => translated(each, hi.sentences) === each)))",
        json.dumps(sorted(sentences)),
    )

    assert left == []


def test_every_quota_has_its_name_on_every_page() -> None:
    names = evaluate(
        "import { quota } from './src/lib/i18n/quota.ts'; import hiQuota from './src/lib/i18n/hi/quota.ts';"
        "import { receipt } from './src/lib/i18n/receipt.ts'; import hiReceipt from './src/lib/i18n/hi/receipt.ts';"
        "import { pricing } from './src/lib/i18n/pricing.ts'; import hiPricing from './src/lib/i18n/hi/pricing.ts';"
        "const tables = [quota.value.names, receipt.value.quotas, pricing.value.quotas];"
        "tables.push(hiQuota.names, hiReceipt.quotas, hiPricing.quotas);"
        "console.log(JSON.stringify(tables.map((each) => Object.keys(each))))"
    )

    assert [set(each) for each in names] == [_KEYS] * 6


def test_every_plan_has_a_hindi_name() -> None:
    names = evaluate("import hi from './src/lib/i18n/hi/plans.ts'; console.log(JSON.stringify(Object.keys(hi.names)))")

    assert set(names) == set(PLANS)
