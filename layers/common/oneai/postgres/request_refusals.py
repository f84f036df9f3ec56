"""Records requests that a plan, a quota, a limit or a state refused, so that support can explain them.

Nothing is recorded while a question is decided: the row is written after the refusal was sent, and only for refusals.
Of many refusals at once only some are recorded.
"""

import json
import time
from contextvars import ContextVar
from typing import Any

from oneai import log
from oneai.errors import OneAIError
from oneai.postgres import db, request_check
from oneai.postgres.request_check import ApiKeyCheck, Check

# Refusals that an admin can explain or change. Invalid fields and missing objects explain themselves.
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
        "second_factor_required",
        *("service_paused", "storage_full", "subscription_not_changeable", "unknown_model"),
    }
)
# The limit for one user and code, in one process.
RECORDS_PER_MINUTE = 5
_MAX_SUBJECTS = 1_000
_recent: dict[tuple[str, str], list[float]] = {}
_asked: ContextVar[dict[str, Any] | None] = ContextVar("request_refusals", default=None)


def describe(**asked: Any) -> None:
    """Sets what the current request asks for: ids, names and numbers, never text of a user."""
    _asked.set({**(_asked.get() or {}), **asked})


def begin() -> None:
    """Clears what another request asked for."""
    _asked.set(None)


async def record(request_id: str, route: str, error: OneAIError, check: Check | None) -> None:
    """Records the refusal of a user's request. Never fails; a failure is logged."""
    if check is None or error.code not in CODES:
        return
    key_hash = check.secret_hash if isinstance(check, ApiKeyCheck) else None
    if check.user_id is None and key_hash is None:
        return
    if not _may_record(key_hash.hex() if key_hash else str(check.user_id), error.code):
        return
    request_check.begin(None)  # the check that refused the request would also refuse this statement
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
    """Whether the user had few enough refusals with this code in the last minute."""
    now = time.monotonic()
    if len(_recent) > _MAX_SUBJECTS:
        _recent.clear()
    times = [at for at in _recent.get((subject, code), []) if at > now - 60]
    if len(times) >= RECORDS_PER_MINUTE:
        return False
    _recent[subject, code] = [*times, now]
    return True
