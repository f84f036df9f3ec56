-- The weekly mail about a workspace's chatbots.

-- What it says of the week before p_since + 7, in days of the workspace: {workspace_id, workspace (a team's name), since,
-- until, conversations, visitors, score (the sum of all), votes, handed_off, charged_micro_usd, topics: the three with most
-- questions without an answer, [{name, questions}]}. Figures that are added up, and questions that the team may read as
-- examples of at least five visitors'. Null: no visitor came.
create function oneai.week_of_chatbots(w oneai.workspaces, p_since date) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  sums constant jsonb := (
    select jsonb_object_agg(f.measure, f.amount) from (
      select d.measure, sum(d.amount) as amount from oneai.chatbot_days as d
      where d.workspace_id = w.id and d.day between p_since and p_since + 6 and d.key = '' group by 1) as f);
begin
  if coalesce((sums ->> 'conversations')::bigint, 0) <= 0 then
    return null;
  end if;
  return jsonb_build_object('workspace_id', w.id, 'workspace', case when w.kind = 'team' then w.name end,
    'since', p_since, 'until', p_since + 6, 'conversations', sums -> 'conversations',
    'visitors', coalesce((sums ->> 'visitors_new')::bigint, 0) + coalesce((sums ->> 'visitors_returning')::bigint, 0),
    'score', coalesce((sums ->> 'csat_score_bot')::bigint, 0) + coalesce((sums ->> 'csat_score_member')::bigint, 0),
    'votes', coalesce((sums ->> 'csat_votes_bot')::bigint, 0) + coalesce((sums ->> 'csat_votes_member')::bigint, 0),
    'handed_off', coalesce((sums ->> 'handed_off')::bigint, 0),
    'charged_micro_usd', coalesce((sums ->> 'charged')::bigint, 0), 'topics', (
      select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'questions', t.questions)
        order by t.questions desc, t.name), '[]')
      from (
        select o.topic ->> 'name' as name, (o.topic ->> 'questions')::bigint - (o.topic ->> 'answered')::bigint as questions
        from oneai.chatbots as c cross join lateral jsonb_array_elements(oneai.topics_of_chatbot(
          c.id, p_since::timestamp at time zone w.time_zone, (p_since + 7)::timestamp at time zone w.time_zone)) as o (topic)
        where c.workspace_id = w.id and c.deletes_at is null and o.topic -> 'questions' > o.topic -> 'answered'
        order by questions desc, name limit 3) as t));
end
$$;
revoke execute on function oneai.week_of_chatbots from public;

-- Queues the mail of the week that ended for the members who answer visitors, in the next p_most workspaces with chatbots
-- after p_after; returns the last workspace (null: no more) and the number of mails. In the day from eight o'clock on Monday
-- in the workspace's time zone, once for each member and week.
create function oneai.enqueue_weekly_mail(p_after uuid, p_most integer, out last uuid, out posted integer)
language plpgsql security definer set search_path = ''
as $$
declare
  w oneai.workspaces;
  monday timestamp;
  week jsonb;
  member uuid;
begin
  posted := 0;
  for w in
    select o.* from (
      select distinct c.workspace_id as id from oneai.chatbots as c
      where c.workspace_id > p_after and c.deletes_at is null order by 1 limit p_most) as visited
    join oneai.workspaces as o on o.id = visited.id order by o.id
  loop
    last := w.id;
    monday := date_trunc('week', oneai.now() at time zone w.time_zone);
    continue when w.deletes_at is not null
      or (oneai.now() at time zone w.time_zone) - monday not between interval '8 hours' and interval '32 hours'
      or exists (
        select from oneai.outbox as o
        where o.workspace_id = w.id and o.kind = 'chatbots_week' and o.data ->> 'since' = (monday::date - 7)::text);
    week := oneai.week_of_chatbots(w, monday::date - 7);
    continue when week is null;
    for member in
      select m.user_id from oneai.workspace_members as m
      where m.workspace_id = w.id and oneai.role_has_right(m.role, 'write')
        and not oneai.turned_off(m.user_id, w.id, 'chatbots_week') order by m.user_id
    loop
      if oneai.enqueue_mail(
        member, 'chatbots_week', concat_ws('/', w.id, week ->> 'since', member), week, p_workspace => w.id)
      then
        posted := posted + 1;
      end if;
    end loop;
  end loop;
end
$$;
revoke execute on function oneai.enqueue_weekly_mail from public;
grant execute on function oneai.enqueue_weekly_mail to oneai_app;
