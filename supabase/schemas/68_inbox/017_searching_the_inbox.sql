-- Which conversations of a workspace have words.
--
-- Postgres's estimate of how many have a word is wrong for words that its statistics do not know, and a plan made of it
-- reads all texts of an inbox for a word that was said once. So the order of the steps, and the index of each, are fixed here.

-- The conversations of this workspace with a text that has these words; null: more than p_most texts have them.
create function oneai.conversations_with_words(p_workspace uuid, p_query tsquery, p_most integer default null) returns uuid[]
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set max_parallel_workers_per_gather = 0
as $$
declare
  found_ids uuid[];
begin
  -- The words have their workspace's key, so its own condition must not be looked up in an index.
  found_ids := array(
    select e.conversation_id from oneai.inbox_texts as e
    where e.words @@ p_query and (e.workspace_id = p_workspace) is true limit p_most::bigint + 1);
  if cardinality(found_ids) > p_most then
    return null;
  end if;
  return array(select distinct n.id from unnest(found_ids) as n (id));
end
$$;
revoke execute on function oneai.conversations_with_words from public;

-- The first p_limit conversations `i` of this workspace in an order (`order by … limit`) that meet a condition and have
-- these words.
--
-- Words that are said often are found along the list, those that are said rarely by their index. Small steps tell which
-- they are: 25 conversations of the list, and 4,000 if the words are in some of them; then the index,
-- up to 5,000 texts; then 20,000 conversations of the list; then the index without a limit.
create function oneai.search_inbox(
  p_workspace uuid, p_condition text, p_ordered text, p_limit integer, p_query tsquery) returns oneai.inbox_conversations[]
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set max_parallel_workers_per_gather = 0 set cursor_tuple_fraction = 0.01
as $$
declare
  list refcursor;
  given record;
  passed integer := 0;
  found_rows oneai.inbox_conversations[] := '{}';
  ids uuid[];
begin
  open list no scroll for execute
    format('select i from oneai.inbox_conversations as i where %s %s 24000', p_condition, p_ordered);
  for step in 1..2 loop
    while step = 2 or passed < 25 or passed < 4000 and cardinality(found_rows) * 4000 >= p_limit * passed loop
      fetch list into given;
      exit when not found;
      passed := passed + 1;
      continue when not exists (
        select from oneai.inbox_texts as e
        where e.conversation_id = (given.i).conversation_id and (e.words @@ p_query) is true);
      found_rows := found_rows || given.i;
      exit when cardinality(found_rows) = p_limit;
    end loop;
    exit when cardinality(found_rows) = p_limit or given is null and passed < 24000;
    ids := oneai.conversations_with_words(p_workspace, p_query, case step when 1 then 5000 end);
    exit when ids is not null;
  end loop;
  close list;
  if ids is not null then
    execute format(
      'select array(select i from unnest($1) as n (id) join oneai.inbox_conversations as i on i.conversation_id = n.id '
      'where %s %s %s)', p_condition, p_ordered, p_limit) using ids into found_rows;
  end if;
  return found_rows;
end
$$;
revoke execute on function oneai.search_inbox from public;
