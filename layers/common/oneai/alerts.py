"""Alerts for operators: one open row per kind and subject, and a metric for CloudWatch alarms."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from oneai import log, metrics
from oneai.errors import OneAIError
from oneai.postgres import db

if TYPE_CHECKING:
    from oneai.postgres.operators import OperatorConnection

type AlertKind = Literal[
    "openrouter_key_refused",
    "openrouter_credit_exhausted",
    "reservation_lapsed",
    "spend_limit_near",
    "spend_limit_reached",
    "signup_incomplete",
    "share_reported",
    "chatbot_reported",
    "mail_outcome_unknown",
    "mail_failed",
    "mail_refused",
    "unusual_use",
    "cost_drift",
    "webhook_unapplied",
    "payment_quarantined",
    "payment_disputed",
    "payment_refunded",
    "payment_reversed",
    "provider_call_failed",
    "two_subscriptions",
    "payment_slipped_through",
    "credits_unexplained",
    "provider_refused",
    "audit_incomplete",
    "sign_in_not_deleted",
    "account_deletion_failed",
    "workspace_deletion_failed",
    "departure_erasure_failed",
    "chatbot_erasure_failed",
    "visitor_mail_stopped",
    "openrouter_key_spend",
    "embedding_length",
]
# Conditions that every request would report are reported this often by one process.
SECONDS_BETWEEN = 60
_last_raised: dict[tuple[str, str], float] = {}

KINDS: tuple[str, ...] = get_args(AlertKind.__value__)


async def raise_alert(kind: AlertKind, subject: str, **detail: Any) -> None:
    """Opens the alert of this kind and subject, or increments its count. Never fails: the request continues."""
    metrics.count(metrics.OPERATOR_ALERTS, of=kind)
    try:
        await db.call("select oneai.raise_alert(%s, %s, %s)", [kind, subject, json.dumps(detail)])
    except OneAIError:
        log.exception("an operator alert could not be stored", kind=kind, subject=subject)


async def raise_alert_throttled(kind: AlertKind, subject: str, **detail: Any) -> None:
    """`raise_alert`, at most once a minute per process: for conditions that every request would report."""
    now = time.monotonic()
    if now - _last_raised.get((kind, subject), -SECONDS_BETWEEN) >= SECONDS_BETWEEN:
        _last_raised[kind, subject] = now
        await raise_alert(kind, subject, **detail)


@dataclass
class OpenAlert:
    """An alert that no operator has acknowledged; `count` times raised between `first_at` and `last_at`."""

    id: int
    kind: str
    subject: str
    detail: dict[str, Any]
    first_at: datetime
    last_at: datetime
    count: int


def list_open(connection: "OperatorConnection") -> list[OpenAlert]:
    """The open alerts, newest last, without reports of shares that are deleted, revoked or taken down."""
    from oneai.postgres.operators import fetch_all

    return fetch_all(
        connection,
        """
        select id, kind, subject, detail, first_at, last_at, count from oneai.operator_alerts as a
        where acknowledged_at is null and not (kind = 'share_reported' and not exists (
          select from oneai.shares as s
          where s.id::text = a.subject and s.revoked_at is null and s.taken_down_at is null))
        order by last_at
        """,
        [],
        OpenAlert,
    )


def acknowledge(connection: "OperatorConnection", ids: list[int]) -> list[int]:
    """Acknowledges the open ones of these alerts; returns the other ids, sorted."""
    from oneai.postgres.operators import fetch_values

    acknowledged = fetch_values(
        connection,
        "update oneai.operator_alerts set acknowledged_at = oneai.now() "
        "where id = any(%s) and acknowledged_at is null returning id",
        [ids],
    )
    return sorted(set(ids) - set(acknowledged))
