"""Amounts have the same digits on pages, in mail and on documents."""

import json
import subprocess
from typing import get_args

import pytest

from local import node
from oneai import currencies
from oneai.billing.facts import Currency
from oneai.billing.invoices.amounts import in_digits
from oneai.notifications import formatting

SCRIPT = """
import { DIGITS } from "./src/lib/i18n/currencies.ts";
import { formatMoney } from "./src/lib/i18n/format.ts";
const amounts = JSON.parse(process.argv[1]);
const shown = amounts.map(([amount, currency]) => formatMoney(amount, currency, "en"));
console.log(JSON.stringify({ digits: DIGITS, shown }));
"""
AMOUNTS = [
    (99_000, "IDR"),
    (1_234_567, "IDR"),
    (1_234_50, "INR"),
    (1_00_000_05, "INR"),
    (9_99, "USD"),
    (1_234_56, "USD"),
]


def test_pages_mail_and_documents_show_one_amount_alike() -> None:
    command = [str(node.binary()), "--input-type=module", "-e", SCRIPT, json.dumps(AMOUNTS)]
    done = subprocess.run(command, cwd=node.WEB, capture_output=True, text=True, check=True)
    page = json.loads(done.stdout)

    assert page["digits"] == {name: style.digits for name, style in currencies.STYLES.items()}
    for (amount, currency), shown in zip(AMOUNTS, page["shown"], strict=True):
        assert formatting.money(amount, currency) == shown
        assert in_digits(amount, currency).removeprefix("US") == shown


def test_every_currency_that_is_sold_in_has_a_style() -> None:
    assert set(currencies.STYLES) == set(get_args(Currency.__value__))


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (0, "IDR", "Rp\u00a00"),
        (99_000, "IDR", "Rp\u00a099.000"),
        (-1_500_50, "INR", "₹-1,500.50"),
        (5, "JPY", "5 JPY (smallest unit)"),
    ],
)
def test_rupiah_are_whole_and_other_currencies_are_not_guessed(amount: int, currency: str, shown: str) -> None:
    assert currencies.money(amount, currency) == shown
