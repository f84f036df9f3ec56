"""The job that erases deleted chatbots when their days are over, with the documents that go with them, in batches.

Every step can be repeated, so a run may stop at any point. A failed chatbot is claimed again half an hour later, and
does not stop the others.
"""

import time
from uuid import UUID

from oneai import alerts, log
from oneai.accounts import closing
from oneai.postgres import db


async def erase_due_chatbots(seconds: float) -> dict[str, int]:
    """Erases due chatbots and starts no new one after `seconds`. Returns the counts by outcome."""
    until = time.monotonic() + seconds
    counts = {"deleted": 0, "failed": 0}
    while time.monotonic() < until:
        (chatbot_id,) = await db.call("select oneai.claim_chatbot_erasure()", [])
        if chatbot_id is None:
            break
        counts["deleted" if await _erased(chatbot_id) else "failed"] += 1
    return counts


async def _erased(chatbot_id: UUID) -> bool:
    try:
        await closing.delete_in_batches("select oneai.erase_chatbot(%s, %s)", chatbot_id, closing.DOCUMENT_BATCH)
    except Exception as error:  # noqa: BLE001  the others belong to other workspaces
        log.exception("a chatbot could not be erased", chatbot_id=str(chatbot_id))
        await alerts.raise_alert("chatbot_erasure_failed", str(chatbot_id), error=type(error).__name__)
        return False
    log.info("a chatbot was erased", chatbot_id=str(chatbot_id))
    return True
