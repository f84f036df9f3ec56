-- Lists of visitors' conversations, and how many each view of the inbox has.
--
-- What a filter asks becomes the text of one query with its values as literals, so that the planner knows them and chooses
-- the index of each.

-- The workspace of the request, for a user who reads its visitors' conversations. ON404, ON403 as oneai.require_right.
create function oneai.require_inbox(p_user uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  named constant uuid := coalesce(oneai.chosen_workspace(), p_user);
begin
  perform oneai.require_right(p_user, named, 'write');
  return named;
end
$$;
revoke execute on function oneai.require_inbox from public;

-- The condition that p_filter sets on rows `i` of the inbox of this workspace: {ids, chatbot_id, status, spam (absent: without;
-- null: also), assignee (`me`, `none`, or a user's id), from, to (of the last message), tags (all of them), rating (the
-- visitor's), language, page, outcome, charged_above (micro-dollars), query (see oneai.search_query)}. Conversations of a
-- deleted chatbot are left out unless they were kept.
create function oneai.inbox_condition(p_user uuid, p_workspace uuid, p_filter jsonb) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  f constant jsonb := jsonb_strip_nulls(p_filter);
  hidden constant uuid[] := array(
    select c.id from oneai.chatbots as c
    where c.workspace_id = p_workspace and c.deletes_at is not null and not c.conversations_kept);
  facets constant text[] := oneai.inbox_facets(p_workspace,
    array(select jsonb_array_elements_text(coalesce(f -> 'tags', '[]'))), f ->> 'language', f ->> 'outcome', f ->> 'page',
    (f ->> 'rating')::smallint, null);
begin
  return concat_ws(' and ',
    format('i.workspace_id = %L', p_workspace),
    case when f ? 'spam' then format('i.spam = %L', f ->> 'spam') when not p_filter ? 'spam' then 'i.spam = false' end,
    case when hidden <> '{}' then format('i.chatbot_id <> all (%L::uuid[])', hidden) end,
    case when f ? 'ids' then format('i.conversation_id = any (%L::uuid[])',
      array(select jsonb_array_elements_text(f -> 'ids'))) end,
    case when f ? 'chatbot_id' then format('i.chatbot_id = %L', f ->> 'chatbot_id') end,
    case when f ? 'status' then format('i.status = %L', f ->> 'status') end,
    case f ->> 'assignee' when 'none' then 'i.assignee_id is null' when 'me' then format('i.assignee_id = %L', p_user)
      else format('i.assignee_id = ' || case when f ? 'assignee' then '%L' end, f ->> 'assignee') end,
    case when f ? 'from' then format('i.last_message_at >= %L', f ->> 'from') end,
    case when f ? 'to' then format('i.last_message_at < %L', f ->> 'to') end,
    case when facets <> '{}' then format('i.facets @> %L::text[]', facets) end,
    case when f ? 'charged_above' then format('i.charged_micro_usd > %L', f ->> 'charged_above') end,
    case when f ? 'query' then format('i.conversation_id = any ((select oneai.conversations_with_words(%L, %L))::uuid[])',
      p_workspace, oneai.search_query(f ->> 'query', p_workspace)) end);
end
$$;
revoke execute on function oneai.inbox_condition from public;

-- A conversation in a list, with what other tables have of it: oneai/chatbots/conversations.py has its fields. JSON as text,
-- because a list is only written out, and JSONB would be built and then read for that.
create function oneai.inbox_item(
  i oneai.inbox_conversations, p_title text, v oneai.chatbot_visitors, assignee oneai.users, p_found json) returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
  return json_build_object(
    'id', i.conversation_id, 'chatbot_id', i.chatbot_id, 'status', i.status, 'snoozed_until', i.snoozed_until,
    'spam', i.spam, 'tags', i.tags, 'member_rating', i.member_rating,
    'title', p_title,
    'assignee', case when assignee.id is not null then json_build_object(
      'user_id', assignee.id, 'name', coalesce(nullif(assignee.name, ''), split_part(assignee.email, '@', 1))) end,
    'visitor', case when v.id is not null then oneai.visitor_json(v) end,
    'csat', case when i.csat is not null then
      json_build_object('score', i.csat, 'note', i.csat_note, 'of', i.csat_of) end,
    'ratings', json_build_object('good', i.good_ratings, 'bad', i.bad_ratings),
    'messages', i.messages, 'last_outcome', i.last_outcome, 'unanswered', i.unanswered, 'language', i.language,
    'page', i.page, 'device', i.device, 'cost_micro_usd', i.cost_micro_usd, 'charged_micro_usd', i.charged_micro_usd,
    'created_at', i.created_at, 'last_message_at', i.last_message_at, 'found', p_found);
end
$$;
revoke execute on function oneai.inbox_item from public;

-- Conversations in a list, each with its place in p_rows. `found` is the newest message with the words of p_query:
-- {message_id, content}, of a long one its start; null without p_query.
create function oneai.inbox_items(p_rows oneai.inbox_conversations[], p_query tsquery default null)
returns table (place integer, item json)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
    select r.ordinality::integer, oneai.inbox_item(p_rows[r.ordinality], t.title, v, u, f.found)
    from unnest(p_rows) with ordinality as r
    left join oneai.conversations as t on t.id = r.conversation_id
    left join oneai.chatbot_visitors as v on v.id = r.visitor_id
    left join oneai.users as u on u.id = r.assignee_id
    left join lateral (
      select json_build_object('message_id', m.id, 'content', left(m.content, 50000)) as found
      from oneai.inbox_texts as e join oneai.chat_messages as m on m.id = e.message_id
      where p_query is not null and e.conversation_id = r.conversation_id and (e.words @@ p_query) is true
      order by m.created_at desc, m.id limit 1) as f on true;
end
$$;
revoke execute on function oneai.inbox_items from public;

-- What a filter by dates and by tags, language, outcome, page or rating adds in a list that is not in the order of time: one index
-- finds the conversations that have both. Null: it asks for one of them alone, or for more than 31 days.
create function oneai.inbox_days_condition(p_workspace uuid, p_filter jsonb) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  f constant jsonb := jsonb_strip_nulls(p_filter);
  since constant timestamptz := f ->> 'from';
  until timestamptz := f ->> 'to';
begin
  if since is null or not (f ?| array['language', 'outcome', 'page', 'rating'] or f @? '$.tags[*]') then
    return null;
  end if;
  until := coalesce(until, (
    select max(n.at) from unnest(array[false, true]) as s (spam) cross join lateral (
      select i.last_message_at as at from oneai.inbox_conversations as i
      where i.workspace_id = p_workspace and i.spam = s.spam order by i.last_message_at desc limit 1) as n));
  if until - since <= interval '31 days' then
    return format('i.facets && %L::text[]', array(
      select unnest(oneai.inbox_facets(p_workspace, '{}', null, null, null, null, d.at))
      from generate_series(date_trunc('day', since, 'UTC'), until, interval '24 hours') as d (at)));
  end if;
  return null;
end
$$;
revoke execute on function oneai.inbox_days_condition from public;

-- A page of the inbox of a workspace: at most p_limit conversations after p_after ([the value sorted by, id]; null: from the
-- start) as oneai.inbox_item has them, with `found` where words are searched. p_sort: `newest` (by the last message),
-- `oldest`, or `charged`.
create function oneai.inbox_page(
  p_user uuid, p_workspace uuid, p_filter jsonb, p_sort text, p_after jsonb, p_limit integer) returns json
language plpgsql stable security definer set search_path = ''
as $$
declare
  sorted constant text := case p_sort when 'charged' then 'charged_micro_usd' else 'last_message_at' end;
  way constant text := case p_sort when 'oldest' then 'asc' else 'desc' end;
  asked constant tsquery := case when p_filter ->> 'query' is not null then
    oneai.search_query(p_filter ->> 'query', p_workspace) end;
  condition constant text := concat(oneai.inbox_condition(p_user, p_workspace, p_filter - 'query'),
    case when p_sort = 'charged' then ' and ' || oneai.inbox_days_condition(p_workspace, p_filter) end,
    case when p_after is not null then format(' and (i.%I, i.conversation_id) %s (%L, %L)', sorted,
      case way when 'asc' then '>' else '<' end, p_after ->> 0, p_after ->> 1) end);
  ordered constant text := format('order by i.%I %s, i.conversation_id %s limit', sorted, way, way);
  found_rows oneai.inbox_conversations[];
begin
  if asked is not null then
    found_rows := oneai.search_inbox(p_workspace, condition, ordered, p_limit, asked);
  else
    execute format('select array(select i from oneai.inbox_conversations as i where %s %s %s)', condition, ordered, p_limit)
      into found_rows;
  end if;
  return (select coalesce(json_agg(n.item order by n.place), '[]') from oneai.inbox_items(found_rows, asked) as n);
end
$$;
revoke execute on function oneai.inbox_page from public;

-- How many conversations each view has, each counted up to a thousand: {mine, unassigned (both: open), open, bot, snoozed,
-- resolved, spam}. p_chatbot: of one chatbot; null: of all.
create function oneai.inbox_counts(p_user uuid, p_workspace uuid, p_chatbot uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  of_chatbot constant jsonb := jsonb_strip_nulls(jsonb_build_object('chatbot_id', p_chatbot));
  counted jsonb;
begin
  execute (
    select format('select jsonb_build_object(%s)', string_agg(format(
      '%L, (select count(*) from (select from oneai.inbox_conversations as i where %s limit 1000) as n)', v.name,
      oneai.inbox_condition(p_user, p_workspace, of_chatbot || v.filter)), ', '))
    from (values
      ('mine', '{"status": "open", "assignee": "me"}'::jsonb), ('unassigned', '{"status": "open", "assignee": "none"}'),
      ('open', '{"status": "open"}'), ('bot', '{"status": "bot"}'), ('snoozed', '{"status": "snoozed"}'),
      ('resolved', '{"status": "resolved"}'), ('spam', '{"spam": true}')) as v (name, filter)) into counted;
  return counted;
end
$$;
revoke execute on function oneai.inbox_counts from public;

-- Ends the rest of conversations that were snoozed until now, in one workspace or in all, at most a thousand; returns how many.
create function oneai.wake_snoozed(p_workspace uuid default null) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  woken integer;
begin
  -- Each list asks, and almost always there is none: this is found sooner than an update of none.
  if p_workspace is not null and not exists (
    select from oneai.inbox_conversations as i
    where i.workspace_id = p_workspace and i.status = 'snoozed' and i.snoozed_until <= oneai.now())
  then
    return 0;
  end if;
  update oneai.inbox_conversations set status = status_before, status_before = null, snoozed_until = null
  where conversation_id in (
    select i.conversation_id from oneai.inbox_conversations as i
    where i.status = 'snoozed' and i.snoozed_until <= oneai.now() and (p_workspace is null or i.workspace_id = p_workspace)
    limit 1000 for update skip locked);
  get diagnostics woken = row_count;
  return woken;
end
$$;
revoke execute on function oneai.wake_snoozed from public;
grant execute on function oneai.wake_snoozed to oneai_app;

-- A page of the inbox of the request's workspace, and with p_counts the counts: {items, counts}. ON404, ON403.
create function oneai.list_inbox(
  p_user uuid, p_filter jsonb, p_sort text, p_after jsonb, p_limit integer, p_counts boolean) returns json
language plpgsql volatile security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
begin
  perform oneai.wake_snoozed(named);
  return json_build_object('items', oneai.inbox_page(p_user, named, p_filter, p_sort, p_after, p_limit),
    'counts', case when p_counts then oneai.inbox_counts(p_user, named, (p_filter ->> 'chatbot_id')::uuid) end);
end
$$;
revoke execute on function oneai.list_inbox from public;
grant execute on function oneai.list_inbox to oneai_app;

-- A page of one chatbot's conversations, also of a deleted one if they are kept. ON404, ON403.
create function oneai.list_chatbot_conversations(
  p_user uuid, p_chatbot uuid, p_filter jsonb, p_sort text, p_after jsonb, p_limit integer) returns json
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
begin
  return oneai.inbox_page(
    p_user, c.workspace_id, p_filter || jsonb_build_object('chatbot_id', c.id), p_sort, p_after, p_limit);
end
$$;
revoke execute on function oneai.list_chatbot_conversations from public;
grant execute on function oneai.list_chatbot_conversations to oneai_app;
