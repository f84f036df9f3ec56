"""Everything one account at Razorpay knows: plain JSON, so that it can be kept in a file and come back."""

import hashlib
import json
import string
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from local.razorpay.refusals import bad_id, no_such_id

type Wire = dict[str, Any]

_LETTERS = string.digits + string.ascii_letters
ID_LENGTH = 14


@dataclass
class Running:
    """A subscription: what is told of it, and what only Razorpay knows."""

    told: Wire
    """The entity as the API tells it."""
    short_code: str
    """The end of its `short_url`."""
    begun: int | None = None
    """Where its periods are counted from: its start, or the last change of its period."""
    turns: int = 0
    """How many periods from there the current one is; 0 before the first."""
    due: int | None = None
    """When something will next happen of itself."""
    method: str | None = None
    """How it is paid: `card` (an Indian one, with a mandate), `foreign_card`, `upi` or `emandate`."""
    instrument: str | None = None
    """The card's number or the UPI address, where somebody gave one."""
    outcome: str = "ok"
    """How its next charges go: a switch of the stand-in."""
    cancel_at_end: bool = False
    change: Wire | None = None
    """What is to change at the end of the period."""
    invoice: str | None = None
    """The invoice that waits to be paid."""
    customer: str | None = None

    @property
    def status(self) -> str:
        """Its status now."""
        return str(self.told["status"])


@dataclass
class Happened:
    """An event, as its bytes will be sent."""

    event_id: str
    name: str
    body: str
    created_at: int
    subscription_id: str | None = None


@dataclass
class Books:
    """The account. `now` is the only clock: seconds of the epoch, moved by whoever runs it."""

    seed: str
    now: int = 0
    account: str = ""
    address: str = "https://rzp.example"
    """Where its pages are."""
    counter: int = 0
    plans: dict[str, Wire] = field(default_factory=dict)
    subscriptions: dict[str, Running] = field(default_factory=dict)
    invoices: dict[str, Wire] = field(default_factory=dict)
    payments: dict[str, Wire] = field(default_factory=dict)
    refunds: dict[str, Wire] = field(default_factory=dict)
    disputes: dict[str, Wire] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
    """Percents off each charge, by offer."""
    idempotency: dict[str, list[str]] = field(default_factory=dict)
    """By key: what was asked, and which refund came of it."""
    refunds_take: int = 0
    """Seconds until a refund is through."""
    told_after: int = 0
    """Seconds between what happens and the event that tells of it."""
    events: list[Happened] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = self.account or self.new_id("acc")

    def new_id(self, kind: str) -> str:
        """The next id: the same in every run over the same seed."""
        self.counter += 1
        return f"{kind}_{spelled(f'{self.seed}:{self.counter}')}"

    def subscription(self, given: str) -> Running:
        """The subscription; raises Refused."""
        return find(self.subscriptions, "sub", given)

    def kept(self) -> str:
        """All of it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def opened(cls, text: str) -> Self:
        """What `kept` wrote."""
        found = json.loads(text)
        found["subscriptions"] = {name: Running(**each) for name, each in found["subscriptions"].items()}
        found["events"] = [Happened(**each) for each in found["events"]]
        return cls(**found)


def spelled(text: str) -> str:
    """Fourteen characters that look like an id's, the same for the same text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def find[T](known: dict[str, T], kind: str, given: str) -> T:
    """What is known under this id of this kind; raises Refused."""
    prefix, _, rest = given.partition("_")
    if prefix != kind or len(rest) != ID_LENGTH or not rest.isalnum():
        raise bad_id(given)
    if given not in known:
        raise no_such_id()
    return known[given]
