"""Searches the documentation: all words count, the last may be only begun, typos find what was probably meant."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, Field

from oneai.conversations.fuzzy import edit_distance
from oneai.conversations.search_query import Term
from oneai.conversations.snippets import make_snippet
from oneai.conversations.tokenize import tokenize
from oneai.documentation.index import Index
from oneai.text import clean_search

QUERY_CHARACTERS = 200
MAX_WORDS = 12
MAX_SUGGESTIONS = 5
# A section that has less than this share of a query's words is about something else.
LEAST_SHARE = 0.4
# How much a word counts that is not the one typed: one of the same stem, one it begins, one it may be a typo of.
SAME_STEM, BEGUN, MISTYPED = 0.9, 0.6, 0.3
# Shorter words have too many neighbours; from `TWO_EDITS_FROM` letters on two edits are tolerated.
LEAST_MISTYPED, TWO_EDITS_FROM = 4, 7
_ENDINGS = ("ations", "ation", "ing", "ies", "ed", "es", "er", "s", "e", "y")
# Words of questions, which are on every page. They count where nothing else was typed.
_COMMON = frozenset(
    (  # noqa: SIM905  as a list of literals it would be sixty lines
        "a about am an and any are as at be but by can do does for from had has have how i if in is it its me my no "
        "not of on or so that the their them there this to was we what when where which who why will with you your"
    ).split()
)

Query = Annotated[str, Field(min_length=1, max_length=QUERY_CHARACTERS), AfterValidator(clean_search)]


class DocsSearch(BaseModel):
    """What is looked for in the documentation."""

    q: Query = Field(description="Words, in any order; the last may be only begun. Nothing in it is an operator.")
    limit: int = Field(default=10, ge=1, le=50, description="At most so many.")


class DocsHit(BaseModel):
    """A section that was found."""

    slug: str = Field(description="The page: `/docs/{slug}` of the web app.")
    anchor: str = Field(description="The heading within the page, for `#{anchor}`; empty for the page's beginning.")
    title: str = Field(description="The page's title.")
    heading: str = Field(description="The section's heading; at the page's beginning its title.")
    snippet: str = Field(description="The text around the first words found, as plain text.")
    highlights: list[tuple[int, int]] = Field(
        description="The words found in `snippet`: pairs of start and end in code points, the end exclusive."
    )


class DocsResults(BaseModel):
    """What was found in the documentation."""

    items: list[DocsHit] = Field(description="The best first.")
    suggestions: list[str] = Field(
        description="Other queries that find something: with typos corrected, or the last word completed."
    )


class _Match(NamedTuple):
    """What one word of a query stands for: other words, and how much each section has of it."""

    word: str
    weights: dict[int, float]
    similar: tuple[str, ...]
    mistyped: bool


def search(index: Index, request: DocsSearch) -> DocsResults:
    """The sections with the most of the query's words; none where it has no words."""
    words = _query_words(request.q)
    # A space after a word says that it is whole.
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
    same = [other for other in _beginning(index, stem) if _stem(other) == stem]
    begun = _beginning(index, word) if unfinished or len(word) > 2 else ()
    for other, factor in [*((other, SAME_STEM) for other in same), *((other, BEGUN) for other in begun)]:
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
    """The places of the sections, the best first; what has more of the words comes before what has them oftener."""
    scores: dict[int, float] = {}
    shares: dict[int, int] = {}
    for match in matches:
        for place, weight in match.weights.items():
            scores[place] = scores.get(place, 0.0) + weight
            shares[place] = shares.get(place, 0) + 1
    enough = [place for place in scores if shares[place] >= LEAST_SHARE * len(matches)]
    return sorted(enough, key=lambda place: (-scores[place] * (shares[place] / len(matches)) ** 2, place))


def _beginning(index: Index, start: str) -> Iterator[str]:
    """The words that begin like this."""
    for at in range(bisect_left(index.words, start), len(index.words)):
        if not index.words[at].startswith(start):
            return
        yield index.words[at]


def _stem(word: str) -> str:
    """A word without its ending, unless too little would be left."""
    bare = next((word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)), word)
    if len(bare) > 3 and bare[-1] == bare[-2]:
        bare = bare[:-1]  # cancelled, planning
    return bare if len(bare) > 2 else word


def _neighbours(index: Index, word: str, unfinished: bool) -> list[str]:
    """The words that are spelled most like this one, or, of one that is still typed, that begin most like it."""
    if len(word) < LEAST_MISTYPED or any(letter.isdigit() for letter in word):
        return []
    edits = 1 if len(word) < TWO_EDITS_FROM else 2
    letters = frozenset(word)
    distances: dict[str, int] = {}
    for length, others in index.by_length.items():
        longer = unfinished and length > len(word)
        if not longer and abs(length - len(word)) > edits:
            continue
        for other, its_letters in others:
            # An edit brings at most one letter that the other has not: most words are ruled out by their letters.
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
        longer = [other for other in _beginning(index, unfinished) if other != unfinished]
        found += [_replaced(query, {unfinished: other}) for other in _most_frequent(index, longer)]
    return list(dict.fromkeys(found))[:MAX_SUGGESTIONS]


def _most_frequent(index: Index, words: Sequence[str]) -> list[str]:
    return sorted(words, key=lambda word: (-sum(index.postings[word].values()), word))


def _replaced(query: str, by: dict[str, str]) -> str:
    """The query with some of its words replaced, each space one."""
    text, end = "", 0
    for word in tokenize(query):
        text += query[end : word.start] + by.get(word.text, query[word.start : word.end])
        end = word.end
    return re.sub(r"\s+", " ", text + query[end:]).strip()
