"""Webhooks as providers deliver them: signed, at least once, and retried with growing pauses.

By the stack's clock, except the seconds in which an endpoint has to answer. The control API sets the mode.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import httpx

from stand_ins.payments.state import Event, moment

# How every provider's events can be delivered. A provider may have more ways, which its `headers` knows.
MODES = ("normal", "duplicate", "reorder", "drop", "delay", "previous_secret", "unsigned")

DELAY_SECONDS = 3_600
_FINISHED_KEPT = 500


@dataclass
class Delivery:
    """The delivery of an event. `state`: `waiting`, `delivered`, `dropped`, `failed` (all attempts) or `not_sent`."""

    event_id: str
    name: str
    body: str
    created_at: int
    subscription_id: str | None
    mode: str
    due: int
    state: str = "waiting"
    attempts: int = 0
    answered: list[str] = field(default_factory=list)
    """The status of each attempt, or the name of its error."""

    def summary(self) -> dict[str, Any]:
        """The delivery in the form of the control API."""
        shown = {name: value for name, value in asdict(self).items() if name not in ("body", "due")}
        shown["created_at"] = moment(self.created_at).isoformat()
        shown["next_attempt_at"] = moment(self.due).isoformat() if self.state == "waiting" else None
        return shown


class Webhook(Protocol):
    """A provider's law of delivery: seconds for an answer, for how long and how soon it sends again, and whether it
    then disables the webhook."""

    answer_seconds: float
    retry_seconds: int
    first_retry_seconds: int
    disables: bool
    modes: tuple[str, ...]

    def headers(self, delivery: Delivery, body: bytes, now: int) -> Mapping[str, str]:
        """The headers of one attempt, with its signature. `now` is the stack's time."""


@dataclass
class Deliveries:
    """The webhook of one account."""

    mode: str = "normal"
    modes: dict[str, str] = field(default_factory=dict)
    """Modes of single subscriptions."""
    disabled_at: int | None = None
    all: list[Delivery] = field(default_factory=list)

    def enqueue(self, events: Iterable[Event], now: int) -> None:
        """Queues new events for delivery in the current mode."""
        new: list[Delivery] = []
        reordered: list[Delivery] = []
        for e in events:
            mode = self.modes.get(e.subscription_id or "", self.mode)
            each = Delivery(e.event_id, e.name, e.body, e.created_at, e.subscription_id, mode, e.created_at)
            (reordered if mode == "reorder" else new).append(each)
            match mode:
                case "drop":
                    each.state = "dropped"
                case "delay":
                    each.due += DELAY_SECONDS
                case "reorder":
                    each.due = now
            if self.disabled_at is not None:
                each.state = "not_sent"
        self.all += [*new, *reversed(reordered)]

    def next_due(self, now: int) -> Delivery | None:
        """The delivery that is due first, if any is."""
        waiting = (each for each in self.all if each.state == "waiting" and each.due <= now)
        return min(waiting, key=lambda each: each.due, default=None)

    def switch(self, mode: str, subscription_id: str | None = None) -> None:
        """Sets the mode of all events or those of one subscription; enables a disabled webhook again."""
        if subscription_id is None:
            self.mode = mode
        else:
            self.modes[subscription_id] = mode
        self.disabled_at = None

    def drop_finished(self) -> None:
        """Drops finished deliveries, except the newest."""
        finished = [each for each in self.all if each.state != "waiting"]
        dropped = {id(each) for each in finished[:-_FINISHED_KEPT]}
        self.all = [each for each in self.all if id(each) not in dropped]

    def to_json(self) -> dict[str, Any]:
        """The state as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> "Deliveries":
        """The state that `to_json` returned."""
        return cls(**{**state, "all": [Delivery(**each) for each in state["all"]]})

    async def send(self, delivery: Delivery, client: httpx.AsyncClient, url: str, webhook: Webhook, now: int) -> None:
        """Makes one attempt and updates the delivery."""
        body = delivery.body.encode()
        headers = {"content-type": "application/json", **webhook.headers(delivery, body, now)}
        ok = False
        for _ in range(2 if delivery.mode == "duplicate" else 1):
            try:
                answer = await client.post(url, content=body, headers=headers, timeout=webhook.answer_seconds)
            except httpx.HTTPError as error:
                delivery.answered.append(type(error).__name__)
            else:
                ok = answer.is_success
                delivery.answered.append(str(answer.status_code))
        delivery.attempts += 1
        if ok:
            delivery.state = "delivered"
            return
        last_attempt_at = delivery.created_at + webhook.retry_seconds
        if delivery.due >= last_attempt_at:
            delivery.state = "failed"
            if webhook.disables:
                self._disable(last_attempt_at)
        delivery.due = min(delivery.due + webhook.first_retry_seconds * 2 ** (delivery.attempts - 1), last_attempt_at)

    def _disable(self, now: int) -> None:
        self.disabled_at = now
        for each in self.all:
            if each.state == "waiting":
                each.state = "not_sent"
