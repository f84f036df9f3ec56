"""Owners and admins read the credits of their workspace, what changed them, and its chain in the ledger."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from tests.credits.account import Credits
from tests.workspaces.teams import in_workspace, insert_team, refusal
from tests.world import World

_MICRO = timedelta(microseconds=1)


async def test_admins_read_the_credits_and_the_chain_of_their_workspace(shared: World) -> None:
    owner, admin, member, stranger = [shared.newcomer() for _ in range(4)]
    workspace = insert_team(
        shared.database, shared.people[owner], admin=shared.people[admin], member=shared.people[member]
    )

    async def read(path: str, who: str = admin, **params: Any) -> Any:
        answer = await in_workspace(shared, workspace, "GET", path, who=who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read_all(path: str, limit: int) -> list[dict[str, Any]]:
        page = await read(path, limit=limit)
        found = page["items"]
        while page["next_cursor"]:
            assert len(page["items"]) == limit
            page = await read(path, limit=limit, cursor=page["next_cursor"])
            found += page["items"]
        return list(found)

    nothing = {"available_micro_usd": 0, "held_micro_usd": 0, "owed_micro_usd": 0, "blocked": False, "grants": []}
    balance = await read("/credits/balance")
    assert {each["answers"] for each in balance.pop("equivalents")} == {0}
    assert balance == nothing
    assert await read("/credits/transactions") == {"items": [], "next_cursor": None}

    account = Credits(shared.database, workspace)
    paid = account.grant(1_000)
    account.grant(300, days=30, kind="promotional")
    used = account.hold(400)
    account.hold(100)
    account.settle(used, 350)
    ended = account.grant(50, days=-1, kind="promotional")

    # Reading books the end that has come.
    transactions = await read_all("/credits/transactions", 2)
    assert [(each["kind"], each["amount_micro_usd"], each["balance_micro_usd"]) for each in transactions] == [
        ("expiry", -50, 950),
        ("grant", 50, 1_000),
        ("use", -350, 950),
        ("grant", 300, 1_300),
        ("purchase", 1_000, 1_000),
    ]
    assert (transactions[0]["grant_id"], transactions[2]["message_id"]) == (str(ended), str(used))
    balance = await read("/credits/balance", owner)
    (grant,) = balance.pop("grants")
    # Each answer costs at least 200 micro-dollars.
    default, large = balance.pop("equivalents")
    assert (default["answers"], large["answers"]) == (0, 0)
    assert balance == {"available_micro_usd": 850, "held_micro_usd": 100, "owed_micro_usd": 0, "blocked": False}
    assert grant.pop("expires_at") > transactions[-1]["at"] >= grant.pop("granted_at")
    assert grant == {
        "id": str(paid),
        "kind": "paid",
        "granted_micro_usd": 1_000,
        "remaining_micro_usd": 850,
        "held_micro_usd": 100,
        "frozen_at": None,
    }

    # What the API answers is enough to compute each hash.
    entries = await read_all("/ledger/entries", 3)
    previous = "0" * 64
    for number, entry in enumerate(entries, 1):
        micros = (datetime.fromisoformat(entry["at"]) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // _MICRO
        fields = [1, number, workspace, entry["account"], entry["amount_micro_usd"], entry["cause"], micros, previous]
        previous = sha256("|".join(map(str, fields)).encode()).hexdigest()
        assert (entry["number"], entry["hash"]) == (number, previous)
    assert sum(entry["amount_micro_usd"] for entry in entries) == 0

    for path in ("/credits/balance", "/credits/transactions", "/ledger/entries"):
        refused = await in_workspace(shared, workspace, "GET", path, who=member)
        assert refusal(refused) == (403, "role_insufficient")
        refused = await in_workspace(shared, workspace, "GET", path, who=stranger)
        assert refusal(refused) == (404, "workspace_not_found")
        # Without the header it is one's own workspace, which has none of these.
        own = (await shared.get(path, admin)).json()
        assert own.get("items", own.get("grants")) == []
    for path in ("/credits/transactions", "/ledger/entries"):
        refused = await in_workspace(shared, workspace, "GET", path, who=admin, cursor="WzBd")
        assert refusal(refused) == (422, "invalid_request")


async def test_transactions_are_listed_by_kind_in_pages(shared: World) -> None:
    owner = shared.newcomer()
    account = Credits(shared.database, shared.people[owner])
    account.grant(1_000)
    for cost in (10, 20):
        account.settle(account.hold(cost), cost)
    account.grant(5, kind="promotional")
    account.grant(7, kind="promotional")

    async def of_kind(kind: str) -> list[int]:
        found: list[int] = []
        more: dict[str, str] | None = {}
        while more is not None:
            page = (await shared.get("/credits/transactions", owner, kind=kind, limit=1, **more)).json()
            assert {each["kind"] for each in page["items"]} <= {kind}
            found += [each["amount_micro_usd"] for each in page["items"]]
            more = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        return found

    assert {kind: await of_kind(kind) for kind in ("purchase", "use", "grant", "refund")} == {
        "purchase": [1_000],
        "use": [-20, -10],
        "grant": [7, 5],
        "refund": [],
    }
    refused = await shared.get("/credits/transactions", owner, kind="gift")
    assert refusal(refused) == (422, "invalid_request")


async def test_members_see_what_pays_and_only_managers_how_much_is_left(shared: World) -> None:
    owner, admin, member, stranger = [shared.newcomer() for _ in range(4)]
    people = shared.people
    workspace = insert_team(shared.database, people[owner], admin=people[admin], member=people[member])

    async def seen() -> list[Any]:
        read = [await in_workspace(shared, workspace, "GET", "/quota/status", who=w) for w in (owner, admin, member)]
        return [each.json()["credits"] for each in read]

    assert await seen() == [None] * 3
    Credits(shared.database, workspace).grant(1_000)
    order = ["plan", "credits"]
    assert await seen() == [{"order": order, "available_micro_usd": each} for each in (1_000, 1_000, None)]
    assert (await shared.get("/quota/status", owner)).json()["credits"] is None
    refused = await in_workspace(shared, workspace, "GET", "/quota/status", who=stranger)
    assert refusal(refused) == (404, "workspace_not_found")
    only_plan = {"order": ["plan"], "chatbots": []}
    (await in_workspace(shared, workspace, "PUT", "/credits/sources", only_plan, who=owner)).raise_for_status()
    assert await seen() == [None] * 3
