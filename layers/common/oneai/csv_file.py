"""CSV for spreadsheets: RFC 4180, with cells that no spreadsheet runs as a formula.

The service writes all CSV files with this module, because names of models, providers, keys and documents are untrusted.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

# Excel, LibreOffice and Google Sheets treat a cell with such a start as a formula (OWASP, CSV injection). They also
# trim blanks and invisible characters before it, and some of them accept full-width forms.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BLANK = ("\t", "\r", "\n")
# In locales that separate lists with semicolons, and in files that separate columns with tabs, a cell of ours becomes
# several cells. Quotes in the middle of a cell do not prevent that.
_DIVIDERS = re.compile("([;\t\r\n])")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows as lines that end in CRLF. A text that a spreadsheet would run gets an apostrophe in front."""
    output = io.StringIO(newline="")
    csv.writer(output, lineterminator="\r\n").writerows(_guarded(row) for row in rows)
    return output.getvalue()


def _guarded(values: Sequence[object]) -> list[object]:
    return [_guard(each) if isinstance(each, str) else each for each in values]


def _guard(text: str) -> str:
    guarded = "".join(f"'{part}" if _is_formula(part) else part for part in _DIVIDERS.split(text))
    return f"'{guarded}" if text.startswith(_BLANK) else guarded


def _is_formula(text: str) -> bool:
    first = next((each for each in text if not each.isspace() and unicodedata.category(each) not in ("Cf", "Cc")), "")
    return first in _FORMULA
