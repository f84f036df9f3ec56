"""The job that queues the mail of events and sends the outbox: each mail at most once, and none is lost while SES is
unreachable.

A mail is claimed, sent, and finished with its outcome. A worker that dies in between leaves a claim that expires; its
mail has an unknown outcome, which is reported to operators, and is not sent again.
"""

import asyncio
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from oneai import alerts, log, metrics, settings
from oneai.clients import ses
from oneai.notifications import compose
from oneai.postgres import db

# Concurrent requests to SES; each takes about a tenth of a second.
AT_ONCE = 4
# The function's timeout is sixty seconds, and a message may take thirteen.
SECONDS = 40.0
EVENTS_AT_ONCE = 500


@dataclass(frozen=True)
class OutboxSettings:
    """`site_url` and `site_name` are the product's; `api_url` is the API's address. Operators receive mail at
    `operator_email`, unless it is empty. `mail_per_second` is the account's rate limit at SES."""

    site_url: str = ""
    site_name: str = "OneAI"
    api_url: str = ""
    operator_email: str = ""
    mail_per_second: int = 10


@dataclass(frozen=True)
class _ClaimedMail:
    id: UUID
    kind: str
    data: dict[str, Any]
    address: str | None
    name: str | None
    language: str
    at: datetime


@dataclass
class _Due:
    due: bool


@dataclass
class _Run:
    """One run of the job; `stopped` after an error that would also fail the next mail."""

    ends: float
    next_at: float = 0.0
    stopped: bool = False
    counts: dict[str, int] = field(default_factory=lambda: {"sent": 0, "waiting": 0, "failed": 0, "unknown": 0})


async def send_due() -> dict[str, int]:
    """Sends due mail; counts what was `sent`, postponed (`waiting`), `failed` permanently, or is `unknown`."""
    run = _Run(ends=time.monotonic() + SECONDS)
    (expired,) = await db.call("select oneai.expire_mail_claims()", [])
    run.counts["unknown"] += expired
    await _queue_mail_of_events(run)
    for _ in range(expired):
        metrics.count(metrics.OPERATOR_ALERTS, of="mail_outcome_unknown")
    if ses.sender() and await _anything_due():
        try:
            await ses.ready()
        except ses.NotSent as refusal:
            await alerts.raise_alert("mail_refused", refusal.code)
        else:
            await asyncio.gather(*(_send_until_done(run) for _ in range(AT_ONCE)))
    return run.counts


async def _queue_mail_of_events(run: _Run) -> None:
    while await db.call("select oneai.mail_about_events(%s)", [EVENTS_AT_ONCE]) == (EVENTS_AT_ONCE,):
        if time.monotonic() >= run.ends:
            return


async def _anything_due() -> bool:
    (row,) = await db.as_service(
        "select exists (select from oneai.outbox where state = 'waiting' and due_at <= oneai.now()) as due", [], _Due
    )
    return row.due


async def _send_until_done(run: _Run) -> None:
    while not run.stopped and time.monotonic() < run.ends:
        await _wait_for_rate_limit(run)
        claim, token = uuid4(), secrets.token_urlsafe(32)
        row = await db.call("select * from oneai.claim_mail(%s, %s)", [claim, token_hash(token)])
        if row is None:
            return
        state, provider_id, problem = await _send(_ClaimedMail(*row), token, run)
        run.counts[state] += 1
        if state in ("unknown", "failed"):
            metrics.count(metrics.OPERATOR_ALERTS, of="mail_outcome_unknown" if state == "unknown" else "mail_failed")
        await db.call(
            "select oneai.finish_mail(%s, %s, %s, %s, %s)",
            [row[0], claim, state, provider_id, problem],
            idempotent=True,
        )


async def _wait_for_rate_limit(run: _Run) -> None:
    """Waits for the next slot within SES's rate limit."""
    send_at = max(run.next_at, time.monotonic())
    run.next_at = send_at + 1 / max(settings.read(OutboxSettings).mail_per_second, 1)
    await asyncio.sleep(send_at - time.monotonic())


async def _send(mail: _ClaimedMail, token: str, run: _Run) -> tuple[str, str | None, str | None]:
    """The mail's new state, SES's message id, and the error."""
    config = settings.read(OutboxSettings)
    address = mail.address or config.operator_email
    sender = compose.Sender(config.site_name, config.site_url, ses.sender(), config.api_url)
    try:
        content = compose.write_email(
            mail.kind, mail.data, name=mail.name, language=mail.language, sender=sender, token=token
        )
        message = compose.mime_message(content, to=address, at=mail.at, sender=sender)
    except Exception as error:  # noqa: BLE001  one bad mail must not stop the others
        log.exception("a mail could not be written", kind=mail.kind, mail=str(mail.id))
        return "failed", None, type(error).__name__
    try:
        return "sent", await ses.send(message, to=address, mail_id=str(mail.id)), None
    except ses.OutcomeUnknown as unknown:
        run.stopped = True
        return "unknown", None, unknown.code
    except ses.NotSent as refusal:
        if refusal.permanent:
            return "failed", None, refusal.code
        run.stopped = True
        await alerts.raise_alert("mail_refused", refusal.code)
        return "waiting", None, refusal.code


def token_hash(token: str) -> bytes:
    """The hash of an unsubscribe token that the database stores."""
    return hashlib.sha256(token.encode()).digest()
