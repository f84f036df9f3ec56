"""A stand-in for Supabase Auth: the part of GoTrue that people of the product sign in with, over the stack's Postgres.

`create` makes the app that the gateway mounts at `/auth/v1`; `Signer` signs the same tokens without a sign-in, for
tests. Official clients work as with Supabase: passwords, Google and GitHub (whose pages it shows itself), links and
codes of mails, changes of a user, and the admin routes. With `ONEAI_CONFIRM_EMAIL=1` a new user is unconfirmed until
they follow the link in the outbox, or until `control_api` (at `/local/people`) confirms them.
"""

from stand_ins.supabase_auth import control_api
from stand_ins.supabase_auth.app import create
from stand_ins.supabase_auth.signer import Signer

__all__ = ["Signer", "control_api", "create"]
