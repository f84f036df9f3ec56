-- Full-text search over the messages and titles that a user reads in a workspace.
--
-- The index is a table of its own and not on chat_messages: there, showing another branch of a long conversation
-- (is_latest of every message) would reindex each message. Rows are written once, when a text is final.
--
-- Each lexeme is prefixed with its workspace's key, so that lookups cost only the workspace's own entries however many
-- there are: `the` in one with ten messages, or all words that begin with `t`, cost ten messages. workspace_id separates
-- workspaces whose keys collide. What other members keep private is left out of what was found.

-- The prefix of a workspace's lexemes: four characters from three random bytes of the id.
create function oneai.search_key(p_workspace uuid) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return encode(substring(uuid_send(p_workspace) from 14), 'base64');
end
$$;
revoke execute on function oneai.search_key from public;

-- At most 16,383 words, the highest position in a tsvector: with fifty thousand characters it stays far below the limit
-- of a megabyte, so storing it cannot fail.
create function oneai.search_vector(p_workspace uuid, p_text text) returns tsvector
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  prefix constant text := oneai.search_key(p_workspace);
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
  workspace_id uuid not null,
  -- The author; null once they are erased.
  user_id uuid,
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

-- The workspace's vocabulary, for typo correction. Not unique: concurrent inserts of the same words could deadlock, and
-- duplicates are harmless.
create table oneai.search_words (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  word text collate "C" not null
);
create index search_words_of_workspace on oneai.search_words (workspace_id, word);
-- Suffix lookups; the index above is for prefixes.
create index search_words_reversed on oneai.search_words (workspace_id, reverse(word) collate "C");

alter table oneai.search_words enable row level security;
revoke all on oneai.search_words from anon, authenticated, service_role;

-- Indexes one text, a message's thoughts if p_of_reasoning; an empty text is removed from the index. A text that is
-- indexed already is replaced, unless p_keeps.
create function oneai.index_text(
  p_workspace uuid, p_user uuid, p_conversation uuid, p_message uuid, p_text text, p_role text, p_models text[], p_at timestamptz,
  p_of_reasoning boolean default false, p_keeps boolean default false
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  vector tsvector := oneai.search_vector(p_workspace, p_text);
begin
  if vector = '' then
    delete from oneai.search_entries
    where conversation_id = p_conversation and message_id is not distinct from p_message
      and of_reasoning = p_of_reasoning;
    return;
  end if;
  -- Titles, which have no message, rank higher.
  insert into oneai.search_entries (
    workspace_id, user_id, conversation_id, message_id, of_reasoning, role, models, created_at, words)
  values (p_workspace, p_user, p_conversation, p_message, p_of_reasoning, p_role, array_remove(p_models, null), p_at,
    case when p_message is null then setweight(vector, 'A') else vector end)
  on conflict (conversation_id, message_id, of_reasoning) do update
  set words = excluded.words, models = excluded.models where not p_keeps;
  if not found then
    return;
  end if;
  perform oneai.add_search_words(p_workspace, vector);
end
$$;
revoke execute on function oneai.index_text from public;

-- Adds the words of a text to the vocabulary.
create function oneai.add_search_words(p_workspace uuid, p_words tsvector) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.search_words (workspace_id, word)
  select p_workspace, n.word
  from (select substr(l.lexeme, 5) collate "C" as word from unnest(p_words) as l) as n
  where n.word ~ '^[^0-9]{4,}$'
    and not exists (select from oneai.search_words as k where k.workspace_id = p_workspace and k.word = n.word)
$$;
revoke execute on function oneai.add_search_words from public;

-- Removes words (p_lexemes, with the keys of p_workspaces) that no text contains any more from the vocabulary. One
-- index lookup each: the planner underestimates the selectivity and would scan all entries.
create function oneai.unindex_text(p_workspaces uuid[], p_lexemes text[]) returns void
language sql security definer set search_path = '' set enable_seqscan = off
as $$
  delete from oneai.search_words as w
  using unnest(p_workspaces, p_lexemes) as removed (workspace_id, lexeme)
  where w.workspace_id = removed.workspace_id and w.word = substr(removed.lexeme, 5) collate "C"
    and not exists (
      select from oneai.search_entries as e
      where e.words @@ ('''' || removed.lexeme || '''')::tsquery and e.workspace_id = removed.workspace_id offset 0)
$$;
revoke execute on function oneai.unindex_text from public;

create function oneai.index_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Temporary conversations are not indexed.
  if not exists (select from oneai.conversations as c where c.id = new.conversation_id and c.temporary) then
    perform oneai.index_text(new.workspace_id, new.user_id, new.conversation_id, new.id, new.content, new.role,
      array[new.model_id, new.model_served], new.created_at);
    if new.reasoning is not null then
      perform oneai.index_text(new.workspace_id, new.user_id, new.conversation_id, new.id, new.reasoning, new.role,
        array[new.model_id, new.model_served], new.created_at, true);
    end if;
  end if;
  return null;
end
$$;
revoke execute on function oneai.index_message from public;

-- Questions are indexed with their answers, and answers after they were settled: see oneai.search_queue.
create trigger index_message_on_insert after insert on oneai.chat_messages
  for each row when (new.visitor_id is null and (new.content <> '' or new.reasoning is not null)
    and current_setting('oneai.defers_indexing', true) is distinct from 'true')
  execute function oneai.index_message();

create trigger index_message_on_update after update of content, reasoning, model_served on oneai.chat_messages
  for each row when (old.state <> 'streaming' and new.visitor_id is null
    and (old.content <> new.content or old.reasoning is distinct from new.reasoning or new.content <> '' and old.model_served is distinct from new.model_served))
  execute function oneai.index_message();

create function oneai.index_title() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  before text[];
begin
  perform oneai.index_text(
    new.workspace_id, new.user_id, new.id, null, coalesce(new.title, ''), null, array[new.model], new.created_at);
  if tg_op = 'UPDATE' and old.title <> '' then
    select array_agg(l.lexeme) into before from unnest(oneai.search_vector(old.workspace_id, old.title)) as l;
    perform oneai.unindex_text(array_fill(old.workspace_id, array[coalesce(cardinality(before), 0)]), before);
  end if;
  return null;
end
$$;
revoke execute on function oneai.index_title from public;

create trigger index_title_on_insert after insert on oneai.conversations
  for each row when (new.title <> '' and not new.temporary and new.visitor_id is null
    and current_setting('oneai.defers_indexing', true) is distinct from 'true')
  execute function oneai.index_title();

create trigger index_title_on_update after update of title, model on oneai.conversations
  for each row when (not new.temporary and new.visitor_id is null
    and (old.title is distinct from new.title or new.title <> '' and old.model is distinct from new.model))
  execute function oneai.index_title();

-- Runs once per statement, for all deleted conversations.
create function oneai.unindex_conversations() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  workspaces uuid[];
  lexemes text[];
begin
  with deleted as (
    delete from oneai.search_entries as e using deleted_conversations as c where e.conversation_id = c.id
    returning e.workspace_id, e.words
  ), lexeme as (
    select distinct f.workspace_id, l.lexeme from deleted as f cross join lateral unnest(f.words) as l
  )
  select array_agg(o.workspace_id), array_agg(o.lexeme) into workspaces, lexemes from lexeme as o;
  perform oneai.unindex_text(workspaces, lexemes);
  return null;
end
$$;
revoke execute on function oneai.unindex_conversations from public;

create trigger unindex_conversations after delete on oneai.conversations
  referencing old table as deleted_conversations for each statement execute function oneai.unindex_conversations();

-- The words of a text with the key of another workspace.
create function oneai.with_search_key(p_words tsvector, p_workspace uuid) returns tsvector
language sql immutable parallel safe set search_path = ''
as $$
  select coalesce(string_agg(oneai.search_key(p_workspace) || substr(l.lexeme, 5) || ':' || (
    select string_agg(at.place || at.weight, ',') from unnest(l.positions, l.weights) as at (place, weight)), ' '),
    '')::tsvector
  from unnest(p_words) as l
$$;
revoke execute on function oneai.with_search_key from public;

-- A conversation that moves to another workspace takes its entries along, and its words leave the vocabulary of the
-- one before if no other text there has them.
create function oneai.move_search_entries() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  lexemes text[] := array(
    select distinct l.lexeme from oneai.search_entries as e cross join lateral unnest(e.words) as l
    where e.conversation_id = new.id);
begin
  update oneai.search_entries as e
  set workspace_id = new.workspace_id, words = oneai.with_search_key(e.words, new.workspace_id)
  where e.conversation_id = new.id;
  perform oneai.add_search_words(new.workspace_id, e.words)
  from oneai.search_entries as e where e.conversation_id = new.id;
  perform oneai.unindex_text(array_fill(old.workspace_id, array[cardinality(lexemes)]), lexemes);
  return null;
end
$$;
revoke execute on function oneai.move_search_entries from public;

create trigger move_search_entries after update of workspace_id on oneai.conversations
  for each row when (old.workspace_id <> new.workspace_id) execute function oneai.move_search_entries();

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

-- The query over the workspace's own words: `p_query` is the text of a tsquery in which `#`, which no word contains, stands
-- for the workspace's key. So the text does not depend on who asks, which for an API key only the database knows.
create function oneai.search_query(p_query text, p_workspace uuid default oneai.request_workspace_id()) returns tsquery
language sql stable security definer set search_path = ''
as $$ select replace(p_query, '#', oneai.search_key(p_workspace))::tsquery $$;
revoke execute on function oneai.search_query from public;
grant execute on function oneai.search_query to authenticated;

-- The workspaces that a search of the current user covers: that of p_conversation, which the user reads; else with
-- p_everywhere their personal one and the newest of their others, twenty in all; else that of the request.
create function oneai.searched_workspaces(p_conversation uuid, p_everywhere boolean) returns setof uuid
language plpgsql stable security definer set search_path = '' rows 1
as $$
declare
  asker constant uuid := (select auth.uid());
  named uuid;
begin
  if p_conversation is not null then
    named := (select c.workspace_id from oneai.conversations as c where c.id = p_conversation);
  elsif not p_everywhere then
    named := oneai.request_workspace_id();
  end if;
  return query
    select m.workspace_id from oneai.workspace_members as m
    where m.user_id = asker and m.workspace_id = any (array(select oneai.my_workspaces()))
      and (p_everywhere and p_conversation is null or m.workspace_id = named)
    order by m.workspace_id <> asker, m.joined_at desc, m.workspace_id limit 20;
end
$$;
revoke execute on function oneai.searched_workspaces from public;

-- Whether the current user reads the texts of this conversation of p_author.
create function oneai.reads_texts_of(p_author uuid, p_conversation uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select p_author is not distinct from (select auth.uid())
    or exists (select from oneai.conversations as c where c.id = p_conversation and c.visibility = 'workspace')
$$;
revoke execute on function oneai.reads_texts_of from public;

-- The matching entries that the user reads, of thoughts too if p_reasoning, best first, after (p_rank, p_at, p_id) if
-- given: in one workspace, or with p_everywhere merged from several (oneai.searched_workspaces).
-- Row-level security would prevent an index scan for `@@`, so the function filters by workspace and author itself;
-- callers read the texts under row-level security.
-- Claims a search slot. `rank` depends only on the text and the queries (texts as in oneai.search_query): p_query must
-- match, p_whole is the same without prefixes and corrections, so that exact words rank first.
create function oneai.search(
  p_query text, p_whole text, p_in text, p_role text, p_model text, p_from timestamptz, p_to timestamptz,
  p_conversation uuid, p_rank double precision, p_at timestamptz, p_id uuid, p_limit integer,
  p_reasoning boolean default false, p_everywhere boolean default false
) returns table (
  message_id uuid, conversation_id uuid, of_reasoning boolean, rank double precision, created_at timestamptz)
language sql security definer set search_path = '' rows 20
as $$
  select oneai.claim_search_slot();
  select oneai.index_own_answers();
  select f.message_id, f.conversation_id, f.of_reasoning, f.rank, f.created_at
  from (
    select e.message_id, e.conversation_id, e.of_reasoning, e.created_at, coalesce(e.message_id, e.conversation_id) as id,
      ts_rank(e.words, q.query, 1)::double precision + ts_rank(e.words, q.whole, 1) as rank
    from oneai.searched_workspaces(p_conversation, p_everywhere) as w (id)
    cross join lateral (
      select oneai.search_query(p_query, w.id) as query, oneai.search_query(p_whole, w.id) as whole offset 0) as q
    join oneai.search_entries as e on e.words @@ q.query and e.workspace_id = w.id
    where (p_reasoning or not e.of_reasoning) and (p_in = 'all' or (p_in = 'titles') = (e.message_id is null))
      and (p_role is null or e.role = p_role) and (p_model is null or p_model = any (e.models))
      and (p_from is null or e.created_at >= p_from) and (p_to is null or e.created_at < p_to)
      and (p_conversation is null or e.conversation_id = p_conversation)
      and (e.user_id = (select auth.uid()) or oneai.reads_texts_of(e.user_id, e.conversation_id))
  ) as f
  where p_rank is null or (f.rank, f.created_at, f.id) < (p_rank, p_at, p_id)
  order by f.rank desc, f.created_at desc, f.id desc
  limit p_limit
$$;
revoke execute on function oneai.search from public;
grant execute on function oneai.search to authenticated;

-- The ids of the messages that match, in p_conversation, or if it is null in the workspace of the request; callers read
-- them under row-level security. Claims a search slot.
create function oneai.messages_matching(p_query text, p_conversation uuid) returns setof uuid
language sql security definer set search_path = ''
as $$
  select oneai.claim_search_slot();
  select oneai.index_own_answers();
  select e.message_id
  from oneai.searched_workspaces(p_conversation, false) as w (id)
  cross join lateral (select oneai.search_query(p_query, w.id) as query offset 0) as q
  join oneai.search_entries as e on e.words @@ q.query and e.workspace_id = w.id
  where e.message_id is not null and not e.of_reasoning
    and (p_conversation is null or e.conversation_id = p_conversation)
    and (e.user_id = (select auth.uid()) or oneai.reads_texts_of(e.user_id, e.conversation_id))
$$;
revoke execute on function oneai.messages_matching from public;
grant execute on function oneai.messages_matching to authenticated;
