"""A stand-in for Amazon SES: accepts messages as the real one does, and stores them as `.eml` files.

`create` makes the app that the gateway mounts at `/local/outbox`. It checks no signature, and reports no bounces: for
one, run `mail_feedback` with a sample of `events/`.
"""

from stand_ins.outbox.app import create, settings_of
from stand_ins.outbox.folder import keep

__all__ = ["create", "keep", "settings_of"]
