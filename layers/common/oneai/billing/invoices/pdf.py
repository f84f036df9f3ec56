"""Renders an invoice or credit note as a PDF: one A4 page, or more if an address needs them.

Imported only to print a document, because fpdf2 and its dependencies take longer than the rest of a cold start.
"""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from oneai.billing.invoices import pdf_other
from oneai.billing.invoices.amounts import in_digits, in_words, percent
from oneai.billing.invoices.pdf_layout import INK, MARGIN, PALE, WIDTH, Paper
from oneai.billing.tax.regions import COUNTRIES, INDIA, STATES, WITHOUT_PARLIAMENT

if TYPE_CHECKING:
    from oneai.billing.invoices.invoice import Invoice

INDIAN_TIME = timezone(timedelta(hours=5, minutes=30), "IST")
_HALF = WIDTH / 2
# Description and period, SAC, taxable value, rate, tax, total.
_COLUMNS = (58.0, 16.0, 33.0, 14.0, 28.0, 31.0)
_UNDER_LUT = "Supply meant for export under letter of undertaking without payment of integrated tax."
_TAXED_EXPORT = "Supply meant for export on payment of integrated tax."


def render(invoice: "Invoice") -> bytes:
    """Renders the document as an ASCII PDF. The same document always gives the same bytes."""
    if invoice.form != "gst":
        return pdf_other.render(invoice)
    paper = Paper(_texts(invoice), invoice.issued_at)
    paper.set_title(f"{title(invoice).capitalize()} {invoice.number}")
    paper.set_author(invoice.seller.name)
    _head(paper, invoice)
    _parties(paper, invoice)
    _table(paper, invoice)
    _sums(paper, invoice)
    _words(paper, invoice)
    _foot(paper, invoice)
    return paper.finished()


def title(invoice: "Invoice") -> str:
    """The document's title. A seller without a GSTIN does not issue tax invoices."""
    if invoice.kind == "credit_note":
        return "CREDIT NOTE"
    if not invoice.seller.gstin:
        return "INVOICE"
    return "EXPORT INVOICE" if _exported(invoice) else "TAX INVOICE"


def _exported(invoice: "Invoice") -> bool:
    """Whether the supply is an export. The place of supply decides only if the buyer's country is unknown, because some
    country codes equal the letters of a state."""
    country = invoice.buyer.country
    return country != INDIA if country else invoice.place_of_supply not in STATES


def _texts(invoice: "Invoice") -> str:
    """All text from outside, in any script."""
    seller, buyer = invoice.seller, invoice.buyer
    return "\n".join([seller.name, seller.address, buyer.legal_name, buyer.address, invoice.description])


def _head(paper: Paper, invoice: "Invoice") -> None:
    """Writes the seller on the left and the title on the right."""
    seller = invoice.seller
    top = paper.get_y()
    paper.write_block(seller.name, _HALF + 10, size=15, bold=True)
    paper.write_block(seller.address, _HALF + 10)
    paper.write_block(f"State: {_state(seller.state)}" if seller.state else "", _HALF + 10)
    paper.write_block(f"GSTIN: {seller.gstin}" if seller.gstin else "", _HALF + 10, bold=True)
    bottom = paper.get_y()
    paper.set_xy(MARGIN + _HALF + 10, top)
    paper.write_block(title(invoice), _HALF - 10, size=17, bold=True, align="R")
    paper.write_block("Original for recipient", _HALF - 10, faint=True, align="R")
    paper.set_xy(MARGIN, max(bottom, paper.get_y()) + 4)
    paper.rule(INK, 0.5)
    paper.ln(5)


def _parties(paper: Paper, invoice: "Invoice") -> None:
    """Writes the buyer on the left, the number and dates on the right."""
    buyer = invoice.buyer
    top = paper.get_y()
    paper.write_block("Billed to", _HALF - 6, faint=True)
    paper.write_block(buyer.legal_name, _HALF - 6, size=10.5 if len(buyer.legal_name) <= 80 else 9, bold=True)
    paper.write_block(buyer.address, _HALF - 6)
    for line in _whereabouts(invoice):
        paper.write_block(line, _HALF - 6)
    bottom = paper.get_y()
    paper.set_xy(MARGIN + _HALF, top)
    for name, value in _particulars(invoice):
        paper.write_pair(name, value, 34, _HALF)
    paper.set_xy(MARGIN, max(bottom, paper.get_y()) + 6)


def _whereabouts(invoice: "Invoice") -> list[str]:
    buyer = invoice.buyer
    if buyer.country == INDIA:
        return [f"{_state(buyer.state)}, India", f"GSTIN: {buyer.gstin or 'not registered'}"]
    return [", ".join(filter(None, [buyer.state, COUNTRIES.get(buyer.country, buyer.country)]))]


def _particulars(invoice: "Invoice") -> list[tuple[str, str]]:
    is_credit_note = invoice.kind == "credit_note"
    pairs = [
        ("Credit note no." if is_credit_note else "Invoice no.", invoice.number),
        ("Date of issue", _day(invoice.issued_at)),
    ]
    if invoice.corrects:
        pairs += [("Against invoice", invoice.corrects.number), ("Dated", _day(invoice.corrects.issued_at))]
    supplied = "Outside India" if _exported(invoice) else _state(invoice.place_of_supply)
    return [
        *pairs,
        ("Place of supply", supplied),
        ("Reverse charge", "No"),
        ("Payment reference", invoice.payment_reference or "-"),
    ]


def _table(paper: Paper, invoice: "Invoice") -> None:
    """Writes the single line of what was sold."""
    names = ["Description", "SAC", "Taxable value", "Rate", "Tax", f"Total ({invoice.currency})"]
    cells = [
        f"{invoice.description}\n{_period(invoice)}".strip(),
        invoice.sac,
        in_digits(invoice.taxable, invoice.currency, sign=False),
        percent(invoice.tax_rate),
        in_digits(_tax(invoice), invoice.currency, sign=False),
        in_digits(invoice.total, invoice.currency, sign=False),
    ]
    paper.write_row(names, _COLUMNS, fill=INK, colour=255)
    paper.write_row(cells, _COLUMNS)
    paper.rule(PALE, 0.3)
    paper.ln(4)


def _sums(paper: Paper, invoice: "Invoice") -> None:
    """Writes the taxes one by one, on the right."""
    half = percent(invoice.tax_rate // 2)
    state_tax = "UTGST" if invoice.place_of_supply in WITHOUT_PARLIAMENT else "SGST"
    lines = [("Taxable value", invoice.taxable)]
    if not _exported(invoice) and invoice.place_of_supply == invoice.seller.state and invoice.seller.gstin:
        lines += [(f"CGST {half}", invoice.cgst), (f"{state_tax} {half}", invoice.sgst)]
    elif invoice.seller.gstin:
        lines.append((f"IGST {percent(invoice.tax_rate)}", invoice.igst))
    for name, amount in lines:
        paper.write_sum(name, in_digits(amount, invoice.currency))
    paper.rule(PALE, 0.3, left=MARGIN + _HALF)
    paper.ln(1)
    total = "Total credited" if invoice.kind == "credit_note" else "Total"
    paper.write_sum(total, in_digits(invoice.total, invoice.currency), size=12, bold=True)
    paper.ln(4)


def _words(paper: Paper, invoice: "Invoice") -> None:
    paper.write_block("Amount in words", WIDTH, faint=True)
    paper.write_block(in_words(invoice.total, invoice.currency), WIDTH, bold=True)
    paper.ln(4)


def _foot(paper: Paper, invoice: "Invoice") -> None:
    if _exported(invoice) and invoice.seller.gstin:
        paper.write_block(_TAXED_EXPORT if invoice.igst else _UNDER_LUT, WIDTH)
        paper.write_block(f"LUT: {invoice.seller.lut}" if invoice.seller.lut else "", WIDTH)
    paid = "Refunded to the payment named above." if invoice.kind == "credit_note" else "Paid in full."
    paper.write_block(paid, WIDTH)
    paper.ln(3)
    paper.rule(PALE, 0.3)
    paper.ln(1)
    paper.write_block("Issued electronically; valid without a signature.", WIDTH, faint=True)


def _tax(invoice: "Invoice") -> int:
    return invoice.cgst + invoice.sgst + invoice.igst


def _state(code: str) -> str:
    state = STATES.get(code)
    return f"{state.name} ({state.number})" if state else code


def _day(moment: datetime, month: str = "%B") -> str:
    return moment.astimezone(INDIAN_TIME).strftime(f"%-d {month} %Y")


def _period(invoice: "Invoice") -> str:
    """The first and the last day, in Indian time; the end of the period is exclusive."""
    if invoice.period_start is None or invoice.period_end is None:
        return ""
    first, last = invoice.period_start, invoice.period_end - timedelta(microseconds=1)
    return f"{_day(first, '%b')} to {_day(last, '%b')}"
