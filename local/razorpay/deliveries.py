"""Webhooks as Razorpay delivers them: signed, at least once, again with patience for a day, and then never again.

All by the stack's clock, except the five seconds an endpoint has to answer. `Mode` is how this stack's are delivered:
a switch of the stand-in.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast, get_args

import httpx

from local.razorpay.keys import Keys, webhook_signature
from local.razorpay.periods import moment
from local.razorpay.state import Happened

type Mode = Literal["normal", "duplicate", "reorder", "drop", "delay", "previous_secret", "unsigned"]
MODES: tuple[Mode, ...] = cast(tuple[Mode, ...], get_args(Mode.__value__))

ANSWERED_WITHIN = 5.0
TRIED_FOR = 86_400
_FIRST_PAUSE = 60
DELAY = 3_600
_KEPT = 500


@dataclass
class Delivery:
    """One event on its way. `state`: `waiting`, `delivered`, `dropped`, `failed` (for a day) or `not_sent`."""

    event_id: str
    name: str
    body: str
    created_at: int
    subscription_id: str | None
    mode: Mode
    due: int
    state: str = "waiting"
    attempts: int = 0
    answered: list[str] = field(default_factory=list)
    """What came back each time: a status, or how it went wrong."""

    def shown(self) -> dict[str, Any]:
        """As people see it."""
        told = {name: value for name, value in asdict(self).items() if name not in ("body", "due")}
        told["created_at"] = moment(self.created_at).isoformat()
        told["next_attempt_at"] = moment(self.due).isoformat() if self.state == "waiting" else None
        return told


@dataclass
class Deliveries:
    """The webhook of one account."""

    mode: Mode = "normal"
    modes: dict[str, Mode] = field(default_factory=dict)
    """Of single subscriptions, where it is another one."""
    disabled_at: int | None = None
    all: list[Delivery] = field(default_factory=list)

    def take(self, events: Iterable[Happened], now: int) -> None:
        """These events have happened, and are to be told in the way of now."""
        new: list[Delivery] = []
        upside_down: list[Delivery] = []
        for e in events:
            mode = self.modes.get(e.subscription_id or "", self.mode)
            each = Delivery(e.event_id, e.name, e.body, e.created_at, e.subscription_id, mode, e.created_at)
            (upside_down if mode == "reorder" else new).append(each)
            match mode:
                case "drop":
                    each.state = "dropped"
                case "delay":
                    each.due += DELAY
                case "reorder":
                    each.due = now
            if self.disabled_at is not None:
                each.state = "not_sent"
        self.all += [*new, *reversed(upside_down)]

    def next_due(self, now: int) -> Delivery | None:
        """The one to send first."""
        waiting = (each for each in self.all if each.state == "waiting" and each.due <= now)
        return min(waiting, key=lambda each: each.due, default=None)

    def switch(self, mode: Mode, subscription_id: str | None = None) -> None:
        """Another way for the events to come, all or those of one; a webhook that was disabled works again."""
        if subscription_id is None:
            self.mode = mode
        else:
            self.modes[subscription_id] = mode
        self.disabled_at = None

    def forget_old(self) -> None:
        """Those that are over, except the newest."""
        over = [each for each in self.all if each.state != "waiting"]
        gone = {id(each) for each in over[:-_KEPT]}
        self.all = [each for each in self.all if id(each) not in gone]

    def kept(self) -> dict[str, Any]:
        """All of it as JSON."""
        return asdict(self)

    @classmethod
    def opened(cls, told: dict[str, Any]) -> "Deliveries":
        """What `kept` made."""
        return cls(**{**told, "all": [Delivery(**each) for each in told["all"]]})

    async def send(self, delivery: Delivery, client: httpx.AsyncClient, url: str, keys: Keys) -> None:
        """One attempt, and what follows from it."""
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "Razorpay-Webhook/v1",
            "x-razorpay-event-id": delivery.event_id,
        }
        secret = keys.webhook_secret_previous if delivery.mode == "previous_secret" else keys.webhook_secret
        if delivery.mode != "unsigned" and secret:
            headers["x-razorpay-signature"] = webhook_signature(secret, body)
        ok = False
        for _ in range(2 if delivery.mode == "duplicate" else 1):
            try:
                answer = await client.post(url, content=body, headers=headers, timeout=ANSWERED_WITHIN)
            except httpx.HTTPError as error:
                delivery.answered.append(type(error).__name__)
            else:
                ok = answer.is_success
                delivery.answered.append(str(answer.status_code))
        delivery.attempts += 1
        if ok:
            delivery.state = "delivered"
            return
        last = delivery.created_at + TRIED_FOR
        if delivery.due >= last:
            delivery.state = "failed"
            self._disable(last)
        delivery.due = min(delivery.due + _FIRST_PAUSE * 2 ** (delivery.attempts - 1), last)

    def _disable(self, now: int) -> None:
        self.disabled_at = now
        for each in self.all:
            if each.state == "waiting":
                each.state = "not_sent"
