"""Checkout where the operator gives a trial, and sells a plan above what banks charge without asking."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from local.web.build import build
from tests.local.running import Stack, running
from tests.web import axe, paying
from tests.web.clock import Clock
from tests.web.people import User

# Its stack of its own takes as long as many tests.
pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack of its own, for what is sold there is other than elsewhere."""
    build()
    with running(also={"TRIAL_DAYS": "pro=7"}) as stack:
        set_price = ["-m", "ops.razorpay_plans", "enterprise.monthly.INR=1999900"]
        environment = {**os.environ, "ONEAI_DATA": str(stack.data)}
        subprocess.run([sys.executable, *set_price], env=environment, check=True, capture_output=True)
        yield stack


async def test_a_trial_begins_without_a_charge_and_is_charged_when_it_ends(
    page: Page, user: User, clock: Clock
) -> None:
    await page.goto("/checkout/pro")
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("Free for 7 days")
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("status").get_by_text("Your Pro trial has started")).to_be_visible()
    await page.goto("/billing")
    plan = page.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text("Your trial ends on")
    await expect(page.get_by_role("region", name="Invoices")).to_contain_text("after the first payment")
    await axe.check(page)

    await clock.advance(days=8)
    await page.reload()
    await expect(plan).to_contain_text("Renews on")
    await expect(page.get_by_role("region", name="Invoices")).to_contain_text("INV/")


async def test_a_charge_that_the_bank_confirms_each_time_says_so(page: Page) -> None:
    await page.goto("/checkout/enterprise")
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("₹19,999")
    await expect(summary).to_contain_text("Your bank will ask you to confirm each charge")
    await expect(page.get_by_role("radio", name="Yearly")).to_have_count(0)
