"""The words of any text: the same in Python as in the database, stored, found, and shown where they stand."""

import json
import string
from typing import LiteralString
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneai.conversations import search_query, snippets
from oneai.conversations.tokenize import tokenize
from tests import effort
from tests.world import World

# Letters newer than both Unicode tables may be taken apart differently, and lone surrogates are no text.
ANY = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cn"]))
SCRIPTS = st.text(
    st.sampled_from("aZé\u0301ïßIİıΣσς क्न्दिीँं़ज़हनम ก ภ 語が 한글 مرحباً 👍🏽\u200d٣½ﬁ\ufdfa_'\"-.,/\\:*&|!<>()")
)

# A user whose search key has every odd character.
ODD_KEY = UUID("00000000-0000-0000-0000-000000fbefbe")
# The query of a text as the user of these claims asks it.
QUERY: LiteralString = "(select oneai.search_query(%s) from set_config('request.jwt.claims', %s, true))"


def claims(user: UUID) -> str:
    """The session settings of a request of this user."""
    return json.dumps({"sub": str(user)})


@given(ANY | SCRIPTS)
@settings(max_examples=effort.sample(50, 1500))
@example("' & | ! ( ) : * < > \\ \x01 \x7f")
def test_every_parsed_query_is_valid_in_postgres(shared: World, q: str) -> None:
    terms = search_query.parse(q)

    for each in (terms, search_query.exact(terms)):
        shared.database.rows(f"select {QUERY}", search_query.to_text(each), claims(ODD_KEY))


@given(ANY | SCRIPTS)
@settings(max_examples=effort.sample(80, 2500))
@example("İI\u0307ßẞΣΑΣ ﬁ½Ⅷ ǆ Ǆ ﷺ")
def test_the_database_and_python_find_the_same_words(shared: World, text: str) -> None:
    seen = shared.database.rows("select word from oneai.tokenize(%s) order by place", text)

    assert seen == [word.text for word in tokenize(text)]


@given(ANY | SCRIPTS | st.text(string.printable))
@settings(max_examples=effort.sample(40, 1000))
def test_every_text_can_be_stored_and_is_found_by_each_of_its_words(shared: World, text: str) -> None:
    user = UUID(int=2**128 - 1)
    for word in tokenize(text)[:20]:
        query = search_query.to_text([search_query.Term((word.text,))])

        assert shared.database.one(f"select oneai.search_vector(%s, %s) @@ {QUERY}", user, text, query, claims(user))
        shown = snippets.make_snippet(text, [search_query.Term((word.text,))])
        assert shown.highlights
        for start, end in shown.highlights:
            assert 0 <= start < end <= len(shown.snippet)


@given(ANY, st.text("ab \u0301", max_size=400), st.text("ab \u0301", max_size=400))
@settings(max_examples=effort.sample(50, 1500))
def test_a_snippet_is_a_part_of_the_text_that_splits_no_grapheme(word: str, before: str, after: str) -> None:
    text = f"{before} needle{word} {after}"

    snippet, highlights = snippets.make_snippet(text, search_query.parse("needle"))

    inside = snippet.removeprefix("…") if not text.startswith(snippet[:1]) else snippet
    assert inside.removesuffix("…") in text
    assert len(snippet) <= snippets.LENGTH + 20
    for start, end in highlights:
        assert snippet[start:end].startswith("needle")
