"""The prices that the stand-in has from the start: one for every price that is sold."""

from typing import TYPE_CHECKING, Any

import psycopg

from stand_ins.payments.state import pseudo_id

if TYPE_CHECKING:
    from oneai.billing.subscriptions import Price


def price_ref_of(price: "Price") -> str:
    """The id of the Stripe price of this price; another amount has another one."""
    return f"price_1{pseudo_id(f'{price.key}={price.amount}', 23)}"


def fill_price_list(connection: psycopg.Connection[Any]) -> None:
    """Gives every price without a price at Stripe its one, in the database that `connection` has the owner's rights to.

    The stand-in creates the prices of the price list when it is next used.
    """
    # Not imported by the supervisor.
    from oneai.billing.subscriptions import on_sale, price_list, prices

    row = connection.execute("select oneai.read_price_list()").fetchone()
    for price in on_sale(price_list.parse(row[0] if row else []), prices.at("stripe")):
        if price.plan_ref is None:
            connection.execute(
                "select oneai.set_price('stripe', %s, %s, %s, %s, %s, %s)",
                [price.tier, price.period, price.currency, price.listed, price_ref_of(price), price.amount],
            )
    price_list.reset()
