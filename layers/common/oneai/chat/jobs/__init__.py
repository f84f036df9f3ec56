"""Scheduled jobs of the chat: expired answers, search index, cost reconciliation, spend of the keys, temporary
conversations."""

from oneai.chat.jobs.expired import settle_open_answers
from oneai.chat.jobs.key_spend import watch_key_spend
from oneai.chat.jobs.reconcile_costs import compare_sample
from oneai.chat.jobs.search_index import index_queued_answers
from oneai.chat.jobs.temporary import delete_expired_temporary

__all__ = [
    "compare_sample",
    "delete_expired_temporary",
    "index_queued_answers",
    "settle_open_answers",
    "watch_key_spend",
]
