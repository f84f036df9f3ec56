"""The seed users of a new stack."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True)
class User:
    """A user with a public password."""

    email: str
    password: str


SEED = tuple(User(f"{name}@example.com", f"{name}-password") for name in ("asha", "ravi", "admin"))


ADMIN = SEED[-1]


class SignInError(Exception):
    """The auth service refused the user."""


def sign_in(supabase_url: str, user: User) -> str:
    """An access token."""
    return str(_post(f"{supabase_url}/auth/v1/token?grant_type=password", user)["access_token"])


def ensure(stack_url: str, user: User) -> None:
    """Signs the user up if missing, with a confirmed address."""
    _post(f"{stack_url}/local/people/", user)


def make_admin(database_url: str, user: User) -> None:
    """Makes a signed-up user an admin of the service."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "insert into oneai.admins (user_id, role) select id, 'admin' from oneai.users where email = %s "
            "on conflict (user_id) do nothing",
            [user.email],
        )


def _post(url: str, user: User) -> dict[str, Any]:
    body = json.dumps({"email": user.email, "password": user.password}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310  ours, over HTTP
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            response: dict[str, Any] = json.load(answer)
            return response
    except urllib.error.HTTPError as error:
        raise SignInError(error.read().decode(errors="replace")) from error
