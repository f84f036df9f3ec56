"""What SES reports of mail it has sent: addresses that do not exist or whose owners complain get no more."""

import json
from typing import Any

from oneai import log
from oneai.postgres import db


async def handle(event: dict[str, Any]) -> dict[str, int]:
    """Takes an SNS event of SES's reports; how many addresses get no more mail.

    A bounce that may pass (a full mailbox) changes nothing. Reports of other kinds, and what is no report at all, are
    passed over: SNS would only deliver it again.
    """
    stopped = 0
    for record in event.get("Records", []):
        for address, reason in _suppressions(record):
            await db.call("select oneai.suppress_mail(%s, %s)", [address, reason], idempotent=True)
            log.count("MailStopped", reason=reason)
            stopped += 1
    return {"stopped": stopped}


def _suppressions(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Addresses and why."""
    try:
        report = json.loads(record["Sns"]["Message"])
        # Event destinations say `eventType`, an identity's own notifications `notificationType`.
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
