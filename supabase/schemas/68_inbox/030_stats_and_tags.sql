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

-- The tags of the workspace's conversations, by name, each with its number of conversations; the thousand most frequent:
-- [{name, count}]. ON404, ON403.
create function oneai.inbox_tags(p_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
begin
  return (
    select coalesce(jsonb_agg(to_jsonb(n) order by n.name), '[]') from (
      select t.tag as name, count(*) as count
      from oneai.inbox_conversations as i cross join lateral unnest(i.tags) as t (tag)
      where i.workspace_id = named and i.tags <> '{}'
      group by t.tag order by count(*) desc, t.tag limit 1000) as n);
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
