"""Documents outside India's GST, on paper: Indonesia's in two languages, and a plain one with several taxes."""

from typing import Any

import pytest

from oneai.billing.invoices.rupiah_words import in_indonesian
from tests.billing.invoices.issuing import printed

PPN: dict[str, Any] = {
    "form": "ppn",
    "number": "INV/ID26/000001",
    "currency": "IDR",
    "total": 99_000,
    "taxable": 89_189,
    "cgst": 0,
    "sgst": 0,
    "other_tax": 9_811,
    "tax_lines": [{"name": "PPN", "rate": 1100, "amount": 9_811}],
    "tax_rate": 1100,
    "sac": "",
    "place_of_supply": "ID",
    "description": "OneAI Pro, 30 hari / 30 days",
    "seller": {"gstin": None, "state": "", "country": "ID", "tax_id": "01.234.567.8-901.000"},
    "buyer": {"legal_name": "Budi Santoso", "address": "Jl. Melati 7", "state": "JB", "country": "ID"},
}


def test_an_indonesian_invoice_is_in_two_languages_and_adds_up() -> None:
    said = printed(**PPN)

    for expected in (
        *("FAKTUR / INVOICE", "INV/ID26/000001", "NPWP: 01.234.567.8-901.000", "Budi Santoso", "JB, Indonesia"),
        *("Harga / Net price Rp\u00a089.189", "PPN 11% Rp\u00a09.811", "Jumlah / Total Rp\u00a099.000"),
        *("Sembilan puluh sembilan ribu rupiah", "Rupiah Ninety Nine Thousand Only", "Lunas. / Paid in full."),
        *("22 November 2026", "11/12"),
    ):
        assert expected.replace("\u00a0", " ") in said.replace("\u00a0", " "), expected
    assert "GST" not in said
    assert "India" not in said.replace("Indonesia", "")


def test_its_days_are_those_of_jakarta() -> None:
    # 21 November, 19:30 UTC.
    assert "Tanggal / Date 22 November 2026" in printed(**PPN)


def test_a_credit_note_names_its_invoice_in_both_languages() -> None:
    said = printed(
        **PPN
        | {
            "kind": "credit_note",
            "number": "CRN/ID26/000001",
            "corrects": {
                "id": "00000000-0000-0000-0000-000000000002",
                "number": "INV/ID26/000001",
                "issued_at": "2026-11-02T00:00:00Z",
            },
        }
    )

    for expected in ("NOTA KREDIT / CREDIT NOTE", "Atas faktur / Against invoice", "INV/ID26/000001", "Dikembalikan"):
        assert expected in said, expected


def test_a_plain_invoice_has_a_line_for_each_tax() -> None:
    said = printed(
        form="plain",
        number="INV/26/000001",
        currency="USD",
        total=2_000,
        taxable=1_818,
        cgst=0,
        sgst=0,
        other_tax=182,
        tax_lines=[{"name": "State tax", "rate": 625, "amount": 114}, {"name": "City tax", "rate": 375, "amount": 68}],
        tax_rate=1_000,
        place_of_supply="US",
        seller={"gstin": None, "state": "", "country": "US", "tax_id": "12-3456789"},
        buyer={"legal_name": "Example, Inc.", "address": "548 Market Street", "state": "CA", "country": "US"},
    )

    for expected in ("State tax 6.25% US$1.14", "City tax 3.75% US$0.68", "Total US$20.00", "Tax ID: 12-3456789"):
        assert expected in said, expected


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Nol rupiah"),
        (11, "Sebelas rupiah"),
        (119, "Seratus sembilan belas rupiah"),
        (1_000, "Seribu rupiah"),
        (2_100, "Dua ribu seratus rupiah"),
        (99_000, "Sembilan puluh sembilan ribu rupiah"),
        (1_001_000, "Satu juta seribu rupiah"),
        (250_000_000, "Dua ratus lima puluh juta rupiah"),
    ],
)
def test_rupiah_are_written_out_in_indonesian(amount: int, words: str) -> None:
    assert in_indonesian(amount) == words
