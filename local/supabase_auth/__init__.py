"""A stand-in for Supabase Auth: the part of GoTrue that password sign-in needs, over the stack's own Postgres.

`create` makes the app that the gateway mounts at `/auth/v1`; `Signer` mints the same tokens without a sign-in, for
tests. Official clients cannot tell the difference for sign-up, sign-in, refresh, `GET /user` and sign-out. Mail is
not sent: with `ONEAI_CONFIRM_EMAIL=1` a new person stays unconfirmed until `auth.users.email_confirmed_at` is set.
"""

from local.supabase_auth.app import create
from local.supabase_auth.signer import Signer

__all__ = ["Signer", "create"]
