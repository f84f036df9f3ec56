"""The events of one transaction: an event, or an answer of the provider, with the parked events that now match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from oneai.billing import providers
from oneai.billing.facts import Event, Observation
from oneai.billing.merge import Changes, has_unmatched, merge
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class PendingEvent:
    """An event to process. `event_id` is None for an answer; `undated`: the event does not state its time."""

    event_id: str | None
    observation: Observation
    undated: bool = False


def referenced_ids(observation: Observation, event: Event | None) -> dict[str, list[str]]:
    """All ids by which the user can be found, in the form that `oneai.lock_and_load_billing` reads."""
    subscriptions: set[str | None] = {each.ref for each in observation.snapshots}
    subscriptions |= {each.subscription_ref for each in observation.lifecycle_events}
    subscriptions |= {each.subscription_ref for each in observation.payments}
    subscriptions |= {each.subscription_ref for each in observation.invoices}
    subscriptions |= {each.subscription_ref for each in observation.instruments}
    subscriptions |= {each.ref for each in observation.sync_requests if not each.is_order}
    payments: set[str | None] = {each.ref for each in observation.payments}
    payments |= {each.payment_ref for each in observation.invoices}
    payments |= {each.payment_ref for each in observation.refunds}
    payments |= {each.payment_ref for each in observation.disputes}
    invoices: set[str | None] = {each.ref for each in observation.invoices}
    invoices |= {each.invoice_ref for each in observation.payments}
    if event is not None and is_relevant(event):
        subscriptions.add(event.subscription_ref)
        payments.add(event.payment_ref)
        invoices.add(event.invoice_ref)
    # Every charge of a subscription has an order too, which is not needed to find it.
    orders = {each.order_ref for each in observation.payments if not (each.subscription_ref or each.invoice_ref)}
    orders |= {each.ref for each in observation.orders}
    orders |= {each.ref for each in observation.sync_requests if each.is_order}
    return {
        "subscriptions": sorted(each for each in subscriptions if each),
        "payments": sorted(each for each in payments if each),
        "invoices": sorted(each for each in invoices if each),
        "orders": sorted(each for each in orders if each),
        "workspaces": sorted({str(each.workspace_id) for each in observation.orders if each.workspace_id}),
        "ids": sorted({str(each.our_id) for each in observation.snapshots if each.our_id}),
        "instruments": sorted({each.instrument.hex() for each in observation.instruments}),
    }


def is_relevant(event: Event) -> bool:
    """Whether we process events of this kind."""
    return event.observation != Observation()


def parked_events(loaded: Mapping[str, Any], payment_provider: str | None) -> list[PendingEvent]:
    """The provider's parked events whose references are now known. One that cannot be read is left to be processed by
    itself."""
    events = []
    for each in loaded.get("parked", ()) if payment_provider is not None else ():
        try:
            event = providers.of(payment_provider).observe(each["event_id"], bytes.fromhex(each["body"]))
        except Exception:  # noqa: BLE001, S112  processed by itself, its problem is stored beside it
            continue
        events.append(PendingEvent(event.event_id, event.observation, event.at is None))
    return events


class EventBatch:
    """Merges several events into the records of several users, and remembers which events matched completely."""

    def __init__(self, events: Sequence[PendingEvent]) -> None:
        self._events = events
        self._changes: list[list[Changes]] = [[] for _ in events]

    def merge_into(self, record: BillingRecord) -> Changes:
        """Merges all events into one user's record, and returns the changes."""
        total = Changes()
        for event, changes in zip(self._events, self._changes, strict=True):
            changes.append(merge(record, event.observation, undated=event.undated))
            for part in fields(Changes):
                if part.name != "matched":
                    getattr(total, part.name).update(getattr(changes[-1], part.name))
        return total

    @property
    def first_matched(self) -> bool:
        """Whether every item of the first event belongs to a user's record."""
        return not has_unmatched(self._events[0].observation, self._changes[0])

    @property
    def others_matched(self) -> list[str]:
        """The other events whose items all belong to a user's record."""
        return [
            str(event.event_id)
            for event, changes in zip(self._events[1:], self._changes[1:], strict=True)
            if not has_unmatched(event.observation, changes)
        ]
