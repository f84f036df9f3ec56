-- What a chatbot did and cost, since its figures were reset.

-- What the workspace was charged for this event: in credits their price, by its own key the cost, else the cost of what units of
-- the plan paid, of a charged answer and of a correction of one.
create function oneai.charged_part(u oneai.usage_events) returns bigint
language sql stable security definer set search_path = ''
as $$
  select case
    when u.paid_by = 'credits' then u.credits_micro_usd
    when u.paid_by = 'own_key' then u.cost_micro_usd
    when u.charged > 0 then u.cost_micro_usd
    when u.purpose = 'correction' and exists (
        select from oneai.usage_events as a
        where a.message_id = u.message_id and a.purpose = 'answer' and a.charged > 0)
      then u.cost_micro_usd
    else 0 end
$$;
revoke execute on function oneai.charged_part from public;
grant execute on function oneai.charged_part to authenticated, oneai_service;

-- {since, answers, outcomes: {outcome: answers}, ratings: {good, bad}, visitors, conversations, leads, csat: {score (the
-- average; null: none), votes}, cost_micro_usd, charged_micro_usd, units}: `cost` is what models cost, `charged` the part
-- that units of the plan or keys of the workspace paid. Previews, which a user asks, are left out. Costs that were
-- corrected later are in the sums.
create function oneai.chatbot_stats(c oneai.chatbots) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select jsonb_build_object('since', c.stats_since, 'answers', e.answers, 'cost_micro_usd', e.cost,
    'charged_micro_usd', e.charged, 'units', e.units, 'visitors', t.visitors, 'conversations', t.conversations,
    'csat', jsonb_build_object('score', t.score, 'votes', t.votes), 'outcomes', o.outcomes,
    'ratings', jsonb_build_object('good', o.good, 'bad', o.bad), 'leads', (
      select count(*) from oneai.chatbot_leads as l where l.chatbot_id = c.id and l.created_at >= c.stats_since))
  from (
    select count(*) filter (where u.purpose = 'answer' and u.outcome <> 'failed') as answers,
      coalesce(sum(u.cost_micro_usd), 0) as cost, coalesce(sum(oneai.charged_part(u)), 0) as charged,
      coalesce(sum(u.charged), 0) as units
    from oneai.usage_events as u
    where u.chatbot_id = c.id and u.user_id is null and u.created_at >= c.stats_since) as e
  cross join (
    select count(distinct v.visitor_id) as visitors, count(*) as conversations,
      round(avg(v.csat), 2) as score, count(v.csat) as votes
    from oneai.inbox_conversations as v
    where v.chatbot_id = c.id and v.last_message_at >= c.stats_since) as t
  cross join (
    select coalesce(jsonb_object_agg(f.outcome, f.answers) filter (where f.outcome is not null), '{}') as outcomes,
      coalesce(sum(f.good), 0) as good, coalesce(sum(f.bad), 0) as bad
    from (
      select m.metadata ->> 'outcome' as outcome, count(*) as answers,
        count(*) filter (where m.metadata ->> 'rating' = '1') as good,
        count(*) filter (where m.metadata ->> 'rating' = '-1') as bad
      from oneai.conversations as v join oneai.chat_messages as m on m.conversation_id = v.id
      where v.chatbot_id = c.id and v.visitor_id is not null and v.last_message_at >= c.stats_since and m.role = 'assistant'
        and m.created_at >= c.stats_since and m.metadata ?| array['outcome', 'rating']
      group by 1) as f) as o);
end
$$;
revoke execute on function oneai.chatbot_stats from public;

-- The questions of visitors since then to which the documents had no answer, the most frequent first, at most 20: [{question,
-- times, last_asked_at, conversation_id (of the newest)}]. Letters' case and spaces do not make another question.
create function oneai.questions_not_found(p_chatbot uuid, p_since timestamptz) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(n) order by n.times desc, n.last_asked_at desc), '[]') from (
    select (array_agg(left(q.content, 500) order by m.created_at desc))[1] as question, count(*) as times,
      max(m.created_at) as last_asked_at, (array_agg(v.id order by m.created_at desc))[1] as conversation_id
    from oneai.conversations as v
    join oneai.chat_messages as m on m.conversation_id = v.id
    join oneai.chat_messages as q on q.id = m.parent_message_id
    where v.chatbot_id = p_chatbot and v.visitor_id is not null and v.last_message_at >= p_since and m.role = 'assistant'
      and m.created_at >= p_since and m.metadata ->> 'outcome' = 'not_found'
    group by lower(btrim(regexp_replace(q.content, '\s+', ' ', 'g')))
    order by times desc, last_asked_at desc limit 20) as n
$$;
revoke execute on function oneai.questions_not_found from public;

-- The figures of a chatbot, with the last p_days days of its workspace, newest first: [{day, answers, cost_micro_usd,
-- charged_micro_usd}], without days on which nothing was asked; and the questions of these days that had no answer, for
-- those who read visitors' conversations. ON404.
create function oneai.show_chatbot_stats(p_user uuid, p_chatbot uuid, p_days integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read');
  zone constant text := (select w.time_zone from oneai.workspaces as w where w.id = c.workspace_id);
  since constant timestamptz := greatest(c.stats_since,
    date_trunc('day', oneai.now() - make_interval(days => p_days - 1), zone));
begin
  return oneai.chatbot_stats(c) || jsonb_build_object('days', (
    select coalesce(jsonb_agg(to_jsonb(d) order by d.day desc), '[]') from (
      select (u.created_at at time zone zone)::date as day,
        count(*) filter (where u.purpose = 'answer' and u.outcome <> 'failed') as answers,
        coalesce(sum(u.cost_micro_usd), 0) as cost_micro_usd,
        coalesce(sum(oneai.charged_part(u)), 0) as charged_micro_usd
      from oneai.usage_events as u where u.chatbot_id = c.id and u.user_id is null and u.created_at >= since
      group by 1) as d),
    'not_found', case when oneai.may_read_conversations(p_user, c.workspace_id)
      then oneai.questions_not_found(c.id, since) else '[]' end);
end
$$;
revoke execute on function oneai.show_chatbot_stats from public;
grant execute on function oneai.show_chatbot_stats to oneai_app;
