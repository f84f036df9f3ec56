"""CSV that people open in a spreadsheet: RFC 4180, with cells that no spreadsheet runs as a formula.

Every CSV of the service is written here: names of models, providers, keys and documents are words of strangers.
"""

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins so is a formula to Excel, LibreOffice or Google Sheets (OWASP, CSV injection), also after blanks,
# which they trim, and in the full-width forms that some of them read alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(rows: Iterable[Sequence[object]]) -> str:
    """The rows as lines that end in CRLF. Texts that a spreadsheet would run begin with an apostrophe; numbers stay."""
    output = io.StringIO(newline="")
    csv.writer(output, lineterminator="\r\n").writerows(_guarded(row) for row in rows)
    return output.getvalue()


def _guarded(values: Sequence[object]) -> list[object]:
    return [f"'{each}" if isinstance(each, str) and _is_formula(each) else each for each in values]


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
