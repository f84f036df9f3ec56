"""Renders documents outside India's GST: a plain invoice in English, and Indonesia's in Indonesian and English.

Both have the price without tax, a line for each tax, and their sum, which is what was paid.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from oneai.billing.invoices.amounts import in_digits, in_words, percent
from oneai.billing.invoices.pdf_layout import INK, MARGIN, PALE, WIDTH, Paper
from oneai.billing.invoices.rupiah_words import in_indonesian
from oneai.billing.tax.regions import COUNTRIES

if TYPE_CHECKING:
    from oneai.billing.invoices.invoice import Invoice

JAKARTA_TIME = timezone(timedelta(hours=7), "WIB")
_HALF = WIDTH / 2
# Description and period, country, price without tax, total.
_COLUMNS = (86.0, 26.0, 34.0, 34.0)
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober"),
    *("November", "Desember"),
)


@dataclass(frozen=True)
class Words:
    """The words of a form, and the time zone of its days."""

    invoice: str
    credit_note: str
    number: str
    note_number: str
    issued: str
    against: str
    dated: str
    supply: str
    payment: str
    billed_to: str
    tax_id: str
    item: str
    net: str
    total: str
    credited: str
    in_words: str
    paid: str
    refunded: str
    valid: str
    zone: tzinfo


_PLAIN = Words(
    *("INVOICE", "CREDIT NOTE", "Invoice no.", "Credit note no.", "Date of issue", "Against invoice", "Dated"),
    *("Place of supply", "Payment reference", "Billed to", "Tax ID", "Description", "Net price", "Total"),
    *("Total credited", "Amount in words", "Paid in full.", "Refunded to the payment named above."),
    *("Issued electronically; valid without a signature.", UTC),
)
_INDONESIAN = Words(
    *("FAKTUR / INVOICE", "NOTA KREDIT / CREDIT NOTE", "Nomor / Number", "Nomor / Number", "Tanggal / Date"),
    *("Atas faktur / Against invoice", "Tanggal faktur / Dated", "Tempat / Place of supply"),
    *("Pembayaran / Payment", "Ditagihkan kepada / Billed to", "NPWP", "Uraian / Description"),
    *("Harga / Net price", "Jumlah / Total", "Dikreditkan / Credited"),
    *("Terbilang / In words", "Lunas. / Paid in full."),
    *("Dikembalikan ke pembayaran di atas. / Refunded to the payment above.",),
    *("Diterbitkan secara elektronik, sah tanpa tanda tangan. / Issued electronically, valid without a signature.",),
    JAKARTA_TIME,
)


def render(invoice: "Invoice") -> bytes:
    """Renders the document as an ASCII PDF. The same document always gives the same bytes."""
    words = _INDONESIAN if invoice.form == "ppn" else _PLAIN
    title = words.credit_note if invoice.kind == "credit_note" else words.invoice
    paper = Paper(_texts(invoice), invoice.issued_at)
    paper.set_title(f"{title.capitalize()} {invoice.number}")
    paper.set_author(invoice.seller.name)
    _head(paper, invoice, words, title)
    _parties(paper, invoice, words)
    _table(paper, invoice, words)
    _sums(paper, invoice, words)
    _foot(paper, invoice, words)
    return paper.finished()


def _texts(invoice: "Invoice") -> str:
    """All text from outside, in any script."""
    seller, buyer = invoice.seller, invoice.buyer
    return "\n".join([seller.name, seller.address, buyer.legal_name, buyer.address, invoice.description])


def _head(paper: Paper, invoice: "Invoice", words: Words, title: str) -> None:
    """Writes the seller on the left and the title on the right."""
    seller, top = invoice.seller, paper.get_y()
    paper.write_block(seller.name, _HALF, size=15, bold=True)
    paper.write_block(seller.address, _HALF)
    paper.write_block(COUNTRIES.get(seller.country, seller.country), _HALF)
    paper.write_block(f"{words.tax_id}: {seller.tax_id}" if seller.tax_id else "", _HALF, bold=True)
    bottom = paper.get_y()
    paper.set_xy(MARGIN + _HALF, top)
    paper.write_block(title, _HALF, size=15, bold=True, align="R")
    paper.set_xy(MARGIN, max(bottom, paper.get_y()) + 4)
    paper.rule(INK, 0.5)
    paper.ln(5)


def _parties(paper: Paper, invoice: "Invoice", words: Words) -> None:
    """Writes the buyer on the left, the number and dates on the right."""
    buyer, top = invoice.buyer, paper.get_y()
    paper.write_block(words.billed_to, _HALF - 6, faint=True)
    paper.write_block(buyer.legal_name, _HALF - 6, size=10.5 if len(buyer.legal_name) <= 80 else 9, bold=True)
    paper.write_block(buyer.address, _HALF - 6)
    place = ", ".join(filter(None, [buyer.state, COUNTRIES.get(buyer.country, buyer.country)]))
    paper.write_block(place, _HALF - 6)
    bottom = paper.get_y()
    paper.set_xy(MARGIN + _HALF, top)
    for name, value in _particulars(invoice, words):
        paper.write_pair(name, value, 46, _HALF)
    paper.set_xy(MARGIN, max(bottom, paper.get_y()) + 6)


def _particulars(invoice: "Invoice", words: Words) -> list[tuple[str, str]]:
    number = words.note_number if invoice.kind == "credit_note" else words.number
    pairs = [(number, invoice.number), (words.issued, _day(invoice.issued_at, words))]
    if invoice.corrects:
        pairs += [(words.against, invoice.corrects.number), (words.dated, _day(invoice.corrects.issued_at, words))]
    place = COUNTRIES.get(invoice.place_of_supply, invoice.place_of_supply)
    return [*pairs, (words.supply, place), (words.payment, invoice.payment_reference or "-")]


def _table(paper: Paper, invoice: "Invoice", words: Words) -> None:
    """Writes the single line of what was sold."""
    net = in_digits(invoice.taxable, invoice.currency, sign=False)
    total = in_digits(invoice.total, invoice.currency, sign=False)
    place = COUNTRIES.get(invoice.place_of_supply, invoice.place_of_supply)
    item = f"{invoice.description}\n{_period(invoice, words)}".strip()
    head = [
        words.item,
        words.supply.rpartition(" / ")[0] or words.supply,
        words.net,
        f"{words.total} ({invoice.currency})",
    ]
    paper.write_row(head, _COLUMNS, fill=INK, colour=255)
    paper.write_row([item, place, net, total], _COLUMNS)
    paper.rule(PALE, 0.3)
    paper.ln(4)


def _sums(paper: Paper, invoice: "Invoice", words: Words) -> None:
    """Writes the price and the taxes one by one, on the right."""
    lines = [(words.net, invoice.taxable)]
    lines += [(f"{each.name} {percent(each.rate)}", each.amount) for each in invoice.tax_lines]
    for name, amount in lines:
        paper.write_sum(name, in_digits(amount, invoice.currency))
    paper.rule(PALE, 0.3, left=MARGIN + _HALF)
    paper.ln(1)
    total = words.credited if invoice.kind == "credit_note" else words.total
    paper.write_sum(total, in_digits(invoice.total, invoice.currency), size=12, bold=True)
    paper.ln(4)
    paper.write_block(words.in_words, WIDTH, faint=True)
    if invoice.currency == "IDR":
        paper.write_block(in_indonesian(invoice.total), WIDTH, bold=True)
    paper.write_block(in_words(invoice.total, invoice.currency), WIDTH, bold=invoice.currency != "IDR")
    paper.ln(4)


def _foot(paper: Paper, invoice: "Invoice", words: Words) -> None:
    if invoice.form == "ppn" and invoice.other_tax:
        paper.write_block(
            "PPN 12% dari dasar pengenaan pajak nilai lain (11/12 dari harga). / VAT of 12% on eleven twelfths of the "
            "net price.",
            WIDTH,
        )
    paper.write_block(words.refunded if invoice.kind == "credit_note" else words.paid, WIDTH)
    paper.ln(3)
    paper.rule(PALE, 0.3)
    paper.ln(1)
    paper.write_block(words.valid, WIDTH, faint=True)


def _day(moment: datetime, words: Words) -> str:
    at = moment.astimezone(words.zone)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}" if words.zone == JAKARTA_TIME else at.strftime("%-d %B %Y")


def _period(invoice: "Invoice", words: Words) -> str:
    """The first and the last day; the end of the period is exclusive."""
    if invoice.period_start is None or invoice.period_end is None:
        return ""
    last = invoice.period_end - timedelta(microseconds=1)
    return f"{_day(invoice.period_start, words)} – {_day(last, words)}"
