"""Quota: what a person may still use, and when there is more."""

from oneai.quota.status import QuotaStatus, status

__all__ = ["QuotaStatus", "status"]
