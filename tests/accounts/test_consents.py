"""Consents are given at sign-up or later, and can be withdrawn."""

import json
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx
import pytest

from oneai import settings
from tests.world import Database, World

ALL = [
    {"kind": "terms", "version": "2026-11-23"},
    {"kind": "privacy", "version": "2026-11-23"},
    {"kind": "age", "version": "18"},
]
RECORDED: LiteralString = """
    select action, target_id, detail from oneai.audit_log
    where user_id = %s and action like 'consent.%%' order by id"""


async def consents(world: World, who: str) -> dict[str, Any]:
    """The consents of `who`."""
    answer = await world.get("/user/consents", who)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def revoke(world: World, who: str, kind: str) -> httpx.Response:
    """`who` revokes a consent."""
    return await world.http.delete(f"/user/consents/{kind}", headers=world.headers(who))


def sign_up(database: Database, stated: Any) -> UUID:
    """A user whose sign-up brought this along; their id."""
    user_id = uuid4()
    database.rows(
        "insert into auth.users (id, aud, role, email, email_confirmed_at, raw_user_meta_data) "
        "values (%s, 'authenticated', 'authenticated', %s, now(), %s)",
        user_id,
        f"{user_id}@example.com",
        json.dumps({"consents": stated}),
    )
    return user_id


async def test_a_consent_is_recorded_once_with_version_and_time(shared: World) -> None:
    who = shared.newcomer()
    before = await consents(shared, who)

    for _ in range(2):
        answer = await shared.post("/user/consents", {"consents": ALL}, who)
        assert (answer.status_code, answer.json()["required"]) == (201, [])

    assert (before["items"], before["required"]) == ([], ALL)
    after = (await consents(shared, who))["items"]
    assert sorted((each["kind"], each["version"], each["revoked_at"]) for each in after) == [
        ("age", "18", None),
        ("privacy", "2026-11-23", None),
        ("terms", "2026-11-23", None),
    ]
    assert shared.database.rows(RECORDED, shared.people[who]) == [
        ("consent.grant", each["kind"], {"version": each["version"]}) for each in sorted(ALL, key=lambda of: of["kind"])
    ]


async def test_a_revoked_consent_keeps_its_times_and_is_requested_again(shared: World) -> None:
    who = shared.newcomer()
    await shared.post("/user/consents", {"consents": ALL}, who)

    for _ in range(2):
        answer = await revoke(shared, who, "privacy")
        assert (answer.status_code, answer.json()["required"]) == (200, [ALL[1]])
    await shared.post("/user/consents", {"consents": ALL}, who)

    privacy = [each for each in (await consents(shared, who))["items"] if each["kind"] == "privacy"]
    assert [each["revoked_at"] is None for each in privacy] == [True, False]
    assert privacy[1]["granted_at"] <= privacy[1]["revoked_at"] <= privacy[0]["granted_at"]
    actions = [action for action, kind, _ in shared.database.rows(RECORDED, shared.people[who]) if kind == "privacy"]
    assert actions == ["consent.grant", "consent.revoke", "consent.grant"]


async def test_a_new_version_of_the_terms_requires_a_new_consent(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    await shared.post("/user/consents", {"consents": ALL}, who)
    monkeypatch.setenv("TERMS_VERSION", "2027-04-01")
    settings.reset_cache()

    required = (await consents(shared, who))["required"]
    old = await shared.post("/user/consents", {"consents": ALL[:1]}, who)

    assert required == [{"kind": "terms", "version": "2027-04-01"}]
    monkeypatch.delenv("TERMS_VERSION")
    settings.reset_cache()
    assert (old.status_code, old.json()["error"]["details"][0]["field"]) == (422, "consents.0.version")


def test_a_sign_up_stores_its_consents(database: Database) -> None:
    asha = sign_up(database, {"terms": "2026-11-23", "privacy": "2026-11-23", "age": "18"})

    query = "select kind, version from oneai.consents where user_id = %s order by kind"
    assert database.rows(query, asha) == [("age", "18"), ("privacy", "2026-11-23"), ("terms", "2026-11-23")]


@pytest.mark.parametrize(
    "stated", [None, [], "yes", {"terms": "x" * 41}, {"terms": {}, "newsletter": "1"}, {"age": "'"}]
)
def test_a_sign_up_with_invalid_consents_succeeds_without_them(stated: Any, database: Database) -> None:
    user_id = sign_up(database, stated)

    assert database.one("select count(*) from oneai.usage_quotas where workspace_id = %s", user_id) > 0
    assert database.rows("select 1 from oneai.consents where user_id = %s", user_id) == []
    assert database.rows("select 1 from oneai.operator_alerts where kind = 'signup_incomplete'") == []


@pytest.mark.parametrize(
    "body",
    [{}, {"consents": []}, {"consents": [{"kind": "newsletter", "version": "1"}]}, {"consents": [{"kind": "terms"}]}],
)
async def test_an_invalid_consent_is_refused_by_its_field(body: Any, shared: World) -> None:
    answer = await shared.post("/user/consents", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert answer.json()["error"]["details"][0]["field"].startswith("consents")


async def test_consents_are_visible_to_their_owner_alone_and_erased_with_the_account(shared: World) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    await shared.post("/user/consents", {"consents": ALL}, who)

    assert (await consents(shared, other))["items"] == []
    assert (await shared.get("/user/consents", None)).status_code == 401
    shared.database.rows("delete from auth.users where id = %s", shared.people[who])
    assert shared.database.rows("select 1 from oneai.consents where user_id = %s", shared.people[who]) == []
