"""What the providers answer about the users of a crowd, without any HTTP, and how they sign what they send."""

import re
import time
from collections.abc import Mapping
from typing import Any

import pytest

from oneai.clients import midtrans, razorpay, stripe
from stand_ins.midtrans.refusals import ApiError
from stand_ins.razorpay import queries
from stand_ins.razorpay.keys import webhook_signature
from stand_ins.stripe import routes
from stand_ins.stripe.form import parse
from stand_ins.stripe.keys import keys_of, signature_header
from tests.billing.any_order.histories import lived
from tests.billing.any_order.mixed_scenario import SERVER_KEY, MixedScenario
from tests.billing.any_order.scenario import START, BillingScenario, SentEvent

SECRET = "the webhook's secret"
SETTINGS = {"RAZORPAY_WEBHOOK_SECRET": SECRET, "MIDTRANS_SERVER_KEY": SERVER_KEY, **keys_of("https://stripe.example")}
_RAZORPAYS = re.compile(r"\b(?:sub|pay|inv|order|cust)_\w{14}\b")
_STRIPES = re.compile(r"\b(?:cs_test_\w{58}|(?:sub|in|pi|pm)_\w{24})\b")


class Answers:
    """The lives of all users at the providers, seen at the moment `now`."""

    def __init__(self) -> None:
        self.record: dict[str, BillingScenario] = {}
        self.now = START
        # Each life as it was at the moment that is asked about, which many questions in a row are about.
        self._lived: dict[tuple[str, int], BillingScenario] = {}

    def know(self, life: BillingScenario) -> None:
        """From now on it is answered about this life."""
        for refs in life.things.values():
            self.record |= dict.fromkeys(refs, life)
        account = life.engine.account
        self.record |= dict.fromkeys(account.subscriptions, life)
        self.record |= {each["order_id"]: life for each in account.invoices.values()}
        self.record |= {each.customer: life for each in account.subscriptions.values() if each.customer}

    def set_up(self, patch: pytest.MonkeyPatch) -> None:
        """The clients ask here."""
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setattr(razorpay, "get", self._from_razorpay)
        patch.setattr(stripe, "get", self._from_stripe)
        patch.setattr(midtrans, "read_status", self._from_midtrans)

    async def _from_razorpay(self, path: str, params: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        given = {name: str(value) for name, value in (params or {}).items()}
        named = set(_RAZORPAYS.findall(f"{path} {given}"))
        if not named:
            return self._listed(path, given)
        (ref,) = named
        return dict(queries.answer(self._seen(ref).engine, path, given))

    def _listed(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A list of the account at Razorpay, which all users share, as one page."""
        if int(params.get("skip", 0)):
            return {"entity": "collection", "count": 0, "items": []}
        pages = [queries.answer(life.engine, path, params) for life in self._lives()]
        items = [each for page in pages for each in page["items"]]
        return {"entity": "collection", "count": len(items), "items": items}

    async def _from_stripe(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        named, parts = set(_STRIPES.findall(f"{path} {params}")), path.strip("/").split("/")
        form = parse(stripe.encode(params or {}))
        if not named:
            engines = [life.stripe for life in self._lives() if isinstance(life, MixedScenario)]
            data = [each for engine in engines for each in routes.read(engine, parts, form)["data"]]
            return {"object": "list", "data": data, "has_more": False, "url": path}
        (ref,) = named
        return routes.read(self._mixed(ref).stripe, parts, form)

    async def _from_midtrans(self, ref: str) -> dict[str, Any] | None:
        engine = self._mixed(ref).midtrans
        try:
            return engine.shown(engine.transaction(ref))
        except ApiError:
            return None

    def _lives(self) -> list[BillingScenario]:
        """Those of all users, as they are at this moment."""
        refs = {life.seed: ref for ref, life in self.record.items()}
        return [self._seen(ref) for ref in refs.values()]

    def _mixed(self, ref: str) -> MixedScenario:
        life = self._seen(ref)
        assert isinstance(life, MixedScenario)
        return life

    def _seen(self, ref: str) -> BillingScenario:
        """The life with this ref, as it is at this moment."""
        life = self.record[ref]
        if self.now >= life.now:
            return life
        key = (life.seed, self.now)
        if key not in self._lived:
            self._lived = {each: found for each, found in self._lived.items() if each[1] == self.now}
            self._lived[key] = lived(life.history, life.seed, self.now)
        return self._lived[key]


def headers_of(sent: SentEvent, body: bytes) -> dict[str, str]:
    """The headers with which the provider sends these bytes."""
    match sent.payment_provider:
        case "razorpay":
            return {
                "X-Razorpay-Signature": webhook_signature(SECRET, body),
                "x-razorpay-event-id": sent.event_id,
            }
        case "stripe":
            secret = SETTINGS["STRIPE_WEBHOOK_SECRET"]
            return {"Stripe-Signature": signature_header([secret], int(time.time()), body)}
    return {}
