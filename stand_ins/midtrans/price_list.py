"""What plans cost in rupiah at the local stack: prices of an operator, so that Midtrans can be tried there."""

from typing import Any

import psycopg

PRICES = {
    ("pro", "monthly"): 149_000,
    ("pro", "yearly"): 1_490_000,
    ("team", "monthly"): 129_000,
    ("team", "yearly"): 1_290_000,
}


def fill_price_list(connection: psycopg.Connection[Any]) -> None:
    """Sets the prices that the price list has not yet, as an operator does."""
    with connection.cursor() as cursor:
        cursor.execute("select tier, period from oneai.price_list where payment_provider = 'midtrans'")
        there = set(cursor.fetchall())
        for (tier, period), amount in PRICES.items():
            if (tier, period) not in there:
                plan = f"{tier}.{period}.IDR.{amount}"
                cursor.execute(
                    "select oneai.set_price('midtrans', %s, %s, 'IDR', %s, %s, %s)",
                    [tier, period, amount, plan, amount],
                )
