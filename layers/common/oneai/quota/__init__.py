"""Quota: what a person may still use, and when there is more."""

from oneai.quota.alternatives import refused
from oneai.quota.check import Allowed, CheckRequest, check
from oneai.quota.reset import reset_due
from oneai.quota.status import QuotaStatus, status

__all__ = ["Allowed", "CheckRequest", "QuotaStatus", "check", "refused", "reset_due", "status"]
