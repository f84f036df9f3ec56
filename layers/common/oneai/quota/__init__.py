"""Quotas: what a user may still use, and when windows reset.

The scheduled job is in `oneai.quota.reset`, so that no request imports it.
"""

from oneai.quota.alternatives import record_refusal, with_credit_alternatives
from oneai.quota.preview import Allowed, CheckRequest, NotAllowed, check
from oneai.quota.status import QuotaStatus, status

__all__ = [
    "Allowed",
    "CheckRequest",
    "NotAllowed",
    "QuotaStatus",
    "check",
    "record_refusal",
    "status",
    "with_credit_alternatives",
]
