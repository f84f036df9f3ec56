"""`python -m ops.credit_packages`, which is `make credit-packages`: what prepaid credits cost.

    make credit-packages                                                              lists packages and rates
    make credit-packages ARGS="credits_50 --credit 50 --bonus 10 --price INR=499900 --price USD=5000"
    make credit-packages ARGS="custom --rate INR=9990,49900,99900000"             a dollar's price, least and most

Credits are in dollars, prices in the currency's smallest unit (paise, cents, whole rupiah). At a price of 0 it is no
longer sold; what is not named stays. Functions read the change within five minutes, and an order always has the price
in the database. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import re
import sys
from decimal import Decimal, InvalidOperation

import psycopg

from oneai.accounts import audit
from ops import command
from ops.command import Connection

CURRENCIES = ("INR", "USD", "IDR")
MICRO = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or refuses a value."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make credit-packages", description="What prepaid credits cost.")
    parser.add_argument("package", nargs="?", help="a package such as credits_50, or `custom`")
    parser.add_argument("--credit", type=dollars, metavar="DOLLARS", help="its credits")
    parser.add_argument("--bonus", type=dollars, metavar="DOLLARS", help="what comes with it without payment")
    parser.add_argument("--price", type=_price, action="append", default=[], metavar="CURRENCY=AMOUNT")
    parser.add_argument("--rate", type=_rate, action="append", default=[], metavar="CURRENCY=PRICE,LEAST,MOST")
    command.add_reason(parser)
    return parser


def dollars(text: str) -> int:
    """An amount in dollars as micro-dollars; for argparse."""
    try:
        micro = Decimal(text) * MICRO
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text} is not an amount in dollars") from None
    if not micro.is_finite() or micro < 0 or micro != int(micro):
        raise argparse.ArgumentTypeError(f"{text} is not an amount in dollars")
    return int(micro)


def _price(text: str) -> tuple[str, int]:
    currency, (amount,) = _numbers(text, 1)
    return currency, amount


def _rate(text: str) -> tuple[str, int, int, int]:
    currency, (price, least, most) = _numbers(text, 3)
    return currency, price, least, most


def _numbers(text: str, count: int) -> tuple[str, list[int]]:
    currency, _, rest = text.partition("=")
    parts = rest.split(",")
    if currency not in CURRENCIES:
        raise argparse.ArgumentTypeError(f"{currency} is none of {', '.join(CURRENCIES)}")
    if len(parts) != count or not all(re.fullmatch("[0-9]{1,12}", each) for each in parts):
        raise argparse.ArgumentTypeError(f"{rest or 'nothing'} is not {count} whole number{'s' * (count > 1)}")
    return currency, [int(each) for each in parts]


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.package is None:
        return _list(connection)
    custom = options.package == "custom"
    misplaced = (options.credit is not None or options.bonus is not None or options.price) if custom else options.rate
    if misplaced or not any((options.credit is not None, options.bonus is not None, options.price, options.rate)):
        print("A package has --credit, --bonus and --price; `custom` has --rate.", file=sys.stderr)
        return 1
    try:
        with connection.transaction():
            if custom:
                _set_rates(connection, options.rate)
            elif not _set_package(connection, options):
                print("A new package needs --credit.", file=sys.stderr)
                return 1
            _record(connection, options)
    except psycopg.errors.CheckViolation as error:
        print(f"The database refuses this: {error.diag.constraint_name}.", file=sys.stderr)
        return 1
    return _list(connection)


def _set_package(connection: Connection, options: argparse.Namespace) -> bool:
    """False for a new package without credits."""
    found = connection.execute(
        "update oneai.credit_packages set credit_micro_usd = coalesce(%s, credit_micro_usd), "
        "bonus_micro_usd = coalesce(%s, bonus_micro_usd) where id = %s",
        [options.credit, options.bonus, options.package],
    ).rowcount
    if not found and options.credit is None:
        return False
    if not found:
        connection.execute(
            "insert into oneai.credit_packages (id, credit_micro_usd, bonus_micro_usd) values (%s, %s, %s)",
            [options.package, options.credit, options.bonus or 0],
        )
    for currency, amount in options.price:
        connection.execute(
            "delete from oneai.credit_package_prices where package_id = %s and currency = %s",
            [options.package, currency],
        )
        if amount:
            connection.execute(
                "insert into oneai.credit_package_prices values (%s, %s, %s)", [options.package, currency, amount]
            )
    return True


def _set_rates(connection: Connection, rates: list[tuple[str, int, int, int]]) -> None:
    for currency, price, least, most in rates:
        connection.execute("delete from oneai.credit_rates where currency = %s", [currency])
        if price:
            connection.execute("insert into oneai.credit_rates values (%s, %s, %s, %s)", [currency, price, least, most])


def _record(connection: Connection, options: argparse.Namespace) -> None:
    audit.record(
        connection,
        options.operator,
        "credit_package.change",
        target=("credit_package", options.package),
        reason=options.reason,
        credit_micro_usd=options.credit,
        bonus_micro_usd=options.bonus,
        prices=dict(options.price),
        rates={currency: list(rest) for currency, *rest in options.rate},
    )


def _list(connection: Connection) -> int:
    row = connection.execute("select oneai.read_credit_packages()").fetchone()
    assert row is not None  # noqa: S101  the function returns one row
    for each in row[0]["packages"]:
        bonus = f" + ${each['bonus_micro_usd'] / MICRO:,.2f}" if each["bonus_micro_usd"] else ""
        prices = "  ".join(f"{currency} {amount}" for currency, amount in sorted(each["prices"].items()))
        print(f"{each['id']:14} ${each['credit_micro_usd'] / MICRO:,.2f}{bonus}  {prices}")
    for each in row[0]["rates"]:
        print(
            f"custom         {each['currency']} {each['per_dollar']} a dollar, from {each['least']} to {each['most']}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
