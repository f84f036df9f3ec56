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
