"""Which of a chatbot's languages a visitor writes."""

import re
from collections.abc import Sequence

from oneai.chatbots.fields import Language

# Frequent words that hardly occur in the other languages; Hindi in Latin letters.
_ENGLISH = (
    "the is are was were do does how what when where which who why can could would my your you it of for with and have "
    "has i this that please"
)
_INDONESIAN = (
    "yang dan di ke dari apa apakah bagaimana berapa kapan mana siapa saya kami anda kamu ini itu tidak bisa ada "
    "dengan untuk bagi jika kalau sudah belum tolong mohon harga buka"
)
_HINDI = (
    "hai hain kya kaise kaha kahan kab kitna kitne kitni mera meri mujhe aap aapka nahi nahin ka ki ke ko se mein par "
    "karna chahiye batao bataye"
)
_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "hi": frozenset(_HINDI.split()),
    "id": frozenset(_INDONESIAN.split()),
}
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def language_of(text: str, allowed: Sequence[Language]) -> Language:
    """The language of `text` among those allowed, at least one; the first if it is not clear."""
    return written_language(text, allowed) or allowed[0]


def written_language(text: str, allowed: Sequence[Language]) -> Language | None:
    """The same; None if it is not clear."""
    if _DEVANAGARI.search(text) and "hi" in allowed:
        return "hi"
    written = re.findall(r"[a-z]+", text.lower())
    counts = {name: sum(word in known for word in written) for name, known in _WORDS.items()}
    best = max(allowed, key=lambda name: counts[name])
    return best if counts[best] else None
