"""A stand-in for Midtrans: Snap's payment page, the Core API's status, expiry and refunds, and notifications.

`Engine` is the state machine, without clock, network or file. `Simulator` runs it by the stack's clock and delivers
its notifications; `create` and `control_api.create` are the apps mounted at `/midtrans` and `/local/midtrans`. The
behaviour follows Midtrans' documentation and public reports; where they say nothing, it is the simplest possible.
"""

from stand_ins.midtrans import control_api
from stand_ins.midtrans.app import create
from stand_ins.midtrans.engine import Engine
from stand_ins.midtrans.keys import keys_of
from stand_ins.midtrans.price_list import fill_price_list
from stand_ins.midtrans.simulator import Simulator

__all__ = ["Engine", "Simulator", "control_api", "create", "fill_price_list", "keys_of"]
