"""Which of a chatbot's languages a visitor writes."""

import re
from collections.abc import Sequence

from oneai.chatbots.fields import Language

# Frequent words that hardly occur in the other language of the same script.
_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        [
            "the",
            "is",
            "are",
            "was",
            "do",
            "does",
            "how",
            "what",
            "when",
            "where",
            "which",
            "who",
            "why",
            "can",
            "could",
            "would",
            "my",
            "your",
            "you",
            "it",
            "of",
            "for",
            "with",
            "and",
            "have",
            "has",
            "i",
            "this",
            "that",
            "please",
        ]
    ),
    "id": frozenset(
        [
            "yang",
            "dan",
            "di",
            "ke",
            "dari",
            "apa",
            "apakah",
            "bagaimana",
            "berapa",
            "kapan",
            "mana",
            "siapa",
            "saya",
            "kami",
            "anda",
            "kamu",
            "ini",
            "itu",
            "tidak",
            "bisa",
            "ada",
            "dengan",
            "untuk",
            "bagi",
            "jika",
            "kalau",
            "sudah",
            "belum",
            "tolong",
            "mohon",
            "harga",
            "buka",
        ]
    ),
}
# Hindi in Latin letters.
_HINDI_WORDS = frozenset(
    [
        "hai",
        "hain",
        "kya",
        "kaise",
        "kaha",
        "kahan",
        "kab",
        "kitna",
        "kitne",
        "kitni",
        "mera",
        "meri",
        "mujhe",
        "aap",
        "aapka",
        "nahi",
        "nahin",
        "ka",
        "ki",
        "ke",
        "ko",
        "se",
        "mein",
        "karna",
        "chahiye",
        "batao",
        "bataye",
    ]
)
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def language_of(text: str, allowed: Sequence[Language]) -> Language:
    """The language of `text` among those allowed, of which there is at least one; the first if it cannot be told."""
    if _DEVANAGARI.search(text) and "hi" in allowed:
        return "hi"
    words = re.findall(r"[a-z]+", text.lower())
    counts: dict[Language, int] = {name: sum(word in known for word in words) for name, known in _WORDS.items()}
    counts["hi"] = sum(word in _HINDI_WORDS for word in words)
    best = max(allowed, key=lambda name: counts[name])
    return best if counts[best] else allowed[0]
