"""Searches the documentation: all words count, the last one may be incomplete, and typos are corrected."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, Field

from oneai.conversations.fuzzy import edit_distance
from oneai.conversations.search_query import Term
from oneai.conversations.snippets import make_snippet
from oneai.conversations.tokenize import tokenize
from oneai.documentation.index import GuideLanguage, Index
from oneai.text import clean_search

QUERY_CHARACTERS = 200
MAX_WORDS = 12
MAX_SUGGESTIONS = 5
# A section with less than this share of a query's words is about something else.
MIN_SHARE = 0.4
# The weight of a match that is not the typed word: the same stem, a word with this prefix, a corrected typo.
SAME_STEM, PREFIX, MISTYPED = 0.9, 0.6, 0.3
# Shorter words have too many neighbours; from `TWO_EDITS_FROM` letters on two edits are tolerated.
MIN_MISTYPED, TWO_EDITS_FROM = 4, 7
_ENDINGS = ("ations", "ation", "ing", "ies", "ed", "es", "er", "s", "e", "y")
# Common words of questions, which are on every page. They count only if no other word was typed.
_COMMON = frozenset(
    (  # noqa: SIM905  as a list of literals it would be sixty lines
        "a about am an and any are as at be but by can do does for from had has have how i if in is it its me my no "
        "not of on or so that the their them there this to was we what when where which who why will with you your "
        "और कर करना करने करूं करें का कि की कितना कितने के कैसे को कोई क्या क्यों तो पर भी मुझे मेरा मेरी मेरे में मैं या यह से है हैं हो"
    ).split()
)

Query = Annotated[str, Field(min_length=1, max_length=QUERY_CHARACTERS), AfterValidator(clean_search)]


class DocsSearch(BaseModel):
    """A search in the documentation."""

    q: Query = Field(description="Words in any order; the last one may be incomplete. There are no operators.")
    limit: int = Field(default=10, ge=1, le=50, description="The maximum number of hits.")
    language: GuideLanguage = Field(
        default="en", description="The guide's language. The API reference is in English and is always searched."
    )


class DocsHit(BaseModel):
    """A section that matches."""

    slug: str = Field(description="The page: `/docs/{slug}` of the web app.")
    anchor: str = Field(description="The heading within the page, for `#{anchor}`; empty for the start of the page.")
    title: str = Field(description="The page's title.")
    heading: str = Field(description="The section's heading; for the start of the page, the page's title.")
    snippet: str = Field(description="The text around the first matches, as plain text.")
    highlights: list[tuple[int, int]] = Field(
        description="The matches in `snippet`: pairs of start and end in code points, the end exclusive."
    )


class DocsResults(BaseModel):
    """The results of a search in the documentation."""

    items: list[DocsHit] = Field(description="The best first.")
    suggestions: list[str] = Field(
        description="Other queries with results: with corrected typos, or with the last word completed."
    )


class _Match(NamedTuple):
    """The matches of one query word: other words, and their weight in each section."""

    word: str
    weights: dict[int, float]
    similar: tuple[str, ...]
    mistyped: bool


def search(index: Index, request: DocsSearch) -> DocsResults:
    """Returns the sections with the most query words; none if the query has no words."""
    words = _query_words(request.q)
    # A space after a word means that it is complete.
    unfinished = words[-1] if words and not request.q[-1].isspace() else None
    matches = [_match(index, word, word == unfinished) for word in words]
    places = _ranked(matches)
    terms = [Term((match.word,), similar=match.similar) for match in matches]
    items = [_hit(index, place, terms) for place in places[: request.limit]]
    return DocsResults(items=items, suggestions=_suggestions(index, request.q, matches, unfinished))


def _hit(index: Index, place: int, terms: Sequence[Term]) -> DocsHit:
    section = index.sections[place]
    snippet = make_snippet(section.text, terms, index.words_of(place))
    return DocsHit(
        slug=section.slug,
        anchor=section.anchor,
        title=section.title,
        heading=section.heading,
        snippet=snippet.snippet,
        highlights=snippet.highlights,
    )


def _query_words(query: str) -> list[str]:
    words = list(dict.fromkeys(word.text for word in tokenize(query)))
    return ([word for word in words if word not in _COMMON] or words)[:MAX_WORDS]


def _match(index: Index, word: str, unfinished: bool) -> _Match:
    factors = {word: 1.0} if word in index.postings else {}
    stem = _stem(word)
    same = [other for other in _with_prefix(index, stem) if _stem(other) == stem]
    longer = _with_prefix(index, word) if unfinished or len(word) > 2 else ()
    for other, factor in [*((other, SAME_STEM) for other in same), *((other, PREFIX) for other in longer)]:
        factors.setdefault(other, factor)
    mistyped = not factors
    if mistyped:
        factors = dict.fromkeys(_neighbours(index, word, unfinished), MISTYPED)
    weights: dict[int, float] = {}
    for other, factor in factors.items():
        for place, weight in index.postings[other].items():
            weights[place] = max(weights.get(place, 0.0), weight * factor)
    return _Match(word, weights, tuple(factors), mistyped and bool(factors))


def _ranked(matches: list[_Match]) -> list[int]:
    """The indexes of the sections, best first; more distinct words win over more frequent ones."""
    scores: dict[int, float] = {}
    shares: dict[int, int] = {}
    for match in matches:
        for place, weight in match.weights.items():
            scores[place] = scores.get(place, 0.0) + weight
            shares[place] = shares.get(place, 0) + 1
    enough = [place for place in scores if shares[place] >= MIN_SHARE * len(matches)]
    return sorted(enough, key=lambda place: (-scores[place] * (shares[place] / len(matches)) ** 2, place))


def _with_prefix(index: Index, start: str) -> Iterator[str]:
    """The words with this prefix."""
    for at in range(bisect_left(index.words, start), len(index.words)):
        if not index.words[at].startswith(start):
            return
        yield index.words[at]


def _stem(word: str) -> str:
    """A word without its ending, unless the rest is too short."""
    bare = next((word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)), word)
    if len(bare) > 3 and bare[-1] == bare[-2]:
        bare = bare[:-1]  # cancelled, planning
    return bare if len(bare) > 2 else word


def _neighbours(index: Index, word: str, unfinished: bool) -> list[str]:
    """The words with the most similar spelling; for an incomplete word, those with the most similar start."""
    if len(word) < MIN_MISTYPED or any(letter.isdigit() for letter in word):
        return []
    edits = 1 if len(word) < TWO_EDITS_FROM else 2
    letters = frozenset(word)
    distances: dict[str, int] = {}
    for length, others in index.by_length.items():
        longer = unfinished and length > len(word)
        if not longer and abs(length - len(word)) > edits:
            continue
        for other, its_letters in others:
            # An edit adds at most one letter that the other word does not have, so letters rule out most words.
            if len(letters - its_letters) > edits or (not longer and len(its_letters - letters) > edits):
                continue
            distance = edit_distance(word, other[: len(word)] if longer else other)
            if longer and length <= len(word) + edits:
                distance = min(distance, edit_distance(word, other))
            if distance <= edits:
                distances[other] = distance
    least = min(distances.values(), default=0)
    return [other for other, distance in distances.items() if distance == least]


def _suggestions(index: Index, query: str, matches: list[_Match], unfinished: str | None) -> list[str]:
    mistyped = {match.word: _most_frequent(index, match.similar) for match in matches if match.mistyped}
    found: list[str] = []
    if mistyped:
        found.append(_replaced(query, {word: others[0] for word, others in mistyped.items()}))
    if unfinished is not None and unfinished not in mistyped and len(unfinished) > 1:
        longer = [other for other in _with_prefix(index, unfinished) if other != unfinished]
        found += [_replaced(query, {unfinished: other}) for other in _most_frequent(index, longer)]
    return list(dict.fromkeys(found))[:MAX_SUGGESTIONS]


def _most_frequent(index: Index, words: Sequence[str]) -> list[str]:
    return sorted(words, key=lambda word: (-sum(index.postings[word].values()), word))


def _replaced(query: str, by: dict[str, str]) -> str:
    """The query with some of its words replaced, and single spaces."""
    text, end = "", 0
    for word in tokenize(query):
        text += query[end : word.start] + by.get(word.text, query[word.start : word.end])
        end = word.end
    return re.sub(r"\s+", " ", text + query[end:]).strip()
