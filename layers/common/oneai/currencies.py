"""The currencies that amounts are in: their digits, signs and groups of digits. `python -m local.web.currencies` writes
the web app's list of whole currencies from this table, and a test compares pages, mail and documents.

An amount is an integer in the currency's smallest unit here. Other tables disagree: for rupiah CLDR, ISO 4217 and
Stripe say two digits, and here it is whole.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """How amounts are written: `digits` after the `point`, and `group` between thousands, or lakhs where `indian`.
    `sign` is before the digits."""

    digits: int
    sign: str
    group: str = ","
    point: str = "."
    indian: bool = False


STYLES: dict[str, Style] = {
    "INR": Style(2, "₹", indian=True),
    "USD": Style(2, "$"),
    # A space that does not break the line, as CLDR has it for Indonesia.
    "IDR": Style(0, "Rp\u00a0", group=".", point=","),
    # Nothing is sold in yen; a payment at another provider may be in them.
    "JPY": Style(0, "¥"),
}


def units_of(amount: int, currency: str) -> tuple[int, int]:
    """The whole units and the rest in an amount: 149950 INR is 1499 and 50, 99000 IDR is 99000 and 0."""
    scale: int = 10 ** STYLES[currency].digits
    return divmod(amount, scale)


def number(amount: int, currency: str) -> str:
    """The amount without a sign: 1234567890 INR is `1,23,45,678.90`, 99000 IDR is `99.000`. Raises KeyError for any
    other currency."""
    style = STYLES[currency]
    whole, rest = units_of(abs(amount), currency)
    digits = by_lakhs(str(whole)) if style.indian else f"{whole:,}".replace(",", style.group)
    fraction = f"{style.point}{rest:0{style.digits}}" if style.digits else ""
    return f"{'-' if amount < 0 else ''}{digits}{fraction}"


def money(amount: int, currency: str) -> str:
    """The amount with its sign: `₹1,499.00`, `$20.00`, `Rp 99.000`; 5 KWD stays `5 KWD (smallest unit)`."""
    if currency not in STYLES:
        return f"{amount:,} {currency} (smallest unit)"
    return f"{STYLES[currency].sign}{number(amount, currency)}"


def by_lakhs(digits: str) -> str:
    """Digits in the Indian groups: three at the end, two before each further comma."""
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])
