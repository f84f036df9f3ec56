"""One chat turn: admit the question, stream its answers, settle what they cost; stop or resume one."""

from oneai.chat.jobs.expired import expire_answer, settle_open_answers
from oneai.chat.jobs.key_spend import watch_key_spend
from oneai.chat.jobs.reconcile_costs import compare_sample
from oneai.chat.jobs.temporary import delete_expired_temporary
from oneai.chat.stream.follow import follow, follow_all
from oneai.chat.stream.resume import resume, resume_all
from oneai.chat.stream.stop import StopRequest, StopResult, stop
from oneai.chat.turn.admit import Replay, Turn, admit
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.generate import begin, finish_all
from oneai.chat.turn.question import Question, answer_id_from_key
from oneai.chat.turn.quote import Quote, quote

__all__ = [
    "Answer",
    "Question",
    "Quote",
    "Replay",
    "StopRequest",
    "StopResult",
    "Turn",
    "admit",
    "answer_id_from_key",
    "begin",
    "compare_sample",
    "delete_expired_temporary",
    "expire_answer",
    "finish_all",
    "follow",
    "follow_all",
    "quote",
    "resume",
    "resume_all",
    "settle_open_answers",
    "stop",
    "watch_key_spend",
]
