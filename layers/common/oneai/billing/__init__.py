"""Subscriptions and payments: facts of the payment provider, the billing state that follows from them, and operations.

This package exports what the webhook and the jobs use, and imports nothing that would slow the webhook's cold start.
Users' operations are in `subscriptions`, invoices in `documents`.
"""

from oneai.billing.processing import process_and_follow_up, record_wish, reproject
from oneai.billing.provider_operations import run_due, run_now, run_pending
from oneai.billing.reconcile import reconcile_subscriptions
from oneai.billing.webhook import WebhookAnswer, receive_webhook

__all__ = [
    "WebhookAnswer",
    "process_and_follow_up",
    "receive_webhook",
    "reconcile_subscriptions",
    "record_wish",
    "reproject",
    "run_due",
    "run_now",
    "run_pending",
]
