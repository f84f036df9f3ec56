"""What could be cheaper: models whose answers cost much more than those of another that is rated as well."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from oneai.analytics.period import ReportPeriod
from oneai.analytics.ratings import ratings_by
from oneai.postgres import db

# Fewer ratings or answers say nothing.
MIN_RATINGS, MIN_ANSWERS = 20, 50
MIN_COST_RATIO = 2.0
# Shares of thumbs up that differ by less count as equal.
EQUAL_SHARE = 0.02


class Suggestion(BaseModel):
    """A model that another one could stand in for."""

    model: str = Field(description="The model that costs more.")
    alternative: str = Field(description="The cheapest model that is rated as well, or better.")
    cost_ratio: float = Field(description="How many times as much an answer of the model costs.")
    positive_share: float = Field(description="The share of thumbs up of the model's ratings.")
    alternative_positive_share: float = Field(description="The same of the alternative's.")
    saving_micro_usd: int = Field(description="What the model's answers would have cost less with the alternative.")
    message: str = Field(description="The same in a sentence.")


@dataclass
class _ModelCost:
    model: str
    answers: int
    cost_micro_usd: int

    @property
    def per_answer(self) -> float:
        return self.cost_micro_usd / self.answers


async def suggestions(period: ReportPeriod) -> list[Suggestion]:
    """Suggestions by the answers and the ratings of the period, the largest saving first.

    A model is compared with those whose share of thumbs up is equal to within two points, or higher, where both have at
    least twenty ratings and fifty answers, and it is named where its answers cost at least twice as much.
    """
    costs = await db.as_service(
        """
        select model, sum(requests)::bigint as answers, sum(cost_micro_usd)::bigint as cost_micro_usd
        from oneai.daily_usage where day between %s and %s and purpose = 'answer' group by 1
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
