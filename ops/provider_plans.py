"""Prices, and their plans at a payment provider: what `ops.razorpay_plans` and `ops.stripe_prices` have in common.

A plan at a provider can be neither changed nor removed: a new price is a new plan, and subscribers keep theirs. Plans
that exist are recognised by tier, period, currency and amount, so that a second run creates nothing. The price list in
the database changes once every price has its plan.
"""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from oneai import settings
from oneai.accounts import audit
from oneai.accounts.audit import Operator
from oneai.billing import providers
from oneai.billing.providers.face import ObservedPlan
from oneai.billing.subscriptions import Price, all_keys, on_sale, price_list, prices
from oneai.billing.subscriptions.price_list import ListedPrice
from oneai.billing_errors import ProviderError
from ops import command
from ops.command import Connection

# Rupiah have prices without plans: `make rupiah-prices`.
KEYS = {
    f"{tier}.{period}.{currency}": (tier, period, currency)
    for tier, period, currency in all_keys()
    if currency != "IDR"
}


@dataclass(frozen=True)
class Account:
    """Whose plans they are. `name` is the provider's, `title` that of people; `key` names the account, and is None
    without one. `stand_in`: the plan of a price at the local stack's own stand-in; None for a real account."""

    name: str
    title: str
    key: str | None
    missing: str
    stand_in: Callable[[Price], str] | None


@dataclass(frozen=True)
class _Change:
    """What the price list is changed to: `price` is None if it is not sold."""

    key: str
    price: Price | None
    plan_ref: str | None


def arguments(command_name: str, title: str) -> argparse.ArgumentParser:
    """The arguments of the command."""
    parser = command.Parser(prog=f"make {command_name}", description=f"Prices, and their plans at {title}.")
    parser.add_argument(
        "prices", nargs="*", type=_listed, metavar="KEY=AMOUNT", help="a new price, such as pro.monthly.INR=79900"
    )
    command.add_reason(parser)
    return parser


def _listed(text: str) -> tuple[str, int]:
    key, _, amount = text.partition("=")
    if key not in KEYS:
        raise argparse.ArgumentTypeError(f"{key} is not a plan, a period and a currency: {', '.join(KEYS)}")
    if not re.fullmatch("[0-9]{1,12}", amount):
        raise argparse.ArgumentTypeError(f"{amount or 'nothing'} is not a whole number of paise or cents")
    return key, int(amount)


def write_plans(account: Account, connection: Connection, options: argparse.Namespace) -> int:
    """Returns 0 when every price has its plan."""
    if account.stand_in is None and account.key is None:
        print(account.missing, file=sys.stderr)
        return 1
    try:
        print(f"Plans of {'the stand-in' if account.stand_in else account.key}:")
        rows = _read(account, connection)
        changes = command.finish(_plans(account, {_key(row): row for row in rows}, dict(options.prices)))
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    except ProviderError as error:
        print(f"{account.title} does not know this key." if error.status == 401 else error, file=sys.stderr)
        return 1
    return 0 if _write(account, connection, options, rows, changes) else 1


def _read(account: Account, connection: Connection) -> tuple[ListedPrice, ...]:
    row = connection.execute("select oneai.read_price_list()").fetchone()
    return tuple(each for each in price_list.parse(row[0] if row else []) if each.provider == account.name)


def _key(row: ListedPrice) -> str:
    return f"{row.tier}.{row.period}.{row.currency}"


async def _plans(account: Account, rows: dict[str, ListedPrice], new: dict[str, int]) -> list[_Change]:
    """Every price with these new ones, and its plan, which is created if it is missing."""
    for key, listed in new.items():
        rows[key] = ListedPrice(account.name, *KEYS[key], listed, None, None)
    wanted = on_sale(rows.values(), prices.at(account.name))
    there = None if account.stand_in else await providers.of(account.name).list_plans()
    changes = [_Change(each.key, each, await _plan_of(account, each, there)) for each in wanted]
    return changes + [_Change(key, None, None) for key, listed in new.items() if listed == 0]


async def _plan_of(account: Account, price: Price, there: tuple[ObservedPlan, ...] | None) -> str:
    """The plan in use, if it is of this price; else the oldest that is, else a new one. `there`: None for the
    stand-in."""
    fit = [each.ref for each in there or () if _is_of(each, price)]
    if account.stand_in is not None:
        ref, how = account.stand_in(price), "the stand-in's"
    elif fit:
        ref, how = (price.plan_ref if price.plan_ref in fit else fit[-1]), "is there"
    else:
        ref, how = await _create(account, price), "made"
    print(f"  {price.key:24} {price.amount / 100:>12,.2f} {price.currency}  {ref}  {how}", flush=True)
    return ref


async def _create(account: Account, price: Price) -> str:
    return await providers.of(account.name).create_plan(
        tier=price.tier, period=price.period, currency=price.currency, amount=price.amount
    )


def _is_of(plan: ObservedPlan, price: Price) -> bool:
    return (plan.tier, plan.period, plan.currency, plan.amount) == (
        price.tier,
        price.period,
        price.currency,
        price.amount,
    )


def _write(
    account: Account,
    connection: Connection,
    options: argparse.Namespace,
    rows: tuple[ListedPrice, ...],
    changes: list[_Change],
) -> bool:
    """Changes the price list, all of it or nothing. False if the database knows a plan for another price."""
    before = {_key(row): (row.listed, row.plan_ref) for row in rows}
    with connection.transaction():
        for change in changes:
            after = (change.price.listed if change.price else 0, change.plan_ref)
            if before.get(change.key) == after:
                continue
            if not _set(account, connection, change):
                print(f"{change.plan_ref} is known for another price than {change.key}.", file=sys.stderr)
                raise psycopg.Rollback
            _record(connection, options.operator, options.reason, change, before.get(change.key))
        return True
    return False


def _set(account: Account, connection: Connection, change: _Change) -> bool:
    tier, period, currency = KEYS[change.key]
    price = change.price
    row = connection.execute(
        "select oneai.set_price(%s, %s, %s, %s, %s, %s, %s)",
        [
            *(account.name, tier, period, currency),
            *(price.listed if price else 0, change.plan_ref, price.amount if price else None),
        ],
    ).fetchone()
    return row is not None and bool(row[0])


def _record(
    connection: Connection,
    operator: Operator,
    reason: str | None,
    change: _Change,
    before: tuple[int, str | None] | None,
) -> None:
    listed_before, plan_before = before or (None, None)
    audit.record(
        connection,
        operator,
        "price.create" if before is None else "price.change",
        target=("price", change.key),
        reason=reason,
        listed=change.price.listed if change.price else 0,
        plan=change.plan_ref,
        listed_before=listed_before,
        plan_before=plan_before,
    )
