-- The figures of chatbots as members read them: from days that are added up, and the notes that are not yet.

-- The workspace whose figures are read: that of these chatbots, or the given one without any. ON404, also for chatbots of
-- several workspaces; ON403 for viewers, as for visitors' conversations.
create function oneai.require_figures(p_user uuid, p_workspace uuid, p_chatbots uuid[]) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  chatbot uuid;
  c oneai.chatbots;
  workspace uuid;
begin
  foreach chatbot in array p_chatbots loop
    c := oneai.require_conversations_of(p_user, chatbot);
    if c.workspace_id <> workspace then
      raise exception using errcode = 'ON404', message = 'chatbot_not_found';
    end if;
    workspace := c.workspace_id;
  end loop;
  if workspace is null then
    perform oneai.require_right(p_user, p_workspace, 'write');
  end if;
  return coalesce(workspace, p_workspace);
end
$$;
revoke execute on function oneai.require_figures from public;

-- What a period of the figures begins with: {time_zone, at: now} of the workspace, or of the chatbots'. ON404, ON403.
create function oneai.analytics_calendar(p_user uuid, p_workspace uuid, p_chatbots uuid[]) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  workspace constant uuid := oneai.require_figures(p_user, p_workspace, p_chatbots);
begin
  return (
    select jsonb_build_object('time_zone', w.time_zone, 'at', oneai.now()) from oneai.workspaces as w where w.id = workspace);
end
$$;
revoke execute on function oneai.analytics_calendar from public;
grant execute on function oneai.analytics_calendar to oneai_app;

-- The figures of these chatbots from one day to another, both included, or without any of all that the workspace has:
-- {chatbots: [{id, name, deleted}], days: [{day, measure, amount}], by_chatbot: [{chatbot_id, measure, amount}],
-- keys: [{measure, key, amount}]}, the last one only of a single chatbot; and before: [{measure, amount}] from p_before until p_from, without it (null: none).
-- ON404, ON403.
create function oneai.read_chatbot_figures(
  p_user uuid, p_workspace uuid, p_chatbots uuid[], p_from date, p_to date, p_before date) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  workspace constant uuid := oneai.require_figures(p_user, p_workspace, p_chatbots);
  zone constant text := (select w.time_zone from oneai.workspaces as w where w.id = workspace);
begin
  return (
    with shown as materialized (
      select b.id, b.name, b.deletes_at is not null as deleted from oneai.chatbots as b
      where b.workspace_id = workspace and (cardinality(p_chatbots) = 0 or b.id = any (p_chatbots))
    ), all_figures as materialized (
      select f.chatbot_id, f.day, f.measure, f.key, sum(f.amount) as amount from (
        select d.chatbot_id, d.day, d.measure, d.key, d.amount from oneai.chatbot_days as d
        where d.workspace_id = workspace and d.chatbot_id in (select s.id from shown as s) and d.day between coalesce(p_before, p_from) and p_to
        union all
        select n.chatbot_id, (n.quarter_hour at time zone zone)::date, x.measure, x.key, x.amount
        from shown as s join oneai.chatbot_figure_changes as n on n.chatbot_id = s.id cross join unnest(n.changes) as x
        where (n.quarter_hour at time zone zone)::date between coalesce(p_before, p_from) and p_to and x.measure <> 'days') as f
      group by 1, 2, 3, 4
    ), figures as (
      select f.chatbot_id, f.day, f.measure, f.key, f.amount from all_figures as f where f.day >= p_from
    )
    select jsonb_build_object(
      'chatbots', (select coalesce(jsonb_agg(to_jsonb(s) order by s.name, s.id), '[]') from shown as s),
      'days', (
        select coalesce(jsonb_agg(to_jsonb(d) order by d.day, d.measure), '[]') from (
          select f.day, f.measure, sum(f.amount) as amount from figures as f where f.key = '' group by 1, 2) as d),
      'by_chatbot', (
        select coalesce(jsonb_agg(to_jsonb(d)), '[]') from (
          select f.chatbot_id, f.measure, sum(f.amount) as amount from figures as f where f.key = '' group by 1, 2) as d),
      'before', (
        select coalesce(jsonb_agg(to_jsonb(d)), '[]') from (
          select f.measure, sum(f.amount) as amount from all_figures as f where f.day < p_from and f.key = '' group by 1) as d),
      'keys', (
        select coalesce(jsonb_agg(to_jsonb(d) order by d.measure, d.amount desc, d.key), '[]') from (
          select f.measure, f.key, sum(f.amount) as amount from figures as f
          where f.key <> '' and cardinality(p_chatbots) = 1 group by 1, 2 having sum(f.amount) > 0) as d)));
end
$$;
revoke execute on function oneai.read_chatbot_figures from public;
grant execute on function oneai.read_chatbot_figures to oneai_app;
