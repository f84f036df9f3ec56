"""Alternatives for a user whose quota is exhausted, cheapest first."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from oneai import log
from oneai.billing_errors import CreditsExhausted
from oneai.errors import OneAIError, QuotaExceeded
from oneai.models import Model, providers
from oneai.plans import Plan, ladder_with, plan_of
from oneai.plans.model_quota import quota_key
from oneai.plans.model_terms import available_models, terms_for
from oneai.postgres import db, request_check
from oneai.postgres.db import Principal
from oneai.quota.status import QuotaOverride, QuotaStatus, QuotaUsage, status

# Quotas whose models can replace each other; an image model cannot replace a text model.
TEXT_QUOTAS = ("small_messages", "large_messages")


async def with_alternatives(
    principal: Principal, refusal: QuotaExceeded, units: int, answers: int = 1
) -> QuotaExceeded:
    """Adds `alternatives` to the refusal: a model of another quota with units left, waiting, credits, upgrading.

    Reads the user's quotas again; if that fails, the refusal is unchanged.
    """
    try:
        now = await status(principal)
    except OneAIError:
        log.exception("a refusal could not be explained")
        return refusal
    extra = dict(refusal.extra)
    quota = now.quotas.get(extra["quota_key"])
    if answers > 1 and quota is not None:
        # The answers before the refused one are released: their units count as requested, not as reserved.
        left = quota.member if extra.get("of") == "member" and quota.member is not None else quota
        units += max(extra["used"] + extra["reserved"] - left.used - left.reserved, 0)
        extra |= {"used": left.used, "reserved": left.reserved}
    extra["alternatives"] = await _alternatives(extra, now, units)
    return QuotaExceeded(refusal.message, retry_after=refusal.retry_after, **extra)


async def record_refusal(principal: Principal, refusal: QuotaExceeded, answers: int) -> QuotaExceeded:
    """`with_alternatives` for a real question: also counts the refusal, by day and tier.

    `refusal.extra` has the `units` of one of its `answers` and the workspace that would pay, which are removed: the
    alternatives are those of that workspace, also if the request named none.
    """
    if (payer := refusal.extra.pop("workspace_id", None)) is not None:
        request_check.enter_workspace(UUID(payer))
    enriched = await with_alternatives(principal, refusal, refusal.extra.pop("units", 1), answers=answers)
    try:
        await db.as_service(
            """
            select oneai.increment_quota_stats(subscription_tier, %s, 'refusal', 1) from oneai.workspaces
            where id = %s
            """,
            [refusal.extra["quota_key"], principal.workspace_id],
            dict,
        )
    except OneAIError:
        log.exception("a refusal could not be counted")
    return enriched


async def with_credit_alternatives(
    refusal: CreditsExhausted, fits: Callable[[Model], bool] = lambda _: True
) -> CreditsExhausted:
    """Adds `alternatives` to a refusal for which only credits could pay: more of them, or the cheapest small model that
    `fits` what is asked."""
    options: list[dict[str, Any]] = [{"kind": "credits"}]
    try:
        models = available_models(await providers.list_models())
    except OneAIError:
        models = []
    small = [model for model in models if quota_key(model) == "small_messages" and fits(model)]
    if cheapest := min(small, key=_price, default=None):
        options.append({"kind": "model", "model": cheapest.id, "quota_key": "small_messages"})
    return CreditsExhausted(refusal.message, **refusal.extra, alternatives=options)


async def _alternatives(extra: dict[str, Any], now: QuotaStatus, units: int) -> list[dict[str, Any]]:
    key = extra["quota_key"]
    plan = plan_of(now.subscription.tier, now.kind)
    options = await _models(plan, key, now, units)
    quota = now.quotas.get(key)
    if quota is not None and units <= _whole(quota):
        options.append({"kind": "wait", "at": extra["resets_at"]})
    if extra.get("of") == "member":
        # Credits and a larger plan are the owner's to buy, and an admin can raise the limit.
        return options
    if now.credits_may_pay:
        options.append({"kind": "credits"})
    more = max(extra["limit"], units - 1)
    override = quota.override if quota is not None else None
    options += [{"kind": "upgrade", "tier": tier} for tier in _larger_plans(plan, key, more, override)[:1]]
    return options


async def _models(plan: Plan, key: str, now: QuotaStatus, units: int) -> list[dict[str, Any]]:
    """The cheapest model of each other quota with units left; none if tokens or cost are exhausted."""
    free = [
        other
        for other in TEXT_QUOTAS
        if key in TEXT_QUOTAS and other != key and other in now.quotas and _available(now, other) >= units
    ]
    if not free or any(_available(now, budget) <= 0 for budget in ("tokens", "cost") if budget in now.quotas):
        return []
    try:
        models = available_models(await providers.list_models())
    except OneAIError:
        return []
    cheapest = {other: _cheapest(models, plan, other) for other in free}
    return [
        {"kind": "model", "model": model.id, "quota_key": other}
        for other, model in cheapest.items()
        if model is not None
    ]


def _cheapest(models: Sequence[Model], plan: Plan, key: str) -> Model | None:
    fitting = [model for model in models if quota_key(model) == key and terms_for(plan, [model]).refusal is None]
    return min(fitting, key=_price, default=None)


def _price(model: Model) -> Decimal:
    return (model.prompt_price or Decimal(0)) + (model.completion_price or Decimal(0))


def _available(now: QuotaStatus, key: str) -> int:
    return now.quotas[key].available


def _whole(quota: QuotaUsage) -> int:
    """The units of a whole window that one user may use."""
    pool = quota.limit + quota.grace_units
    return pool if quota.member is None or quota.member.limit is None else min(pool, quota.member.limit)


def _larger_plans(plan: Plan, key: str, more: int, override: QuotaOverride | None) -> list[str]:
    """The larger plans under which the limit would exceed `more`, nearest first.

    Overrides survive a change of plan: an own limit replaces every plan's limit, extra units are added to it.
    """
    if override is not None and override.own_limit is not None:
        return []
    extra = override.extra_units if override is not None else 0
    plans = ladder_with(plan.tier)
    return [each.tier for each in plans[plans.index(plan) + 1 :] if _limit(each, key) + extra > more]


def _limit(plan: Plan, key: str) -> float:
    # A message quota that a plan does not state is 0; tokens and cost are then unlimited.
    stated = [quota for each, quota in (*plan.quotas.items(), *plan.budgets.items()) if each == key]
    return stated[0].limit if stated else 0 if "_" in key else float("inf")
