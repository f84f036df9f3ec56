"""Feedback on the documentation is counted anonymously."""

from typing import Any

import pytest

from oneai import settings
from tests.accounts.retention_data import AGES, run_retention
from tests.admin.staff import make_staff
from tests.world import World


def ratings(world: World) -> list[Any]:
    return world.database.rows("select slug, helpful, note from oneai.docs_page_ratings order by id")


def searches(world: World) -> list[Any]:
    return world.database.rows("select words, searches from oneai.docs_missed_searches order by words")


async def send(world: World, body: Any) -> Any:
    return await world.post("/docs/feedback", body, None)


async def test_a_page_is_rated_with_a_note(world: World) -> None:
    first = await send(world, {"slug": "quotas", "helpful": False, "note": "  What is a window?\0 "})
    second = await send(world, {"slug": "api/sharing", "helpful": True})

    assert (first.status_code, first.content, second.status_code) == (204, b"", 204)
    assert ratings(world) == [("quotas", False, "What is a window?\ufffd"), ("api/sharing", True, None)]


async def test_missed_searches_are_counted_by_their_words(world: World) -> None:
    for query in ("Dark  mode", "dark mode?", "webhooks"):
        assert (await send(world, {"query": query})).status_code == 204

    assert searches(world) == [("dark mode", 2), ("webhooks", 1)]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("asha@example.com lost", "lost"),
        ("key oneai_sk_7f3a9 refused", "key refused"),
        ("call 9876543210", "call"),
        ("https://oneai.example/shared/abc broken", "broken"),
        (f"secret {'a' * 40}", "secret"),
        ("4111 1111 1111 1111", None),
        ("\0", None),
        ("   ", None),
        ("'; drop table x", "drop table x"),
    ],
)
async def test_words_that_may_be_personal_are_left_out(world: World, query: str, words: str | None) -> None:
    assert (await send(world, {"query": query})).status_code == 204

    assert searches(world) == ([] if words is None else [(words, 1)])


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "slug", "required"),
        ({"helpful": True}, "slug", "required"),
        ({"slug": "quotas"}, "helpful", "required"),
        ({"slug": "quotas", "helpful": "yes"}, "helpful", "wrong_type"),
        ({"slug": "no-such-page", "helpful": True}, "slug", "not_a_choice"),
        ({"slug": "../quotas", "helpful": True}, "slug", "not_a_choice"),
        ({"slug": "quotas", "helpful": True, "query": "refund"}, "query", "excluded"),
        ({"slug": "quotas", "helpful": True, "note": "a" * 1001}, "note", "too_long"),
        ({"query": "a" * 201}, "query", "too_long"),
        ({"query": 5}, "query", "wrong_type"),
        ({"query": "refund", "who": "asha"}, "who", "unknown_field"),
        ([], "body", "wrong_type"),
    ],
)
async def test_an_invalid_field_is_refused_by_name_and_stores_nothing(
    world: World, body: Any, field: str, code: str
) -> None:
    answer = await send(world, body)

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["error"]["details"]] == [(field, code)]
    assert (ratings(world), searches(world)) == ([], [])


async def test_the_feedback_from_an_address_is_rate_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMITS", "public=2/2")
    settings.reset_cache()

    statuses = [(await send(world, {"query": "webhooks"})).status_code for _ in range(3)]

    assert statuses == [204, 204, 429]
    assert searches(world) == [("webhooks", 2)]
    # A search opens no connection, and is not counted.
    assert (await world.get("/docs/search", None, q="webhooks")).status_code == 200


async def test_feedback_is_deleted_after_a_year(world: World) -> None:
    await send(world, {"slug": "quotas", "helpful": True})
    await send(world, {"query": "webhooks"})

    assert await run_retention(world, AGES.docs_feedback_days - 1) == {}
    assert await run_retention(world, 1) == {"docs_ratings": 1, "docs_searches": 1}
    assert (ratings(world), searches(world)) == ([], [])


async def test_admins_and_support_alone_see_the_feedback(world: World) -> None:
    for helpful, note in ((True, None), (False, "What is a window?"), (False, None)):
        await send(world, {"slug": "quotas", "helpful": helpful, **({"note": note} if note else {})})
    await send(world, {"slug": "plans", "helpful": True})
    for query in ("dark mode", "webhooks", "dark mode"):
        await send(world, {"query": query})

    report = (await world.get("/admin/docs-feedback", make_staff(world, "support"))).json()

    (quotas, plans) = report["pages"]
    assert (quotas["slug"], quotas["helpful"], quotas["not_helpful"]) == ("quotas", 1, 2)
    assert [each["note"] for each in quotas["notes"]] == ["What is a window?"]
    assert (plans["slug"], plans["not_helpful"], plans["notes"]) == ("plans", 0, [])
    assert [(each["words"], each["searches"]) for each in report["missed_searches"]] == [
        ("dark mode", 2),
        ("webhooks", 1),
    ]
    assert (await world.get("/admin/docs-feedback")).status_code == 404
    assert (await world.get("/admin/docs-feedback", None)).status_code == 401
