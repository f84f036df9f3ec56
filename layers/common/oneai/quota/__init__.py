"""Quotas: what a user may still use, and when windows reset."""

from oneai.quota.alternatives import record_refusal
from oneai.quota.preview import Allowed, CheckRequest, NotAllowed, check
from oneai.quota.reset import reset_due_quotas
from oneai.quota.status import QuotaStatus, status

__all__ = [
    "Allowed",
    "CheckRequest",
    "NotAllowed",
    "QuotaStatus",
    "check",
    "record_refusal",
    "reset_due_quotas",
    "status",
]
