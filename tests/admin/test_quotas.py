"""Quotas as admins list and change them: exceptions in place of each other, windows set back."""

from typing import Any
from uuid import UUID

from tests.admin.staff import make_staff
from tests.world import World

REASON = {"reason": "A slow week of ours"}
KEY = "small_messages"


async def make_exception(world: World, admin: str, user: UUID, **fields: Any) -> Any:
    body = {"quota_key": KEY, **REASON, **fields}
    return await world.post(f"/admin/users/{user}/quota-overrides", body, admin)


async def limit_of(world: World, who: str) -> int:
    """The limit as the user sees it."""
    quotas: dict[str, Any] = (await world.get("/quota/status", who)).json()["quotas"]
    return int(quotas[KEY]["limit"])


async def test_an_override_replaces_the_one_before_until_it_is_revoked(shared: World) -> None:
    admin, support, who = make_staff(shared), make_staff(shared, "support"), shared.newcomer()
    user = shared.people[who]

    await make_exception(shared, admin, user, extra_units=5)
    made = (await make_exception(shared, admin, user, own_limit=7, extra_units=3)).json()

    listed = (await shared.get("/admin/quota-overrides", support, limit=100)).json()["items"]
    assert [each["id"] for each in listed if each["user_id"] == str(user)] == [made["id"]]
    assert await limit_of(shared, who) == 10
    path = f"/admin/quota-overrides/{made['id']}/revoke"
    codes = [(await shared.post(path, REASON, admin)).status_code for _ in range(2)]
    assert codes == [204, 404]
    assert await limit_of(shared, who) == 100
    acts = shared.database.rows("select action, reason from oneai.audit_log where user_id = %s order by id", user)
    assert acts == [
        *[("quota_override.create", REASON["reason"])] * 2,
        ("quota_override.revoke", REASON["reason"]),
    ]


async def test_an_expired_or_unknown_override_is_refused_and_changes_nothing(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    user = shared.people[who]

    past = await make_exception(shared, admin, user, own_limit=7, until="2020-01-01T00:00:00Z")
    none = await make_exception(shared, admin, user)
    unknown = await make_exception(shared, admin, UUID(int=0), own_limit=7)

    assert (past.status_code, past.json()["error"]["message"]) == (422, "2020-01-01T00:00:00Z is in the past.")
    assert (none.status_code, none.json()["error"]["details"][0]["code"]) == (422, "required")
    assert unknown.status_code == 404
    assert await limit_of(shared, who) == 100
    assert shared.database.rows("select 1 from oneai.audit_log where user_id = %s", user) == []


async def test_a_reset_clears_used_units_and_keeps_those_of_open_answers(shared: World) -> None:
    admin, who = make_staff(shared), shared.newcomer()
    user = shared.people[who]
    await shared.ask("Hello", who, model="local/echo")
    async with shared.asking("Go on", who, model="local/slow") as stream:
        event = await stream.next()
        assert event is not None

        answer = await shared.post(f"/admin/users/{user}/quotas/{KEY}/reset", REASON, admin)
        (quota,) = (await shared.get("/admin/quotas", admin, user_id=str(user), quota_key=KEY)).json()["items"]
        await shared.post("/chat/stop", {"message_id": event[1]["message_id"]}, who)

    assert answer.json() == {"quota_key": KEY, "used_before": 1}
    assert (quota["used"], quota["reserved"], quota["remaining"]) == (0, 1, 99)
    missing = await shared.post(f"/admin/users/{user}/quotas/tokens/reset", REASON, admin)
    assert missing.status_code == 404


async def test_pages_of_quotas_list_each_quota_of_a_user_once(shared: World) -> None:
    support, who = make_staff(shared, "support"), shared.newcomer()
    user = str(shared.people[who])
    position: dict[str, Any] = {}
    keys: list[str] = []

    for _ in range(4):
        page = (await shared.get("/admin/quotas", support, user_id=user, limit=1, **position)).json()
        keys += [each["quota_key"] for each in page["items"]]
        position = {"cursor": page["next_cursor"]}

    assert keys == ["image_generation", "large_messages", "small_messages", "web_searches"]
    assert position == {"cursor": None}
