"""A team from its creation to its deletion: seats, invitations, the pool and limits, sharing, removal and transfer."""

from typing import Any

import httpx

from oneai.workspaces.create import TRIAL_SMALL_MESSAGES
from tests.billing.invoices.issuing import ASHA
from tests.journeys.running_stack import RunningStack
from tests.web import mails
from tests.web.invitations import LINK
from tests.workspaces.teams import in_workspace, refusal

SEATS = {"plan_id": "team", "period": "monthly", "currency": "INR"}
KEY = "small_messages"


class Team:
    """One team of the stack, for its members."""

    def __init__(self, stack: RunningStack, id: str) -> None:
        self.stack, self.id = stack, id

    async def send(self, who: str, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        """A request within the team."""
        return await in_workspace(self.stack, self.id, method, path, body, who=who, **params)

    async def done(self, who: str, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """The body of a request within the team that succeeds; None without one."""
        answer = await self.send(who, method, path, body, **params)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def ask(self, who: str) -> Any:
        """A question of a member: the state of its answer, or what refused it."""
        asked = await self.stack.ask("When is tea picked?", who, headers={"oneai-workspace": self.id})
        return asked.last["state"] if asked.status == 200 else (asked.code, asked.body["error"].get("of"))

    async def small_messages(self, who: str) -> dict[str, Any]:
        """Of `GET /quota/status`."""
        quota: dict[str, Any] = (await self.done(who, "GET", "/quota/status"))["quotas"][KEY]
        return quota

    def use_up(self) -> None:
        """Uses what the pool has."""
        used = (
            "update oneai.usage_quotas set used = quota_limit + extra_units where workspace_id = %s and quota_key = %s"
        )
        self.stack.database.rows(used, self.id, KEY)

    async def pay(self, who: str, page: str) -> None:
        """Pays on a page of the stand-in, and confirms it as the browser does."""
        await self.done(who, "POST", "/subscription/verify", await self.stack.check_out(page))

    async def accept(self, who: str) -> dict[str, Any]:
        """Accepts the newest invitation of a user by the link in its mail."""
        token = (await mails.link(self.stack.address, f"{who}@example.com", LINK)).rpartition("/")[2]
        accepted = await self.stack.post("/invitations/accept", {"token": token}, who)
        assert accepted.is_success, accepted.text
        membership: dict[str, Any] = accepted.json()
        return membership


async def test_a_team_buys_seats_shares_its_pool_changes_hands_and_returns(stack: RunningStack) -> None:
    asha, ravi, meera = stack.newcomer(), stack.newcomer(), "meera-without-an-account"
    made = (await stack.post("/workspaces", {"name": "Nilgiri Tea"}, asha)).json()
    team = Team(stack, made["id"])
    assert (made["plan"], made["seats"], made["role"]) == ("none", 3, "owner")

    # Three seats, for the owner and two people, of whom one has no account.
    await team.done(asha, "PUT", "/subscription/billing-details", ASHA)
    opened = await team.done(asha, "POST", "/subscription/create", {**SEATS, "seats": 3})
    assert (await team.small_messages(asha))["limit"] == TRIAL_SMALL_MESSAGES
    await team.pay(asha, opened["short_url"])
    # The plan ends the trial.
    assert (await team.small_messages(asha))["limit"] == 1500
    invited = [{"email": f"{name}@example.com", "role": "member"} for name in (ravi, meera)]
    await team.done(asha, "POST", "/team/invite", {"invitations": invited})
    await stack.run("send_mail")
    assert await team.accept(ravi) == {"workspace_id": team.id, "role": "member"}
    stack.newcomer(meera)
    await team.accept(meera)
    one_more = await team.send(asha, "POST", "/team/invite", {"email": "one-more@example.com", "role": "member"})
    assert refusal(one_more) == (409, "no_seat_left")

    # The pool is empty for all, and another seat brings its share.
    assert await team.ask(ravi) == "complete"
    team.use_up()
    assert await team.ask(ravi) == ("quota_exceeded", "workspace")
    more = await team.done(asha, "POST", "/subscription/update", {"seats": 4})
    page = httpx.URL(more["short_url"]).join(f"../o/{more['seat_order']['order_id']}")
    await team.pay(asha, str(page))
    assert 0 < (await team.small_messages(asha))["remaining"] <= 500
    assert await team.ask(ravi) == "complete"

    # A limit holds for one member, and the others use the rest.
    await team.done(asha, "PUT", f"/team/members/{stack.people[ravi]}", {"usage_limit_percent": 1})
    limit = (await team.small_messages(ravi))["member"]["limit"]
    used = "update oneai.member_usage set used = %s where workspace_id = %s and user_id = %s and quota_key = %s"
    stack.database.rows(used, limit, team.id, stack.people[ravi], KEY)
    assert await team.ask(ravi) == ("quota_exceeded", "member")
    assert await team.ask(meera) == "complete"

    # What is shared is read by all, and remains after its author was removed.
    (chat,) = (await team.done(meera, "GET", "/conversations"))["items"]
    assert refusal(await team.send(ravi, "GET", f"/conversations/{chat['id']}")) == (404, "not_found")
    await team.done(meera, "PATCH", f"/conversations/{chat['id']}", {"visibility": "workspace"})
    removed = f"/team/members/{stack.people[meera]}"
    await team.done(asha, "DELETE", removed, heir_user_id=str(stack.people[ravi]))
    assert refusal(await team.send(meera, "GET", "/quota/status")) == (404, "workspace_not_found")
    assert (await team.done(ravi, "GET", f"/conversations/{chat['id']}"))["id"] == chat["id"]

    # The new owner deletes the team and restores it; the plan ends with the period that the former owner has paid.
    await team.done(asha, "POST", f"/workspaces/{team.id}/transfer", {"user_id": str(stack.people[ravi])})
    await team.done(ravi, "POST", f"/workspaces/{team.id}/transfer/accept")
    assert (await team.done(ravi, "GET", "/subscription"))["cancel_requested_at"] is not None
    assert refusal(await team.send(asha, "POST", "/subscription/update", {"seats": 5})) == (403, "role_insufficient")
    await team.done(ravi, "DELETE", f"/workspaces/{team.id}", {"confirm": made["slug"]})
    assert refusal(await stack.get(f"/workspaces/{team.id}", asha)) == (404, "workspace_not_found")
    await team.done(ravi, "POST", f"/workspaces/{team.id}/restore")
    restored = (await stack.get(f"/workspaces/{team.id}", asha)).json()
    assert (restored["role"], restored["plan"], restored["deletes_at"]) == ("admin", "team", None)
    assert (await team.done(ravi, "GET", f"/conversations/{chat['id']}"))["id"] == chat["id"]
