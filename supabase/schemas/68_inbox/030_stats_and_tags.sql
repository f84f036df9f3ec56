-- How many conversations a team has and what its visitors think of them, and the tags in use.

-- {total, average_messages (null: none), by_status {bot, open, snoozed, resolved}, spam, satisfaction {all, bot, member: {score
-- (null: no votes), votes}}} of what p_filter asks for (oneai.inbox_condition), with `spam` apart. ON404, ON403.
create function oneai.inbox_stats(p_user uuid, p_filter jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
  figures jsonb;
begin
  perform oneai.wake_snoozed(named);
  execute format($query$
    select jsonb_build_object(
      'total', count(*) filter (where not i.spam), 'spam', count(*) filter (where i.spam),
      'average_messages', round(avg(i.messages) filter (where not i.spam), 2),
      'by_status', jsonb_build_object(
        'bot', count(*) filter (where not i.spam and i.status = 'bot'),
        'open', count(*) filter (where not i.spam and i.status = 'open'),
        'snoozed', count(*) filter (where not i.spam and i.status = 'snoozed'),
        'resolved', count(*) filter (where not i.spam and i.status = 'resolved')),
      'satisfaction', jsonb_build_object(
        'all', jsonb_build_object('score', round(avg(i.csat), 2), 'votes', count(i.csat)),
        'bot', jsonb_build_object('score', round(avg(i.csat) filter (where i.csat_of = 'bot'), 2),
          'votes', count(i.csat) filter (where i.csat_of = 'bot')),
        'member', jsonb_build_object('score', round(avg(i.csat) filter (where i.csat_of = 'member'), 2),
          'votes', count(i.csat) filter (where i.csat_of = 'member'))))
    from oneai.inbox_conversations as i where %s $query$,
    oneai.inbox_condition(p_user, named, p_filter || '{"spam": null}')) into figures;
  return figures;
end
$$;
revoke execute on function oneai.inbox_stats from public;
grant execute on function oneai.inbox_stats to oneai_app;

-- How many conversations have a tag: the sum of the amounts of a workspace and name. A change adds a row and changes none, so
-- members, visitors and jobs that change conversations with the same tag never wait for each other. Who reads the tags makes
-- one row of many.
create table oneai.inbox_tag_amounts (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  name text not null,
  amount integer not null
);
create index inbox_tag_amounts_of_workspace on oneai.inbox_tag_amounts (workspace_id, name) include (amount);

-- Only functions read it.
alter table oneai.inbox_tag_amounts enable row level security;
revoke all on oneai.inbox_tag_amounts from anon, authenticated, service_role;

-- Counts the tags of a conversation that came, changed, moved or is gone.
create function oneai.count_inbox_tags() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.inbox_tag_amounts (workspace_id, name, amount)
  select w.id, c.name, sum(c.amount) from (
    select old.workspace_id, t.name, -1 as amount from unnest(old.tags) as t (name)
    union all
    select new.workspace_id, t.name, 1 from unnest(new.tags) as t (name)) as c
  -- Not for a workspace that is being deleted.
  join oneai.workspaces as w on w.id = c.workspace_id
  group by w.id, c.name having sum(c.amount) <> 0;
  return null;
end
$$;
revoke execute on function oneai.count_inbox_tags from public;

create trigger count_inbox_tags_of_new after insert on oneai.inbox_conversations
  for each row when (new.tags <> '{}') execute function oneai.count_inbox_tags();
create trigger count_inbox_tags_of_old after update of tags, workspace_id on oneai.inbox_conversations
  for each row when (new.tags <> old.tags or new.workspace_id <> old.workspace_id and new.tags <> '{}')
  execute function oneai.count_inbox_tags();
create trigger count_inbox_tags_of_deleted after delete on oneai.inbox_conversations
  for each row when (old.tags <> '{}') execute function oneai.count_inbox_tags();

-- Makes one row of all that a workspace has of each tag. Rows that another one sums up at the same time are left to it.
create function oneai.sum_up_inbox_tags(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  with summed as (
    delete from oneai.inbox_tag_amounts where id = any (array(
      select a.id from oneai.inbox_tag_amounts as a where a.workspace_id = p_workspace for update skip locked))
    returning name, amount)
  insert into oneai.inbox_tag_amounts (workspace_id, name, amount)
  select p_workspace, s.name, sum(s.amount) from summed as s group by s.name having sum(s.amount) <> 0;
end
$$;
revoke execute on function oneai.sum_up_inbox_tags from public;

-- The tags of the workspace's conversations, by name, each with its number of conversations; the thousand most frequent:
-- [{name, count}]. ON404, ON403.
create function oneai.inbox_tags(p_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
  counted record;
begin
  with names as (
    select a.name, sum(a.amount) as count, count(*) as parts
    from oneai.inbox_tag_amounts as a where a.workspace_id = named group by a.name
  )
  select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'count', n.count) order by n.name), '[]') as tags,
    (select sum(m.parts) - 2 * count(*) from names as m) as more into counted
  from (select * from names where count > 0 order by count desc, name limit 1000) as n;
  if counted.more > 1000 then
    perform oneai.sum_up_inbox_tags(named);
  end if;
  return counted.tags;
end
$$;
revoke execute on function oneai.inbox_tags from public;
grant execute on function oneai.inbox_tags to oneai_app;

-- How many conversations wait for a member in a workspace, up to 100, for the side bar of the current user; null if the
-- workspace has no chatbots, or the user does not read its inbox.
create function oneai.waiting_in_my_inbox(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select count(i.conversation_id)::integer
  from (
    select c.workspace_id from oneai.chatbots as c
    where c.workspace_id = p_workspace and c.deletes_at is null
      and c.workspace_id = any (array(select oneai.my_writable_workspaces()))
    limit 1) as w
  left join lateral (
    select n.conversation_id from oneai.inbox_conversations as n
    where n.workspace_id = w.workspace_id and n.status = 'open' and n.assignee_id is null and not n.spam
    limit 100) as i on true
  group by w.workspace_id
$$;
revoke execute on function oneai.waiting_in_my_inbox from public;
grant execute on function oneai.waiting_in_my_inbox to authenticated;
