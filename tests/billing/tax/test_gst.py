"""The tax in a payment, and the seller on invoices."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai import settings
from oneai.billing.tax import gst
from oneai.billing.tax.gst import Split, split
from tests.billing.invoices.issuing import SELLER, issue, tell
from tests.world import Database

WHERE = {"here": ("KA", "IN"), "elsewhere": ("MH", "IN"), "abroad": ("CA", "US")}
totals = st.integers(1, 10**12)
rates = st.sampled_from([0, 25, 500, 1200, 1800, 2800])


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Gives the seller a GSTIN and reloads the settings."""
    monkeypatch.setenv("SELLER_NAME", "OneAI Technologies Private Limited")
    monkeypatch.setenv("SELLER_GSTIN", "29ABCDE1234F1ZW")
    settings.reset_cache()
    return monkeypatch


@given(totals, rates, st.sampled_from(sorted(WHERE)))
def test_the_parts_add_up_to_the_total(total: int, rate: int, where: str) -> None:
    state, country = WHERE[where]

    found = split(total, rate, seller_state="KA", state=state, country=country)

    tax = found.cgst + found.sgst + found.igst
    assert found.total == total
    assert min(found) >= 0
    assert found.cgst == found.sgst
    assert (found.igst == 0) if where == "here" else (found.cgst == 0)
    # Half a unit of rounding, and one where two halves have to be equal.
    assert abs(tax - total * Fraction(rate, 10_000 + rate)) <= (Fraction(3, 2) if where == "here" else Fraction(1, 2))


@pytest.mark.parametrize(
    ("total", "where", "parts"),
    [
        (236000, "here", Split(200000, 18000, 18000, 0)),
        (236000, "elsewhere", Split(200000, 0, 0, 36000)),
        (79900, "here", Split(67712, 6094, 6094, 0)),
        (79900, "elsewhere", Split(67712, 0, 0, 12188)),
        (79901, "here", Split(67713, 6094, 6094, 0)),
        (1, "here", Split(1, 0, 0, 0)),
    ],
    ids=str,
)
def test_the_amounts_of_price_lists_split_as_accountants_expect(total: int, where: str, parts: Split) -> None:
    state, country = WHERE[where]

    assert split(total, 1800, seller_state="KA", state=state, country=country) == parts


def test_the_database_splits_the_same_to_the_last_paisa(database: Database) -> None:
    user = database.user("asha@example.com")
    for state, country in WHERE.values():
        tell(database, user, state=state, country=country)
        for rate in (0, 500, 1800):
            for total in (1, 2, 3, 99, 100, 79900, 79901, 79902, 79903, 236000, 999999999, 10**12 + 7):
                issued = issue(database, user, total, rate=rate, export_rate=rate)
                found = database.one("select taxable, cgst, sgst, igst from oneai.invoices where id = %s", issued)
                assert Split(*found) == split(total, rate, seller_state="KA", state=state, country=country)


def test_tax_terms_name_the_seller_and_the_rate(registered: pytest.MonkeyPatch) -> None:
    registered.setenv("SELLER_ADDRESS", SELLER["address"] or "")
    settings.reset_cache()

    found = gst.seller_terms("OneAI Pro, monthly")

    assert found == {
        "rate": 1800,
        "export_rate": 1800,
        "sac": "998315",
        "description": "OneAI Pro, monthly",
        "seller": SELLER | {"country": "IN"},
    }


def test_exports_under_a_letter_of_undertaking_are_not_taxed(registered: pytest.MonkeyPatch) -> None:
    registered.setenv("SELLER_LUT", "AD290326001234X")
    settings.reset_cache()

    found = gst.seller_terms("OneAI Pro")

    assert (found["rate"], found["export_rate"], found["seller"]["lut"]) == (1800, 0, "AD290326001234X")


def test_an_unregistered_seller_collects_no_tax(registered: pytest.MonkeyPatch) -> None:
    registered.delenv("SELLER_GSTIN")
    registered.setenv("SELLER_STATE", "MH")
    settings.reset_cache()

    found = gst.seller_terms("OneAI Pro")

    assert (found["rate"], found["export_rate"]) == (0, 0)
    assert (found["seller"]["state"], found["seller"]["gstin"]) == ("MH", None)


def test_the_state_is_that_of_the_gstin_regardless_of_other_settings(registered: pytest.MonkeyPatch) -> None:
    registered.setenv("SELLER_STATE", "MH")
    registered.setenv("GST_RATE_PERCENT", "2.5")
    settings.reset_cache()

    found = gst.seller_terms("OneAI Pro")

    assert (found["seller"]["state"], found["rate"]) == ("KA", 250)
