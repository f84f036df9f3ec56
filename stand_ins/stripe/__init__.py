"""A stand-in for Stripe: its API, its pages and its webhooks, by the stack's clock.

`Engine` is the state machine, without clock, network or file: tests run whole histories with it in no time. `Simulator`
runs an engine by a clock and delivers its events; `create` and `control_api.create` are the apps mounted at `/stripe`
and `/local/stripe`. It has the shapes of one API version, subscriptions of one item, and cards by their test numbers.
"""

from stand_ins.stripe import control_api
from stand_ins.stripe.app import create
from stand_ins.stripe.engine import Engine
from stand_ins.stripe.keys import keys_of
from stand_ins.stripe.price_list import fill_price_list, price_ref_of
from stand_ins.stripe.simulator import Simulator

__all__ = ["Engine", "Simulator", "control_api", "create", "fill_price_list", "keys_of", "price_ref_of"]
