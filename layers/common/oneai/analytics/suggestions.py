"""Suggests cheaper models: models whose answers cost much more than those of an equally rated one."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from oneai.analytics.period import ReportPeriod
from oneai.analytics.ratings import ratings_by
from oneai.postgres import db

# Fewer ratings or answers are not significant.
MIN_RATINGS, MIN_ANSWERS = 20, 50
MIN_COST_RATIO = 2.0
# Smaller differences between shares of thumbs up count as equal.
EQUAL_SHARE = 0.02


class Suggestion(BaseModel):
    """A model that a cheaper one could replace."""

    model: str = Field(description="The model that costs more.")
    alternative: str = Field(description="The cheapest model with an equal or better rating.")
    cost_ratio: float = Field(description="The cost of the model's answers divided by the alternative's.")
    positive_share: float = Field(description="The share of thumbs up in the model's ratings.")
    alternative_positive_share: float = Field(description="The same for the alternative.")
    saving_micro_usd: int = Field(description="How much less the model's answers would have cost with the alternative.")
    message: str = Field(description="The suggestion as a sentence.")


@dataclass
class _ModelCost:
    model: str
    answers: int
    cost_micro_usd: int

    @property
    def per_answer(self) -> float:
        return self.cost_micro_usd / self.answers


async def suggestions(period: ReportPeriod) -> list[Suggestion]:
    """Suggestions from the answers and ratings of the period, largest saving first.

    A model is compared with models whose share of thumbs up is higher, equal, or at most two points lower. Both need at
    least twenty ratings and fifty answers. It is suggested if its answers cost at least twice as much.
    """
    costs = await db.as_service(
        """
        select model, sum(requests)::bigint as answers, sum(cost_micro_usd)::bigint as cost_micro_usd
        from oneai.daily_usage_now where day between %s and %s and purpose = 'answer' group by 1
        """,
        [period.since, period.until],
        _ModelCost,
    )
    shares = {
        each.part: each.positive / (each.positive + each.negative)
        for each in await ratings_by(period, "model")
        if each.positive + each.negative >= MIN_RATINGS
    }
    known = [cost for cost in costs if cost.answers >= MIN_ANSWERS and cost.cost_micro_usd > 0 and cost.model in shares]
    result = []
    for cost in known:
        others = [each for each in known if shares[each.model] >= shares[cost.model] - EQUAL_SHARE]
        cheapest = min(others, key=lambda each: (each.per_answer, each.model))
        if cost.per_answer >= MIN_COST_RATIO * cheapest.per_answer:
            result.append(_suggestion(cost, cheapest, shares))
    return sorted(result, key=lambda each: (-each.saving_micro_usd, each.model))


def _suggestion(cost: _ModelCost, other: _ModelCost, shares: dict[str, float]) -> Suggestion:
    ratio = round(cost.per_answer / other.per_answer, 1)
    better = shares[other.model] > shares[cost.model] + EQUAL_SHARE
    return Suggestion(
        model=cost.model,
        alternative=other.model,
        cost_ratio=ratio,
        positive_share=round(shares[cost.model], 4),
        alternative_positive_share=round(shares[other.model], 4),
        saving_micro_usd=round((cost.per_answer - other.per_answer) * cost.answers),
        message=f"{cost.model} costs {ratio:g} times {other.model} at {'worse' if better else 'equal'} feedback.",
    )
