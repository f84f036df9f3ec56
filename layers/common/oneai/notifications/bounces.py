"""Handles SES's bounce and complaint reports by suppressing the address. Many of them stop a workspace's mail to
visitors."""

import json
from typing import Any

from oneai import log, metrics
from oneai.postgres import db


async def handle(event: dict[str, Any]) -> dict[str, int]:
    """Handles an SNS event with SES's reports; returns how many addresses were suppressed.

    Transient bounces (a full mailbox) change nothing. Other and malformed reports are ignored: raising would only make
    SNS deliver them again.
    """
    stopped = 0
    for record in event.get("Records", []):
        for address, reason in _suppressions(record):
            (ended,) = await db.call("select oneai.suppress_mail(%s, %s)", [address, reason], idempotent=True)
            metrics.count(metrics.MAIL_STOPPED, of=reason)
            if ended:
                metrics.count(metrics.OPERATOR_ALERTS, of="visitor_mail_stopped")
            stopped += 1
    return {"stopped": stopped}


def _suppressions(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Addresses to suppress, with the reason."""
    try:
        report = json.loads(record["Sns"]["Message"])
        # Event destinations use `eventType`, an identity's own notifications `notificationType`.
        match report.get("eventType") or report.get("notificationType"):
            case "Bounce" if report["bounce"]["bounceType"] == "Permanent":
                recipients = [(each["emailAddress"], "bounce") for each in report["bounce"]["bouncedRecipients"]]
            case "Complaint":
                recipients = [
                    (each["emailAddress"], "complaint") for each in report["complaint"]["complainedRecipients"]
                ]
            case _:
                recipients = []
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("a report of SES could not be read")
        return []
    return [(address, reason) for address, reason in recipients if isinstance(address, str)]
