"""Users as admins find and see them, and what admins do to accounts."""

import asyncio
from typing import Any

import pytest

from tests.admin.staff import make_staff
from tests.world import World

REASON = {"reason": "Ticket 4711"}


def acts(world: World, admin: str) -> list[Any]:
    """This admin's rows of the audit log: action, reason and user."""
    return world.database.rows(
        "select action, reason, user_id from oneai.audit_log where actor_kind = 'admin' and actor = %s order by id",
        str(world.people[admin]),
    )


async def found(world: World, admin: str, **query: Any) -> list[str]:
    """The ids of the users that a list has."""
    answer = await world.get("/admin/users", admin, **query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_a_user_is_found_by_the_start_of_their_address_or_of_a_word_of_their_name(shared: World) -> None:
    admin, who = make_staff(shared, "support"), shared.newcomer()
    user = shared.people[who]
    shared.database.rows("update oneai.users set name = 'Zenobia Quirk_100%%' where id = %s", user)
    email = shared.database.one("select email from oneai.users where id = %s", user)

    for q in (email, email.upper()[:-4], "zenobia", "QUIRK", "quirk_100%", "Zenobia  quirk", str(user)):
        assert await found(shared, admin, q=q) == [str(user)], q
    for q in ("quirkx100", "enobia", "%", "zen%", "\\", "' or true --"):
        assert str(user) not in await found(shared, admin, q=q), q


async def test_pages_of_a_list_and_of_a_search_show_each_user_once(own_world: World) -> None:
    world, admin = own_world, make_staff(own_world)
    users = [world.people[world.newcomer()] for _ in range(5)]
    world.database.rows("update oneai.users set name = 'Page Turner' where id = any(%s)", users)

    queries: list[dict[str, Any]] = [{}, {"q": "turner"}, {"status": "active"}, {"tier": "free"}]
    for query in queries:
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await world.get("/admin/users", admin, limit=2, **query, **cursor)).json()
            seen += [each["id"] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert len(seen) == len(set(seen))
        assert set(map(str, users)) <= set(seen), query


async def test_a_list_can_be_filtered_by_state(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    user = shared.people[who]
    assert (await shared.post(f"/admin/users/{user}/suspend", REASON, admin)).status_code == 204

    assert str(user) in await found(shared, admin, status="suspended")
    assert str(user) not in await found(shared, admin, status="active", limit=100)
    assert str(user) not in await found(shared, admin, q=f"{who}@", status="deleting")


async def test_a_user_is_shown_with_all_permissions_and_none_of_their_texts(shared: World) -> None:
    admin, who = make_staff(shared, "support"), shared.newcomer()
    await shared.ask("A private question", who)
    await shared.post("/user/api-keys", {"name": "Nightly"}, who)

    answer = await shared.get(f"/admin/users/{shared.people[who]}", admin)

    user = answer.json()
    assert answer.status_code == 200
    assert user["profile"]["id"] == str(shared.people[who])
    assert user["subscription"]["tier"] == "free"
    quota = user["quotas"]["small_messages"]
    assert (quota["limit"], quota["used"], quota["reserved"], quota["exceptions"]) == (100, 1, 0, [])
    assert user["usage"]["answers"] == 1
    assert [key["name"] for key in user["keys"]] == ["Nightly"]
    assert [act["action"] for act in user["audit"]] == ["api_key.create"]
    assert "A private question" not in answer.text
    assert "secret" not in user["keys"][0]


async def test_an_answer_being_written_is_shown_as_a_hold(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    async with shared.asking("Go on", who, model="local/slow") as stream:
        event = await stream.next()
        assert event is not None

        user = (await shared.get(f"/admin/users/{shared.people[who]}", admin)).json()

        (hold,) = user["quotas"]["small_messages"]["holds"]
        assert (hold["message_id"], hold["units"], hold["in_window"]) == (event[1]["message_id"], 1, True)
        assert user["quotas"]["small_messages"]["reserved"] == 1
        await shared.post("/chat/stop", {"message_id": event[1]["message_id"]}, who)


async def test_signing_a_user_out_ends_every_session_at_once(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    user = shared.people[who]
    session = shared.database.one(
        "insert into auth.sessions (id, user_id, created_at, updated_at) "
        "values (gen_random_uuid(), %s, now(), now()) returning id",
        user,
    )
    token = shared.signer.token(user, None, session_id=str(session))
    headers = {"authorization": f"Bearer {token}"}
    assert (await shared.http.get("/conversations", headers=headers)).status_code == 200

    answer = await shared.post(f"/admin/users/{user}/sign-out", REASON, admin)

    assert (answer.status_code, answer.json()) == (200, {"sessions": 1})
    assert (await shared.http.get("/conversations", headers=headers)).status_code == 401
    assert acts(shared, admin) == [("session.revoke", "Ticket 4711", user)]


async def test_deleting_a_user_closes_the_account_like_their_own_request(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    user = shared.people[who]
    email = shared.database.one("select email from oneai.users where id = %s", user)

    async def delete(**fields: Any) -> Any:
        return await shared.http.request(
            "DELETE", f"/admin/users/{user}", json={**REASON, **fields}, headers=shared.headers(admin)
        )

    mismatch = await delete(confirm="ravi@example.com")
    accepted = await delete(confirm=email.upper())

    assert (mismatch.status_code, mismatch.json()["error"]["details"][0]["code"]) == (422, "mismatch")
    assert accepted.status_code == 202
    assert (await shared.get("/conversations", who)).json()["error"]["code"] == "account_deleting"
    assert acts(shared, admin) == [("account.delete", "Ticket 4711", user)]
    # Its owner can still undo it.
    assert (await shared.post("/user/restore", None, who)).status_code == 204


@pytest.mark.parametrize("act", ["suspend", "unsuspend", "sign-out", "role", "quota-overrides", "plan-grants"])
async def test_every_action_requires_a_reason(act: str, shared: World) -> None:
    admin, user = make_staff(shared), shared.people[shared.newcomer()]
    bodies: dict[str, dict[str, Any]] = {
        "role": {"role": "user"},
        "quota-overrides": {"quota_key": "tokens", "own_limit": 1},
    }
    body = bodies.get(act, {})
    for reason in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": None}, {"reason": "x" * 1001}):
        answer = await shared.http.request(
            "PUT" if act == "role" else "POST",
            f"/admin/users/{user}/{act}",
            json={"tier": "pro", **body, **reason} if act == "plan-grants" else {**body, **reason},
            headers=shared.headers(admin),
        )
        assert answer.status_code == 422, reason
        assert "reason" in [each["field"] for each in answer.json()["error"]["details"]]
    assert acts(shared, admin) == []


async def set_role(world: World, admin: str, who: str, role: str) -> Any:
    body = {**REASON, "role": role}
    headers = world.headers(admin)
    return await world.http.put(f"/admin/users/{world.people[who]}/role", json=body, headers=headers)


async def test_the_last_admin_keeps_the_role_under_concurrent_requests(own_world: World) -> None:
    world = own_world
    first, second = make_staff(world), make_staff(world)

    both = await asyncio.gather(set_role(world, first, second, "user"), set_role(world, second, first, "support"))

    # One of them may have been refused as no admin any more.
    assert sorted(each.status_code for each in both)[0] == 204
    assert world.database.one("select count(*) from oneai.admins where role = 'admin'") == 1
    last = world.database.one("select user_id from oneai.admins where role = 'admin'")
    name = first if world.people[first] == last else second
    demoted = await set_role(world, name, name, "user")
    left = await world.http.request(
        "DELETE", "/user", json={"confirm": f"{name}@example.com"}, headers=world.headers(name)
    )
    assert (demoted.status_code, demoted.json()["error"]["code"]) == (409, "last_admin")
    assert (left.status_code, left.json()["error"]["code"]) == (409, "last_admin")
    assert world.database.one("select count(*) from oneai.admins where role = 'admin'") == 1


async def test_an_admin_grants_the_roles_admin_and_support(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()

    assert (await set_role(shared, admin, who, "support")).status_code == 204
    assert (await shared.get("/admin/users", who)).status_code == 200
    assert (await set_role(shared, admin, who, "user")).status_code == 204
    assert (await shared.get("/admin/users", who)).status_code == 404
    assert (await set_role(shared, admin, who, "owner")).status_code == 422

    assert [act[0] for act in acts(shared, admin)] == ["role.change", "role.change"]


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "WzFd"}, {"limit": 0}, {"status": "gone"}])
async def test_a_foreign_cursor_or_filter_is_refused(query: dict[str, Any], shared: World) -> None:
    assert (await shared.get("/admin/users", make_staff(shared), **query)).status_code == 422
