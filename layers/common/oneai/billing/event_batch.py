"""What is heard in one transaction: an event, or what was asked for, with the events that waited for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from oneai.billing.facts import Event, Observation
from oneai.billing.merge import Changes, note, unheard
from oneai.billing.record import BillingRecord


@dataclass(frozen=True)
class Heard:
    """`event_id` is None of what is no event; `timeless`: nobody said when."""

    event_id: str | None
    observed: Observation
    timeless: bool = False


def named(observed: Observation, event: Event | None) -> dict[str, list[str]]:
    """Everything by which it can be known whom this is about, as `oneai.lock_and_load_billing` reads it."""
    subscriptions: set[str | None] = {each.ref for each in observed.snapshots}
    subscriptions |= {each.subscription_ref for each in observed.marks}
    subscriptions |= {each.subscription_ref for each in observed.payments}
    subscriptions |= {each.subscription_ref for each in observed.invoices}
    subscriptions |= {each.subscription_ref for each in observed.instruments}
    payments: set[str | None] = {each.ref for each in observed.payments}
    payments |= {each.payment_ref for each in observed.invoices}
    payments |= {each.payment_ref for each in observed.refunds} | {each.payment_ref for each in observed.disputes}
    invoices: set[str | None] = {each.ref for each in observed.invoices}
    invoices |= {each.invoice_ref for each in observed.payments}
    if event is not None and says_something(event):
        subscriptions.add(event.subscription_ref)
        payments.add(event.payment_ref)
        invoices.add(event.invoice_ref)
    return {
        "subscriptions": sorted(each for each in subscriptions if each),
        "payments": sorted(each for each in payments if each),
        "invoices": sorted(each for each in invoices if each),
        "ids": sorted({str(each.our_id) for each in observed.snapshots if each.our_id}),
        "instruments": sorted({each.instrument.hex() for each in observed.instruments}),
    }


def says_something(event: Event) -> bool:
    """Whether it is of a kind that we follow."""
    return event.observed != Observation()


def waiting(found: Mapping[str, Any]) -> list[Heard]:
    """The events that waited for what is known now. What of them cannot be read is applied by itself."""
    from oneai.billing.provider.events import event_of

    heard = []
    for each in found.get("waiting", ()):
        try:
            event = event_of(each["event_id"], bytes.fromhex(each["body"]))
        except Exception:  # noqa: BLE001, S112  applied by itself, what is wrong with it is kept beside it
            continue
        heard.append(Heard(event.event_id, event.observed, event.at is None))
    return heard


class EventBatch:
    """Puts all that is heard to what is known of one person after the other, and knows what of it found its place."""

    def __init__(self, everything: Sequence[Heard]) -> None:
        self._everything = everything
        self._noted: list[list[Changes]] = [[] for _ in everything]

    def note(self, known: BillingRecord) -> Changes:
        """Puts all of it to what is known of one person; what became different."""
        whole = Changes()
        for heard, noted in zip(self._everything, self._noted, strict=True):
            noted.append(note(known, heard.observed, timeless=heard.timeless))
            for part in fields(Changes):
                if part.name != "heard":
                    getattr(whole, part.name).update(getattr(noted[-1], part.name))
        return whole

    @property
    def first_is_heard(self) -> bool:
        """Whether all of what was heard first belongs to somebody."""
        return not unheard(self._everything[0].observed, self._noted[0])

    @property
    def heard_with_it(self) -> list[str]:
        """The other events of which all belongs to somebody."""
        return [
            str(heard.event_id)
            for heard, noted in zip(self._everything[1:], self._noted[1:], strict=True)
            if not unheard(heard.observed, noted)
        ]
