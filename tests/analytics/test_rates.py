"""Net revenue in dollars, for margins: at the operator's rates, and not at all for a currency without one."""

import pytest

from oneai import settings
from oneai.analytics.net_revenue import in_micro_usd


def test_rupees_and_rupiah_are_added_to_dollars_at_their_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USD_INR", "80")
    monkeypatch.setenv("USD_IDR", "16500")
    settings.reset_cache()

    # 10 dollars, 800 rupees, and 99,000 rupiah, which are whole.
    assert in_micro_usd({"USD": 1_000, "INR": 80_000, "IDR": 99_000}) == 26_000_000
    assert in_micro_usd({"USD": 1_000, "EUR": 1}) is None
    settings.reset_cache()
