"""A report's items as CSV: what a page shows, as a file."""

import csv
import io
from collections.abc import Sequence

from pydantic import BaseModel

# Spreadsheets run a cell that begins so as a formula; names of models and providers are strangers' words.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(items: Sequence[BaseModel], leading: Sequence[str] = ()) -> str:
    """One line for each item, with a header of the fields that they set, those of `leading` first; empty for none."""
    output = io.StringIO(newline="")
    if items:
        names = items[0].model_dump(exclude_unset=True)
        columns = [*(name for name in leading if name in names), *(name for name in names if name not in leading)]
        writer = csv.writer(output, lineterminator="\r\n")
        writer.writerow(columns)
        for item in items:
            values = item.model_dump(mode="json")
            writer.writerow([_cell(values[name]) for name in columns])
    return output.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
