"""`python -m ops.razorpay_plans`, which is `make razorpay-plans`: prices, and their plans at Razorpay.

    make razorpay-plans                                            creates missing plans
    make razorpay-plans ARGS="pro.monthly.INR=79900 pro.yearly.USD=0"    sets prices in paise and cents; 0: not sold

Needs RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET, and reads PRICES_INCLUDE_TAX, SELLER_GSTIN and GST_RATE_PERCENT as the
functions do. A local stack needs no key: its stand-in has a plan for every price. `provider_plans.py` has the rest.
"""

import sys
from functools import partial

from local import dotenv
from local.environment import own_database, own_razorpay
from oneai import settings
from oneai.clients.razorpay import RazorpaySettings
from ops import command
from ops.provider_plans import Account, arguments, write_plans
from stand_ins.razorpay.price_list import plan_of


def main(given: list[str] | None = None) -> int:
    """Returns 0 when every price has its plan."""
    dotenv.load()
    keys = settings.read(RazorpaySettings)
    account = Account(
        name="razorpay",
        title="Razorpay",
        key=keys.razorpay_key_id if keys.razorpay_key_id and keys.razorpay_key_secret else None,
        missing="RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET name the account.",
        # Only the local stack's own database has the stand-in's plans.
        stand_in=plan_of if own_razorpay() and own_database() else None,
    )
    return command.run(arguments("razorpay-plans", "Razorpay"), partial(write_plans, account), given)


if __name__ == "__main__":
    sys.exit(main())
