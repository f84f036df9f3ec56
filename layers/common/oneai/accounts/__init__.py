"""Retention and erasure: rows are deleted after their retention period, users on request."""

from oneai.accounts.erase import close_account, delete_sign_in, erase
from oneai.accounts.retention import RetentionSettings, remove_what_is_over

__all__ = ["RetentionSettings", "close_account", "delete_sign_in", "erase", "remove_what_is_over"]
