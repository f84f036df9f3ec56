"""The admin routes, for who has the secret key."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError

from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY
from tests.patience import PATIENCE
from tests.served import served
from tests.stand_ins.supabase_auth.gotrue import EMAIL, PASSWORD, bearer, joined, mounted, official, refreshed, sign_in
from tests.world import Database

pytestmark = pytest.mark.exhaustive

KEY = {"apikey": LOCAL_SECRET_KEY}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def admin(address: str) -> AsyncIterator[AsyncGoTrueClient]:
    """The official client with the secret key, as a server has it."""
    async with official(address, headers={**KEY, **bearer(LOCAL_SECRET_KEY)}) as client:
        yield client


async def test_the_official_client_creates_finds_changes_and_deletes_users(
    admin: AsyncGoTrueClient, http: httpx.AsyncClient, database: Database
) -> None:
    attributes: Any = {
        "email": EMAIL,
        "password": PASSWORD,
        "email_confirm": True,
        "user_metadata": {"name": "Meera"},
        "app_metadata": {"team": "one"},
    }
    made = (await admin.admin.create_user(attributes)).user
    assert (made.user_metadata["name"], made.app_metadata["team"]) == ("Meera", "one")
    assert (await admin.admin.get_user_by_id(made.id)).user.email == EMAIL
    session = (await sign_in(http)).json()
    changes: Any = {"email": "iyer@example.com", "password": "another one", "user_metadata": {"name": None}}

    changed = (await admin.admin.update_user_by_id(made.id, changes)).user

    assert (changed.email, "name" in changed.user_metadata) == ("iyer@example.com", False)
    assert (await refreshed(http, session["refresh_token"])).status_code == 400
    assert (await sign_in(http, "iyer@example.com", "another one")).status_code == 200
    assert database.rows("select id::text from oneai.users") == [made.id]
    await admin.admin.delete_user(made.id)
    assert database.rows("select id from auth.users") == []
    assert database.rows("select id from oneai.users") == []
    with pytest.raises(AuthApiError) as gone:
        await admin.admin.get_user_by_id(made.id)
    assert (gone.value.code, gone.value.status) == ("user_not_found", 404)


async def test_users_are_listed_in_pages_the_newest_first(admin: AsyncGoTrueClient, http: httpx.AsyncClient) -> None:
    for name in ("asha", "ravi", "tara"):
        await joined(http, f"{name}@example.com")

    page = await http.get("/admin/users", params={"per_page": 2}, headers=KEY)
    rest = await admin.admin.list_users(page=2, per_page=2)

    assert [user["email"] for user in page.json()["users"]] == ["tara@example.com", "ravi@example.com"]
    assert page.headers["x-total-count"] == "3"
    assert page.headers["link"] == (
        '</auth/v1/admin/users?page=2&per_page=2>; rel="next", </auth/v1/admin/users?page=2&per_page=2>; rel="last"'
    )
    assert [user.email for user in rest] == ["asha@example.com"]


async def test_a_banned_user_neither_signs_in_nor_refreshes_until_the_ban_ends(
    http: httpx.AsyncClient, database: Database
) -> None:
    session = await joined(http)
    user = f"/admin/users/{session['user']['id']}"

    banned = await http.put(user, json={"ban_duration": "24h"}, headers=KEY)

    assert banned.json()["banned_until"]
    assert (await sign_in(http)).json()["error_code"] == "user_banned"
    assert (await refreshed(http, session["refresh_token"])).json()["error_code"] == "user_banned"
    database.advance(24 * 3600)
    assert (await sign_in(http)).status_code == 200
    await http.put(user, json={"ban_duration": "1h30m"}, headers=KEY)
    await http.put(user, json={"ban_duration": "none"}, headers=KEY)
    assert (await sign_in(http)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "no_authorization"),
        ({"apikey": "sb_publishable_local"}, 401, "no_authorization"),
        ({"apikey": "sb_secret_of_another_project"}, 401, "no_authorization"),
        ({**KEY, "authorization": "Bearer sb_secret_of_another_project"}, 401, "no_authorization"),
        ({"authorization": f"Bearer {LOCAL_SECRET_KEY}"}, 403, "not_admin"),
        ({**KEY, "user-agent": "Mozilla/5.0"}, 401, "no_authorization"),
    ],
)
async def test_other_callers_are_refused(
    http: httpx.AsyncClient, database: Database, headers: dict[str, str], status: int, code: str
) -> None:
    user = (await joined(http))["user"]["id"]
    for method, path in [
        ("GET", "/admin/users"),
        ("POST", "/admin/users"),
        ("GET", f"/admin/users/{user}"),
        ("PUT", f"/admin/users/{user}"),
        ("DELETE", f"/admin/users/{user}"),
    ]:
        refused = await http.request(method, path, json={"email": "ravi@example.com"}, headers=headers)

        assert (refused.status_code, refused.headers["x-sb-error-code"]) == (status, code)
    assert database.rows("select email from auth.users") == [EMAIL]


async def test_a_signed_in_user_is_not_an_administrator(http: httpx.AsyncClient) -> None:
    session = await joined(http)

    refused = await http.get("/admin/users", headers={"apikey": "any-key", **bearer(session["access_token"])})

    assert (refused.status_code, refused.json()["error_code"]) == (403, "not_admin")


async def test_the_key_is_the_configured_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_of_the_test")
    async with (
        served(lambda base: mounted(database, tmp_path, base)) as base,
        httpx.AsyncClient(base_url=base + "/auth/v1", timeout=PATIENCE) as client,
    ):
        keys = ("sb_secret_of_the_test", LOCAL_SECRET_KEY)
        statuses = [(await client.get("/admin/users", headers={"apikey": key})).status_code for key in keys]

    assert statuses == [200, 401]


@pytest.mark.parametrize(
    ("request_line", "body", "refusal"),
    [
        ("POST /admin/users", {}, (400, "validation_failed")),
        ("POST /admin/users", {"email": "meera"}, (400, "validation_failed")),
        ("POST /admin/users", {"email": EMAIL}, (422, "email_exists")),
        ("POST /admin/users", {"email": "ravi@example.com", "password": "12345"}, (422, "weak_password")),
        ("POST /admin/users", {"email": "ravi@example.com", "id": "1"}, (400, "validation_failed")),
        ("POST /admin/users", {"email": "ravi@example.com", "ban_duration": "1 day"}, (400, "validation_failed")),
        ("POST /admin/users", {"email": "ravi@example.com", "user_metadata": []}, (400, "bad_json")),
        ("POST /admin/users", {"phone": "+91"}, (400, "phone_provider_disabled")),
        ("GET /admin/users?page=0", None, (400, "validation_failed")),
        ("GET /admin/users?per_page=many", None, (400, "validation_failed")),
        ("GET /admin/users/1", None, (404, "validation_failed")),
        (f"PUT /admin/users/{UNKNOWN}", {}, (404, "user_not_found")),
        (f"DELETE /admin/users/{UNKNOWN}", None, (404, "user_not_found")),
        (f"DELETE /admin/users/{UNKNOWN}", {"should_soft_delete": True}, (400, "validation_failed")),
    ],
)
async def test_an_invalid_change_is_refused(
    http: httpx.AsyncClient, database: Database, request_line: str, body: object, refusal: tuple[int, str]
) -> None:
    await joined(http)

    refused = await http.request(*request_line.split(), json=body, headers=KEY)

    assert (refused.status_code, refused.headers["x-sb-error-code"]) == refusal
    assert database.one("select count(*) from auth.users") == 1


async def test_a_user_may_be_created_without_a_password_and_with_an_id(http: httpx.AsyncClient) -> None:
    chosen = str(uuid4())

    made = await http.post("/admin/users", json={"email": EMAIL, "id": chosen}, headers=KEY)

    assert (made.json()["id"], made.json().get("email_confirmed_at")) == (chosen, None)
    assert (await sign_in(http)).json()["error_code"] == "invalid_credentials"
