"""The page offers the countries and states that the API takes."""

import re

from local.node import WEB
from oneai.billing.tax.regions import COUNTRIES, STATES


def test_billing_details_offer_every_country_and_state() -> None:
    countries = (WEB / "src/lib/billing/regions.ts").read_text()
    assert set(re.findall(r'\b[A-Z]{2}\b(?=[ "])', countries)) == set(COUNTRIES)
    for messages in ("regions.ts", "hi/regions.ts"):
        states = (WEB / "src/lib/i18n" / messages).read_text()
        assert set(re.findall(r"^    ([A-Z]{2}): ", states, re.MULTILINE)) == set(STATES)
