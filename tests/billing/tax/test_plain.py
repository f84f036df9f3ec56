"""Which payments have a plain invoice, and the taxes that it names."""

from collections.abc import Iterator

import pytest

from oneai import settings
from oneai.billing.tax import seller_terms
from oneai.settings import SettingsError


@pytest.fixture
def seller(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A company in Germany, to which Stripe pays out."""
    monkeypatch.setenv("STRIPE_SELLER_COUNTRY", "DE")
    monkeypatch.setenv("STRIPE_SELLER_NAME", "OneAI GmbH")
    monkeypatch.setenv("STRIPE_SELLER_TAX_ID", "DE123456789")
    monkeypatch.setenv("STRIPE_TAXES", "VAT=19, Levy=0")
    settings.reset_cache()
    yield monkeypatch
    monkeypatch.undo()
    settings.reset_cache()


def test_stripes_payments_are_invoiced_plainly_by_a_seller_abroad(seller: pytest.MonkeyPatch) -> None:
    found = seller_terms("OneAI Pro", "USD", "stripe")

    assert (found["form"], found["rate"], found["taxes"]) == ("plain", 1900, [{"name": "VAT", "rate": 1900}])
    assert (found["seller"]["name"], found["seller"]["country"]) == ("OneAI GmbH", "DE")
    assert found["seller"]["tax_id"] == "DE123456789"


def test_payments_elsewhere_in_rupees_or_of_an_indian_seller_have_gsts_invoice(seller: pytest.MonkeyPatch) -> None:
    assert "form" not in seller_terms("OneAI Pro", "USD", "razorpay")
    assert "form" not in seller_terms("OneAI Pro", "INR", "stripe")
    assert seller_terms("OneAI Pro", "IDR", "midtrans")["form"] == "ppn"
    for country in ("", "IN"):
        seller.setenv("STRIPE_SELLER_COUNTRY", country)
        settings.reset_cache()
        assert "form" not in seller_terms("OneAI Pro", "USD", "stripe")


@pytest.mark.parametrize("taxes", ["VAT", "VAT=a lot", "=19", "VAT=-1", "VAT=101"])
def test_a_tax_without_a_name_or_a_percentage_is_refused(taxes: str, seller: pytest.MonkeyPatch) -> None:
    seller.setenv("STRIPE_TAXES", taxes)
    settings.reset_cache()

    with pytest.raises(SettingsError, match="STRIPE_TAXES"):
        seller_terms("OneAI Pro", "USD", "stripe")
