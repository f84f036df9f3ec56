"""What is recorded of a request that a plan, a quota, a limit or a state refused, so that support can say why.

Nothing of it is done while a question is decided: the row is written once the refusal has been sent, and only of
refusals. A flood of them is recorded in part.
"""

import json
import time
from contextvars import ContextVar
from typing import Any

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db, request_check
from oneai.postgres.request_check import ApiKeyCheck, Check

# What an admin can explain or change. A field that is wrong and a thing that is not there explain themselves.
CODES = frozenset(
    {
        *("account_deleting", "account_suspended", "already_subscribed", "attachment_not_ready", "contact_sales"),
        "conversation_busy",
        *(
            "document_not_ready",
            "email_not_confirmed",
            "forbidden",
            "idempotency_conflict",
            "insufficient_quota",
            "insufficient_scope",
        ),
        *("ip_not_allowed", "model_not_allowed", "model_not_in_plan", "quota_exceeded", "rate_limited"),
        *("service_paused", "storage_full", "subscription_not_changeable", "unknown_model"),
    }
)
# Of one user and code, by one process.
RECORDS_PER_MINUTE = 5
_MOST_SUBJECTS = 1_000
_recent: dict[tuple[str, str], list[float]] = {}
_asked: ContextVar[dict[str, Any] | None] = ContextVar("request_refusals", default=None)


def describe(**asked: Any) -> None:
    """States what the current request asks for: ids, names and numbers, never what a user wrote."""
    _asked.set({**(_asked.get() or {}), **asked})


def begin() -> None:
    """Forgets what another request asked for."""
    _asked.set(None)


async def record(request_id: str, route: str, error: OneAIError, check: Check | None) -> None:
    """Records the refusal of a user's request. Never fails: what could not be recorded is logged."""
    if check is None or error.code not in CODES:
        return
    key_hash = check.secret_hash if isinstance(check, ApiKeyCheck) else None
    if check.user_id is None and key_hash is None:
        return
    if not _may_record(key_hash.hex() if key_hash else str(check.user_id), error.code):
        return
    request_check.begin(None)  # it has been answered; a check that refused would refuse this too
    try:
        await db.call(
            "select oneai.record_refusal(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                request_id,
                None if key_hash else check.user_id,
                key_hash,
                route,
                error.status,
                error.code,
                error.message,
                json.dumps(_asked.get() or {}, default=str),
                json.dumps(error.extra, default=str),
            ],
        )
    except OneAIError as failure:
        log.warning("a refusal was not recorded", request_id=request_id, refusal=error.code, code=failure.code)


def _may_record(subject: str, code: str) -> bool:
    """Whether this user's refusals by this code are few enough in the last minute."""
    now = time.monotonic()
    if len(_recent) > _MOST_SUBJECTS:
        _recent.clear()
    times = [at for at in _recent.get((subject, code), []) if at > now - 60]
    if len(times) >= RECORDS_PER_MINUTE:
        return False
    _recent[subject, code] = [*times, now]
    return True
