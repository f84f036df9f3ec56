"""One chat turn: admit the question, stream its answers, settle what they cost; stop one or come back to it."""

from oneai.chat.answer import Answer
from oneai.chat.follow import follow, follow_all
from oneai.chat.forget import forget_temporary
from oneai.chat.lapse import expire_answer, settle_open_answers
from oneai.chat.produce import begin, finish_all
from oneai.chat.question import Question, id_from_key
from oneai.chat.quote import Quote, quote
from oneai.chat.reconcile import compare_sample
from oneai.chat.resume import resume, resume_all
from oneai.chat.stop import Stopped, StopRequest, stop
from oneai.chat.turn import AskedBefore, Turn, admit

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
    "expire_answer",
    "finish_all",
    "follow",
    "follow_all",
    "forget_temporary",
    "id_from_key",
    "quote",
    "resume",
    "resume_all",
    "settle_open_answers",
    "stop",
]
