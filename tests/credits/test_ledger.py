"""The ledger of account: each movement sums to zero and happens once, and no role changes what is booked."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.credits.account import Credits
from tests.effort import sample
from tests.ops.operators import command
from tests.world import Database

_REPOSITORY = Path(__file__).parents[2]
_VERIFY = _REPOSITORY / "ops" / "ledger_verify.py"
CHECK = _REPOSITORY / "docs" / "ledger_check.py"
_A_DAY = 86_400


def problems(database: Database) -> list[tuple[Any, ...]]:
    """Where balance rows, entries, grants and holds disagree."""
    return database.rows(
        """
        select b.workspace_id, 'entries', b.paid_micro_usd, e.paid from oneai.credit_balances as b
        left join lateral (
          select coalesce(sum(amount_micro_usd) filter (where account = 'paid'), 0) as paid,
            coalesce(sum(amount_micro_usd) filter (where account = 'promotional'), 0) as promotional,
            coalesce(sum(amount_micro_usd) filter (where account = 'owed'), 0) as owed, count(*) as entries
          from oneai.ledger_entries as e where e.workspace_id = b.workspace_id) as e on true
        left join lateral (
          select coalesce(sum(remaining_micro_usd + held_micro_usd) filter (where kind = 'paid'), 0) as paid,
            coalesce(sum(remaining_micro_usd + held_micro_usd) filter (where kind <> 'paid'), 0) as promotional,
            coalesce(sum(held_micro_usd), 0) as held
          from oneai.credit_grants as g where g.workspace_id = b.workspace_id) as g on true
        left join lateral (
          select coalesce(sum(open_micro_usd), 0) as held, coalesce(sum(p.held), 0) as in_parts
          from oneai.credit_holds as h
          cross join lateral (select sum(held_micro_usd) as held from unnest(h.parts)) as p
          where h.workspace_id = b.workspace_id) as h on true
        where (b.paid_micro_usd, b.promotional_micro_usd, b.owed_micro_usd, b.entries)
            <> (e.paid, e.promotional, e.owed, e.entries)
          or (b.paid_micro_usd, b.promotional_micro_usd) <> (g.paid, g.promotional)
          or b.held_micro_usd <> g.held or (b.held_micro_usd, b.held_micro_usd) <> (h.held, h.in_parts)
        union all
        select m.workspace_id, m.cause, m.balance_micro_usd, sum(n.amount_micro_usd)
        from oneai.ledger_movements as m join oneai.ledger_movements as n
          on n.workspace_id = m.workspace_id and n.number <= m.number
        group by m.id having m.balance_micro_usd <> sum(n.amount_micro_usd)
        """
    )


async def exported(database: Database) -> str:
    """The whole ledger as JSON lines."""
    run = await command("ledger_export", database=database)
    assert run.returncode == 0, run.stderr
    return run.stdout


async def verify(database: Database, *options: str) -> tuple[int, str]:
    """The exit code of the verifier and what it prints, over the whole ledger."""
    return await asyncio.to_thread(verified, await exported(database), *options)


def verified(lines: str, *options: str) -> tuple[int, str]:
    """The exit code of the verifier and what it prints."""
    run = _run("-I", str(_VERIFY), *options, lines=lines)
    assert run.stderr == ""
    return run.returncode, run.stdout


def checked(lines: str) -> tuple[int, str]:
    """The exit code of the short check and what it prints. It runs without any package."""
    run = _run("-I", "-S", str(CHECK), lines=lines)
    assert "Traceback" not in run.stderr
    return run.returncode, run.stderr


def _run(*arguments: str, lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], input=lines, capture_output=True, text=True, check=False)


def test_an_answer_is_paid_by_the_grants_that_end_first(database: Database) -> None:
    account = Credits(database)
    long = account.grant(1_000)
    account.grant(500, days=30)
    account.grant(300, days=30, kind="promotional")

    hold = account.hold(1_000)
    assert (account.available(), account.balance()) == (800, (1_500, 300, 0, 1_000))
    assert account.hold(801) is None
    assert account.hold(1_000, hold) == hold
    assert (account.settle(hold, 700), account.settle(hold, 5)) == (700, 700)
    assert account.balance() == (1_100, 0, 0, 0)
    # What was given back goes to the grant that paid last, in its place.
    assert (account.give_back(hold, 150), account.give_back(hold, 1_000)) == (150, 550)
    assert account.balance() == (1_500, 300, 0, 0)
    assert not account.grant_again(long, 1_000, 365, "paid")

    # A hold that was made before the end is settled after it, and the rest of it ends.
    hold = account.hold(800)
    database.advance(31 * _A_DAY)
    assert (account.available(), account.settle(hold, 350)) == (1_000, 350)
    assert account.balance() == (1_000, 0, 0, 0)
    assert [each[:2] for each in account.movements()[-2:]] == [("use", -350), ("expiry", -450)]
    assert problems(database) == []


def test_use_beyond_all_credits_is_owed_and_paid_by_the_next_grant(database: Database) -> None:
    account = Credits(database)
    account.grant(100)
    hold = account.hold(80)

    assert account.settle(hold, 150) == 150
    assert (account.balance(), account.available()) == ((0, 0, -50, 0), 0)
    assert account.give_back(hold, 10) == 10
    account.grant(500)
    assert (account.balance(), account.available()) == ((460, 0, 0, 0), 460)
    assert [each[0] for each in account.movements()] == ["purchase", "use", "refund", "purchase", "adjustment"]
    assert problems(database) == []


async def test_no_role_changes_the_ledger(database: Database) -> None:
    account = Credits(database)
    account.grant(500)
    account.settle(account.hold(100), 60)
    for statement in (
        "update oneai.ledger_entries set amount_micro_usd = 1",
        "delete from oneai.ledger_movements",
        "truncate oneai.ledger_entries",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.rows(statement)
    with pytest.raises(psycopg.errors.CheckViolation):
        database.rows(
            "insert into oneai.ledger_entries select workspace_id, 9, movement_id, account, 7, cause, at, hash, hash "
            "from oneai.ledger_entries where number = 1"
        )
    code, printed = await verify(database)
    assert (code, printed) == (0, "4 entries in 1 chains, 0 roots (the newest is no root), 0 problems\n")


def test_a_void_purchase_takes_its_bonus_and_what_was_held(database: Database) -> None:
    account = Credits(database)
    paid = account.grant(1_000, days=30)
    account.grant(200, days=30, kind="bonus", bonus_of=paid)
    hold = account.hold(600)

    database.rows("select oneai.void_credit_grant(%s)", paid)
    assert (account.available(), account.balance()) == (0, (400, 200, 0, 600))
    assert account.settle(hold, 250) == 250
    assert account.balance() == (0, 0, 0, 0)
    assert database.one("select not oneai.void_credit_grant(%s)", paid)
    assert problems(database) == []


async def test_books_agree_after_any_history(database: Database) -> None:
    for seed in range(sample(3, 40)):
        chance = random.Random(seed)
        account = Credits(database)
        grants: list[UUID] = []
        holds: list[UUID] = []
        bought = 0
        for _ in range(40):
            match chance.choice(
                ("grant", "grant", "hold", "hold", "settle", "settle", "again", "back", "void", "wait")
            ):
                case "grant":
                    amount = chance.randint(1, 5_000)
                    kind = chance.choice(("paid", "promotional"))
                    grants.append(account.grant(amount, chance.choice((1, 1, 30, 365)), kind))
                    bought += amount
                    if kind == "paid" and chance.random() < 0.5:
                        account.grant(amount, 1, "bonus", grants[-1])
                        bought += amount
                case "hold" if (hold := account.hold(chance.randint(1, 3_000))) is not None:
                    holds.append(hold)
                case "settle" if holds:
                    # The newest, which is mostly open.
                    account.settle(holds[-1], chance.choice((0, chance.randint(0, 3_000), chance.randint(0, 6_000))))
                case "again" if holds:
                    account.settle(chance.choice(holds), chance.randint(0, 3_000))
                case "back" if holds:
                    account.give_back(chance.choice(holds), chance.randint(0, 3_000))
                case "void" if grants:
                    database.rows("select oneai.void_credit_grant(%s)", chance.choice(grants))
                case "wait":
                    database.advance(chance.choice((60, _A_DAY)))
            assert problems(database) == [], seed
        if bought == 0:
            continue
        paid, promotional, owed, held = account.balance()
        assert account.available() == paid + promotional - held
        booked: dict[str, int] = dict(
            database.rows(
                "select account, sum(amount_micro_usd)::bigint from oneai.ledger_entries "
                "where workspace_id = %s group by account",
                account.workspace,
            )
        )
        assert booked.get("sold", 0) + booked.get("granted", 0) == -bought
        used = int(
            database.one(
                "select coalesce(sum(charged_micro_usd - given_back_micro_usd), 0) from oneai.credit_holds "
                "where workspace_id = %s",
                account.workspace,
            )
        )
        assert booked.get("used", 0) == used
        assert owed <= 0
    code, printed = await verify(database)
    assert (code, printed.rpartition(", ")[2]) == (0, "0 problems\n")


async def test_a_thousand_answers_at_once_have_the_money_of_ten(database: Database) -> None:
    account = Credits(database)
    account.grant(10 * 200)

    held = await held_at_once(database, account, sample(60, 1_000))

    assert (sum(held), account.available()) == (10, 0)
    assert problems(database) == []


async def held_at_once(database: Database, account: Credits, times: int) -> list[bool]:
    """Holds 200 this many times over eight connections; whether each was held."""

    async def holder(turns: int) -> list[bool]:
        statement = "select oneai.hold_credits(%s, gen_random_uuid(), 200)"
        async with await psycopg.AsyncConnection.connect(database.url("postgres"), autocommit=True) as connection:
            found = [await (await connection.execute(statement, [account.workspace])).fetchone() for _ in range(turns)]
            return [bool(row and row[0]) for row in found]

    each = await asyncio.gather(*[holder(-(-times // 8)) for _ in range(8)])
    return [held for of_one in each for held in of_one]
