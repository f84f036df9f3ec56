"""The end of things: what is over is removed after a stated time, and people who want to be forgotten are erased."""

from oneai.accounts.erase import close_account, delete_sign_in, erase
from oneai.accounts.retention import RetentionSettings, remove_what_is_over

__all__ = ["RetentionSettings", "close_account", "delete_sign_in", "erase", "remove_what_is_over"]
