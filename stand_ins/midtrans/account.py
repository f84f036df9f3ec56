"""The state of one account at Midtrans: plain JSON, so that it can be saved to a file and loaded."""

import json
import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Self

from stand_ins.payments.state import Event, JsonObject

WIB = timezone(timedelta(hours=7), "WIB")


@dataclass
class Page:
    """A payment page of Snap, until one of its methods is chosen and afterwards."""

    token: str
    order_id: str
    amount: int
    expires_at: int
    request: JsonObject
    """What was asked for: items, customer, callbacks, metadata."""
    transaction_id: str | None = None


@dataclass
class Transaction:
    """A transaction, with what only Midtrans knows. `fee` is what the payer was charged beside the amount."""

    transaction_id: str
    order_id: str
    amount: int
    method: str
    created_at: int
    expires_at: int
    status: str = "pending"
    fraud_status: str = "accept"
    fee: int = 0
    settled_at: int | None = None
    refunds: list[JsonObject] = field(default_factory=list)
    number: str = ""
    """Of a virtual account or a bill."""
    metadata: JsonObject = field(default_factory=dict)
    hangs: bool = False
    """Whether the batch that expires transactions misses it."""

    @property
    def refunded(self) -> int:
        """What went back."""
        return sum(int(each["amount"]) for each in self.refunds)


@dataclass
class Account:
    """The account. `now` is the only clock: seconds of the epoch."""

    seed: str
    now: int = 0
    address: str = "https://midtrans.example"
    counter: int = 0
    pages: dict[str, Page] = field(default_factory=dict)
    """By token."""
    transactions: dict[str, Transaction] = field(default_factory=dict)
    """By transaction id."""
    balance: int = 10**12
    """What refunds are paid from, in rupiah."""
    events: list[Event] = field(default_factory=list)

    def new_id(self) -> str:
        """The next id: the same in every run over the same seed."""
        self.counter += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.seed}:{self.counter}"))

    def to_json(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` returned."""
        state: dict[str, Any] = json.loads(text)
        state["pages"] = {name: Page(**each) for name, each in state["pages"].items()}
        state["transactions"] = {name: Transaction(**each) for name, each in state["transactions"].items()}
        state["events"] = [Event(**each) for each in state["events"]]
        return cls(**state)


def local_time(at: int) -> str:
    """Seconds of the epoch as Midtrans writes them: Western Indonesia Time without a zone."""
    return datetime.fromtimestamp(at, WIB).strftime("%Y-%m-%d %H:%M:%S")
