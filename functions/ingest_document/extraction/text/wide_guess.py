"""Guesses the East Asian encoding of a short text from the byte pairs of its characters."""

from collections.abc import Callable

# In Chinese the same bytes are rare characters.
HANGUL = frozenset(
    "이다는의을를에가고하지한로서기인사대어자도리정주시부일장수원구전상나해제과동보공성국경신아안만민그여라으니은있"
    "거것게적계약년월금음용임물번호명조선생연결김박최강남북산울세차면체된되매출액합견품단량업회"
)
"""Syllables that almost every Korean text has."""


def wide(evidence: bytes) -> str | None:
    """Python's name for the encoding; None if the pairs fit no encoding.

    The evidence is text that is implausible as Latin. A pair that ends in an ASCII letter is more often an accented
    letter before another letter, so a text of such pairs is not East Asian.
    """
    euc = _pairs(evidence, lambda lead: 0xA1 <= lead <= 0xFE, lambda trail: 0xA1 <= trail <= 0xFE)
    if euc is not None:
        return _by_rows(euc)
    shift_jis = _pairs(
        evidence, lambda lead: 0x81 <= lead <= 0x9F or 0xE0 <= lead <= 0xFC, _is_shift_jis_trail, kana=True
    )
    # Symbols, kana, and the kanji of level 1 (JIS X 0208).
    usual = [pair for pair in shift_jis or () if 0x81 <= pair[0] <= 0x83 or 0x88 <= pair[0] <= 0x97]
    if shift_jis and len(usual) * 5 >= len(shift_jis) * 4 and _is_text(evidence, "cp932"):
        return "cp932"
    big5 = _pairs(evidence, lambda lead: 0xA1 <= lead <= 0xF9, lambda trail: 0x40 <= trail <= 0x7E or trail >= 0xA1)
    usual = [pair for pair in big5 or () if pair[0] <= 0xC6]  # symbols, and the characters of level 1
    if big5 and len(usual) * 10 >= len(big5) * 9 and _is_text(evidence, "big5hkscs"):
        return "big5hkscs"
    return None


def _by_rows(euc: list[bytes]) -> str | None:
    """Korean or Chinese by the rows of the table that the characters are in, leaving out rows of symbols."""
    pairs = [pair for pair in euc if pair[0] not in (0xA1, 0xA3)]
    hangul = [pair for pair in pairs if 0xB0 <= pair[0] <= 0xC8]  # KS X 1001
    common = sum(pair.decode("cp949") in HANGUL for pair in hangul)
    if pairs and len(hangul) * 100 >= len(pairs) * 97 and common * 5 >= len(hangul):
        return "cp949"
    level_1 = sum(0xB0 <= pair[0] <= 0xD7 for pair in pairs)  # GB 2312
    return "gb18030" if pairs and level_1 * 5 >= len(pairs) * 4 else None


def _pairs(
    evidence: bytes, is_lead: Callable[[int], bool], is_trail: Callable[[int], bool], *, kana: bool = False
) -> list[bytes] | None:
    """The characters that are not ASCII; None if bytes are left over, or most pairs end in a letter."""
    found: list[bytes] = []
    at = single = 0
    while at < len(evidence):
        pair = evidence[at : at + 2]
        if pair[0] < 0x80:
            at += 1
        elif kana and 0xA1 <= pair[0] <= 0xDF:  # narrow katakana
            single += 1
            at += 1
        elif len(pair) == 2 and is_lead(pair[0]) and is_trail(pair[1]):
            found.append(pair)
            at += 2
        else:
            # The evidence may end within a character.
            if len(pair) == 1 and found and is_lead(pair[0]):
                break
            return None
    letters = sum(pair[1:].isalpha() for pair in found)
    return None if letters * 5 > len(found) * 3 or single > 2 * len(found) else found


def _is_shift_jis_trail(trail: int) -> bool:
    return 0x40 <= trail <= 0xFC and trail != 0x7F


def _is_text(evidence: bytes, name: str) -> bool:
    return "\ufffd" not in evidence.decode(name, "replace")[:-1]
