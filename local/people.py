"""The people a new stack has, so that somebody can sign in at once."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Person:
    """Somebody with a password that everybody may know."""

    email: str
    password: str


SEED = tuple(Person(f"{name}@example.com", f"{name}-password") for name in ("asha", "ravi", "admin"))


class SignInError(Exception):
    """The project's auth does not know this person."""


def sign_in(supabase_url: str, person: Person) -> str:
    """An access token."""
    return str(_ask(f"{supabase_url}/auth/v1/token?grant_type=password", person)["access_token"])


def ensure(stack_url: str, person: Person) -> None:
    """Signs the person up, if they are not there, with an address that needs no confirming."""
    _ask(f"{stack_url}/local/people/", person)


def _ask(url: str, person: Person) -> dict[str, Any]:
    body = json.dumps({"email": person.email, "password": person.password}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310  ours, over HTTP
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise SignInError(error.read().decode(errors="replace")) from error
