"""CSV that people open in a spreadsheet: RFC 4180, with cells that no spreadsheet runs as a formula.

Every CSV of the service is written here: names of models, providers, keys and documents are words of strangers.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

# A cell that begins so is a formula to Excel, LibreOffice or Google Sheets (OWASP, CSV injection), also after blanks
# and invisible characters, which they trim, and in the full-width forms that some of them read alike.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_BLANK = ("\t", "\r", "\n")
# Where lists are written with semicolons, and where tabs divide columns, a cell of ours becomes several. Quotes do not
# hold it together there, for they are in the middle of a cell.
_DIVIDERS = re.compile("([;\t\r\n])")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows as lines that end in CRLF. Texts that a spreadsheet would run begin with an apostrophe; numbers stay."""
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
