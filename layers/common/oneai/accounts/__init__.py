"""The user's own account: preferences, deletion and data export; also retention and the erasure of users and teams."""

from oneai.accounts.data_export import WRITERS, export_data
from oneai.accounts.deletion import (
    DeletionAccepted,
    DeletionPreview,
    DeletionRequest,
    preview_deletion,
    request_deletion,
    restore_account,
)
from oneai.accounts.deletion_job import delete_due_accounts
from oneai.accounts.erase import close_account, delete_sign_in, erase
from oneai.accounts.preferences import PreferenceChanges, Preferences, get_preferences, update_preferences
from oneai.accounts.retention import RetentionSettings, remove_what_is_over

__all__ = [
    "WRITERS",
    "DeletionAccepted",
    "DeletionPreview",
    "DeletionRequest",
    "PreferenceChanges",
    "Preferences",
    "RetentionSettings",
    "close_account",
    "delete_due_accounts",
    "delete_sign_in",
    "erase",
    "export_data",
    "get_preferences",
    "preview_deletion",
    "remove_what_is_over",
    "request_deletion",
    "restore_account",
    "update_preferences",
]
