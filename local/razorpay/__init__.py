"""A stand-in for Razorpay's subscriptions: its API, its hosted page, its webhooks, by the stack's one clock.

`Engine` is the machine behind it, without clock, network or file: tests make whole histories with it in no time.
`Desk` runs one by a clock and delivers its events; `create` and `levers.create` are the apps that the gateway mounts at
`/razorpay` and `/local/razorpay`. What it knows comes from Razorpay's documentation; where that says nothing, the
simplest thing happens: a pause ends with the next period, an offer is a percentage off every charge.
"""

from local.razorpay import control_api
from local.razorpay.app import create
from local.razorpay.engine import Engine
from local.razorpay.keys import keys_of, plans, settings_of
from local.razorpay.simulator import Desk

__all__ = ["Desk", "Engine", "control_api", "create", "keys_of", "plans", "settings_of"]
