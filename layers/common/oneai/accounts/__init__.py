"""Accounts: preferences; retention and erasure, which delete rows after their retention period and users on request."""

from oneai.accounts.erase import close_account, delete_sign_in, erase
from oneai.accounts.preferences import PreferenceChanges, Preferences, get_preferences, update_preferences
from oneai.accounts.retention import RetentionSettings, remove_what_is_over

__all__ = [
    "PreferenceChanges",
    "Preferences",
    "RetentionSettings",
    "close_account",
    "delete_sign_in",
    "erase",
    "get_preferences",
    "remove_what_is_over",
    "update_preferences",
]
