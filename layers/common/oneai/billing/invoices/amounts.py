"""Formats amounts of money in digits and in words."""

from oneai import currencies

_ONES = [
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
    "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"
]  # fmt: skip
_TENS = [
    "Zero", "Ten", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"
]  # fmt: skip
_INDIAN = ((10_000_000, "Crore"), (100_000, "Lakh"), (1_000, "Thousand"), (100, "Hundred"))
_WESTERN = ((1_000_000_000, "Billion"), (1_000_000, "Million"), (1_000, "Thousand"), (100, "Hundred"))
_NAMES = {"INR": ("Rupees", "Paise"), "USD": ("US Dollars", "Cents"), "IDR": ("Rupiah", ""), "JPY": ("Yen", "")}


def in_digits(amount: int, currency: str, *, sign: bool = True) -> str:
    """`1234567890` paise as `₹1,23,45,678.90`, optionally without the sign. Dollars are named: `US$20.00`."""
    country = "US" if sign and currency == "USD" else ""
    return country + (currencies.money(amount, currency) if sign else currencies.number(amount, currency))


def in_words(amount: int, currency: str) -> str:
    """`236050` paise as `Rupees Two Thousand Three Hundred Sixty and Paise Fifty Only`."""
    units, parts = _NAMES[currency]
    scales = _INDIAN if currency == "INR" else _WESTERN
    whole, part = currencies.units_of(amount, currency)
    cents = f" and {parts} {_number(part, scales)}" if part else ""
    return f"{units} {_number(whole, scales)}{cents} Only"


def percent(rate: int) -> str:
    """`1800` hundredths of a percent as `18%`, half of that as `9%`."""
    return f"{rate / 100:.4g}%"


def _number(number: int, scales: tuple[tuple[int, str], ...]) -> str:
    for size, name in scales:
        if number >= size:
            many, rest = divmod(number, size)
            after = f" {_number(rest, scales)}" if rest else ""
            return f"{_number(many, scales)} {name}{after}"
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
