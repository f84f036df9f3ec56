-- Full-text search over a user's messages and titles.
--
-- The index is a table of its own and not on chat_messages: there, showing another branch of a long conversation
-- (is_latest of every message) would reindex each message. Rows are written once, when a text is final.
--
-- Each lexeme is prefixed with its user's key, so that lookups cost only the user's own entries however many users
-- there are: `the` of a user with ten messages, or all words that begin with `t`, cost ten messages. user_id separates
-- users whose keys collide.

-- Edit distances, for typos.
create extension if not exists fuzzystrmatch with schema extensions;

-- The normalized text: without case, accents, joiners and vowel points, its first 50,000 characters. Uses only
-- functions with fixed tables: unaccent, the text search parser and lower() with a locale are not immutable, differ
-- between servers, and support few scripts. Identical to oneai.conversations.tokenize.
create function oneai.normalize_text(p_text text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  txt text := left(p_text, 50000);
begin
  if octet_length(txt) = length(txt) then
    return lower(txt collate pg_catalog.pg_c_utf8);
  end if;
  txt := lower(normalize(txt, nfkd) collate pg_catalog.pg_c_utf8);
  txt := regexp_replace(txt, '[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640'
    '\u064b-\u065f\u0670\u093c\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]+', '', 'g');
  txt := translate(txt, 'ςøđħıłŧðँ', 'σodhiltdं');
  txt := replace(replace(replace(replace(txt, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  -- हिन्दी is often written हिंदी.
  txt := regexp_replace(txt, '[ङञणनम]्(?=[क-ह])', 'ं', 'g');
  return left(txt, 50000);
end
$$;
revoke execute on function oneai.normalize_text from public;

-- The words of a text in order, cut to forty characters. In scripts without spaces (Chinese, Japanese, Thai, ...) and
-- for emoji each character is a word; longer words are searched as phrases.
create function oneai.tokenize(p_text text) returns table (word text, place bigint)
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  txt text := oneai.normalize_text(p_text);
begin
  if octet_length(txt) = length(txt) then
    return query select left(m.groups[1], 40), m.at
      from regexp_matches(txt, '[a-z0-9]+', 'g') with ordinality as m (groups, at);
  else
    return query select left(m.groups[1], 40), m.at
      from regexp_matches(txt,
        -- Everything but separators and those scripts: general punctuation first, then that of scripts.
        '[^\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u00d7\u00f7\u02c2-\u02df\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3'
        '\u05c6\u05f3\u05f4\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u0970\u0e00-\u0eff\u1000-\u109f'
        '\u1361-\u1368\u1780-\u180a\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u312f\u31a0-\u31ff\u3400-\u4dbf'
        '\u4e00-\u9fff\ue000-\ufaff\ufd3e\ufd3f\ufe10-\ufe6f\uff00-\uff0f\ufff0-\uffff\U0001b000-\U0001b16f'
        '\U0001f000-\U0001faff\U00020000-\U0010ffff]+'
        '|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u2600-\u27bf\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u3035'
        '\u303b\u303c\u3041-\u30fa\u30fc-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff'
        '\U0001b000-\U0001b16f\U0001f000-\U0001faff\U00020000-\U0003ffff]', 'g') with ordinality as m (groups, at);
  end if;
end
$$;
revoke execute on function oneai.tokenize from public;

-- The prefix of a user's lexemes: four characters from three random bytes of the id.
create function oneai.search_key(p_user uuid) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return encode(substring(uuid_send(p_user) from 14), 'base64');
end
$$;
revoke execute on function oneai.search_key from public;

-- At most 16,383 words, the highest position in a tsvector: with fifty thousand characters it stays far below the limit
-- of a megabyte, so storing it cannot fail.
create function oneai.search_vector(p_user uuid, p_text text) returns tsvector
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  prefix constant text := oneai.search_key(p_user);
begin
  return (
    select coalesce(string_agg(prefix || w.word || ':' || w.place, ' '), '')::tsvector
    from oneai.tokenize(p_text) as w where w.place <= 16383);
end
$$;
revoke execute on function oneai.search_vector from public;

-- No foreign keys: a trigger deletes the entries of all deleted conversations at once, and searches join the rows they
-- return.
create table oneai.search_entries (
  user_id uuid not null,
  conversation_id uuid not null,
  -- Null: the conversation's title.
  message_id uuid,
  -- The thoughts of the message have an entry of their own.
  of_reasoning boolean not null default false,
  role text,
  -- The requested model and the one that answered.
  models text[] not null,
  created_at timestamptz not null,
  words tsvector not null,
  unique nulls not distinct (conversation_id, message_id, of_reasoning)
);
-- Without a pending list, which searches would have to scan and settlements to flush.
create index search_entries_words on oneai.search_entries using gin (words) with (fastupdate = off);

alter table oneai.search_entries enable row level security;
revoke all on oneai.search_entries from anon, authenticated, service_role;

-- The user's vocabulary, for typo correction. Not unique: concurrent inserts of the same words could deadlock, and
-- duplicates are harmless.
create table oneai.search_words (
  user_id uuid not null references oneai.users (id) on delete cascade,
  word text collate "C" not null
);
create index search_words_of_user on oneai.search_words (user_id, word);
-- Suffix lookups; the index above is for prefixes.
create index search_words_reversed on oneai.search_words (user_id, reverse(word) collate "C");

alter table oneai.search_words enable row level security;
revoke all on oneai.search_words from anon, authenticated, service_role;

-- Indexes one text, a message's thoughts if p_of_reasoning; an empty text is removed from the index. A text that is
-- indexed already is replaced, unless p_keeps.
create function oneai.index_text(
  p_user uuid, p_conversation uuid, p_message uuid, p_text text, p_role text, p_models text[], p_at timestamptz,
  p_of_reasoning boolean default false, p_keeps boolean default false
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  vector tsvector := oneai.search_vector(p_user, p_text);
begin
  if vector = '' then
    delete from oneai.search_entries
    where conversation_id = p_conversation and message_id is not distinct from p_message
      and of_reasoning = p_of_reasoning;
    return;
  end if;
  -- Titles, which have no message, rank higher.
  insert into oneai.search_entries (
    user_id, conversation_id, message_id, of_reasoning, role, models, created_at, words)
  values (p_user, p_conversation, p_message, p_of_reasoning, p_role, array_remove(p_models, null), p_at,
    case when p_message is null then setweight(vector, 'A') else vector end)
  on conflict (conversation_id, message_id, of_reasoning) do update
  set words = excluded.words, models = excluded.models where not p_keeps;
  if not found then
    return;
  end if;
  insert into oneai.search_words (user_id, word)
  select p_user, n.word
  from (select substr(l.lexeme, 5) collate "C" as word from unnest(vector) as l) as n
  where n.word ~ '^[^0-9]{4,}$'
    and not exists (select from oneai.search_words as k where k.user_id = p_user and k.word = n.word);
end
$$;
revoke execute on function oneai.index_text from public;

-- Removes words (p_lexemes, with the keys of p_users) that no text contains any more from the vocabulary. One
-- index lookup each: the planner underestimates the selectivity and would scan all users' entries.
create function oneai.unindex_text(p_users uuid[], p_lexemes text[]) returns void
language sql security definer set search_path = '' set enable_seqscan = off
as $$
  delete from oneai.search_words as w
  using unnest(p_users, p_lexemes) as removed (user_id, lexeme)
  where w.user_id = removed.user_id and w.word = substr(removed.lexeme, 5) collate "C"
    and not exists (
      select from oneai.search_entries as e
      where e.words @@ ('''' || removed.lexeme || '''')::tsquery and e.user_id = removed.user_id offset 0)
$$;
revoke execute on function oneai.unindex_text from public;

create function oneai.index_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Temporary conversations are not indexed.
  if not exists (select from oneai.conversations as c where c.id = new.conversation_id and c.temporary) then
    perform oneai.index_text(new.user_id, new.conversation_id, new.id, new.content, new.role,
      array[new.model_id, new.model_served], new.created_at);
    if new.reasoning is not null then
      perform oneai.index_text(new.user_id, new.conversation_id, new.id, new.reasoning, new.role,
        array[new.model_id, new.model_served], new.created_at, true);
    end if;
  end if;
  return null;
end
$$;
revoke execute on function oneai.index_message from public;

-- Questions are indexed with their answers, and answers after they were settled: see oneai.search_queue.
create trigger index_message_on_insert after insert on oneai.chat_messages
  for each row when ((new.content <> '' or new.reasoning is not null)
    and current_setting('oneai.defers_indexing', true) is distinct from 'true')
  execute function oneai.index_message();

create trigger index_message_on_update after update of content, reasoning, model_served on oneai.chat_messages
  for each row when (old.state <> 'streaming'
    and (old.content <> new.content or old.reasoning is distinct from new.reasoning or new.content <> '' and old.model_served is distinct from new.model_served))
  execute function oneai.index_message();

create function oneai.index_title() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  before text[];
begin
  perform oneai.index_text(new.user_id, new.id, null, coalesce(new.title, ''), null, array[new.model], new.created_at);
  if tg_op = 'UPDATE' and old.title <> '' then
    select array_agg(l.lexeme) into before from unnest(oneai.search_vector(old.user_id, old.title)) as l;
    perform oneai.unindex_text(array_fill(old.user_id, array[coalesce(cardinality(before), 0)]), before);
  end if;
  return null;
end
$$;
revoke execute on function oneai.index_title from public;

create trigger index_title_on_insert after insert on oneai.conversations
  for each row when (new.title <> '' and not new.temporary
    and current_setting('oneai.defers_indexing', true) is distinct from 'true')
  execute function oneai.index_title();

create trigger index_title_on_update after update of title, model on oneai.conversations
  for each row when (not new.temporary
    and (old.title is distinct from new.title or new.title <> '' and old.model is distinct from new.model))
  execute function oneai.index_title();

-- Runs once per statement, for all deleted conversations.
create function oneai.unindex_conversations() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  user_ids uuid[];
  lexemes text[];
begin
  with deleted as (
    delete from oneai.search_entries as e using deleted_conversations as c where e.conversation_id = c.id returning e.user_id, e.words
  ), lexeme as (
    select distinct f.user_id, l.lexeme from deleted as f cross join lateral unnest(f.words) as l
  )
  select array_agg(o.user_id), array_agg(o.lexeme) into user_ids, lexemes from lexeme as o;
  perform oneai.unindex_text(user_ids, lexemes);
  return null;
end
$$;
revoke execute on function oneai.unindex_conversations from public;

create trigger unindex_conversations after delete on oneai.conversations
  referencing old table as deleted_conversations for each statement execute function oneai.unindex_conversations();

-- Claims one of the user's four search slots until the transaction ends. ON429 if none is free: many slow searches at
-- once would occupy the database and the function.
create function oneai.claim_search_slot() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  place integer;
begin
  for place in 1..4 loop
    if pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(concat('search ', auth.uid()), place)) then
      return;
    end if;
  end loop;
  raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 1}';
end
$$;
revoke execute on function oneai.claim_search_slot from public;

-- The query over the user's own words: `p_query` is the text of a tsquery in which `#`, which no word contains, stands
-- for the user's key. So the text does not depend on who asks, which for an API key only the database knows.
create function oneai.search_query(p_query text, p_owner uuid default auth.uid()) returns tsquery
language sql stable security definer set search_path = ''
as $$ select replace(p_query, '#', oneai.search_key(p_owner))::tsquery $$;
revoke execute on function oneai.search_query from public;
grant execute on function oneai.search_query to authenticated;

-- The user's matching entries, of thoughts too if p_reasoning, best first, after (p_rank, p_at, p_id) if given.
-- Row-level security would prevent an index scan for `@@`, so the function filters by auth.uid() itself; callers read
-- the texts under row-level security.
-- Claims a search slot. `rank` depends only on the text and the queries: p_query must match, p_whole is the same
-- without prefixes and corrections, so that exact words rank first.
create function oneai.search(
  p_query tsquery, p_whole tsquery, p_in text, p_role text, p_model text, p_from timestamptz, p_to timestamptz, p_conversation uuid,
  p_rank double precision, p_at timestamptz, p_id uuid, p_limit integer,
  p_reasoning boolean default false
) returns table (
  message_id uuid, conversation_id uuid, of_reasoning boolean, rank double precision, created_at timestamptz)
language sql security definer set search_path = '' rows 20
as $$
  select oneai.claim_search_slot();
  select oneai.index_own_answers();
  select f.message_id, f.conversation_id, f.of_reasoning, f.rank, f.created_at
  from (
    select e.message_id, e.conversation_id, e.of_reasoning, e.created_at, coalesce(e.message_id, e.conversation_id) as id,
      ts_rank(e.words, p_query, 1)::double precision + ts_rank(e.words, p_whole, 1) as rank
    from oneai.search_entries as e
    where e.words @@ p_query and e.user_id = (select auth.uid())
      and (p_reasoning or not e.of_reasoning) and (p_in = 'all' or (p_in = 'titles') = (e.message_id is null))
      and (p_role is null or e.role = p_role) and (p_model is null or p_model = any (e.models))
      and (p_from is null or e.created_at >= p_from) and (p_to is null or e.created_at < p_to)
      and (p_conversation is null or e.conversation_id = p_conversation)
  ) as f
  where p_rank is null or (f.rank, f.created_at, f.id) < (p_rank, p_at, p_id)
  order by f.rank desc, f.created_at desc, f.id desc
  limit p_limit
$$;
revoke execute on function oneai.search from public;
grant execute on function oneai.search to authenticated;

-- The ids of the user's messages that match; callers read them under row-level security. Claims a search slot.
create function oneai.messages_matching(p_query tsquery) returns setof uuid
language sql security definer set search_path = ''
as $$
  select oneai.claim_search_slot();
  select oneai.index_own_answers();
  select e.message_id from oneai.search_entries as e
  where e.words @@ p_query and e.user_id = (select auth.uid()) and e.message_id is not null
    and not e.of_reasoning
$$;
revoke execute on function oneai.messages_matching from public;
grant execute on function oneai.messages_matching to authenticated;

-- The user's words within two edits of each of `p_words`, without those that the user has used as they are (or, where
-- `p_unfinished`, as a prefix). Filters by auth.uid() itself, as oneai.search does.
--
-- Candidates come from the index. One edit leaves one half of a word unchanged; two edits (`p_edits`) may change both,
-- once each. So candidates begin with the first half or, for two edits, with an edit of it, or end with the second
-- half; a swap may also affect the two letters in the middle. At most `p_max_candidates` per word, which bounds the
-- time for any vocabulary; others are not found.
create function oneai.fuzzy_matches(p_words text[], p_unfinished boolean[], p_edits integer[], p_max_candidates integer)
returns table (query_word text, word text)
language sql security definer set search_path = '' set enable_seqscan = off rows 20
as $$
  select oneai.index_own_answers();
  with recursive query_words as (
    select a.word collate "C" as word, a.edits, char_length(a.word) / 2 as half, (select auth.uid()) as user_id
    from unnest(p_words, p_unfinished, p_edits) as a (word, unfinished, edits)
    where not exists (
      select from oneai.search_words as w
      where w.user_id = (select auth.uid()) and w.word >= a.word collate "C"
        and w.word <= (a.word || case when a.unfinished then U&'\+10FFFF' else '' end) collate "C")
  ), letter as (
    -- The letters that follow the word's first `at` letters in the vocabulary: one index lookup each.
    select a.*, s.at, left(a.word, s.at) as stem, next.letter
    from query_words as a cross join generate_series(0, a.half - 1) as s (at) cross join lateral (
      select substr(w.word, s.at + 1, 1) as letter from oneai.search_words as w
      where w.user_id = a.user_id and w.word > left(a.word, s.at) and w.word < left(a.word, s.at) || U&'\+10FFFF'
      order by w.word limit 1) as next
    where a.edits > 1
    union all
    select l.word, l.edits, l.half, l.user_id, l.at, l.stem, next.letter
    from letter as l cross join lateral (
      select substr(w.word, l.at + 1, 1) as letter from oneai.search_words as w
      where w.user_id = l.user_id and w.word > l.stem || l.letter || U&'\+10FFFF' and w.word < l.stem || U&'\+10FFFF'
      order by w.word limit 1) as next
  ), beginning as (
    select a.word, left(a.word, a.half) as letters from query_words as a
    union
    select a.word, overlay(a.word placing reverse(substr(a.word, a.half, 2)) from a.half) from query_words as a
    union
    select a.word, overlay(left(a.word, a.half) placing '' from s.at for 1)
    from query_words as a cross join generate_series(1, a.half) as s (at) where a.edits > 1
    union
    select l.word, overlay(left(l.word, l.half) placing l.letter from l.at + 1 for s.replaced)
    from letter as l cross join generate_series(0, 1) as s (replaced)
  )
  select distinct a.word, c.word
  from query_words as a cross join lateral (
    select match.word
    from beginning as b cross join lateral (
      select w.word from oneai.search_words as w
      where w.user_id = a.user_id and w.word >= b.letters and w.word < b.letters || U&'\+10FFFF' offset 0) as match
    where b.word = a.word
    union all
    select w.word from oneai.search_words as w
    where w.user_id = a.user_id and reverse(w.word) collate "C" >= reverse(substr(a.word, a.half + 1))
      and reverse(w.word) collate "C" < reverse(substr(a.word, a.half + 1)) || U&'\+10FFFF'
    limit p_max_candidates) as c
  where char_length(c.word) between char_length(a.word) - 2 and char_length(a.word) + 2
    and extensions.levenshtein_less_equal(c.word, a.word, 2) <= 2
  order by a.word
$$;
revoke execute on function oneai.fuzzy_matches from public;
grant execute on function oneai.fuzzy_matches to authenticated;
