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
    people = shared.people
    workspace = insert_team(shared.database, people[owner], admin=people[admin], member=people[member])

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

    nothing = {"available_micro_usd": 0, "held_micro_usd": 0, "owed_micro_usd": 0, "grants": []}
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
    assert balance == {"available_micro_usd": 850, "held_micro_usd": 100, "owed_micro_usd": 0}
    assert grant.pop("expires_at") > transactions[-1]["at"]
    assert grant.pop("frozen_at") is None
    assert grant == {"id": str(paid), "kind": "paid", "remaining_micro_usd": 850, "held_micro_usd": 100}

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
