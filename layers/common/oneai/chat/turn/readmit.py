"""Admits a question again that a crash of Postgres lost, because its commit does not wait for the disk.

Only the process that generates the answer can do that, and only until it has settled it.
"""

import json

from oneai import log
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.requested_answers import sql_arguments
from oneai.errors import Busy, ConversationBusy, InternalError, OneAIError, RateLimited
from oneai.postgres import db


async def readmit(answer: Answer) -> bool:
    """Stores the question and its answers under the ids they had, with their reservations; false where it is refused,
    which ends the answer with that refusal.

    Of several answers to one question the first does it for all. Raises Busy where a later attempt may succeed:
    Postgres is away, or another answer is being written in the conversation, or too many are.
    """
    turn = answer.turn
    if answer.refusal is not None:
        return False
    request, terms, _ = sql_arguments(turn.question, turn.requested_answers, turn.attachments, any_model=False)
    as_before = {
        **json.loads(request),
        "conversation_id": str(turn.conversation_id),
        # A conversation that existed before and does not now was deleted.
        "begins_conversation": not turn.branch.messages,
        "question_id": str(turn.user_message_id),
        "is_retry": False,
    }
    try:
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
    except (ConversationBusy, RateLimited) as refusal:
        raise Busy(retry_after=refusal.retry_after) from refusal
    except (Busy, InternalError):
        raise
    except OneAIError as refusal:
        log.warning(
            "an answer is missing in Postgres and is refused now", message_id=turn.message_id, code=refusal.code
        )
        answer.interrupt(refusal=refusal)
        return False
    log.warning("an answer that Postgres lost was admitted again", message_id=turn.message_id)
    return True
