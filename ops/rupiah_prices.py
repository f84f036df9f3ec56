"""`python -m ops.rupiah_prices`, which is `make rupiah-prices`: what plans cost in rupiah, paid at Midtrans.

    make rupiah-prices                                      lists the prices
    make rupiah-prices ARGS="pro.monthly=99000 pro.yearly=990000"    sets prices in whole rupiah; 0: not sold

Midtrans has no plans, so that it is not asked. A period that was paid keeps its price.
"""

import argparse
import re
import sys

from oneai.accounts import audit
from oneai.billing.providers import midtrans as provider
from oneai.billing.subscriptions import all_keys
from oneai.currencies import money
from ops import command
from ops.command import Connection

CURRENCY = "IDR"
KEYS = {f"{tier}.{period}": (tier, period) for tier, period, currency in all_keys() if currency == CURRENCY}


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when every price is set."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make rupiah-prices", description="What plans cost in rupiah.")
    parser.add_argument("prices", nargs="*", type=_listed, metavar="KEY=AMOUNT", help="such as pro.monthly=99000")
    command.add_reason(parser)
    return parser


def _listed(text: str) -> tuple[str, int]:
    key, _, amount = text.partition("=")
    if key not in KEYS:
        raise argparse.ArgumentTypeError(f"{key} is not a plan and a period: {', '.join(KEYS)}")
    if not re.fullmatch("[0-9]{1,12}", amount):
        raise argparse.ArgumentTypeError(f"{amount or 'nothing'} is not a whole number of rupiah")
    return key, int(amount)


def _do(connection: Connection, options: argparse.Namespace) -> int:
    with connection.transaction():
        for key, listed in options.prices:
            tier, period = KEYS[key]
            plan = f"{tier}.{period}.{CURRENCY}.{listed}" if listed else None
            connection.execute(
                "select oneai.set_price(%s, %s, %s, %s, %s, %s, %s)",
                [provider.NAME, tier, period, CURRENCY, listed, plan, listed or None],
            )
            target = ("price", f"{key}.{CURRENCY}")
            audit.record(
                connection,
                options.operator,
                "price.change",
                target=target,
                reason=options.reason,
                listed=listed,
                plan=plan,
            )
    rows = connection.execute("select oneai.read_price_list()").fetchone()
    for row in rows[0] if rows else []:
        if row["provider"] == provider.NAME and row["listed"]:
            print(f"  {row['tier']}.{row['period']:10} {money(row['listed'], CURRENCY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
