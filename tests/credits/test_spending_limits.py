"""Limits of what chatbots, members and API keys use of credits in a month, and the order of what pays."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from tests.credits.account import Credits
from tests.credits.test_paying_with_credits import HELD, costs, set_order, with_credits
from tests.database.conftest import TurnClients
from tests.database.turns import TurnClient, code, refusal
from tests.workspaces.teams import in_workspace, insert_team
from tests.workspaces.teams import refusal as refused_as
from tests.world import Database, World


def limit(database: Database, workspace: UUID, kind: str, subject: UUID, micro_usd: int) -> None:
    """A limit that nothing was used of."""
    database.rows(
        "insert into oneai.credit_limits values (%s, %s, %s, %s, oneai.credit_month(%s, oneai.now()))",
        *(workspace, kind, subject, micro_usd, workspace),
    )


def spent(database: Database) -> list[int]:
    """What the limits have counted."""
    return database.rows("select spent_micro_usd from oneai.credit_limits order by kind")


async def test_a_limit_holds_with_what_is_held_and_counts_what_is_charged(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    with_credits(database, asha, order="credits")
    limit(database, asha, "member", asha, HELD + 300)

    first = await client.admit(asha)
    refused = await refusal(client.admit(asha))

    assert (refused.code, refused.sqlstate) == ("spending_limit_reached", "ON429")
    assert {key: refused.detail[key] for key in ("of", "limit_id", "spent_micro_usd", "raised_by")} == {
        "of": "member",
        "limit_id": str(asha),
        "spent_micro_usd": HELD,
        "raised_by": "admin",
    }
    assert spent(database) == [HELD]
    await client.settle(first.message_id, usage=costs(100))
    assert spent(database) == [300]
    # With the plan next, that pays.
    await client.admit(asha)
    set_order(database, asha, "credits,plan")
    third = await client.admit(asha)
    assert third.result["reservations"][0]["paid_by"] == "plan"


async def test_answers_that_reach_a_limit_in_the_same_instant_do_not_pass_it(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    limit(database, asha, "member", asha, HELD * 3)
    limit(database, asha, "chatbot", uuid4(), 0)

    asked = [each.admit(asha) for each in await clients(12)]
    outcomes = Counter(map(code, await asyncio.gather(*asked, return_exceptions=True)))

    assert outcomes == {"new": 3, "spending_limit_reached": 9}
    assert account.balance()[3] == HELD * 3


async def test_a_limit_of_last_month_starts_again(database: Database, client: TurnClient, asha: UUID) -> None:
    with_credits(database, asha, order="credits")
    limit(database, asha, "member", asha, HELD)
    before = await client.admit(asha)
    database.rows(
        "update oneai.credit_limits set month_start = month_start - interval '1 month', spent_micro_usd = %s", HELD
    )
    database.rows("update oneai.reservations set created_at = created_at - interval '1 month'")

    await client.admit(asha)

    # What is settled now was held in the month before.
    await client.settle(before.message_id, usage=costs(100))
    assert spent(database) == [HELD]


async def test_owners_set_sources_and_admins_limits(shared: World) -> None:
    owner, admin, member = [shared.newcomer() for _ in range(3)]
    people, database = shared.people, shared.database
    workspace = insert_team(database, people[owner], admin=people[admin], member=people[member])
    Credits(database, workspace).grant(1_000_000)

    async def call(method: str, path: str, who: str = admin, body: Any = None, **params: Any) -> Any:
        return await in_workspace(shared, workspace, method, path, body, who=who, **params)

    sources = {"order": ["credits", "plan"], "chatbots": []}
    refused = await call("PUT", "/credits/sources", body=sources)
    assert refused_as(refused) == (403, "role_insufficient")
    assert (await call("PUT", "/credits/sources", owner, body=sources)).json() == sources
    assert (await call("GET", "/credits/sources")).json() == sources
    twice = await call("PUT", "/credits/sources", owner, body={"order": ["plan", "plan"], "chatbots": []})
    assert refused_as(twice) == (422, "invalid_request")
    unknown = {"order": ["plan"], "chatbots": [{"chatbot_id": str(uuid4()), "source": "plan"}]}
    assert refused_as(await call("PUT", "/credits/sources", owner, body=unknown)) == (404, "chatbot_not_found")

    one = {"limit": "member", "limit_id": str(people[member]), "micro_usd_per_month": 5_000}
    (made,) = (await call("PUT", "/credits/limits", body={"limits": [one]})).json()["items"]
    assert made.pop("resets_at") > "2026"
    assert made == {**one, "spent_micro_usd": 0}
    for who, status in ((member, 403), (admin, 200), (owner, 200)):
        assert (await call("GET", "/credits/limits", who)).status_code == status
    stranger = {**one, "limit_id": str(uuid4())}
    assert refused_as(await call("PUT", "/credits/limits", body={"limits": [stranger]})) == (404, "not_found")
    assert (await call("PUT", "/credits/limits", body={"limits": []})).json() == {"items": []}

    database.rows(
        "insert into oneai.usage_events (workspace_id, user_id, message_id, purpose, outcome, subscription_tier, "
        "model_asked, cost_micro_usd, price_version, paid_by, credits_micro_usd) "
        "select %s, %s, gen_random_uuid(), 'answer', 'complete', 'team', 'maker/small', 100, 'v1', 'credits', 300 "
        "from generate_series(1, 2)",
        *(workspace, people[member]),
    )
    # A limit that is set later counts what was used before it.
    (made,) = (await call("PUT", "/credits/limits", body={"limits": [one]})).json()["items"]
    assert made["spent_micro_usd"] == 600
    for by, key in (("model", "maker/small"), ("member", str(people[member])), ("chatbot", None)):
        used = (await call("GET", "/credits/usage", group_by=by)).json()
        assert used["charged_micro_usd"] == 600
        assert used["items"] == [{"key": key, "answers": 2, "cost_micro_usd": 200, "charged_micro_usd": 600}]
    assert (await call("GET", "/credits/usage", member)).status_code == 403
