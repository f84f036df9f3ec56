"""Invariants of a stack's answers, quotas, usage, payments and visitors' conversations, once nothing is running.

Each check is a sentence and the rows that contradict it. `make load` and `make chaos` end with these checks.
"""

from bench.invariants.answers import check_answers
from bench.invariants.checks import Check, failed
from bench.invariants.credits import check_credits
from bench.invariants.inbox import SentText, Talks, check_inbox
from bench.invariants.payments import check_payments
from bench.invariants.texts import ReceivedStream, Texts, check_texts

__all__ = [
    "Check",
    "ReceivedStream",
    "SentText",
    "Talks",
    "Texts",
    "check_answers",
    "check_credits",
    "check_inbox",
    "check_payments",
    "check_texts",
    "failed",
]
