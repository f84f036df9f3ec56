"""One chat turn: admit the question, stream its answers, settle what they cost; stop one or come back to it."""

from oneai.chat.jobs.expired import expire_answer, settle_open_answers
from oneai.chat.jobs.reconcile_costs import compare_sample
from oneai.chat.jobs.temporary import delete_expired_temporary
from oneai.chat.stream.follow import follow, follow_all
from oneai.chat.stream.resume import resume, resume_all
from oneai.chat.stream.stop import Stopped, StopRequest, stop
from oneai.chat.turn.admit import AskedBefore, Turn, admit
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.generate import begin, finish_all
from oneai.chat.turn.question import Question, id_from_key
from oneai.chat.turn.quote import Quote, quote

__all__ = [
    "Answer",
    "AskedBefore",
    "Question",
    "Quote",
    "StopRequest",
    "Stopped",
    "Turn",
    "admit",
    "begin",
    "compare_sample",
    "delete_expired_temporary",
    "expire_answer",
    "finish_all",
    "follow",
    "follow_all",
    "id_from_key",
    "quote",
    "resume",
    "resume_all",
    "settle_open_answers",
    "stop",
]
