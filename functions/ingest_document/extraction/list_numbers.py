"""Numbers and bullets of lists, in the formats that Word and HTML name."""

BULLET = "•"
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
# The zeros of scripts with their own digits.
_ZEROS = {"hindiNumbers": "०", "thaiNumbers": "๐", "decimalFullWidth": "０", "decimalFullWidth2": "０"}


def formatted(number: int, format_: str) -> str:
    """A number as a list shows it; decimal for an unknown format."""
    match format_:
        case "lowerLetter" | "upperLetter" if number > 0:
            letters = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 30)
            return letters.upper() if format_ == "upperLetter" else letters
        case "lowerRoman" | "upperRoman" if 0 < number < 5000:
            return roman(number).upper() if format_ == "upperRoman" else roman(number)
        case "decimalZero":
            return f"{number:02}"
        case "ordinal":
            ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            return f"{number}{ending}"
        case "none":
            return ""
    if zero := _ZEROS.get(format_):
        return "".join(chr(ord(zero) + int(digit)) if digit.isdecimal() else digit for digit in str(number))
    return str(number)


def roman(number: int) -> str:
    """A positive number in small Roman numerals."""
    written = ""
    for value, sign in _ROMAN:
        written += sign * (number // value)
        number %= value
    return written
