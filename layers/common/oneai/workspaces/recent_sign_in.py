"""Requires a recent sign-in for what ends a team or gives it another owner, so that it cannot be done in a browser that
was left open."""

import time
from dataclasses import dataclass

from oneai import settings
from oneai.clients.supabase_auth import UserPrincipal
from oneai.workspace_errors import RecentSignInRequired


@dataclass(frozen=True)
class RecentSignInSettings:
    """For how many minutes a sign-in is recent."""

    recent_sign_in_minutes: int = 60


def require_recent_sign_in(user: UserPrincipal) -> None:
    """Raises RecentSignInRequired unless the user showed a credential to Supabase Auth recently; renewing a token does
    not count."""
    minutes = settings.read(RecentSignInSettings).recent_sign_in_minutes
    if user.signed_in_at < time.time() - 60 * minutes:
        raise RecentSignInRequired(within_minutes=minutes)
