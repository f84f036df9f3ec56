"""A stack that wants addresses confirmed, over fresh data: its own people are ready, others confirm by their mail."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.local.running import Stack, running

pytestmark = pytest.mark.exhaustive

TARA = {"email": "tara@example.com", "password": "tara-password"}


@pytest.fixture(scope="module")
def confirming() -> Iterator[Stack]:
    """A stack with ONEAI_CONFIRM_EMAIL=1 over fresh data."""
    with running(also={"ONEAI_CONFIRM_EMAIL": "1"}) as stack:
        yield stack


@pytest.mark.exhaustive
def test_seeded_users_are_confirmed_without_a_mail(confirming: Stack) -> None:
    (curl,) = [line for line in confirming.greeting if line.startswith("curl -N ")]
    with confirming.client("ravi") as ravi:
        answer = ravi.post("/api/chat/stream", json={"message": "Am I confirmed?"})
        mails = ravi.get("/local/outbox/").json()["items"]

    assert "$ACCESS_TOKEN" not in curl
    assert "event: done" in answer.text
    assert [mail for mail in mails if "confirm" in mail["subject"].lower()] == []


@pytest.mark.exhaustive
def test_a_new_user_can_ask_after_following_the_link_in_the_outbox(confirming: Stack) -> None:
    with httpx.Client(base_url=confirming.url, timeout=30) as http:
        http.post("/auth/v1/signup", json=TARA).raise_for_status()
        refused = http.post("/auth/v1/token?grant_type=password", json=TARA)
        (mail,) = [mail for mail in http.get("/local/outbox/").json()["items"] if mail["to"] == TARA["email"]]
        (link,) = re.findall(r"http://\S+", mail["text"])
        (token_hash,) = parse_qs(urlsplit(link).query)["token_hash"]
        confirmed = http.post("/auth/v1/verify", json={"type": "email", "token_hash": token_hash})
        headers = {"authorization": f"Bearer {confirmed.json()['access_token']}"}
        answer = http.post("/api/chat/stream", json={"message": "May I?"}, headers=headers)

    assert refused.json()["error_code"] == "email_not_confirmed"
    assert mail["subject"] == "Confirm your address"
    assert "event: done" in answer.text
    assert link.startswith(f"{confirming.url}/auth/callback?")


def test_a_user_can_be_confirmed_without_a_mail(confirming: Stack) -> None:
    mina = {"email": "mina@example.com", "password": "mina-password"}
    with httpx.Client(base_url=confirming.url, timeout=30) as http:
        http.post("/auth/v1/signup", json=mina).raise_for_status()
        before = {user["email"]: user["confirmed"] for user in http.get("/local/people/").json()["items"]}
        http.post("/local/people/", json={"email": mina["email"]}).raise_for_status()
        signed_in = http.post("/auth/v1/token?grant_type=password", json=mina)
        wrong = http.post("/local/people/", json={"email": "unknown@example.com"})

    assert [before[f"{name}@example.com"] for name in ("asha", "ravi", "admin", "mina")] == [True, True, True, False]
    assert signed_in.status_code == 200
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "validation_failed")
