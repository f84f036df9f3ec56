"""A stand-in for Razorpay's subscriptions: its API, its hosted page and its webhooks, by the stack's clock.

`Engine` is the state machine, without clock, network or file: tests run whole histories with it in no time. `Simulator`
runs an engine by a clock and delivers its events; `create` and `control_api.create` are the apps mounted at `/razorpay`
and `/local/razorpay`. The behaviour follows Razorpay's documentation; where that says nothing, it is the simplest
possible: a pause ends with the next period, an offer is a percentage off every charge.
"""

from stand_ins.razorpay import control_api
from stand_ins.razorpay.app import create
from stand_ins.razorpay.engine import Engine
from stand_ins.razorpay.keys import keys_of
from stand_ins.razorpay.price_list import fill_price_list, plan_of
from stand_ins.razorpay.simulator import Simulator

__all__ = ["Engine", "Simulator", "control_api", "create", "fill_price_list", "keys_of", "plan_of"]
