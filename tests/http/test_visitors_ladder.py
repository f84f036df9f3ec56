"""Every route for visitors of a chatbot, called without a token, by its visitor, others, a stranger and the team."""

from typing import Any
from uuid import UUID

import httpx

from tests.chatbots.visitors import Website
from tests.http.ladder import refused
from tests.http.rights import OF_ONE_VISITOR, ROUTES, SCOPES, VISITORS
from tests.workspaces.teams import add_member, insert_team
from tests.world import World

# What anyone may ask, with any token or none, and the status of a chatbot that has no page of its own.
OPEN = {route: 200 for route in ROUTES if route[1].startswith("/widget/") and route not in VISITORS} | {
    ("POST", "/widget/{public_id}/sessions"): 201,
    ("POST", "/widget/{public_id}/reports"): 204,
    ("GET", "/widget/{public_id}/page"): 404,
}
BODIES: dict[str, dict[str, Any]] = {
    "/sessions": {},
    "/reports": {"reason": "complaint"},
    "/chat": {"message": "And on Sunday?"},
    "/feedback": {"rating": 1},
    "/csat": {"score": 4},
    "/leads": {"email": "meera@example.com"},
    "/mail": {"email": "meera@example.com"},
}


async def _call(
    website: Website, route: tuple[str, str], asked: dict[str, Any], headers: dict[str, str]
) -> httpx.Response:
    method, path = route
    of_answer = "/messages/" in path or "{message_id}" in path
    where = path.format(
        public_id=website.public_id,
        message_id=asked["message_id"],
        id=asked["message_id" if of_answer else "conversation_id"],
    )
    body = {"message_id": asked["message_id"]} if path.endswith("/stop") else BODIES.get(f"/{path.rsplit('/', 1)[1]}")
    return await website.world.http.request(method, where, json=body if method == "POST" else None, headers=headers)


async def _team(world: World) -> tuple[UUID, dict[str, dict[str, str]]]:
    """A team with a plan, and the headers of its members by role, of a stranger, and of its owner's API key."""
    owner = world.newcomer()
    team = insert_team(world.database, world.people[owner], tier="team", seats=4)
    users = {"owner": owner, "stranger": world.newcomer()}
    for role in ("viewer", "member", "admin"):
        users[role] = world.newcomer()
        add_member(world.database, team, world.people[users[role]], role)
    headers = {who: world.headers(name) for who, name in users.items()}
    key = (await world.post("/user/api-keys", {"name": "All", "scopes": SCOPES}, owner)).json()["secret"]
    return team, headers | {"key": {"authorization": f"Bearer {key}"}}


async def test_a_visitors_routes_are_for_that_visitor_and_no_one_else(shared: World) -> None:
    team, users = await _team(shared)
    website, elsewhere = Website.of_workspace(shared, team), Website.of_workspace(shared, team)
    visitor, another = await website.visitor(), await website.visitor()
    asked = (await website.ask(visitor)).start
    assert (await website.ask(another)).status == 200
    others: list[dict[str, str]] = [{}, await elsewhere.visitor(), *users.values()]
    assert OF_ONE_VISITOR < VISITORS

    # The last one forgets the visitor.
    for route in sorted(VISITORS, key=lambda route: (route[0] == "DELETE", route)):
        shared.database.rows("truncate oneai.rate_limits")
        for headers in others:
            refused(await _call(website, route, asked, headers), 401, "visitor_token_invalid")
        theirs = await _call(website, route, asked, another)
        if route in OF_ONE_VISITOR:
            refused(theirs, 404, "not_found")
        else:
            assert theirs.is_success, (route, theirs.text)
            assert asked["conversation_id"] not in theirs.text
        own = await _call(website, route, asked, visitor)
        assert own.is_success, (route, own.text)

    for route, status in OPEN.items():
        for headers in (visitor, another, *others):
            answer = await _call(website, route, asked, headers)
            assert answer.status_code == status, (route, answer.text)
