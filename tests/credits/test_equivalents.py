"""Credits as answers and tokens of a model."""

from typing import Any

from oneai.billing.credit_equivalents import equivalent
from oneai.clients.openrouter import models
from oneai.models import Model
from oneai.plans.price_of_use import UsePrice


def model(prompt: str, completion: str) -> Model:
    """A model at these prices in dollars per token."""
    fields: dict[str, Any] = {"id": "maker/one", "name": "One", "context_length": 100_000}
    return models.parse_model({**fields, "pricing": {"prompt": prompt, "completion": completion}})


def test_credits_are_worth_the_answers_that_they_pay() -> None:
    # 1,000 tokens at 1 and 500 at 4 micro-dollars cost 3,000, and 9,000 with the markup of three.
    dear = model("0.000001", "0.000004")
    free = model("0", "0")
    agreed = UsePrice(True, "maker/*", 150)

    assert equivalent(10_000_000, dear, []).answers == 1_111
    assert equivalent(10_000_000, dear, []).tokens == 1_111 * 1_500
    assert equivalent(10_000_000, dear, [agreed, UsePrice(False, "*", 400)]).answers == 2_222
    assert equivalent(10_000_000, free, []).answers == 50_000
    assert (equivalent(8_999, dear, []).answers, equivalent(8_999, dear, []).answer_micro_usd) == (0, 9_000)
