"""The state of one account at Razorpay: plain JSON, so that it can be saved to a file and loaded."""

import json
from dataclasses import asdict, dataclass, field
from typing import Self

from stand_ins.payments.state import Event, JsonObject, pseudo_id
from stand_ins.razorpay.refusals import bad_id, no_such_id

ID_LENGTH = 14


@dataclass
class SubscriptionRecord:
    """A subscription: its entity, and what only Razorpay knows."""

    entity: JsonObject
    """As the API returns it."""
    short_code: str
    """The end of its `short_url`."""
    anchor: int | None = None
    """Start of the first period: the subscription's start, or the last change of its period."""
    cycles: int = 0
    """The number of the current period from there; 0 before the first."""
    due: int | None = None
    """When the next timed change is due."""
    method: str | None = None
    """The payment method: `card` (an Indian one, with a mandate), `foreign_card`, `upi` or `emandate`."""
    instrument: str | None = None
    """The card's number or the UPI address, if one was entered."""
    outcome: str = "ok"
    """Of its next charges; set by the control API."""
    cancel_at_end: bool = False
    change: JsonObject | None = None
    """The scheduled change."""
    invoice: str | None = None
    """The id of the unpaid invoice."""
    customer: str | None = None

    @property
    def status(self) -> str:
        """The current status."""
        return str(self.entity["status"])


@dataclass
class Account:
    """The account. `now` is the only clock: seconds of the epoch."""

    seed: str
    now: int = 0
    account_id: str = ""
    address: str = "https://rzp.example"
    """The base URL of its pages."""
    counter: int = 0
    plans: dict[str, JsonObject] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionRecord] = field(default_factory=dict)
    invoices: dict[str, JsonObject] = field(default_factory=dict)
    orders: dict[str, JsonObject] = field(default_factory=dict)
    """Without a subscription; those behind invoices are derived."""
    customers: dict[str, JsonObject] = field(default_factory=dict)
    """Without a subscription."""
    debits: dict[str, str] = field(default_factory=dict)
    """The outcome of a token's debits, if it is not `ok`."""
    ended_tokens: dict[str, int] = field(default_factory=dict)
    """By token that was deleted: how many payments there were. A later one authorizes it again."""
    payments: dict[str, JsonObject] = field(default_factory=dict)
    refunds: dict[str, JsonObject] = field(default_factory=dict)
    disputes: dict[str, JsonObject] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
    """Percent off each charge, by offer."""
    idempotency: dict[str, list[str]] = field(default_factory=dict)
    """By key: the request, and the id of its refund."""
    refund_delay: int = 0
    """Seconds until a refund is processed."""
    event_delay: int = 0
    """Seconds by which the time of an event is later than what it reports."""
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account_id = self.account_id or self.new_id("acc")

    def new_id(self, kind: str) -> str:
        """The next id: the same in every run over the same seed."""
        self.counter += 1
        return f"{kind}_{pseudo_id(f'{self.seed}:{self.counter}')}"

    def subscription(self, subscription_id: str) -> SubscriptionRecord:
        """The subscription; raises ApiError."""
        return find(self.subscriptions, "sub", subscription_id)

    def to_json(self) -> str:
        """The state as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The state that `to_json` returned."""
        state = json.loads(text)
        state["subscriptions"] = {name: SubscriptionRecord(**each) for name, each in state["subscriptions"].items()}
        state["events"] = [Event(**each) for each in state["events"]]
        return cls(**state)


def find[T](entities: dict[str, T], kind: str, entity_id: str) -> T:
    """The entity with this id, of this kind; raises ApiError."""
    prefix, _, rest = entity_id.partition("_")
    if prefix != kind or len(rest) != ID_LENGTH or not rest.isalnum():
        raise bad_id(entity_id)
    if entity_id not in entities:
        raise no_such_id()
    return entities[entity_id]
