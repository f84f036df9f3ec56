"""The state of one account at Stripe: plain JSON, so that it can be saved to a file and loaded."""

import copy
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

from stand_ins.payments.state import Event, JsonObject, pseudo_id
from stand_ins.stripe.refusals import no_such

API_VERSION = "2026-10-28.endive"

# The prefix of an object's ids, and what kind of object it is.
PREFIXES = {
    "cus": "customer",
    "prod": "product",
    "price": "price",
    "pm": "payment_method",
    "cs": "checkout.session",
    "sub": "subscription",
    "in": "invoice",
    "inpay": "invoice_payment",
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
    "du": "dispute",
    "bps": "billing_portal.session",
    "txn": "balance_transaction",
}
_LONG_ID = {"cs": 58}
_GENERATION = {
    "price": "1",
    "pm": "1",
    "sub": "1",
    "in": "1",
    "inpay": "1",
    "pi": "3",
    "ch": "3",
    "re": "3",
    "du": "1",
    "txn": "3",
}
LISTED_EVENTS = 1_000


@dataclass
class Account:
    """The account. `now` is the only clock: seconds of the epoch. `objects` are by kind and id, oldest first."""

    seed: str
    now: int = 0
    address: str = "https://stripe.example"
    """The base URL of its pages."""
    counter: int = 0
    objects: dict[str, dict[str, JsonObject]] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    """The number of each payment method's card."""
    outcomes: dict[str, str] = field(default_factory=dict)
    """By customer, the outcome of the next charges without them: `ok`, `decline`, `action` or `processing`."""
    due: dict[str, int] = field(default_factory=dict)
    """When something happens next to an object, by its id."""
    idempotency: dict[str, JsonObject] = field(default_factory=dict)
    """By key: the request, its answer, and when that was given."""
    after_last_attempt: str = "cancel"
    """What a subscription becomes when retries are exhausted: `cancel`, `unpaid` or `past_due`."""
    refund_delay: int = 0
    """Seconds until a refund succeeds."""
    api_version: str = API_VERSION
    """In which the endpoint's events are rendered."""
    livemode: bool = False
    events: list[Event] = field(default_factory=list)
    log: list[JsonObject] = field(default_factory=list)
    """The newest events, as `GET /v1/events` lists them."""

    def new_id(self, prefix: str) -> str:
        """The next id: the same in every run over the same seed."""
        self.counter += 1
        code = pseudo_id(f"{self.seed}:{self.counter}", _LONG_ID.get(prefix, 23))
        mode = "live_" if self.livemode else "test_"
        return f"{prefix}_{mode if prefix == 'cs' else _GENERATION.get(prefix, '')}{code}"

    def all(self, kind: str) -> dict[str, JsonObject]:
        """All objects of a kind, oldest first."""
        return self.objects.setdefault(kind, {})

    def new(self, prefix: str, **fields: Any) -> JsonObject:
        """A new object of this prefix, created now and stored."""
        kind = PREFIXES[prefix]
        entity = shape(kind) | {"id": self.new_id(prefix), "created": self.now} | fields
        if "livemode" in entity:  # a refund has none
            entity["livemode"] = self.livemode
        self.all(kind)[entity["id"]] = entity
        return entity

    def get(self, kind: str, entity_id: str, param: str = "id") -> JsonObject:
        """The object. Raises ApiError."""
        entity = self.all(kind).get(entity_id)
        if entity is None:
            raise no_such(kind, entity_id, param)
        return entity

    def find(self, entity_id: str) -> JsonObject | None:
        """The object of any kind with this id."""
        kind = PREFIXES.get(entity_id.partition("_")[0])
        return None if kind is None else self.all(kind).get(entity_id)

    def to_json(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` returned."""
        state = json.loads(text)
        state["events"] = [Event(**each) for each in state["events"]]
        return cls(**state)


def shape(kind: str) -> JsonObject:
    """A new object of this kind with every field; `shapes.json` has them as stripe/openapi's fixtures do."""
    return copy.deepcopy(_shapes()[kind])


@cache
def _shapes() -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = json.loads((Path(__file__).parent / "shapes.json").read_text())
    return found
