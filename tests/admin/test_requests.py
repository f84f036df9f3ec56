"""Why a request was refused: found by its id, with what was asked and how quotas, holds and exceptions stood then."""

from typing import Any

import pytest

from tests.admin.staff import make_staff
from tests.patience import eventually
from tests.world import World

SPENT = "update oneai.usage_quotas set used = 100 where workspace_id = %s and quota_key = 'small_messages'"


async def looked_up(world: World, admin: str, request_id: str) -> dict[str, Any]:
    """The request as an admin sees it; the row is written after the refusal is sent."""

    async def there() -> bool:
        return bool(world.database.rows("select 1 from oneai.refusals where request_id = %s", request_id))

    await eventually(there)
    answer = await world.get(f"/admin/requests/{request_id}", admin)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_refused_customer_is_found_by_request_id_and_given_an_override(shared: World) -> None:
    support, admin, who = make_staff(shared, "support"), make_staff(shared), shared.newcomer()
    user = shared.people[who]
    shared.database.rows(SPENT, user)
    refused = await shared.post("/chat/stream", {"message": "A secret question", "model": "local/echo"}, who)
    assert refused.json()["error"]["code"] == "quota_exceeded"

    request = await looked_up(shared, support, refused.json()["request_id"])

    assert (request["code"], request["quota_key"], request["status"]) == ("quota_exceeded", "small_messages", 429)
    assert (request["user_id"], request["route"]) == (str(user), "POST /chat/stream")
    assert request["asked"]["models"] == ["local/echo"]
    assert (request["window"]["used"], request["window"]["limit"]) == (100, 100)
    assert request["window"]["window_start"] < request["created_at"] < request["window"]["resets_at"]
    assert (request["holds"], request["exceptions"]) == ([], [])
    assert "A secret question" not in str(request)

    exception = {"quota_key": "small_messages", "extra_units": 5, "reason": "A slow week of ours"}
    made = await shared.post(f"/admin/users/{user}/quota-overrides", exception, admin)

    assert made.status_code == 201
    assert (await shared.ask("Hello", who, model="local/echo")).names[-1] == "done"
    shown = (await shared.get(f"/admin/users/{user}", support)).json()
    assert [each["request_id"] for each in shown["refusals"]] == [request["request_id"]]
    assert shown["quotas"]["small_messages"]["exceptions"][0]["reason"] == "A slow week of ours"
    assert shown["quotas"]["small_messages"]["limit"] == 105
    # The reason at the time of the request does not change.
    assert (await shared.get(f"/admin/requests/{request['request_id']}", support)).json() == request


async def test_the_units_held_by_an_open_answer_are_part_of_the_reason(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    shared.database.rows(
        "update oneai.usage_quotas set used = 99 where workspace_id = %s and quota_key = 'small_messages'",
        shared.people[who],
    )
    async with shared.asking("Go on", who, model="local/slow") as stream:
        event = await stream.next()
        assert event is not None
        refused = await shared.post("/chat/stream", {"message": "And this", "model": "local/echo"}, who)
        request = await looked_up(shared, admin, refused.json()["request_id"])
        await shared.post("/chat/stop", {"message_id": event[1]["message_id"]}, who)

    assert [hold["message_id"] for hold in request["holds"]] == [event[1]["message_id"]]
    assert (request["window"]["used"], request["window"]["reserved"]) == (99, 1)


async def test_a_refusal_by_another_route_or_an_api_key_is_found_too(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    key = (await shared.post("/user/api-keys", {"name": "Chat", "scopes": ["chat"]}, who)).json()
    headers = {"authorization": f"Bearer {key['secret']}"}
    plain = await shared.http.get("/user/usage", headers=headers)
    shared.database.rows(SPENT, shared.people[who])
    body = {"model": "local/echo", "messages": [{"role": "user", "content": "Hello"}]}
    chat = await shared.http.post("/v1/chat/completions", json=body, headers=headers)

    scope = await looked_up(shared, admin, plain.json()["request_id"])
    quota = await looked_up(shared, admin, chat.headers["x-request-id"])

    assert (scope["code"], scope["route"], scope["api_key_id"]) == (
        "insufficient_scope",
        "GET /user/usage",
        key["id"],
    )
    assert (quota["code"], quota["route"], quota["user_id"]) == (
        "quota_exceeded",
        "POST /v1/chat/completions",
        str(shared.people[who]),
    )


async def test_an_action_is_found_by_its_request(shared: World) -> None:
    admin, user = make_staff(shared), shared.people[shared.newcomer()]
    answer = await shared.post(f"/admin/users/{user}/sign-out", {"reason": "Lost their phone"}, admin)

    request = (await shared.get(f"/admin/requests/{answer.headers['x-request-id']}", admin)).json()

    assert request["code"] is None
    assert [(act["action"], act["reason"]) for act in request["acts"]] == [("session.revoke", "Lost their phone")]


@pytest.mark.parametrize("request_id", ["none-such", "%20", "x" * 200])
async def test_a_request_without_any_record_is_not_found(request_id: str, shared: World) -> None:
    answer = await shared.get(f"/admin/requests/{request_id}", make_staff(shared))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_a_flood_of_refusals_is_recorded_in_part(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows(SPENT, shared.people[who])

    for _ in range(8):
        assert (await shared.post("/chat/stream", {"message": "Hello", "model": "local/echo"}, who)).status_code == 429

    recorded = "select count(*) from oneai.refusals where user_id = %s"
    assert 1 <= shared.database.one(recorded, shared.people[who]) <= 5
