-- Corrections of typos in searches: the words of a workspace that are spelled like a word that is new there.

-- Edit distances, for typos.
create extension if not exists fuzzystrmatch with schema extensions;

-- Words of the searched workspaces within two edits of each of `p_words`, without those that occur there as they are
-- (or, where `p_unfinished`, as a prefix). Filters by workspace itself, as oneai.search does.
--
-- Candidates come from the index. One edit leaves one half of a word unchanged; two edits (`p_edits`) may change both,
-- once each. So candidates begin with the first half or, for two edits, with an edit of it, or end with the second
-- half; a swap may also affect the two letters in the middle. At most `p_max_candidates` per word, which bounds the
-- time for any vocabulary; others are not found.
create function oneai.fuzzy_matches(
  p_words text[], p_unfinished boolean[], p_edits integer[], p_max_candidates integer,
  p_conversation uuid default null, p_everywhere boolean default false
) returns table (query_word text, word text)
language sql security definer set search_path = '' set enable_seqscan = off rows 20
as $$
  select oneai.index_own_answers();
  with recursive query_words as (
    select a.word collate "C" as word, a.edits, char_length(a.word) / 2 as half, s.id as workspace_id
    from oneai.searched_workspaces(p_conversation, p_everywhere) as s (id)
    cross join unnest(p_words, p_unfinished, p_edits) as a (word, unfinished, edits)
    where not exists (
      select from oneai.search_words as w
      where w.workspace_id = s.id and w.word >= a.word collate "C"
        and w.word <= (a.word || case when a.unfinished then U&'\+10FFFF' else '' end) collate "C")
  ), letter as (
    -- The letters that follow the word's first `at` letters in the vocabulary: one index lookup each.
    select a.*, s.at, left(a.word, s.at) as stem, next.letter
    from query_words as a cross join generate_series(0, a.half - 1) as s (at) cross join lateral (
      select substr(w.word, s.at + 1, 1) as letter from oneai.search_words as w
      where w.workspace_id = a.workspace_id and w.word > left(a.word, s.at) and w.word < left(a.word, s.at) || U&'\+10FFFF'
      order by w.word limit 1) as next
    where a.edits > 1
    union all
    select l.word, l.edits, l.half, l.workspace_id, l.at, l.stem, next.letter
    from letter as l cross join lateral (
      select substr(w.word, l.at + 1, 1) as letter from oneai.search_words as w
      where w.workspace_id = l.workspace_id and w.word > l.stem || l.letter || U&'\+10FFFF' and w.word < l.stem || U&'\+10FFFF'
      order by w.word limit 1) as next
  ), beginning as (
    select a.workspace_id, a.word, left(a.word, a.half) as letters from query_words as a
    union
    select a.workspace_id, a.word, overlay(a.word placing reverse(substr(a.word, a.half, 2)) from a.half) from query_words as a
    union
    select a.workspace_id, a.word, overlay(left(a.word, a.half) placing '' from s.at for 1)
    from query_words as a cross join generate_series(1, a.half) as s (at) where a.edits > 1
    union
    select l.workspace_id, l.word, overlay(left(l.word, l.half) placing l.letter from l.at + 1 for s.replaced)
    from letter as l cross join generate_series(0, 1) as s (replaced)
  )
  select distinct a.word, c.word
  from query_words as a cross join lateral (
    select match.word
    from beginning as b cross join lateral (
      select w.word from oneai.search_words as w
      where w.workspace_id = a.workspace_id and w.word >= b.letters and w.word < b.letters || U&'\+10FFFF' offset 0) as match
    where b.word = a.word and b.workspace_id = a.workspace_id
    union all
    select w.word from oneai.search_words as w
    where w.workspace_id = a.workspace_id and reverse(w.word) collate "C" >= reverse(substr(a.word, a.half + 1))
      and reverse(w.word) collate "C" < reverse(substr(a.word, a.half + 1)) || U&'\+10FFFF'
    limit p_max_candidates) as c
  where char_length(c.word) between char_length(a.word) - 2 and char_length(a.word) + 2
    and extensions.levenshtein_less_equal(c.word, a.word, 2) <= 2
  order by a.word
$$;
revoke execute on function oneai.fuzzy_matches from public;
grant execute on function oneai.fuzzy_matches to authenticated;
