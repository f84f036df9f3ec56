"""Amounts have the same digits on pages, in mail and on documents."""

import json
import subprocess
from typing import get_args

import pytest

from local import node
from local.web import currencies as whole_currencies
from oneai import currencies
from oneai.billing.facts import Currency
from oneai.billing.invoices.amounts import in_digits
from oneai.notifications import formatting

SCRIPT = """
import { digitsOf, formatMoney } from "./src/lib/i18n/format.ts";
const [amounts, currencies] = process.argv.slice(1).map((text) => JSON.parse(text));
const shown = amounts.map(([amount, currency]) => formatMoney(amount, currency, "en"));
console.log(JSON.stringify({ digits: currencies.map(digitsOf), shown }));
"""
AMOUNTS = [
    (99_000, "IDR"),
    (1_234_567, "IDR"),
    (1_234_50, "INR"),
    (1_00_000_05, "INR"),
    (9_99, "USD"),
    (1_234_56, "USD"),
    (1_234_567_89, "USD"),
    (1_234_567, "JPY"),
    (500, "JPY"),
]


def test_pages_mail_and_documents_show_one_amount_alike() -> None:
    texts = [json.dumps(AMOUNTS), json.dumps(list(currencies.STYLES))]
    command = [str(node.binary()), "--input-type=module", "-e", SCRIPT, *texts]
    done = subprocess.run(command, cwd=node.WEB, capture_output=True, text=True, check=True)
    page = json.loads(done.stdout)

    assert page["digits"] == [style.digits for style in currencies.STYLES.values()]
    for (amount, currency), shown in zip(AMOUNTS, page["shown"], strict=True):
        assert formatting.money(amount, currency) == shown
        assert in_digits(amount, currency).removeprefix("US") == shown


def test_the_web_apps_whole_currencies_are_written_from_this_table() -> None:
    assert whole_currencies.FILE.read_text() == whole_currencies.typescript(), "python -m local.web.currencies"


def test_every_currency_that_is_sold_in_has_a_style() -> None:
    assert set(currencies.STYLES) >= set(get_args(Currency.__value__))
    assert {currency for _, currency in AMOUNTS} == set(currencies.STYLES)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (0, "IDR", "Rp\u00a00"),
        (99_000, "IDR", "Rp\u00a099.000"),
        (-1_500_50, "INR", "₹-1,500.50"),
        (5, "KWD", "5 KWD (smallest unit)"),
    ],
)
def test_rupiah_are_whole_and_other_currencies_are_not_guessed(amount: int, currency: str, shown: str) -> None:
    assert currencies.money(amount, currency) == shown
