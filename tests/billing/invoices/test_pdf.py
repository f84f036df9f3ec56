"""On paper, invoices look as the law and people's accountants want them."""

import io
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from local import environment
from oneai.billing.invoices import pdf
from oneai.billing.invoices.amounts import in_digits, in_words, percent
from tests.billing.invoices.issuing import document, printed, read

pytestmark = pytest.mark.sampled(0.25)

NOTE: dict[str, Any] = {
    "kind": "credit_note",
    "number": "CRN/26-27/000007",
    "total": 11801,
    "taxable": 10001,
    "cgst": 900,
    "sgst": 900,
    "corrects": {"id": UUID(int=2), "number": "INV/26-27/000042", "issued_at": datetime(2026, 11, 2, tzinfo=UTC)},
}
EXPORT: dict[str, Any] = {
    "currency": "USD",
    "total": 2000,
    "taxable": 2000,
    "cgst": 0,
    "sgst": 0,
    "igst": 0,
    "tax_rate": 0,
    "place_of_supply": "US",
    "buyer": {"legal_name": "Example, Inc.", "address": "548 Market Street", "state": "CA", "country": "US"},
}


def test_a_tax_invoice_has_the_fields_that_rule_46_requires() -> None:
    said = printed(buyer={"gstin": "29AAGCB7383J1Z4"})

    for expected in (
        *("TAX INVOICE", "OneAI Technologies Private Limited", "GSTIN: 29ABCDE1234F1ZW", "INV/26-27/000042"),
        *("Asha Rao", "22 MG Road", "Bengaluru 560038", "GSTIN: 29AAGCB7383J1Z4", "Karnataka (29)"),
        *("998315", "OneAI Pro, monthly", "₹2,000.00", "CGST 9% ₹180.00", "SGST 9% ₹180.00", "Total ₹2,360.00"),
        *("Rupees Two Thousand Three Hundred Sixty Only", "Reverse charge No", "pay_DESlfW9H8K9uqM", "18%"),
    ):
        assert expected in said
    assert "IGST" not in said


def test_days_are_indian_and_the_last_one_belongs_to_the_period() -> None:
    said = printed()

    assert "Date of issue 22 November 2026" in said
    assert "22 Nov 2026 to 21 Dec 2026" in said


def test_a_buyer_in_another_state_pays_igst() -> None:
    said = printed(cgst=0, sgst=0, igst=36000, place_of_supply="MH", buyer={"state": "MH"})

    assert "IGST 18% ₹360.00" in said
    assert "Place of supply Maharashtra (27)" in said
    assert "CGST" not in said


def test_a_territory_without_a_parliament_levies_utgst() -> None:
    assert "UTGST 9%" in printed(place_of_supply="CH", seller={"state": "CH"}, buyer={"state": "CH"})


def test_an_unregistered_seller_issues_no_tax_invoice() -> None:
    said = printed(taxable=236000, cgst=0, sgst=0, tax_rate=0, seller={"gstin": None})

    assert "INVOICE" in said
    assert "TAX INVOICE" not in said
    assert "GST " not in said.replace("GSTIN", "")


def test_a_credit_note_states_what_it_corrects_and_refunds() -> None:
    said = printed(**NOTE)

    for expected in ("CREDIT NOTE", "CRN/26-27/000007", "Against invoice INV/26-27/000042", "Dated 2 November 2026"):
        assert expected in said
    assert "Total credited ₹118.01" in said
    assert "Rupees One Hundred Eighteen and Paise One Only" in said
    assert "Paid in full" not in said


def test_an_export_names_the_letter_under_which_it_is_untaxed() -> None:
    said = printed(**EXPORT, seller={"lut": "AD290326001234X"})

    for expected in ("EXPORT INVOICE", "United States of America", "Outside India", "US$20.00", "LUT: AD290326001234X"):
        assert expected in said
    assert "without payment of integrated tax" in said
    assert "US Dollars Twenty Only" in said


def test_an_export_without_a_letter_carries_igst() -> None:
    said = printed(**EXPORT | {"taxable": 1695, "igst": 305, "tax_rate": 1800})

    assert "on payment of integrated tax" in said
    assert "IGST 18% US$3.05" in said


def test_switzerland_is_not_chandigarh() -> None:
    said = printed(**EXPORT | {"place_of_supply": "CH", "buyer": {"state": "ZH", "country": "CH"}})

    assert "ZH, Switzerland" in said
    assert "Chandigarh" not in said


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    "name",
    ["लक्ष्मी", "বাংলা", "ਪੰਜਾਬ", "ગુજરાત", "ଓଡ଼ିଶା", "தமிழ்நாடு", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "Łódź", "Ελλάδα", "Россия"],
)
def test_every_script_is_printed_with_its_own_glyphs(name: str) -> None:
    said = printed(buyer={"legal_name": f"{name} Pvt. Ltd.", "address": f"{name}, 12"})

    # A reader puts some signs elsewhere than people write them; each letter is there.
    assert set(name) <= set(said)
    assert "Pvt. Ltd." in said


def test_the_same_document_has_the_same_bytes_in_ascii() -> None:
    first, second = pdf.render(document()), pdf.render(document())

    assert first == second
    assert first.isascii()
    assert first.startswith(b"%PDF-1.")
    assert first.endswith(b"%%EOF\n")


def test_a_seller_with_a_hindi_name_produces_ascii_too() -> None:
    paper = pdf.render(document(seller={"name": "वनएआई टेक्नोलॉजीज़"}))

    assert paper.isascii()
    record = PdfReader(io.BytesIO(paper)).metadata
    assert record is not None
    assert record.author == "वनएआई टेक्नोलॉजीज़"


def test_characters_without_a_font_print_as_question_marks_and_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    said = printed(buyer={"legal_name": "山田 Taro 🙂\u202e", "address": ""}, description="OneAI\u0000 Pro")

    assert "?? Taro ??" in said
    assert "OneAI? Pro" in said
    assert [record.message for record in caplog.records if record.levelname != "DEBUG"] == []


def test_the_pdf_library_is_loaded_for_printing_alone() -> None:
    loaded = (
        "import sys, oneai.billing.invoices.issued; "
        "sys.exit(any(name in sys.modules for name in ('fpdf', 'fontTools')))"
    )

    assert (
        subprocess.run([sys.executable, "-c", loaded], env=environment.python_environment(), check=False).returncode
        == 0
    )


def test_the_offsets_of_the_index_match_the_file() -> None:
    paper = pdf.render(document(buyer={"legal_name": "लक्ष्मी"}))

    index = paper[int(paper.rsplit(b"startxref\n")[1].split()[0]) :].splitlines()
    for number, line in enumerate(index[3 : index.index(b"trailer")], 1):
        assert paper[int(line[:10]) :].startswith(b"%d 0 obj" % number)


@pytest.mark.parametrize("name", ["W" * 200, "क्षत्रिय " * 22, "(" * 200, "Long name of a company " * 8])
def test_the_longest_names_and_addresses_fit_on_one_page(name: str) -> None:
    address = "\n".join(["Flat 12, Building 7, Second Cross Road, some more words here"] * 8)

    paper = pdf.render(document(buyer={"legal_name": name, "address": address}))

    assert paper.count(b"/Type /Page\n") == 1
    assert "Issued electronically" in read(paper)


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "words"),
    [
        (0, "INR", "₹0.00", "Rupees Zero Only"),
        (5, "INR", "₹0.05", "Rupees Zero and Paise Five Only"),
        (100000, "INR", "₹1,000.00", "Rupees One Thousand Only"),
        (1500050, "INR", "₹15,000.50", "Rupees Fifteen Thousand and Paise Fifty Only"),
        (10000000, "INR", "₹1,00,000.00", "Rupees One Lakh Only"),
        (1234567890, "INR", "₹1,23,45,678.90", None),
        (
            12345678901,
            "INR",
            "₹12,34,56,789.01",
            "Rupees Twelve Crore Thirty Four Lakh Fifty Six Thousand Seven Hundred Eighty Nine and Paise One Only",
        ),
        (10**12, "INR", "₹10,00,00,00,000.00", "Rupees One Thousand Crore Only"),
        (2000, "USD", "US$20.00", "US Dollars Twenty Only"),
        (123456789, "USD", "US$1,234,567.89", None),
    ],
    ids=str,
)
def test_amounts_use_indian_digit_grouping(amount: int, currency: str, digits: str, words: str | None) -> None:
    assert in_digits(amount, currency) == digits
    assert words is None or in_words(amount, currency) == words


def test_rates_have_as_many_digits_as_they_need() -> None:
    assert [percent(rate) for rate in (1800, 900, 250, 125, 0)] == ["18%", "9%", "2.5%", "1.25%", "0%"]
