"""The terms of answers in every plan: `p_terms` of `oneai.admit`, which therefore needs no earlier round trip to learn
the user's tier.

They depend only on models, plans and settings, so they are computed once for all questions to the same models.
"""

from collections.abc import Sequence
from dataclasses import replace

from oneai import settings
from oneai.chat.turn.concurrency import answers_at_once
from oneai.models import Model, web_search
from oneai.plans import PLANS
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.credit_terms import CREDITS, credit_terms
from oneai.plans.model_terms import ModelTerms, terms_for
from oneai.plans.own_key_terms import MISSING, OWN_KEY, are_enabled, own_key_terms, routes_json
from oneai.plans.request_terms import AnswerTerms, TierTerms, terms_to_json
from oneai.plans.team_limits import of_team

# Every plan accepts a message of this many characters, with any number of input tokens.
MESSAGE_CHARACTERS = 100_000
# SQL limits history by bytes, generously; `context.fit` limits it by tokens. No script takes more bytes per token.
BYTES_PER_TOKEN = 8
# The terms of a search of the web.
_SEARCHES = ("web_searches", "web_search_micro_usd", "web_search_tokens")


def terms_by_tier(models: Sequence[Model]) -> dict[str, ModelTerms]:
    """The terms of one answer by tier, and those of credits and of own keys; any of these models may write it."""
    return _terms_by_tier(tuple(models), tuple(PLANS))


def terms_json(
    answers: Sequence[Sequence[Model]], max_tokens: int | None, characters: int, provider: str = "openrouter"
) -> str:
    """`p_terms` of answers by these models. `max_tokens` is the question's. `characters` are attached to its message,
    and reduce the length that the plan allows for it. `provider` is the one that a chatbot names: own keys for others
    do not pay."""
    return _terms_json(tuple(map(tuple, answers)), tuple(PLANS), max_tokens, characters, provider)


@settings.cached
def _terms_by_tier(models: tuple[Model, ...], tiers: tuple[str, ...]) -> dict[str, ModelTerms]:
    by_tier = {CREDITS: credit_terms(models), **{tier: terms_for(PLANS[tier], models) for tier in tiers}}
    if not all(model.by_operator for model in models):
        by_tier = {name: replace(terms, refusal=MISSING) for name, terms in by_tier.items()}
    return {OWN_KEY: own_key_terms(models), **by_tier}


@settings.cached
def _terms_json(
    answers: tuple[tuple[Model, ...], ...],
    tiers: tuple[str, ...],
    max_tokens: int | None,
    characters: int,
    provider: str,
) -> str:
    at_once = answers_at_once()
    terms = [_terms_by_tier(models, tiers) for models in answers]
    of_credits = [
        replace(_answer_terms(models, each[CREDITS], max_tokens), models=tuple(model.id for model in models))
        for models, each in zip(answers, terms, strict=True)
    ]
    history_bytes = max(each[CREDITS].input_tokens for each in terms) * BYTES_PER_TOKEN
    by_tier = {CREDITS: TierTerms(history_bytes=history_bytes, answers=tuple(of_credits))}
    if are_enabled():
        of_keys = [
            _key_terms(models, each[OWN_KEY], max_tokens, provider) for models, each in zip(answers, terms, strict=True)
        ]
        by_tier[OWN_KEY] = TierTerms(history_bytes=history_bytes, answers=tuple(of_keys))
    for tier in tiers:
        plan = PLANS[tier]
        by_tier[tier] = TierTerms(
            free=plan.free,
            message_characters=plan.input_tokens and max(MESSAGE_CHARACTERS, plan.input_tokens * 4) - characters,
            answers_at_once=at_once[tier],
            team_answers_at_once=of_team(at_once[tier]),
            history_bytes=max(each[tier].input_tokens for each in terms) * BYTES_PER_TOKEN,
            answers=tuple(
                replace(_answer_terms(models, each[tier], max_tokens), daily_ceiling_micro_usd=daily_ceiling(plan))
                for models, each in zip(answers, terms, strict=True)
            ),
        )
    return terms_to_json(by_tier)


def _key_terms(models: Sequence[Model], terms: ModelTerms, max_tokens: int | None, provider: str) -> AnswerTerms:
    """The terms of an answer by an own key, whose prices and searches are those of its routes."""
    answer = _answer_terms(models, terms, max_tokens)
    searches = {name: getattr(answer, name) for name in _SEARCHES if getattr(answer, name) is not None}
    return replace(
        answer,
        web_searches=None,
        web_search_micro_usd=None,
        web_search_tokens=None,
        routes=routes_json(models, searches, provider),
    )


def _answer_terms(models: Sequence[Model], terms: ModelTerms, max_tokens: int | None) -> AnswerTerms:
    searches = all(web_search.can_search(model) for model in models)
    return AnswerTerms(
        refusal=terms.refusal,
        quota_key=terms.quota_key,
        text_key=terms.text_key,
        input_tokens=terms.input_tokens,
        context_tokens=max(model.context_length for model in models),
        answer_tokens=min(max_tokens or terms.answer_tokens, terms.answer_tokens),
        prompt_micro_usd_per_token=str(terms.prompt_micro_usd_per_token),
        completion_micro_usd_per_token=str(terms.completion_micro_usd_per_token),
        price_version=models[0].price_version,
        daily_ceiling_micro_usd=None,
        web_searches=web_search.SEARCHES if searches else None,
        web_search_micro_usd=web_search.MICRO_USD if searches else None,
        web_search_tokens=web_search.RESULT_TOKENS if searches else None,
    )
