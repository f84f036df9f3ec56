"""`python -m ops.stripe_prices`, which is `make stripe-prices`: prices, and what they are at Stripe.

    make stripe-prices                                         creates missing prices
    make stripe-prices ARGS="pro.monthly.USD=900 pro.yearly.USD=0"    sets prices in cents; 0: not sold

Needs STRIPE_SECRET_KEY, and reads PRICES_INCLUDE_TAX as the functions do. A local stack needs no key: its stand-in has
every price. `provider_plans.py` has the rest.
"""

import sys
from functools import partial

from local import dotenv
from local.environment import own_database, own_stripe
from oneai import settings
from oneai.clients import stripe
from oneai.clients.stripe import StripeSettings
from ops import command
from ops.provider_plans import Account, arguments, write_plans
from stand_ins.stripe.price_list import price_ref_of


def main(given: list[str] | None = None) -> int:
    """Returns 0 when every price is at Stripe."""
    dotenv.load()
    key = settings.read(StripeSettings).stripe_secret_key
    account = Account(
        name="stripe",
        title="Stripe",
        key=f"a {'live' if stripe.is_live() else 'test'} account of Stripe" if key else None,
        missing="STRIPE_SECRET_KEY names the account.",
        # Only the local stack's own database has the stand-in's prices.
        stand_in=price_ref_of if own_stripe() and own_database() else None,
    )
    return command.run(arguments("stripe-prices", "Stripe"), partial(write_plans, account), given)


if __name__ == "__main__":
    sys.exit(main())
