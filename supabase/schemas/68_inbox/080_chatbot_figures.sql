-- What visitors did at a chatbot, added up by quarter hour and by the workspace's day.
--
-- Triggers note each change in the transaction that makes it, and a job adds the notes up. So each fact is counted once,
-- a cost that becomes known late changes its own day, and what is deleted later stays counted. No figure names a visitor.

-- An amount that is added to a figure. `key` is empty, or says of what: see oneai.chatbot_quarters.
create type oneai.figure_change as (measure text, key text, amount bigint);

-- Changes that are not added up yet. Without foreign keys, so that a question waits for no other; they go with their
-- chatbot.
create table oneai.chatbot_figure_changes (
  id bigint generated always as identity primary key,
  chatbot_id uuid not null,
  quarter_hour timestamptz not null,
  changes oneai.figure_change[] not null
);
create index chatbot_figure_changes_of_chatbot on oneai.chatbot_figure_changes (chatbot_id);

-- Measures without a key: conversations, messages, visitors_new and visitors_returning (each visitor once a day), answers,
-- cost and charged (micro-dollars), handed_off, resolved_by_bot, csat_score_… and csat_votes_… (bot or member). With one:
-- outcome (answers by verdict), first_token and answer (answers by oneai.latency_bucket), source (answers by document),
-- to_person (conversations by oneai.latency_bucket), language and page (conversations).
create table oneai.chatbot_quarters (
  workspace_id uuid not null,
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  quarter_hour timestamptz not null,
  measure text not null,
  key text not null,
  amount bigint not null,
  primary key (workspace_id, chatbot_id, quarter_hour, measure, key)
);
create index chatbot_quarters_of_chatbot on oneai.chatbot_quarters (chatbot_id);

create table oneai.chatbot_days (
  workspace_id uuid not null,
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  day date not null,
  measure text not null,
  key text not null,
  amount bigint not null,
  primary key (workspace_id, chatbot_id, day, measure, key)
);
create index chatbot_days_of_chatbot on oneai.chatbot_days (chatbot_id);

-- Only functions read them; those for members refuse viewers.
alter table oneai.chatbot_figure_changes enable row level security;
alter table oneai.chatbot_quarters enable row level security;
alter table oneai.chatbot_days enable row level security;
revoke all on oneai.chatbot_figure_changes, oneai.chatbot_quarters, oneai.chatbot_days from anon, authenticated, service_role;

-- Notes changes of a chatbot's figures at this time; amounts of zero are left out.
create function oneai.note_figures(p_chatbot uuid, p_at timestamptz, p_changes oneai.figure_change[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  changes constant oneai.figure_change[] := array(select f from unnest(p_changes) as f where f.amount <> 0);
begin
  if p_chatbot is not null and changes <> '{}' then
    insert into oneai.chatbot_figure_changes (chatbot_id, quarter_hour, changes)
    values (p_chatbot, date_bin('15 minutes', p_at, '2000-01-01 00:00:00+00'), changes);
  end if;
end
$$;
revoke execute on function oneai.note_figures from public;

-- A visitor who comes for the first time, or on another day of the workspace.
create function oneai.count_visitor() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  zone constant text := (select w.time_zone from oneai.workspaces as w where w.id = new.workspace_id);
begin
  if tg_op = 'INSERT' then
    perform oneai.note_figures(new.chatbot_id, new.created_at, array[row('visitors_new', '', 1)]::oneai.figure_change[]);
  elsif (new.last_seen_at at time zone zone)::date > (old.last_seen_at at time zone zone)::date then
    perform oneai.note_figures(
      new.chatbot_id, new.last_seen_at, array[row('visitors_returning', '', 1)]::oneai.figure_change[]);
  end if;
  return null;
end
$$;
revoke execute on function oneai.count_visitor from public;

create trigger count_visitor after insert or update of last_seen_at on oneai.chatbot_visitors
  for each row execute function oneai.count_visitor();

-- The figures that the verdict and the sources of an answer are.
create function oneai.figures_of_answer(p_metadata jsonb) returns setof oneai.figure_change
language sql immutable set search_path = ''
as $$
  select 'outcome', p_metadata ->> 'outcome', 1 where p_metadata ->> 'outcome' is not null
  union all
  select distinct 'source', s.source ->> 'document_id', 1
  from jsonb_array_elements(coalesce(nullif(p_metadata -> 'sources', 'null'), '[]')) as s (source)
  where s.source ->> 'document_id' is not null
$$;
revoke execute on function oneai.figures_of_answer from public;

-- A message in a visitor's conversation. A conversation is one with a message of the visitor, and counts when it began.
create function oneai.count_visitor_message(m oneai.chat_messages) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  talk oneai.conversations;
begin
  select * into talk from oneai.conversations as t where t.id = m.conversation_id;
  perform oneai.note_figures(talk.chatbot_id, m.created_at, array[row('messages', '', 1)]::oneai.figure_change[]
    || array(select f from oneai.figures_of_answer(m.metadata) as f));
  if m.role = 'user' and m.sequence_number = 1 then
    perform oneai.note_figures(talk.chatbot_id, talk.created_at, array[row('conversations', '', 1)]::oneai.figure_change[]);
  end if;
end
$$;
revoke execute on function oneai.count_visitor_message from public;

-- What an answer to a visitor turned out to be.
create function oneai.count_outcome(was oneai.chat_messages, answer oneai.chat_messages) returns void
language sql security definer set search_path = ''
as $$
  select oneai.note_figures(t.chatbot_id, answer.created_at, array(
    select row(d.measure, d.key, sum(d.amount))::oneai.figure_change from (
      select * from oneai.figures_of_answer(answer.metadata)
      union all select f.measure, f.key, -f.amount from oneai.figures_of_answer(was.metadata) as f) as d
    group by d.measure, d.key))
  from oneai.conversations as t where t.id = answer.conversation_id
$$;
revoke execute on function oneai.count_outcome from public;

-- What an answer to a visitor cost and how long it took, and what preparing it cost. What turned out later counts on the
-- day of the answer.
create function oneai.count_visitor_usage(spent oneai.usage_events) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := case spent.purpose when 'correction' then (
    select e.created_at from oneai.usage_events as e where e.message_id = spent.message_id and e.purpose = 'answer') end;
  is_answer constant boolean := spent.purpose = 'answer' and spent.outcome <> 'failed';
begin
  perform oneai.note_figures(spent.chatbot_id, coalesce(at, spent.created_at), array[
    row('cost', '', spent.cost_micro_usd), row('charged', '', oneai.charged_part(spent)),
    row('answers', '', is_answer::integer),
    row('first_token', oneai.latency_bucket(spent.first_token_ms)::text,
      (is_answer and spent.first_token_ms is not null)::integer),
    row('answer', oneai.latency_bucket(spent.duration_ms)::text, (is_answer and spent.duration_ms is not null)::integer)
  ]::oneai.figure_change[]);
end
$$;
revoke execute on function oneai.count_visitor_usage from public;

-- The workspace's days are others once its time zone changes, or the chatbot is in another workspace: the next run adds
-- the quarter hours up again.
create function oneai.note_other_days() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.note_figures(c.id, oneai.now(), array[row('days', '', 1)]::oneai.figure_change[])
  from oneai.chatbots as c
  where case tg_table_name when 'chatbots' then c.id = new.id else c.workspace_id = new.id end;
  return null;
end
$$;
revoke execute on function oneai.note_other_days from public;

create trigger note_other_days after update of time_zone on oneai.workspaces
  for each row when (new.time_zone is distinct from old.time_zone) execute function oneai.note_other_days();
create trigger note_other_days after update of workspace_id on oneai.chatbots
  for each row when (new.workspace_id is distinct from old.workspace_id) execute function oneai.note_other_days();

create function oneai.drop_figure_changes() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.chatbot_figure_changes where chatbot_id = old.id;
  return null;
end
$$;
revoke execute on function oneai.drop_figure_changes from public;

create trigger drop_figure_changes after delete on oneai.chatbots
  for each row execute function oneai.drop_figure_changes();

-- Adds up at most p_limit notes, each exactly once, and returns how many. One run at a time: another one adds nothing.
create function oneai.roll_up_chatbot_figures(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  taken oneai.chatbot_figure_changes[];
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('chatbot figures', 0)) then
    return 0;
  end if;
  with gone as (
    delete from oneai.chatbot_figure_changes as n
    where n.id in (select o.id from oneai.chatbot_figure_changes as o order by o.id limit p_limit)
    returning n as note
  )
  select array_agg(g.note) into taken from gone as g;
  if taken is null then
    return 0;
  end if;
  -- No chatbot is moved or deleted before this ends.
  perform 1 from oneai.chatbots as c
  where c.id in (select t.chatbot_id from unnest(taken) as t) order by c.id for key share;
  insert into oneai.chatbot_quarters as q
  select c.workspace_id, c.id, t.quarter_hour, f.measure, f.key, sum(f.amount)
  from unnest(taken) as t join oneai.chatbots as c on c.id = t.chatbot_id cross join unnest(t.changes) as f
  where f.measure <> 'days' group by 1, 2, 3, 4, 5
  on conflict (workspace_id, chatbot_id, quarter_hour, measure, key) do update set amount = q.amount + excluded.amount;
  insert into oneai.chatbot_days as d
  select c.workspace_id, c.id, (t.quarter_hour at time zone w.time_zone)::date, f.measure, f.key, sum(f.amount)
  from unnest(taken) as t join oneai.chatbots as c on c.id = t.chatbot_id
  join oneai.workspaces as w on w.id = c.workspace_id cross join unnest(t.changes) as f
  where f.measure <> 'days' group by 1, 2, 3, 4, 5
  on conflict (workspace_id, chatbot_id, day, measure, key) do update set amount = d.amount + excluded.amount;
  perform oneai.rebuild_chatbot_days(r.chatbot_id) from (
    select distinct t.chatbot_id from unnest(taken) as t cross join unnest(t.changes) as f where f.measure = 'days') as r;
  return cardinality(taken);
end
$$;
revoke execute on function oneai.roll_up_chatbot_figures from public;
grant execute on function oneai.roll_up_chatbot_figures to oneai_app;

-- Adds up the days of a chatbot from its quarter hours, which are the truth.
create function oneai.rebuild_chatbot_days(p_chatbot uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.chatbot_days where chatbot_id = p_chatbot;
  insert into oneai.chatbot_days
  select q.workspace_id, q.chatbot_id, (q.quarter_hour at time zone w.time_zone)::date, q.measure, q.key, sum(q.amount)
  from oneai.chatbot_quarters as q join oneai.workspaces as w on w.id = q.workspace_id
  where q.chatbot_id = p_chatbot group by 1, 2, 3, 4, 5;
end
$$;
revoke execute on function oneai.rebuild_chatbot_days from public;
