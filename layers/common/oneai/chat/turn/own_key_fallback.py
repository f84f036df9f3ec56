"""What pays an answer where the provider of the workspace's own key is busy or broken before the first piece.

It is imported with the first such answer.
"""

import json
from dataclasses import replace

from oneai import log
from oneai.api_keys.token_limit import TokenLimit
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.answer_terms import terms_by_tier, terms_json
from oneai.errors import OneAIError
from oneai.models import Completion, providers
from oneai.models.route import is_temporary
from oneai.plans import PLANS
from oneai.plans.ceiling import credit_spend_limit, daily_ceiling, daily_spend_limit
from oneai.plans.model_terms import resolve_models
from oneai.postgres import db


async def fall_back(turn: Turn, error: OneAIError, completion: Completion | None) -> Turn:
    """The same answer with another source, which is held instead of the key, where the key's owner chose one. Raises
    `error` where there is none: the key has no fallback or has reached its limit of them, or no other source can
    pay."""
    row = turn.own_key
    if row is None or row["fallback"] == "none" or not is_temporary(error):
        raise error
    try:
        models = resolve_models(await providers.list_models(), turn.models[0].id, [])
        billed = sum(usage.cost_micro_usd or 0 for _, usage in completion.billed()) if completion else 0
        request = {"spend_limit_micro_usd": daily_spend_limit(), "credit_limit_micro_usd": credit_spend_limit()}
        terms = terms_json([models], turn.question.max_tokens or turn.options.max_tokens, turn.attachments.characters())
        (held,) = await db.call(
            "select oneai.fall_back_from_key(%s, %s, %s, %s)", [turn.message_id, json.dumps(request), terms, billed]
        )
    except OneAIError as refusal:
        log.warning("an own key has no fallback now", key_id=row["id"], code=refusal.code)
        raise error from None
    if held is None:
        raise error
    log.info("another source pays an answer of an own key", key_id=row["id"], paid_by=held["paid_by"], code=error.code)
    is_plan = held["paid_by"] == "plan"
    return replace(
        turn,
        own_key=None,
        paid_by=held["paid_by"],
        models=models,
        terms=terms_by_tier(models)[held["tier"] if is_plan else held["paid_by"]],
        quota=held["quota"],
        prompt_tokens=held["prompt_tokens"],
        budget=held["budget"],
        token_limit=TokenLimit.parse(held["token_limit"]),
        web_searches=held["web_searches"],
        daily_ceiling=daily_ceiling(PLANS[held["tier"]]) if is_plan else None,
    )
