"""Requests to one model and their terms by tier, so that Postgres needs no round trip to learn the user's tier.

The classes have the keys of the types of the same names in Postgres, which refuses any other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from oneai.models import Model
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.credit_terms import CREDITS, credit_terms
from oneai.plans.limits_and_prices import PLANS
from oneai.plans.model_terms import ModelTerms, terms_for
from oneai.plans.team_limits import of_team


@dataclass(frozen=True)
class ModelRequest:
    """`oneai.model_request`: a request of one model without a conversation. Of a summary `prompt_tokens` are those of
    one part besides its text, and the units follow from its text."""

    model: str
    prompt_tokens: int
    require_confirmed: bool
    spend_limit_micro_usd: int | None
    credit_limit_micro_usd: int | None = None
    units: int = 1
    part_tokens: int | None = None
    tokens_per_unit: int | None = None

    def to_json(self) -> str:
        """As SQL takes it."""
        return json.dumps({**_stated(self), "answers": [{"model": self.model}]})


@dataclass(frozen=True)
class AnswerTerms:
    """`oneai.answer_terms`: the terms of one answer in one plan. Prices are decimal numbers of micro-dollars.
    `web_searches` is how often it may search the web; None: its model cannot. `models` are those that may write it, of
    the terms of credits; `routes` its ways by keys of the workspace, of the terms of own keys."""

    quota_key: str
    answer_tokens: int
    prompt_micro_usd_per_token: str
    completion_micro_usd_per_token: str
    price_version: str
    daily_ceiling_micro_usd: int | None
    refusal: str | None = None
    text_key: str | None = None
    input_tokens: int | None = None
    context_tokens: int | None = None
    web_searches: int | None = None
    web_search_micro_usd: int | None = None
    web_search_tokens: int | None = None
    models: tuple[str, ...] | None = None
    routes: tuple[dict[str, Any], ...] | None = None


@dataclass(frozen=True)
class TierTerms:
    """`oneai.tier_terms`: the terms of a request in one plan. With `refusal`, an error's code, the plan has none."""

    free: bool = False
    answers: tuple[AnswerTerms, ...] = ()
    answers_at_once: int | None = None
    team_answers_at_once: int | None = None
    history_bytes: int | None = None
    message_characters: int | None = None
    refusal: str | None = None


def terms_to_json(by_tier: Mapping[str, TierTerms]) -> str:
    """`p_terms`, as SQL takes them."""
    return json.dumps(by_tier, default=_stated)


def request_terms(
    model: Model, answer_tokens: int, answers_at_once: Mapping[str, int] | None = None
) -> dict[str, TierTerms]:
    """The terms of an answer of at most `answer_tokens`; 0 for embeddings. `answers_at_once` is by tier, if it
    counts."""
    of_credits = replace(_answer_terms(model, credit_terms([model]), answer_tokens), models=(model.id,))
    by_tier = {CREDITS: TierTerms(answers=(of_credits,))}
    for tier, plan in PLANS.items():
        answer = _answer_terms(model, terms_for(plan, [model]), answer_tokens)
        answer = replace(answer, daily_ceiling_micro_usd=daily_ceiling(plan))
        by_tier[tier] = TierTerms(free=plan.free, answers=(answer,))
        if answers_at_once is not None:
            most = answers_at_once[tier]
            by_tier[tier] = replace(by_tier[tier], answers_at_once=most, team_answers_at_once=of_team(most))
    return by_tier


def own_key_request(model: Model, routes: tuple[dict[str, Any], ...]) -> TierTerms:
    """The terms of embeddings by own keys, whose prices are those of their routes."""
    terms = replace(
        credit_terms([model]),
        refusal=None,
        prompt_micro_usd_per_token=Decimal(0),
        completion_micro_usd_per_token=Decimal(0),
    )
    return TierTerms(answers=(replace(_answer_terms(model, terms, 0), routes=routes),))


def _answer_terms(model: Model, terms: ModelTerms, answer_tokens: int) -> AnswerTerms:
    return AnswerTerms(
        refusal=terms.refusal,
        quota_key=terms.quota_key,
        answer_tokens=min(answer_tokens, terms.answer_tokens),
        prompt_micro_usd_per_token=str(terms.prompt_micro_usd_per_token),
        completion_micro_usd_per_token=str(terms.completion_micro_usd_per_token),
        price_version=model.price_version,
        daily_ceiling_micro_usd=None,
    )


def _stated(value: Any) -> dict[str, Any]:
    return {name: each for name, each in vars(value).items() if each is not None}
