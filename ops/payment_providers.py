"""`python -m ops.payment_providers`, which is `make payment-providers`: which provider takes whose payments.

    make payment-providers                                    lists the rules
    make payment-providers ARGS="set DE EUR stripe"           Germans who pay in euros pay at Stripe
    make payment-providers ARGS="set any USD stripe,razorpay --otherwise midtrans"
    make payment-providers ARGS="remove DE EUR"

`any` stands for every country, or every currency. Of several providers a buyer may choose, and the first is the
default; those after --otherwise take the payments where none of them is configured. The rule of a country counts before
that of a currency. Subscriptions stay at the provider that debits them. Functions read a change within five minutes.
"""

import argparse
import re
import sys

from oneai.accounts import audit
from oneai.billing import providers
from oneai.billing.providers import choice
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.providers.choice import ANY, Rule
from oneai.billing.tax.regions import COUNTRIES
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless a rule is refused or the database is unavailable."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make payment-providers", description="Which provider takes whose payments.")
    actions = parser.add_subparsers(dest="action")
    sets = actions.add_parser("set", help="sets the rule of a country and a currency")
    removes = actions.add_parser("remove", help="removes it")
    for each in (sets, removes):
        each.add_argument("country", type=_country, help="two letters such as IN, or any")
        each.add_argument("currency", type=_currency, help="three letters such as INR, or any")
        command.add_reason(each)
    sets.add_argument("providers", type=_providers, help="such as stripe or stripe,razorpay; the first is the default")
    sets.add_argument("--otherwise", type=_providers, default=[], help="where none of them is configured")
    return parser


def _country(text: str) -> str:
    if text != "any" and text not in COUNTRIES:
        raise argparse.ArgumentTypeError(f"{text} is neither a country (ISO 3166, such as IN) nor any")
    return ANY if text == "any" else text


def _currency(text: str) -> str:
    if text != "any" and not re.fullmatch("[A-Z]{3}", text):
        raise argparse.ArgumentTypeError(f"{text} is neither a currency such as INR nor any")
    return ANY if text == "any" else text


def _providers(text: str) -> list[str]:
    named = list(dict.fromkeys(text.split(",")))
    unknown = [each for each in named if each not in providers.names()]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0] or 'nothing'} is none of {', '.join(providers.names())}")
    return named


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.action is not None:
        rule = None
        if options.action == "set":
            rule = Rule(options.country, options.currency, tuple(options.providers), tuple(options.otherwise))
            if (problem := _problem(rule)) is not None:
                print(problem, file=sys.stderr)
                return 1
        if not _write(connection, options, rule):
            print("There is no such rule.", file=sys.stderr)
            return 1
    for rule in _read(connection):
        otherwise = f", otherwise {', '.join(rule.otherwise)}" if rule.otherwise else ""
        print(f"{_shown(rule.country):4} {_shown(rule.currency):4} {', '.join(rule.payment_providers)}{otherwise}")
    return 0


def _problem(rule: Rule) -> str | None:
    """Why a rule can never take a payment; None if it can."""
    for each in (*rule.payment_providers, *rule.otherwise):
        if rule.currency != ANY and rule.currency not in capabilities_of(each).currencies:
            return f"{capabilities_of(each).name} does not take {rule.currency}."
    return None


def _shown(key: str) -> str:
    return "any" if key == ANY else key


def _read(connection: Connection) -> tuple[Rule, ...]:
    row = connection.execute("select oneai.read_payment_provider_rules()").fetchone()
    return choice.parse(row[0] if row else [])


def _write(connection: Connection, options: argparse.Namespace, rule: Rule | None) -> bool:
    """Replaces the rule, or removes it. False if there is none to remove."""
    key = [options.country, options.currency]
    with connection.transaction():
        before = {(each.country, each.currency): each for each in _read(connection)}.get((key[0], key[1]))
        if rule is None and before is None:
            return False
        connection.execute("delete from oneai.payment_provider_rules where country = %s and currency = %s", key)
        if rule is not None:
            connection.execute(
                "insert into oneai.payment_provider_rules (country, currency, payment_providers, otherwise) "
                "values (%s, %s, %s, %s)",
                [*key, list(rule.payment_providers), list(rule.otherwise)],
            )
        audit.record(
            connection,
            options.operator,
            "payment_providers.change",
            target=("payment_provider_rule", f"{_shown(key[0])}.{_shown(key[1])}"),
            reason=options.reason,
            payment_providers=list(rule.payment_providers) if rule else [],
            otherwise=list(rule.otherwise) if rule else [],
            payment_providers_before=list(before.payment_providers) if before else [],
            otherwise_before=list(before.otherwise) if before else [],
        )
    return True


if __name__ == "__main__":
    sys.exit(main())
