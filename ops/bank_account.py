"""`python -m ops.bank_account`, which is `make bank-account`: where customers send the bank transfers of offers.

    make bank-account                                                     the accounts
    make bank-account ARGS="INR --holder 'OneAI Pvt Ltd' --bank 'HDFC Bank' --account 50100012345678 --code HDFC0000123"

Offers and their mails show the account of their currency. `--code` is the IFSC in India, else SWIFT/BIC. Uses the
database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys

import psycopg

from oneai.accounts import audit
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or refuses the account."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make bank-account", description="Where bank transfers of offers go.")
    parser.add_argument("currency", nargs="?", choices=("INR", "USD", "IDR"))
    parser.add_argument("--holder", help="the account's holder")
    parser.add_argument("--bank", help="the bank's name")
    parser.add_argument("--account", help="the account's number")
    parser.add_argument("--code", help="IFSC in India, else SWIFT/BIC")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    values = [options.holder, options.bank, options.account, options.code]
    if options.currency is None:
        return _list(connection)
    if not all(values):
        print("An account needs --holder, --bank, --account and --code.", file=sys.stderr)
        return 1
    try:
        with connection.transaction():
            connection.execute(
                "insert into oneai.bank_accounts (currency, holder, bank, account_number, code) "
                "values (%s, %s, %s, %s, %s) on conflict (currency) do update set "
                "holder = excluded.holder, bank = excluded.bank, account_number = excluded.account_number, "
                "code = excluded.code, updated_at = oneai.now()",
                [options.currency, *values],
            )
            audit.record(
                connection,
                options.operator,
                "bank_account.change",
                target=("bank_account", options.currency),
                reason=options.reason,
            )
    except psycopg.errors.CheckViolation:
        print("A value is too long. A name has 200 characters at most, a number 50, a code 20.", file=sys.stderr)
        return 1
    print(f"Transfers in {options.currency} go to {options.account} at {options.bank}.")
    return 0


def _list(connection: Connection) -> int:
    rows = connection.execute(
        "select currency, holder, bank, account_number, code from oneai.bank_accounts order by currency"
    ).fetchall()
    for row in rows:
        print("  ".join(row))
    if not rows:
        print("There is no bank account: offers can be paid by checkout only.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
