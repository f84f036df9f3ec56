"""Indonesia's tax in a payment in rupiah, and the document that names it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai import settings
from oneai.billing.tax import ppn, seller_terms
from oneai.settings import SettingsError
from tests.billing.invoices.issuing import give_back, issue, tell
from tests.world import Database

NPWP = "01.234.567.8-901.000"
BUDI = {"legal_name": "Budi Santoso", "address": "Jl. Melati 7\nBandung 40111", "state": "JB", "country": "ID"}


@pytest.fixture
def seller(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Gives the seller a number for tax in Indonesia."""
    monkeypatch.setenv("SELLER_NPWP", NPWP)
    settings.reset_cache()
    return monkeypatch


def row(database: Database, invoice: object) -> tuple[object, ...]:
    """Form, number and amounts of a document."""
    found: tuple[object, ...] = database.one(
        "select form, number, total, taxable, other_tax, tax_lines -> 0 ->> 'amount', tax_rate from oneai.invoices "
        "where id = %s",
        invoice,
    )
    return found


def test_price_and_tax_of_rupiah_add_up_on_the_document(
    database: Database,
    seller: pytest.MonkeyPatch,
) -> None:
    budi = database.user("budi@example.com")
    tell(database, budi, **BUDI)

    bill = issue(database, budi, 99_000, "IDR", **seller_terms("Pro, 30 hari / 30 days", "IDR"))
    note = give_back(database, bill, 40_000)
    rest = give_back(database, bill, 59_000)

    form, number, *amounts = row(database, bill)
    assert (form, str(number)[:8], amounts) == ("ppn", "INV/ID26", [99_000, 89_189, 9_811, "9811", 1100])
    assert row(database, note)[2:] == (40_000, 36_036, 3_964, "3964", 1100)
    assert row(database, rest)[2:] == (59_000, 53_153, 5_847, "5847", 1100)
    assert str(row(database, note)[1]).startswith("CRN/ID26/")


def test_a_buyer_abroad_and_a_seller_without_a_number_pay_no_ppn(
    database: Database, seller: pytest.MonkeyPatch
) -> None:
    budi = database.user("budi@example.com")
    tell(database, budi, **{**BUDI, "country": "SG"})
    abroad = issue(database, budi, 99_000, "IDR", **seller_terms("Pro", "IDR"))
    tell(database, budi, **BUDI)
    seller.delenv("SELLER_NPWP")
    settings.reset_cache()
    unregistered = issue(database, budi, 99_000, "IDR", **seller_terms("Pro", "IDR"))

    for each in (abroad, unregistered):
        assert row(database, each)[2:] == (99_000, 99_000, 0, None, 0)


@given(st.integers(1, 10**12), st.sampled_from([0, 1100, 1200]))
def test_the_price_and_the_tax_are_the_payment(total: int, rate: int) -> None:
    net, tax = ppn.split(total, rate)

    assert net + tax == total
    assert abs(tax * 10_000 - net * rate) <= 10_000 + rate


@pytest.mark.parametrize("number", ["0123", "01.234.567.8-901.00a", "०१२३४५६७८९०१२३४"])
def test_a_mistyped_number_for_tax_stops_invoices(seller: pytest.MonkeyPatch, number: str) -> None:
    seller.setenv("SELLER_NPWP", number)
    settings.reset_cache()

    with pytest.raises(SettingsError, match="SELLER_NPWP"):
        seller_terms("Pro", "IDR")


def test_other_currencies_keep_the_document_of_gst() -> None:
    assert "form" not in seller_terms("Pro", "INR")
    assert "form" not in seller_terms("Pro", "USD")
