"""One chat turn: admit the question, stream its answers, settle their cost; stop or resume an answer.

The scheduled jobs are in `oneai.chat.jobs`, so that the streaming function does not import them.
"""

from oneai.chat.stream.follow import follow, follow_all
from oneai.chat.stream.resume import resume, resume_all
from oneai.chat.stream.stop import StopRequest, StopResult, stop
from oneai.chat.turn.admit import Replay, Turn, admit
from oneai.chat.turn.answer import Answer
from oneai.chat.turn.generate import begin, finish_all
from oneai.chat.turn.question import Question, answer_id_from_key
from oneai.chat.turn.quote import quote

__all__ = [
    "Answer",
    "Question",
    "Replay",
    "StopRequest",
    "StopResult",
    "Turn",
    "admit",
    "answer_id_from_key",
    "begin",
    "finish_all",
    "follow",
    "follow_all",
    "quote",
    "resume",
    "resume_all",
    "stop",
]
