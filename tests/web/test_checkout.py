"""Buying a plan: billing details, paying on the stand-in's page, and everything that can come of it."""

import json
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Route, expect

from tests.local.running import Stack
from tests.patience import until
from tests.web import axe, paying
from tests.web.chromium import Watch, becomes
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)


@pytest.fixture
async def razorpay(stack: Stack) -> AsyncIterator[Stack]:
    """The stand-in, whose webhooks and API are as always after the test."""
    yield stack
    await paying.control(stack.url, "webhooks", {"mode": "normal"})
    await paying.control(stack.url, "trouble", {"trouble": None})


async def test_a_user_buys_a_plan_and_has_its_quota_at_once(page: Page, user: User) -> None:
    await page.goto("/checkout/pro?period=monthly&currency=INR")
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("₹799")
    await axe.check(page)
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    await expect(page.get_by_role("status").get_by_text("You’re on Pro now")).to_be_visible()
    assert "#" not in page.url
    await axe.check(page)
    await page.get_by_role("link", name="Plan and billing").first.click()
    await expect(page.get_by_role("region", name="Your plan")).to_contain_text("Active")
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "pro"
    await page.goto("/usage")
    quota = page.get_by_role("region", name="Answers from small models")
    await expect(quota).to_contain_text("0 of 500")


async def test_yearly_plans_and_dollars_have_their_own_price(page: Page) -> None:
    await page.goto("/checkout/pro?period=yearly&currency=USD")
    summary = page.get_by_role("region", name="Summary")
    await expect(page.get_by_role("radio", name="Yearly")).to_be_checked()
    # Dollars are for people outside India, which the form begins with.
    await expect(page.get_by_role("radio", name="Dollars")).to_be_disabled()
    await expect(summary).to_contain_text("₹7,990")
    await expect(summary.get_by_role("status")).to_have_text(
        "In India you pay in rupees, so the price is shown in rupees."
    )

    await page.get_by_label("Country").select_option("DE")
    await expect(page.get_by_role("radio", name="Dollars")).to_be_checked()
    await expect(summary).to_contain_text("$99.90")
    await expect(page.get_by_label("GSTIN")).to_have_count(0)
    await page.get_by_role("radio", name="Rupees").check()
    await expect(summary).to_contain_text("₹7,990")


@pytest.mark.exhaustive
async def test_an_invalid_billing_detail_is_shown_at_its_field(page: Page, watch: Watch) -> None:
    watch.refused(422)
    await page.goto("/checkout/pro")
    await page.get_by_role("button", name="Continue to payment").click()
    name = page.get_by_label("Name or company")
    await expect(name).to_have_attribute("aria-invalid", "true")
    await expect(name).to_be_focused()
    await expect(name).to_have_accessible_description("Required on invoices.")
    await axe.check(page)

    await paying.fill_in_details(page)
    await page.get_by_label("GSTIN").fill("27ABCDE1234F1ZW")
    await page.get_by_role("button", name="Continue to payment").click()
    gstin = page.get_by_label("GSTIN")
    await expect(gstin).to_have_accessible_description(re.compile("typo|another state"))
    await expect(name).to_have_value("Asha Rao")
    await expect(page).to_have_url(re.compile("/checkout/pro$"))


async def test_a_failed_payment_and_a_closed_window_return_to_the_form(page: Page, user: User) -> None:
    await page.goto("/checkout/pro")
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await page.get_by_role("link", name="Back to OneAI").click()
    closed = page.locator("[data-code=payment_closed]")
    await expect(closed).to_contain_text("You weren’t charged")
    await expect(page.get_by_label("Name or company")).to_have_value("Asha Rao")

    await paying.continue_to_payment(page)
    await page.get_by_role("button", name="Let this payment fail").click()
    await page.get_by_role("link", name="Back to OneAI").click()
    failed = page.get_by_role("alert").and_(page.locator("[data-code=payment_failed]"))
    await expect(failed).to_contain_text("Payment failed. No money was taken")
    await axe.check(page)
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "free"

    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()


async def test_a_payment_is_confirmed_before_the_webhook_arrives(page: Page, razorpay: Stack) -> None:
    await paying.control(razorpay.url, "webhooks", {"mode": "delay"})
    await page.goto("/checkout/pro")
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("status").get_by_text("You’re on Pro now")).to_be_visible()


async def test_a_payment_during_an_outage_is_confirmed_afterwards(page: Page, razorpay: Stack, watch: Watch) -> None:
    watch.refused(503)
    await paying.control(razorpay.url, "webhooks", {"mode": "drop"})
    await page.goto("/checkout/pro")
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await page.get_by_role("button", name="Pay ₹").click()
    await paying.control(razorpay.url, "trouble", {"trouble": "away"})
    await page.get_by_role("link", name="Continue to OneAI").click()

    await expect(page.get_by_text("Your payment arrived and is being confirmed")).to_be_visible()
    await axe.check(page)
    await page.reload()
    await expect(page.get_by_text("Your payment arrived and is being confirmed")).to_be_visible()
    await paying.control(razorpay.url, "trouble", {"trouble": None})
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()


async def test_an_unsigned_payment_is_not_accepted(page: Page, user: User, watch: Watch) -> None:
    watch.refused(404)
    fields = "razorpay_payment_id=pay_1&razorpay_subscription_id=sub_1&razorpay_signature=guessed"
    await page.goto(f"/checkout/pro#{fields}")
    await expect(page.get_by_role("heading", name="This payment couldn’t be confirmed")).to_be_visible()
    await axe.check(page)
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "free"


async def test_an_unavailable_plan_says_why(page: Page, user: User) -> None:
    for address, heading in (
        ("/checkout/enterprise", "Enterprise is tailored to you"),
        ("/checkout/free", "This plan is free"),
        ("/checkout/gold", "This plan doesn’t exist"),
    ):
        await page.goto(address)
        await expect(page.get_by_role("heading", name=heading)).to_be_visible()
        await axe.check(page)
    async with user.client() as client:
        await paying.subscribe(client)
    await page.goto("/checkout/pro?period=monthly")
    await expect(page.get_by_role("heading", name="You’re on Pro")).to_be_visible()
    await page.get_by_role("link", name="Plan and billing").first.click()
    await expect(page).to_have_url(re.compile("/billing$"))


@pytest.mark.exhaustive
async def test_a_subscriber_sees_the_price_and_refund_of_a_yearly_plan_and_pays(page: Page, user: User) -> None:
    async with user.client() as client:
        await paying.subscribe(client)
    await page.goto("/checkout/pro?period=yearly")
    await expect(page.get_by_role("radio", name="Pro · Yearly")).to_be_checked()
    await expect(page.get_by_text("Charged now")).to_be_visible()
    await expect(page.get_by_text("Refund for your current plan")).to_be_visible()
    await axe.check(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["period"] == "yearly"


async def test_the_payment_page_opens_razorpay_with_the_values_from_the_app(
    open_context: OpenContext, user: User, watch: Watch
) -> None:
    """Its script is not reachable from here: what stands in for it follows Razorpay's documentation of its options."""
    watch.expect("checkout.razorpay.com")
    context = await open_context(user.storage())
    page = await context.new_page()
    script = """
      window.Razorpay = function (options) {
        window.options = options;
        this.on = (name, listen) => { window.failed = listen; };
        this.open = () => { document.body.dataset.opened = "yes"; };
      };
    """
    reachable = False

    async def answer(route):  # type: ignore[no-untyped-def]  # Playwright's own type
        await (route.fulfill(content_type="text/javascript", body=script) if reachable else route.abort())

    await page.route("https://checkout.razorpay.com/**", answer)
    request = {
        "key_id": "rzp_live_1",
        "subscription_id": "sub_1",
        "short_url": "https://rzp.io/i/abc",
        "return_to": "/checkout/pro",
        "plan_id": "pro",
        "period": "monthly",
        "when": "now",
        "description": "Pro",
        "email": "asha@example.com",
        "site_name": "Sample Chat",
    }
    await page.goto("/pay.html")
    await expect(page.get_by_role("alert")).to_contain_text("There is nothing to pay here")
    await axe.check(page)
    await page.evaluate("request => sessionStorage.setItem('oneai.payment', request)", json.dumps(request))
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("couldn’t be loaded")
    await expect(page.get_by_role("link", name="Pay on Razorpay’s own page")).to_have_attribute(
        "href", "https://rzp.io/i/abc"
    )
    reachable = True
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator("body[data-opened=yes]")).to_have_count(1)
    options = await page.evaluate("({ ...options, modal: null, theme: null })")
    shown = {"name": "Sample Chat", "description": "Pro", "prefill": {"email": "asha@example.com"}}
    assert options.items() >= {"key": "rzp_live_1", "subscription_id": "sub_1", **shown}.items()
    await expect(page).to_have_title("Payment · Sample Chat")

    await page.evaluate("failed({ error: { description: 'The bank said no.' } }); options.modal.ondismiss()")
    await expect(page.locator("[data-code=payment_failed]")).to_contain_text("The bank said no.")


# What Razorpay's checkout.js loads, by threads in razorpay/razorpay-magento about policies that refused it, and its own
# list there (etc/csp_whitelist.xml); and how a page asks for each.
RAZORPAY = {
    "https://cdn.razorpay.com/static/cx/razorpay-risk-detection/bundle.js": "script",
    "https://api.razorpay.com/v1/checkout/public": "iframe",
    "https://checkout.razorpay.com/v1/checkout-frame": "iframe",
    "https://cdn.razorpay.com/logo.svg": "img",
    "https://lumberjack.razorpay.com/v1/track": "fetch",
    "https://lumberjack-metrics.razorpay.com/v1/frontend-metrics": "fetch",
}
OTHERS = {f"https://evil.example/{kind}": kind for kind in ("script", "iframe", "img", "fetch")}
LOAD = """
  (addresses) => {
    window.refused = [];
    addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) =>
      refused.push([blockedURI, effectiveDirective]),
    );
    for (const [address, kind] of Object.entries(addresses)) {
      if (kind === "fetch") fetch(address, { method: "POST", body: "{}" }).catch(() => {});
      else document.body.append(Object.assign(document.createElement(kind), { src: address }));
    }
  }
"""


async def test_the_payment_page_allows_only_what_razorpays_window_loads(page: Page, watch: Watch) -> None:
    watch.expect("razorpay.com|evil.example|Content Security Policy")
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(content_type="text/javascript", body="")

    await page.route(re.compile("razorpay.com|evil.example"), answer)
    await page.goto("/pay.html")

    await page.evaluate(LOAD, RAZORPAY | OTHERS)

    await becomes(page, f"refused.length === {len(OTHERS)}")
    refused = await page.evaluate("refused")
    assert all(address.startswith("https://evil.example") for address, _ in refused)
    assert {directive for _, directive in refused} == {"script-src-elem", "frame-src", "img-src", "connect-src"}
    await until(lambda: len(asked) == len(RAZORPAY))
    assert set(asked) == set(RAZORPAY)

    elsewhere = {address: kind for address, kind in RAZORPAY.items() if kind != "script"}  # trusted types refuse these
    await page.goto("/pricing")
    await page.evaluate(LOAD, elsewhere)
    await becomes(page, f"refused.length === {len(elsewhere)}")


async def test_the_payment_page_does_not_redirect_to_another_site(page: Page) -> None:
    await page.goto("/pay.html")
    request = {"key_id": "rzp_live_1", "subscription_id": "sub_1", "return_to": "https://example.com/"}
    await page.evaluate("request => sessionStorage.setItem('oneai.payment', request)", json.dumps(request))
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("There is nothing to pay here")
