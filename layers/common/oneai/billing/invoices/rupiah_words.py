"""Amounts of rupiah in Indonesian words, as documents write them out (`terbilang`)."""

_ONES = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1_000, "ribu"), (100, "ratus"))
# One hundred and one thousand have a word of their own.
_SINGLE = {100: "seratus", 1_000: "seribu"}


def in_indonesian(amount: int) -> str:
    """`99000` as `Sembilan puluh sembilan ribu rupiah`."""
    words = f"{_number(amount)} rupiah"
    return words[:1].upper() + words[1:]


def _number(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    if number < 20:
        return f"{_ONES[number - 10]} belas"
    if number < 100:
        return _joined(f"{_ONES[number // 10]} puluh", number % 10)
    size, name = next(each for each in _SCALES if number >= each[0])
    many, rest = divmod(number, size)
    return _joined(_SINGLE[size] if many == 1 and size in _SINGLE else f"{_number(many)} {name}", rest)


def _joined(words: str, rest: int) -> str:
    return f"{words} {_number(rest)}" if rest else words
