"""The terms of a request to one model, by tier, so that Postgres needs no round trip to learn the user's tier."""

from typing import Any

from oneai.models import Model
from oneai.plans.catalog import PLANS
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.model_terms import terms_for


def request_terms(model: Model, answer_tokens: int) -> dict[str, dict[str, Any]]:
    """`p_terms` of `oneai.require_model` for an answer of at most `answer_tokens`; 0 for embeddings."""
    by_tier = {}
    for tier, plan in PLANS.items():
        terms = terms_for(plan, [model])
        by_tier[tier] = {
            "free": plan.free,
            "answers": [
                {
                    "refusal": terms.refusal,
                    "quota_key": terms.quota_key,
                    "answer_tokens": min(answer_tokens, terms.answer_tokens),
                    "prompt_micro_usd_per_token": str(terms.prompt_micro_usd_per_token),
                    "completion_micro_usd_per_token": str(terms.completion_micro_usd_per_token),
                    "price_version": model.price_version,
                    "daily_ceiling_micro_usd": daily_ceiling(plan),
                }
            ],
        }
    return by_tier
