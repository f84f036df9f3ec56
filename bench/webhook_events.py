"""What the benchmarks of webhooks send: the events of first charges at each payment provider."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any, Protocol

from bench.charges_elsewhere import AtMidtrans, AtStripe
from bench.stack import Stack
from bench.subscription_seed import AtRazorpay


class Charges(Protocol):
    """First charges at one provider: who is charged, the events of a charge, and what has to be asked after each."""

    name: str
    kinds: tuple[str, ...]

    def subscribers(self, running: Stack, count: int) -> list[str]:
        """Creates users with one unpaid subscription each; returns what names them below."""
        ...

    def events_of_charge(self, subscriber: str) -> dict[str, bytes]:
        """The events of the first charge, by kind and in order."""
        ...

    def headers(self, body: bytes) -> dict[str, str]:
        """The headers of these bytes, with a signature of the current time."""
        ...

    async def fetch_of(self, kind: str, subscriber: str) -> int:
        """Asks the provider what has to be asked after this event; returns the number of requests."""
        ...


def each_provider() -> tuple[Charges, ...]:
    """The charges of Razorpay, Stripe and Midtrans."""
    return AtRazorpay(), AtStripe(), AtMidtrans()


def posted(charges: Charges, body: bytes) -> dict[str, Any]:
    """The event of the webhook function's URL that delivers this body."""
    return {
        "version": "2.0",
        "rawPath": f"/webhooks/{charges.name}",
        "headers": charges.headers(body),
        "requestContext": {"http": {"method": "POST"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def of_new_subscribers(
    running: Stack, providers: Sequence[Charges], count: int
) -> Iterator[tuple[Charges, str, bytes]]:
    """`count` events of new subscribers, with the provider and the kind of each; of several providers in turn."""
    each = -(-count // len(providers))
    by_provider = []
    for charges in providers:
        people = charges.subscribers(running, -(-each // len(charges.kinds)))
        by_provider.append(
            [
                (charges, kind, body)
                for subscriber in people
                for kind, body in charges.events_of_charge(subscriber).items()
            ][:each]
        )
    in_turn = chain.from_iterable(zip_longest(*by_provider))
    return (event for at, event in enumerate(filter(None, in_turn)) if at < count)
