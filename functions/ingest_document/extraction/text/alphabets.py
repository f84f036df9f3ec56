"""The accented letters of languages. They distinguish the encodings of Latin letters.

From the exemplar characters of Unicode CLDR. Languages whose texts often quote each other are one alphabet.
"""

from collections import Counter

_WESTERN = (
    "äöüßéèêëàâçîïôùûœæ",  # German, French, Dutch
    "áéíóúüñïçªº",  # Spanish, Galician
    "áâãàçéêíóôõúüªº",  # Portuguese
    "àçèéíïòóúüñ",  # Catalan
    "àèéìòóùîç",  # Italian
    "åäöæøéüàèô",  # Swedish, Danish, Norwegian, Finnish
    "áðéíóúýþæö",  # Icelandic, Faroese
    "áéíóúâêîôûŵŷ",  # Irish, Welsh
    "äõöüšž",  # Estonian
)
_CENTRAL = (
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "ąćęłńóśźż",  # Polish
    "áéíóöőúüű",  # Hungarian
    "ăâîşţșț",  # Romanian
    "čćđšž",  # Croatian, Serbian, Bosnian, Slovenian
    "äöüßé",  # German
)
_TURKISH = ("çğıöşüâ", "äöüßé")
_BALTIC = ("āčēģīķļņšūž", "ąčęėįšųūž", "äõöüšž")
_ALPHABETS = {
    **dict.fromkeys(("cp1252", "iso8859-15", "cp850", "cp437", "mac_roman", "mac-roman"), _WESTERN),
    **dict.fromkeys(("cp1250", "iso8859-2", "cp852", "mac_latin2", "mac-latin2"), _CENTRAL),
    **dict.fromkeys(("cp1254", "cp857", "mac-turkish"), _TURKISH),
    **dict.fromkeys(("cp1257", "iso8859-13", "iso8859-4", "cp775"), _BALTIC),
}


def strangers(text: str, encoding: str) -> int:
    """How many Latin letters of a text are in no one alphabet of the languages that are written in the encoding."""
    counted = Counter(
        each for each in text.replace("İ", "ı").lower() if not each.isascii() and each.isalpha() and each < "\u0250"
    )
    alphabets = _ALPHABETS.get(encoding)
    if not counted or alphabets is None:
        return 0
    return min(sum(count for each, count in counted.items() if each not in alphabet) for alphabet in alphabets)
