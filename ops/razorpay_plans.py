"""`python -m ops.razorpay_plans`, which is `make razorpay-plans`: creates the missing plans at Razorpay.

Needs RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET, and reads PLAN_PRICES, PRICES_INCLUDE_TAX, SELLER_GSTIN and
GST_RATE_PERCENT as the functions do. A plan at Razorpay can be neither changed nor removed: a new price is a new plan,
and subscribers keep theirs. Existing plans are recognised by tier, period, currency and amount, so that a second run
creates nothing. Prints the value for RAZORPAY_PLANS. The database at DATABASE_URL, if any, stores the prices and
records the new plans.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack

from local import dotenv
from oneai import settings
from oneai.accounts import audit
from oneai.billing import provider
from oneai.billing.provider import ObservedPlan, ProviderError
from oneai.billing.subscriptions import Price, all_prices
from oneai.clients import razorpay
from oneai.errors import OneAIError
from oneai.postgres import db
from ops import command
from ops.command import DatabaseUnavailable

type Recorder = Callable[[Price, str], None]


def main() -> int:
    """Returns 0 when every price has its plan."""
    parser = argparse.ArgumentParser(prog="make razorpay-plans", usage="make razorpay-plans")
    dotenv.load()
    keys = settings.read(razorpay.RazorpaySettings)
    if not (keys.razorpay_key_id and keys.razorpay_key_secret):
        print(
            "RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET name the account. A local stack needs no plans.", file=sys.stderr
        )
        return 1
    try:
        with ExitStack() as ending:
            return asyncio.run(_make_all(keys.razorpay_key_id, _recorder(ending, parser)))
    except (settings.SettingsError, DatabaseUnavailable) as error:
        print(error, file=sys.stderr)
    except ProviderError as error:
        print("Razorpay does not know this key." if error.status == 401 else error, file=sys.stderr)
    except OneAIError as error:
        print(f"{error.message} Run this again: what was made is found.", file=sys.stderr)
    return 1


def _recorder(ending: ExitStack, parser: argparse.ArgumentParser) -> Recorder | None:
    """Records in the audit log that a price got a new plan; None without a database."""
    if not os.environ.get("DATABASE_URL"):
        return None
    connection = ending.enter_context(command.connect())
    operator = command.operator(parser)
    return lambda price, ref: audit.record(connection, operator, "price.create", target=("price", price.key), plan=ref)


async def _make_all(key_id: str, record: Recorder | None) -> int:
    try:
        print(f"Plans of {key_id}:")
        there = await provider.list_plans()
        refs = {price: await _plan_of(price, there, record) for price in all_prices()}
        remembered = await _remember(refs) if os.environ.get("DATABASE_URL") else None
    finally:
        await db.close()
    print("", "RAZORPAY_PLANS=" + ",".join(f"{price.key}={ref}" for price, ref in refs.items()), sep="\n")
    if remembered is None:
        print("\nDATABASE_URL names no database; the first subscription stores these prices.")
    return 1 if remembered is False else 0


async def _plan_of(price: Price, there: tuple[ObservedPlan, ...], record: Recorder | None) -> str:
    """The plan in use, if it is of this price; else the oldest that is, else a new one."""
    fit = [each.ref for each in there if _is_of(each, price)]
    if fit:
        ref, how = (price.plan_ref if price.plan_ref in fit else fit[-1]), "is there"
    else:
        ref, how = await provider.create_plan(price), "made"
        if record is not None:
            record(price, ref)
    print(f"  {price.key:24} {price.amount / 100:>12,.2f} {price.currency}  {ref}  {how}", flush=True)
    return str(ref)


def _is_of(plan: ObservedPlan, price: Price) -> bool:
    return (plan.tier, plan.period, plan.currency, plan.amount) == (
        price.tier,
        price.period,
        price.currency,
        price.amount,
    )


async def _remember(refs: dict[Price, str]) -> bool:
    """Whether the database accepts them. It refuses a plan that belongs to another price."""
    well = True
    for price, ref in refs.items():
        (taken,) = await db.call(
            "select oneai.remember_price(%s, %s, %s, %s, %s, %s)",
            [provider.PROVIDER, ref, price.tier, price.period, price.currency, price.amount],
        )
        if not taken:
            well = False
            print(f"{ref} is known for another price than {price.key}.", file=sys.stderr)
    return well


if __name__ == "__main__":
    sys.exit(main())
