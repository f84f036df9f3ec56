"""A number in the places of a format: fixed, scientific, as a fraction, or in the general way."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

type Kind = Literal[
    "literal", "digit", "point", "comma", "percent", "exponent", "slash", "text", "general", "date", "elapsed", "noon"
]
type Token = tuple[Kind, str]
"""A piece of a format's code: what it does, and as it is written."""

# A spreadsheet calculates with 15 digits: the 16th and 17th of a binary number are not part of its value.
_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)
# A number that is this short with 15 digits was short before it was calculated in binary.
_NOISE_DIGITS = 12
# Enough for the largest number, 1E308, and all places of a format.
_WIDE = Context(prec=1000)
_SHORT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?")
_LAKHS = re.compile(r"[#0?],[#0?]{2},[#0?]{3}(?![#0?,])")


def general(value: float) -> str:
    """A number without a format: eleven characters, as in a wide cell.

    Whole numbers have all digits up to 15. Excel displays those with more than 11 as 9.19812E+11, which would lose
    telephone and order numbers.
    """
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    size = abs(value)
    if size >= 1e11:
        return _exponential(value)
    if size >= 1e-4:
        places = max(0, 9 if size < 1 else 10 - len(str(int(size))))
        return _plain(_decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
    exact = _plain(_decimal(value))
    return exact if len(exact.lstrip("-")) <= 11 else _exponential(value)


def exactly(text: str, value: float) -> str:
    """The number with all its digits, given as in the file: `0.30000000000000004` is 0.3.

    Digits after the 15 that a spreadsheet calculates with are not part of a short number's value.
    """
    if len(text) <= _NOISE_DIGITS and _SHORT.fullmatch(text):
        return text
    number = _decimal(value)
    if len(number.normalize().as_tuple().digits) > _NOISE_DIGITS:
        number = Decimal(repr(value))
    return _plain(number) if -7 < number.adjusted() < 21 else f"{number.normalize():E}"


def _exponential(value: float) -> str:
    mantissa, exponent = f"{value:.5E}".split("E")
    return f"{_plain(Decimal(mantissa))}E{exponent}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(value: float) -> Decimal:
    return _DIGITS.create_decimal(repr(value))


class Plain(NamedTuple):
    """The usual kind of format: digits between texts, as in `$#,##0.00`. `spec` is Python's format of the digits."""

    before: str
    after: str
    unit: Decimal
    spec: str
    percent: int

    def show(self, value: float) -> str:
        """The number, with a minus sign below zero."""
        rounded = (abs(_decimal(value)) * 100**self.percent).quantize(self.unit, ROUND_HALF_UP, _WIDE)
        return f"{'-' if value < 0 and rounded else ''}{self.before}{rounded:{self.spec}}{self.after}"


def plain(tokens: Sequence[Token]) -> Plain | None:
    """The tokens of a section as such a format; None for all others."""
    words = "".join({"digit": text, "comma": ",", "point": "."}.get(kind, "x") for kind, text in tokens)
    match = re.fullmatch(r"(x*)([#,]*0)(?:\.(0{1,30}))?(x*)", words)
    if match is None or "exponent" in dict(tokens) or _LAKHS.search(match[2]) or match[2].startswith(","):
        return None
    texts = [text for _, text in tokens]
    unit = Decimal(1).scaleb(-len(match[3] or ""))
    spec = ",f" if "," in match[2] else "f"
    percent = sum(kind == "percent" for kind, _ in tokens)
    return Plain("".join(texts[: match.end(1)]), "".join(texts[match.start(4) :]), unit, spec, percent)


def formatted(value: float, tokens: Sequence[Token]) -> str:
    """The number in the format of a section's tokens, with a minus sign below zero."""
    kinds = {kind for kind, _ in tokens}
    if "digit" not in kinds:
        shown = "".join(general(abs(value)) if kind in ("general", "text") else text for kind, text in tokens)
        return f"-{shown}" if value < 0 and shown.strip() else shown
    number = abs(_decimal(value)) * 100 ** sum(kind == "percent" for kind, _ in tokens)
    if "exponent" in kinds:
        shown, is_zero = _scientific(number, tokens), number == 0
    elif "slash" in kinds and (fraction := _fraction(number, tokens)) is not None:
        shown, is_zero = fraction, not re.search("[1-9]", fraction)
    else:
        shown, is_zero = _fixed(number, tokens)
    return f"-{shown}" if value < 0 and not is_zero else shown


def _fixed(number: Decimal, tokens: Sequence[Token]) -> tuple[str, bool]:
    """The number with its digits in the places of the format, and whether only zeros are left."""
    at = next((index for index, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    whole, places = tokens[:at], tokens[at:]
    last = _last_digit(whole)
    # Each comma after the last place, before the point or after it, divides by a thousand.
    scale = _commas(whole[last + 1 :]) + _commas(places[_last_digit(places) + 1 :])
    decimals = sum(kind == "digit" for kind, _ in places)
    rounded = number.scaleb(-3 * scale).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    before, _, after = f"{rounded:f}".partition(".")
    return _whole(before, whole, last) + _places(after, places), not rounded


def _last_digit(tokens: Sequence[Token]) -> int:
    return max((index for index, (kind, _) in enumerate(tokens) if kind == "digit"), default=-1)


def _commas(tokens: Sequence[Token]) -> int:
    return next((number for number, (kind, _) in enumerate(tokens) if kind != "comma"), len(tokens))


def _whole(digits: str, tokens: Sequence[Token], last: int) -> str:
    """The digits before the point, from the right; the first place gets all remaining ones."""
    digits = "" if digits == "0" else digits
    if last < 0:
        return "".join(text for kind, text in tokens if kind != "comma") + digits
    first = next(index for index, (kind, _) in enumerate(tokens) if kind == "digit")
    is_grouped = any(kind == "comma" for kind, _ in tokens[first:last])
    lakhs = bool(_LAKHS.search("".join(text for kind, text in tokens if kind in ("digit", "comma"))))
    shown: list[str] = []
    used, left = 0, digits

    def put(digit: str) -> None:
        nonlocal used
        if is_grouped and (used == 3 or (used > 3 and (used - 3) % (2 if lakhs else 3) == 0)):
            shown.append(",")
        shown.append(digit)
        used += 1

    for index in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[index]
        if kind == "comma":
            continue
        if kind != "digit":
            shown.append(text)
            continue
        if left:
            left, digit = left[:-1], left[-1]
            put(digit)
        elif text == "0":
            put("0")
        while index == first and left:
            left, digit = left[:-1], left[-1]
            put(digit)
    return "".join(reversed(shown))


def _places(digits: str, tokens: Sequence[Token]) -> str:
    """The digits after the point, without optional zeros at the end."""
    kinds = [text for kind, text in tokens if kind == "digit"]
    needed = max((index + 1 for index, kind in enumerate(kinds) if kind == "0" or digits[index] != "0"), default=0)
    shown, used = [], 0
    for kind, text in tokens:
        if kind == "digit":
            shown.append(digits[used] if used < needed else "")
            used += 1
        elif kind != "comma":
            shown.append(text)
    return "".join(shown)


def _scientific(number: Decimal, tokens: Sequence[Token]) -> str:
    at = next(index for index, (kind, _) in enumerate(tokens) if kind == "exponent")
    mantissa, behind = tokens[:at], tokens[at + 1 :]
    point = next((index for index, (kind, _) in enumerate(mantissa) if kind == "point"), at)
    step = max(1, sum(kind == "digit" for kind, _ in mantissa[:point]))
    decimals = sum(kind == "digit" for kind, _ in mantissa[point:])
    exponent = 0
    if number:
        exponent = (number.adjusted() // step) * step
        rounded = number.scaleb(-exponent).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
        if rounded.adjusted() >= step:
            exponent += step
    shown, _ = _fixed(number.scaleb(-exponent), mantissa)
    sign = "-" if exponent < 0 else "+" if tokens[at][1][1] == "+" else ""
    width = sum(kind == "digit" for kind, _ in behind)
    rest = "".join(text for kind, text in behind if kind not in ("digit", "comma"))
    return f"{shown}E{sign}{str(abs(exponent)).zfill(width)}{rest}"


def _fraction(number: Decimal, tokens: Sequence[Token]) -> str | None:
    """A whole number and a fraction, such as `2 1/4`; None if the slash is not between places for digits."""
    text = "".join("0" if kind == "digit" and each == "?" else each for kind, each in tokens)
    if (match := re.search(r"([#0]+)\s*/\s*([#0]+|[1-9]\d*)", text)) is None:
        return None
    before, behind = text[: match.start()], text[match.end() :]
    fixed = match[2] if match[2][0] in "123456789" else None
    has_whole = bool(re.search("[#0]", before))
    whole = number.to_integral_value(ROUND_FLOOR) if has_whole else Decimal(0)
    rest = Fraction(number - whole)
    if fixed is not None:
        top, bottom = int(rest * int(fixed) + Fraction(1, 2)), int(fixed)
    else:
        nearest = rest.limit_denominator(10 ** min(len(match[2]), 9) - 1)
        top, bottom = nearest.numerator, nearest.denominator
    if has_whole and top >= bottom:
        whole, top = whole + 1, 0
    literal = re.sub("[#0]+.*", "", before)
    shown = f"{whole} " if whole or (has_whole and (not top or "0" in re.sub("[^#0]", "", before)[-1:])) else ""
    return f"{literal}{shown}{f'{top}/{bottom}' if top or not has_whole else ''}{behind}"
