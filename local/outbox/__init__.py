"""A stand-in for Amazon SES: takes messages as the real one does, and keeps them as `.eml` files for people to look at.

`create` makes the app that the gateway mounts at `/local/outbox`. It checks no signature, and reports no bounces: who
wants one runs `mail_feedback` with a sample of `events/`.
"""

from local.outbox.app import create, settings_of
from local.outbox.folder import keep

__all__ = ["create", "keep", "settings_of"]
