"""Formats numbers, money, times and names for mail, in English and in Hindi."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

from oneai import currencies
from oneai.text import cut

# Most payers are in India, which has no daylight saving time.
_INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "hi": (
        *("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून"),
        *("जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"),
    ),
}
_NAME_LENGTH = 40
_QUOTATION_LENGTH = 60
_MESSAGE_LENGTH = 2000


def moment(language: str, text: str) -> str:
    """Formats an ISO 8601 time, such as `1 December 2026, 00:00 UTC (05:30 IST)`; in Hindi only in Indian time."""
    at = datetime.fromisoformat(text)
    india = at.astimezone(_INDIA)
    if language == "hi":
        return f"{_date(language, india)}, {india:%H:%M} {_INDIA}"
    at = at.astimezone(UTC)
    return f"{_date(language, at)}, {at:%H:%M} UTC ({india:%H:%M} {_INDIA})"


def day(language: str, text: str) -> str:
    """The day of an ISO 8601 time in UTC, as on invoices, such as `1 December 2026`."""
    return _date(language, datetime.fromisoformat(text).astimezone(UTC))


def date_of(language: str, text: str) -> str:
    """`2026-11-22` as `22 November 2026`."""
    return _date(language, datetime.fromisoformat(text))


def month(language: str, text: str) -> str:
    """`2026-11` as `November 2026`."""
    year, number = text.split("-")
    return f"{_MONTHS[language][int(number) - 1]} {year}"


def count(language: str, number: int) -> str:
    """Digits in groups: thousands, and in Hindi lakhs and crores."""
    return f"{number:,}" if language == "en" else currencies.by_lakhs(str(number))


def money(smallest: int, currency: str) -> str:
    """An amount in the currency's smallest unit: 149900 INR is `₹1,499.00`, 5 KWD stays `5 KWD (smallest unit)`."""
    return currencies.money(smallest, currency)


def dollars(micro: int) -> str:
    """Micro-dollars, to the cent: 1500000 is `$1.50`."""
    return money(round(micro / 10_000), "USD")


def name(text: str | None) -> str:
    """The user's name if it is safe in a mail, else nothing.

    An attacker can sign up with someone else's address and use the name to send text there, so names with characters
    of URLs and long names are left out.
    """
    tidy = " ".join((text or "").split())
    plain = all(unicodedata.category(sign)[0] in "LM" or sign in " '’-" for sign in tidy)
    return tidy if plain and len(tidy) <= _NAME_LENGTH and len(tidy.split()) <= 4 else ""


def quotation(text: str) -> str:
    """A name that a stranger chose, as text of a mail: short, on one line, and without what mail programs show as a
    link."""
    tidy = re.sub(r"(?i)\b(https?|ftp|mailto|www)\b", " ", one_line(text))
    plain = "".join(sign if unicodedata.category(sign)[0] in "LMNZ" or sign in "'’&+-,()!" else " " for sign in tidy)
    return cut(" ".join(plain.split()), _QUOTATION_LENGTH) or "…"


def chat_lines(messages: list[dict[str, str | None]], someone: str) -> list[str]:
    """Messages of a chat, `{name, text}`, as paragraphs; `someone` stands for a missing name. Long texts are cut."""
    lines: list[str] = []
    for message in messages:
        name, text = message["name"], cut(message["text"] or "", _MESSAGE_LENGTH)
        first, *others = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        lines += [f"{quotation(name) if name else someone}: {first}", *others]
    return lines


def one_line(text: str) -> str:
    """Text without line breaks and control characters, for headers."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


def _date(language: str, at: datetime) -> str:
    return f"{at.day} {_MONTHS[language][at.month - 1]} {at.year}"
