"""The words of a question that say what it is about, for comparing it with curated ones."""

import re

from oneai.chatbots.answering import common_words
from oneai.conversations.tokenize import tokenize
from oneai.conversations.unspaced import pieces, runs

MAX_WORDS = 60
# Articles that Arabic and Hebrew write before a word, and particles that Korean writes behind it, in the form of
# `tokenize`: Korean in single letters.
_ARTICLE = re.compile("^(?:[وفبك]?ال|لل|ה)(?=.{3})")
_PARTICLES = sorted(
    (
        "".join(word.text for word in tokenize(each))
        for each in [
            "은",
            "는",
            "이",
            "가",
            "을",
            "를",
            "의",
            "에",
            "에서",
            "에게",
            "으로",
            "로",
            "도",
            "만",
            "와",
            "과",
            "까지",
            "부터",
        ]
    ),
    key=len,
    reverse=True,
)
_PARTICLE = re.compile(f"(?<=.{{4}})(?:{'|'.join(_PARTICLES)})$")


def words_of(text: str) -> list[str]:
    """The different words of a question, sorted: as searches compare them, without plural endings, articles and
    particles, and without those that most questions have, unless it has no others. A text in a script without spaces
    has pieces in place of words."""
    spaced, joined = runs(tokenize(text[: MAX_WORDS * 100]))
    telling = {stem for word in spaced if word not in common_words.SPACED and (stem := _stem(word))}
    telling -= common_words.SPACED
    telling.update(
        piece for run in joined for part in common_words.UNSPACED.split(run) if part for piece in pieces(part)
    )
    return sorted(telling or {*spaced, *(piece for run in joined for piece in pieces(run))})[:MAX_WORDS]


def _stem(word: str) -> str:
    if word.isascii():
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    return _PARTICLE.sub("", _ARTICLE.sub("", word))
