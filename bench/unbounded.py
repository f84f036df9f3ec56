"""The service without the limits of one user's requests, for `bench_flood`, which measures their effect."""

from bench.stack import Stack

# `bench.executions` removes those in the package.
VARIABLES = {"ANSWERS_AT_ONCE": "free=9999", "BENCH_UNBOUNDED": "1"}


def in_the_database(running: Stack) -> None:
    """Compares words with every other word, and admits every search and every follower."""
    for statement in _STATEMENTS:
        running.rows(statement)


_STATEMENTS = (
    "create or replace function oneai.claim_search_slot() returns void language sql as ''",
    """
    create or replace function oneai.end_followers(p_user uuid, p_limit integer, p_message uuid) returns uuid[]
    language sql as $$ select '{}'::uuid[] $$
    """,
    """
    create or replace function oneai.fuzzy_matches(
      p_words text[], p_unfinished boolean[], p_edits integer[], p_max_candidates integer,
      p_conversation uuid default null, p_everywhere boolean default false)
    returns table (query_word text, word text) language sql stable security definer as $$
      select a.word, near.word
      from unnest(p_words) as a (word) cross join lateral (
        select distinct w.word from oneai.search_words as w
        where w.workspace_id = auth.uid()
          and char_length(w.word) between char_length(a.word) - 2 and char_length(a.word) + 2
          and extensions.levenshtein_less_equal(w.word, a.word, 2) <= 2
        limit 1000) as near
      order by a.word
    $$
    """,
)
