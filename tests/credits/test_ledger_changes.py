"""A change by a person with every right to the database is found: verification names what was changed."""

from typing import LiteralString
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from oneai.billing import ledger_tree
from oneai.billing.ledger_roots import LedgerRoot, list_roots, sign_daily_root
from tests.credits.account import Credits
from tests.credits.test_ledger import CHECK, checked, exported, verified, verify
from tests.world import Database, World

WORKSPACE = UUID(int=7)
_A_DAY = 86_400

# A larger purchase, in everything that shows it, with all later hashes of the chain computed again.
_LARGER: LiteralString = """
do $$
declare
  e oneai.ledger_entries;
  previous text := repeat('0', 64);
begin
  update oneai.ledger_entries set amount_micro_usd = amount_micro_usd + sign(amount_micro_usd)
  where workspace_id = '00000000-0000-0000-0000-000000000007' and number <= 2;
  update oneai.ledger_movements set balance_micro_usd = balance_micro_usd + 1,
    amount_micro_usd = amount_micro_usd + case when kind = 'purchase' then 1 else 0 end
  where workspace_id = '00000000-0000-0000-0000-000000000007';
  for e in select * from oneai.ledger_entries where workspace_id = '00000000-0000-0000-0000-000000000007'
    order by number
  loop
    update oneai.ledger_entries as n set previous_hash = previous,
      hash = oneai.entry_hash(e.workspace_id, e.number, e.account, e.amount_micro_usd, e.cause, e.at, previous)
    where n.workspace_id = e.workspace_id and n.number = e.number
    returning n.hash into previous;
  end loop;
  update oneai.credit_balances set last_hash = previous, paid_micro_usd = paid_micro_usd + 1
  where workspace_id = '00000000-0000-0000-0000-000000000007';
end
$$
"""
_LEAVES: LiteralString = """
update oneai.ledger_leaves as l set hash = e.hash from oneai.ledger_entries as e
where e.workspace_id = l.workspace_id and e.number = l.entries
"""
# The statements, and what is printed. The chain has six entries, four of them under a root; entry 3 and 4 are a use.
CHANGES: dict[str, tuple[tuple[LiteralString, ...], str]] = {
    "an amount": (
        ("update oneai.ledger_entries set amount_micro_usd = -1 where number = 3",),
        "entry 3: it does not have the hash of its fields",
    ),
    "a cause": (
        ("update oneai.ledger_entries set cause = 'use:x', movement_id = oneai.movement_id('use:x') where number = 3",),
        "entry 3: it does not have the hash of its fields",
    ),
    "a hash": (
        ("update oneai.ledger_entries set hash = repeat('a', 64) where number = 3",),
        "entry 3: it does not have the hash of its fields",
    ),
    "a time": (
        ("update oneai.ledger_entries set at = at + interval '1 microsecond' where number = 4",),
        "entry 4: it does not have the hash of its fields",
    ),
    "a deleted movement": (
        (
            "delete from oneai.ledger_movements where number = 4",
            "delete from oneai.ledger_entries where number in (3, 4)",
        ),
        "entry 5: it does not follow entry 2",
    ),
    "a deleted end": (
        ("delete from oneai.ledger_movements where number = 6", "delete from oneai.ledger_entries where number > 4"),
        "entry 6: the chain has another end",
    ),
    "an inserted entry": (
        (
            "insert into oneai.ledger_entries select workspace_id, 7, movement_id, 'paid', 5, cause, at, hash, "
            "oneai.entry_hash(workspace_id, 7, 'paid', 5, cause, at, hash) from oneai.ledger_entries where number = 6",
        ),
        "entry 6: the chain has another end",
    ),
    "swapped entries": (
        (
            "update oneai.ledger_entries set number = 13 where number = 3",
            "update oneai.ledger_entries set number = 3 where number = 4",
            "update oneai.ledger_entries set number = 4 where number = 13",
        ),
        "entry 3: it does not have the hash of the entry before",
    ),
    "a shown transaction": (
        ("update oneai.ledger_movements set amount_micro_usd = -1 where number = 4",),
        "its entries change the credits by -60 to 940",
    ),
    "a missing transaction": (("delete from oneai.ledger_movements where number = 4",), " is missing"),
    "a balance": (
        ("update oneai.credit_balances set paid_micro_usd = 5000 where paid_micro_usd = 890",),
        "entry 6: the entries of paid sum to 890, not to 5000",
    ),
    "a chain that was computed again": ((_LARGER,), "entry 4: it had another hash under the root of "),
    "a chain and its leaf": ((_LARGER, _LEAVES), "root 1 of {day}: its chains have another root"),
    "a deleted chain": (
        (
            "delete from oneai.ledger_movements where balance_micro_usd <> 500",
            "delete from oneai.ledger_entries where workspace_id = '00000000-0000-0000-0000-000000000007'",
            "delete from oneai.credit_balances where paid_micro_usd = 890",
        ),
        "entry 4: it is under the root of {day}, and missing",
    ),
    "a deleted root": (("delete from oneai.ledger_roots where number = 1",), ": root 1 is missing"),
    "a signature": (
        ("update oneai.ledger_roots set at = at + interval '1 microsecond' where number = 1",),
        "root 1 of {day}: its signature is false",
    ),
}


async def a_ledger(world: World) -> tuple[LedgerRoot, ...]:
    """Two chains, and two daily roots; the second workspace has the only new leaf of the second root."""
    account, other = Credits(world.database, WORKSPACE), Credits(world.database)
    account.grant(1_000)
    account.settle(account.hold(100), 60)
    await sign_daily_root()
    world.database.advance(_A_DAY)
    other.grant(500)
    await sign_daily_root()
    account.settle(account.hold(100), 50)
    return tuple(reversed((await list_roots(5, None)).items))


def change(database: Database, *statements: LiteralString) -> None:
    """Changes rows as a superuser does for whom no trigger runs."""
    database.rows("set session_replication_role = replica")
    for statement in statements:
        database.rows(statement)
    database.rows("set session_replication_role = origin")


@pytest.mark.parametrize("changed", CHANGES)
async def test_a_change_of_the_ledger_is_named(world: World, changed: str) -> None:
    first, _ = await a_ledger(world)
    lines = await exported(world.database)
    code, printed = verified(lines)
    assert (code, printed.rpartition(", ")[2]) == (0, "0 problems\n"), printed
    assert checked(lines) == (0, "")

    statements, named = CHANGES[changed]
    change(world.database, *statements)

    lines = await exported(world.database)
    assert checked(lines)[0] == 1
    code, printed = verified(lines)
    assert code == 1
    assert named.format(day=first.day) in printed
    assert f"workspace {WORKSPACE}, " in printed or "root 1" in printed


async def test_a_root_of_an_attackers_key_is_named_by_the_keys_that_may_sign(world: World) -> None:
    first, second = await a_ledger(world)
    change(world.database, _LARGER, _LEAVES)
    key = Ed25519PrivateKey.generate()
    before = ledger_tree.EMPTY
    for root in (first, second):
        leaves = world.database.rows(
            "select workspace_id, entries, hash from oneai.ledger_leaves where day <= %s", root.day
        )
        parts: list[str | None] = [None] * 256
        for leaf in leaves:
            place, found = ledger_tree.leaf(*leaf)
            parts[place >> 120] = found
        root.root, root.previous_hash = ledger_tree.root_hash(parts), before
        root.public_key = key.public_key().public_bytes_raw().hex()
        root.signature, before = key.sign(root.text().encode()).hex(), ledger_tree.sha256(root.text())
        world.database.rows("set session_replication_role = replica")
        world.database.rows(
            "update oneai.ledger_roots set (root, previous_hash, public_key, signature) = (%s, %s, %s, %s) "
            "where day = %s",
            *(root.root, root.previous_hash, root.public_key, root.signature, root.day),
        )
        world.database.rows("set session_replication_role = origin")
    # Nothing in the database shows it, and the key does.
    assert (await verify(world.database))[0] == 0
    code, printed = await verify(world.database, "--key", "00" * 32)
    assert code == 1
    assert f"root 1 of {first.day}: {root.public_key} may not sign" in printed


def test_the_short_check_has_fifty_lines() -> None:
    assert len(CHECK.read_text().splitlines()) <= 50
