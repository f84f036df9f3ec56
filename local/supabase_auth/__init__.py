"""A stand-in for Supabase Auth: the part of GoTrue that password sign-in needs, over the stack's own Postgres.

`create` makes the app that the gateway mounts at `/auth/v1`; `Signer` signs the same tokens without a sign-in, for
tests. Official clients work as with Supabase for sign-up, confirming by mail, sign-in, refresh, `GET /user` and
sign-out. With `ONEAI_CONFIRM_EMAIL=1` a new user is unconfirmed until they follow the link in the outbox, or until
`control_api` (at `/local/people`) confirms them.
"""

from local.supabase_auth import control_api
from local.supabase_auth.app import create
from local.supabase_auth.signer import Signer

__all__ = ["Signer", "control_api", "create"]
