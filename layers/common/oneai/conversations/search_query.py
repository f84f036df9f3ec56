"""What somebody looks for: words, all of which have to be there, and phrases.

`rain "new york" lang` asks for the word rain, for new directly before york, and, as it may not have been typed to its
end, for any word that begins with lang. Nothing else has a meaning: operators are text as everything is.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from oneai.conversations.tokenize import tokenize

# Words of one query; what comes after them is not looked for.
MAX_WORDS = 40

# A quotation has no quotation mark within it, so that one which never ends is given up at the next.
_PART = re.compile(r'"([^"]*)"|“([^“”]*)”|(\S+?)(?=["“]|\s|$)|\S')


class Term(NamedTuple):
    """Words that follow each other; of the last one `unfinished` knows only the beginning.

    `quoted` terms are meant as they stand. `similar` are words one may have meant instead of a single one.
    """

    words: tuple[str, ...]
    quoted: bool = False
    unfinished: bool = False
    similar: tuple[str, ...] = ()


def parse(query: str) -> list[Term]:
    """The terms of a query; none where it has no words."""
    terms: list[Term] = []
    remaining = MAX_WORDS
    for part in _PART.finditer(query):
        quoted = part[1] or part[2]
        texts = tuple(word.text for word in tokenize(quoted or part.group()))[:remaining]
        remaining -= len(texts)
        if texts:
            # Only what is still being typed is unfinished.
            terms.append(Term(texts, quoted is not None, quoted is None and part.end() == len(query.rstrip())))
        if not remaining:
            break
    # The same once more asks for nothing more, and would be ranked once more.
    return list(dict.fromkeys(terms))


def with_similar(terms: Sequence[Term], similar: Mapping[str, tuple[str, ...]]) -> list[Term]:
    """The terms, with the words that those without a hit of their own may have meant."""
    return [
        term if term.quoted or len(term.words) > 1 else term._replace(similar=similar.get(term.words[0], ()))
        for term in terms
    ]


def exact(terms: Sequence[Term]) -> list[Term]:
    """The terms with no word unfinished or mistyped."""
    return [Term(term.words, quoted=True) for term in terms]


def tsquery(terms: Sequence[Term], person: UUID) -> str:
    """The terms as Postgres's text of a `tsquery`, over the person's own words."""
    # `oneai.search_key`. No word holds a quote or a backslash, so that nothing needs to be escaped.
    key = b64encode(person.bytes[13:]).decode()
    return " & ".join(f"({_alternatives(term, key)})" for term in terms)


def _alternatives(term: Term, key: str) -> str:
    phrase = " <-> ".join(f"'{key}{word}'" for word in term.words) + ":*" * term.unfinished
    return " | ".join([phrase, *(f"'{key}{word}'" for word in term.similar)])
