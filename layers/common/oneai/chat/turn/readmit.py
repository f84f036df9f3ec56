"""The admission of a question that a crash of Postgres has lost, once more: its commit does not wait for the disk.

Only the process that writes the answer can do that, and only until it has settled it. Whatever was stored later and
waited for the disk, such as a file or a stop, brought the admission there as well; so nothing else of it can be lost.
"""

import json

from oneai import log
from oneai.chat.turn.admit import Turn
from oneai.chat.turn.requested_answers import sql_arguments
from oneai.postgres import db


async def readmit(turn: Turn) -> None:
    """Stores the question and its answers under the ids they had, with their reservations.

    Of several answers to one question the first does it for all. Raises OneAIError where the question is refused now:
    the units may have been used by others, or the user is gone.
    """
    log.warning("an answer that Postgres has lost is admitted again", message_id=turn.message_id)
    request, terms, _ = sql_arguments(turn.question, turn.requested_answers, turn.attachments, any_model=False)
    as_before = {
        **json.loads(request),
        "conversation_id": str(turn.conversation_id),
        "begins_conversation": True,
        "question_id": str(turn.user_message_id),
        "is_retry": False,
    }
    await db.call(
        "select oneai.admit(%s, %s, %s, %s, %s)",
        [
            turn.person.user_id,
            turn.requested_answers[0].id,
            json.dumps(as_before, ensure_ascii=False),
            terms,
            turn.api_key_id,
        ],
        idempotent=True,
    )
