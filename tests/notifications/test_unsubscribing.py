"""Users end a kind of mail by one click in it, without signing in."""

import hashlib
from typing import Any

import pytest

from tests.world import World

EVERYTHING = {"quota": True, "summary": True, "product": False}
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}


async def notifications_of(world: World, who: str) -> dict[str, Any]:
    """The kinds of mail that `who` gets."""
    answer = await world.get("/user/preferences", who)
    assert answer.status_code == 200
    notifications: dict[str, Any] = answer.json()["notifications"]
    return notifications


def letter(world: World, who: str, kind: str) -> str:
    """A mail of this kind to `who`; the token in it."""
    token = f"{kind}-of-{who}"
    world.database.rows(
        "insert into oneai.outbox (user_id, kind, cause_key, data, state, unsubscribe_hash) "
        "values (%s, %s, %s, '{}', 'sent', %s)",
        world.people[who],
        kind,
        token,
        hashlib.sha256(token.encode()).digest(),
    )
    return token


@pytest.mark.parametrize(
    ("kind", "topic"), [("news", "product"), ("quota_warning", "quota"), ("monthly_summary", "summary")]
)
async def test_one_click_unsubscribes_from_the_topic_of_the_mail_alone(kind: str, topic: str, shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    await shared.http.patch("/user/preferences", json={"notifications": {"product": True}}, headers=shared.headers(who))
    token = letter(shared, who, kind)
    address = f"/mail/unsubscribe?token={token}"

    for _ in range(2):
        answer = await shared.http.post(address, content="List-Unsubscribe=One-Click", headers=ONE_CLICK)
        assert (answer.status_code, answer.json()) == (200, {"unsubscribed": topic})

    assert await notifications_of(shared, who) == EVERYTHING | {"product": True} | {topic: False}
    assert await notifications_of(shared, other) == EVERYTHING


async def test_opening_the_link_changes_nothing_and_reveals_nothing(shared: World) -> None:
    who = shared.newcomer()
    token = letter(shared, who, "monthly_summary")

    pages = [await shared.http.get(f"/mail/unsubscribe?token={t}") for t in (token, "guessed", '"><script>')]
    nothing = await shared.http.get("/mail/unsubscribe")

    assert {page.text for page in [*pages, nothing]} == {nothing.text}
    assert '<form method="post"><button>' in nothing.text
    assert nothing.headers["content-type"] == "text/html; charset=utf-8"
    assert nothing.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in nothing.headers["content-security-policy"]
    assert await notifications_of(shared, who) == EVERYTHING


async def test_the_button_of_that_page_returns_a_page(shared: World) -> None:
    token = letter(shared, shared.newcomer(), "quota_warning")

    answer = await shared.http.post(
        f"/mail/unsubscribe?token={token}", content="", headers={**ONE_CLICK, "accept": "text/html,*/*;q=0.8"}
    )

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "no longer receive emails like this" in answer.text


@pytest.mark.parametrize("kind", ["payment_receipt", "payment_reminder", "trial_refused"])
async def test_receipts_cannot_be_unsubscribed(kind: str, shared: World) -> None:
    token = letter(shared, shared.newcomer(), kind)

    assert (await shared.http.post(f"/mail/unsubscribe?token={token}")).status_code == 404


@pytest.mark.parametrize(("token", "status"), [("guessed", 404), ("", 422), ("x" * 101, 422), ("%00", 404)])
async def test_an_invalid_token_unsubscribes_nothing(token: str, status: int, shared: World) -> None:
    assert (await shared.http.post(f"/mail/unsubscribe?token={token}")).status_code == status
