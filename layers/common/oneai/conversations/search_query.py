"""Parses search queries into words and phrases, which must all match.

`rain "new york" lang` matches the word rain, the phrase new york, and any word that starts with lang, because the last
word may be incomplete. There are no operators.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from oneai.conversations.tokenize import tokenize
from oneai.conversations.unspaced import is_unspaced, pieces

# The limit of words per query; further words are ignored.
MAX_WORDS = 40

# A phrase contains no quotation mark, so that an unclosed one ends at the next.
_PART = re.compile(r'"([^"]*)"|“([^“”]*)”|(\S+?)(?=["“]|\s|$)|\S')


class Term(NamedTuple):
    """Consecutive words; `unfinished`: the last one is a prefix.

    `quoted` terms match exactly. `similar` are corrections of a single word.
    """

    words: tuple[str, ...]
    quoted: bool = False
    unfinished: bool = False
    similar: tuple[str, ...] = ()


def parse(query: str) -> list[Term]:
    """The terms of a query; empty if it has no words."""
    terms: list[Term] = []
    remaining = MAX_WORDS
    for part in _PART.finditer(query):
        quoted = part[1] or part[2]
        texts = tuple(word.text for word in tokenize(quoted or part.group()))[:remaining]
        remaining -= len(texts)
        if texts:
            # Only the word at the end may still be typed.
            terms.append(Term(texts, quoted is not None, quoted is None and part.end() == len(query.rstrip())))
        if not remaining:
            break
    # Duplicates would only distort the rank.
    return list(dict.fromkeys(terms))


def of_question(question: str) -> list[Term]:
    """The terms of a question, where each may match alone: what is written without spaces is no phrase there, but its
    pieces. Empty if it has no words."""
    terms: list[Term] = []
    for term in parse(question):
        if term.quoted or not any(map(is_unspaced, term.words)):
            terms.append(term)
            continue
        for unspaced, group in groupby(term.words, is_unspaced):
            words = tuple(group)
            found = [tuple(piece) for piece in pieces("".join(words))] if unspaced else [words]
            terms.extend(Term(each) for each in found)
    return list(dict.fromkeys(terms))[:MAX_WORDS]


def with_similar(terms: Sequence[Term], similar: Mapping[str, tuple[str, ...]]) -> list[Term]:
    """The terms with their similar words."""
    return [
        term if term.quoted or len(term.words) > 1 else term._replace(similar=similar.get(term.words[0], ()))
        for term in terms
    ]


def exact(terms: Sequence[Term]) -> list[Term]:
    """The terms without prefixes and corrections."""
    return [Term(term.words, quoted=True) for term in terms]


def to_text(terms: Sequence[Term]) -> str:
    """The terms as the parameter of `oneai.search_query`: the text of a `tsquery`, `#` for the workspace's key."""
    # Words contain no quotes, backslashes or `#`, so nothing needs escaping.
    return " & ".join(f"({_alternatives(term)})" for term in terms)


def _alternatives(term: Term) -> str:
    phrase = " <-> ".join(f"'#{word}'" for word in term.words) + ":*" * term.unfinished
    return " | ".join([phrase, *(f"'#{word}'" for word in term.similar)])
