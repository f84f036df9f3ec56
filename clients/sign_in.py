"""Supabase's library for Python: signs a user in, calls the API with their token, refreshes it and signs out.

AUTH=http://127.0.0.1:8000/auth/v1 EMAIL=asha@example.com PASSWORD=asha-password python clients/sign_in.py
"""

import os

import httpx
from supabase_auth import SyncGoTrueClient

API = os.environ.get("API", "http://127.0.0.1:8000/api")
AUTH = os.environ.get("AUTH", "http://127.0.0.1:8000/auth/v1")
# The project's publishable key; the local stack takes any.
KEY = os.environ.get("KEY", "local")


def me(token: str) -> httpx.Response:
    """All that a page needs at its start."""
    return httpx.get(f"{API}/me", headers={"authorization": f"Bearer {token}"})


def main() -> None:
    """Prints who signed in, and that their token is refused after they signed out."""
    auth = SyncGoTrueClient(url=AUTH, headers={"apikey": KEY})
    auth.sign_in_with_password(
        {
            "email": os.environ.get("EMAIL", "asha@example.com"),
            "password": os.environ.get("PASSWORD", "asha-password"),
        }
    )
    auth.refresh_session()  # an app has this done for it when the token is about to expire
    session = auth.get_session()
    token = session.access_token if session else ""
    answer = me(token).raise_for_status().json()
    print(f"{answer['profile']['email']} has the plan {answer['subscription']['tier']}")
    httpx.post(f"{API}/auth/sign-out", json={}, headers={"authorization": f"Bearer {token}"}).raise_for_status()
    print(me(token).json()["error"]["code"])


if __name__ == "__main__":
    main()
