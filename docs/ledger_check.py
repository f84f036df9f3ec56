"""Checks an exported ledger by docs/ledger.md: `python -m ops.ledger_export | python docs/ledger_check.py`."""

import json
import sys
from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256


def hashed(*fields):
    return sha256("|".join(map(str, fields)).encode()).hexdigest()


def micros(time):
    return (datetime.fromisoformat(time) - datetime.fromisoformat("1970-01-01T00:00Z")) // timedelta(microseconds=1)


def tree(leaves, bit=127):
    if len(leaves) < 2:
        return "".join(leaves.values())
    left, right = (tree({n: leaves[n] for n in leaves if n >> bit & 1 == side}, bit - 1) for side in (0, 1))
    return hashed(1, "node", left, right) if left and right else left or right


START = signed = (0, "0" * 64)
leaves, under, chains, booked, moved, causes, wrong = {}, {}, {}, Counter(), Counter(), set(), []
for row in map(json.loads, sys.stdin):
    kind, whose, account, amount = map(row.get, ("kind", "workspace_id", "account", "amount_micro_usd"))
    number, holds = row.get("number") or row.get("entries") or row.get("id"), True
    if kind == "leaf":
        leaves[int(whose.replace("-", ""), 16)] = hashed(1, "leaf", whose, number, row["hash"])
        under[whose, number] = row["hash"]
    elif kind == "root":
        holds = signed == (number - 1, row["previous_hash"]) and row["root"] == (tree(leaves) or START[1])
        signed = number, hashed(1, "root", number, row["day"], micros(row["at"]), row["root"], row["previous_hash"])
    elif kind == "entry":
        own = hashed(1, number, whose, account, amount, row["cause"], micros(row["at"]), row["previous_hash"])
        holds = chains.get(whose, START) == (number - 1, row["previous_hash"]) and row["hash"] == own
        holds &= under.pop((whose, number), own) == own
        chains[whose], causes = (number, own), causes | {row["cause"]}
        booked[account], moved[account] = booked[account] + amount, moved[account] + amount
    elif kind == "movement":
        change, balance = (each["paid"] + each["promotional"] for each in (moved, booked))
        holds = (amount, row["balance_micro_usd"], 0, {row["cause"]}) == (change, balance, moved.total(), causes)
        moved, causes = Counter(), set()
    elif kind == "end":
        own = {account: booked.pop(account, 0) for account in row["accounts"]}
        holds = (*chains.pop(whose, START), own) == (number, row["hash"], row["accounts"]) and not causes
    wrong += [] if holds else [f"{kind} {number or row['cause']} of {whose or 'all'}"]
sys.exit("\n".join(wrong + [f"missing: {each}" for each in (*under, *chains)]) or 0)
