"""`python -m local.web.currencies`: writes which currencies are whole for the web app, from `oneai/currencies.py`.

Intl's own table says two digits for rupiah, which are whole here. The app has a pattern and no table, because every
page loads it.
"""

import sys

from local import node
from oneai import currencies

FILE = node.WEB / "src" / "lib" / "i18n" / "currencies.ts"
# The digits of every other currency.
USUAL_DIGITS = 2


def typescript() -> str:
    """The file's text. Raises ValueError for a currency that is neither whole nor in hundredths."""
    others = {name: style.digits for name, style in currencies.STYLES.items() if style.digits != USUAL_DIGITS}
    if any(others.values()):
        raise ValueError(f"The web app needs a table for these digits: {others}")
    return (
        "/** The currencies without digits after the point. `python -m local.web.currencies` writes this file. */\n"
        f"export const WHOLE = /{'|'.join(sorted(others))}/;\n"
    )


def main() -> int:
    """Writes the file."""
    FILE.write_text(typescript())
    return 0


if __name__ == "__main__":
    sys.exit(main())
