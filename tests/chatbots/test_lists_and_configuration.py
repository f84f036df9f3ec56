"""What a team lists of its chatbots, and what a widget reads of one."""

from typing import Any

from psycopg.types.json import Jsonb

from oneai.billing.projection.pool import limits_of_seat
from oneai.plans.limits_and_prices import PLANS
from tests.chatbots.made import insert_chatbot
from tests.chatbots.visitors import Website
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World


async def test_a_list_has_filters_that_work_together_and_pages_without_gaps(shared: World) -> None:
    owner = shared.newcomer()
    team, other = (insert_team(shared.database, shared.people[owner], tier="team", seats=2) for _ in range(2))
    insert_chatbot(shared.database, other)
    made = [
        ("Tea 100%", "sales", "published"),
        ("TEA desk", "support", "paused"),
        ("Old teas", "sales", "paused"),
        ("Coffee_bar", "sales", "published"),
        ("School", None, "published"),
    ]
    for name, use_case, status in made:
        # One transaction makes some: only their ids put those in an order.
        shared.database.rows(
            "update oneai.chatbots set name = %s, use_case = %s, status = %s, created_at = '2026-01-01' where id = %s",
            *(name, use_case, status, insert_chatbot(shared.database, team)),
        )

    async def listed(**params: Any) -> set[str]:
        answer = await in_workspace(shared, team, "GET", "/chatbots", who=owner, **params)
        assert answer.status_code == 200, answer.text
        return {each["name"] for each in answer.json()["items"]}

    assert await listed() == {name for name, *_ in made}
    assert await listed(search="tea") == {"Tea 100%", "TEA desk", "Old teas"}
    # The signs that a pattern of SQL would read are only signs.
    assert await listed(search="%") == {"Tea 100%"}
    assert await listed(search="_") == {"Coffee_bar"}
    assert await listed(use_case="sales") == {"Tea 100%", "Old teas", "Coffee_bar"}
    assert await listed(status="paused") == {"TEA desk", "Old teas"}
    assert await listed(status="draft") == set()
    assert await listed(search="TEA", use_case="sales", status="paused") == {"Old teas"}
    for params in ({"use_case": "other"}, {"status": "deleted"}, {"search": "a" * 101}, {"cursor": "next"}):
        refused = await in_workspace(shared, team, "GET", "/chatbots", who=owner, **params)
        assert (refused.status_code, [each["field"] for each in refused.json()["error"]["details"]]) == (
            *(422, [*params]),
        )

    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        more: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = (
            await in_workspace(shared, team, "GET", "/chatbots", who=owner, limit=2, use_case="sales", **more)
        ).json()
        pages.append([each["name"] for each in page["items"]])
        cursor = page["next_cursor"]
    assert [len(page) for page in pages] == [2, 1]
    assert {name for page in pages for name in page} == {"Tea 100%", "Old teas", "Coffee_bar"}


async def test_a_configuration_is_sent_once_and_its_brand_goes_with_a_plan(shared: World) -> None:
    website = Website.of(shared, who := shared.newcomer())
    first = await shared.http.get(website.path)

    async def again(etag: str) -> Any:
        return await shared.http.get(website.path, headers={"if-none-match": etag})

    def plan(tier: str) -> None:
        shared.database.rows(
            "update oneai.workspaces set subscription_tier = %s where id = %s", tier, shared.people[who]
        )

    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=60")
    assert first.json()["branded"] is True
    unchanged = await again(first.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    plan("pro")
    paid = await again(first.headers["etag"])
    assert (paid.status_code, paid.json()) == (200, first.json() | {"branded": False})
    plan("free")
    assert (await again(paid.headers["etag"])).json() == first.json()


async def test_each_plan_has_its_number_of_chatbots_with_six_limits(shared: World) -> None:
    owner = shared.newcomer()
    personal, team = shared.people[owner], insert_team(shared.database, shared.people[owner], tier="team", seats=2)
    new = {"name": "Help", "model": "openai/gpt-4.1-mini"}
    of_seats = {"chatbots": 2 * limits_of_seat(PLANS["team"])["chatbots"]}
    for workspace, tier, limits, most in (
        (personal, "free", None, 1),
        (personal, "pro", None, 3),
        (team, "team", of_seats, 2 * 3),
        (team, "enterprise", None, 100),
    ):
        shared.database.rows(
            "with emptied as (update oneai.chatbots set deletes_at = oneai.now() where workspace_id = %s) "
            "update oneai.workspaces set subscription_tier = %s, plan_limits = %s where id = %s",
            *(workspace, tier, limits and Jsonb(limits), workspace),
        )
        first = (await in_workspace(shared, workspace, "POST", "/chatbots", new, who=owner)).json()
        assert first["limits"] == {
            "visitor_per_hour": 20,
            "address_per_hour": 120,
            "answers_per_day": 300,
            "turns_per_conversation": 40,
            "micro_usd_per_day": 2_000_000,
            "micro_usd_per_month": 30_000_000,
        }
        shared.database.rows(
            "insert into oneai.chatbots (workspace_id, public_id, name, draft, limits) "
            "select workspace_id, oneai.new_public_id(), name, draft, limits from oneai.chatbots "
            "cross join generate_series(1, %s) where id = %s",
            *(most - 2, first["id"]),
        )
        tried = [await in_workspace(shared, workspace, "POST", "/chatbots", new, who=owner) for _ in range(2)]
        last = [201, 409] if most > 1 else [409, 409]
        assert [each.status_code for each in tried] == last, tier
        assert refusal(tried[1]) == (409, "chatbot_limit_reached")
