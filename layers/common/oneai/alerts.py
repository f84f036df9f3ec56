"""Operators are told: one row per kind and subject, and a metric that an alarm can watch."""

import json
import time
from typing import Any, Literal, get_args

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db

type Kind = Literal[
    "openrouter_key_refused",
    "openrouter_credit_exhausted",
    "reservation_lapsed",
    "spend_limit_near",
    "spend_limit_reached",
    "signup_incomplete",
    "share_reported",
    "mail_outcome_unknown",
    "mail_failed",
    "mail_refused",
    "unusual_use",
    "cost_drift",
    "webhook_unapplied",
    "payment_quarantined",
    "payment_disputed",
    "payment_refunded",
    "provider_call_failed",
    "two_subscriptions",
    "payment_slipped_through",
    "provider_refused",
]
# What every request would report again is reported by one process this often.
SECONDS_BETWEEN = 60
_last_told: dict[tuple[str, str], float] = {}

KINDS: tuple[str, ...] = get_args(Kind.__value__)


async def tell(kind: Kind, subject: str, **detail: Any) -> None:
    """Raises or counts up the alert of this kind and subject. Never fails: the request it belongs to goes on."""
    log.count("OperatorAlert", kind=kind)
    try:
        await db.call("select oneai.raise_alert(%s, %s, %s)", [kind, subject, json.dumps(detail)])
    except OneAIError:
        log.exception("an operator alert could not be stored", kind=kind, subject=subject)


async def tell_at_times(kind: Kind, subject: str, **detail: Any) -> None:
    """`tell`, at most once a minute and process: for what holds for every request while it lasts."""
    now = time.monotonic()
    if now - _last_told.get((kind, subject), -SECONDS_BETWEEN) >= SECONDS_BETWEEN:
        _last_told[kind, subject] = now
        await tell(kind, subject, **detail)
