-- Reports of chatbots by their visitors, and what operators do about them. The deadlines are those of reports of shares.

-- The first hundred reports of a chatbot with their text; all of them are counted in chatbots.report_count.
create table oneai.chatbot_reports (
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  number integer not null,
  kind text not null check (kind in ('complaint', 'intimate_image', 'order')),
  message text check (octet_length(message) <= 4000),
  -- The answer that the report is about. No foreign key: the report stays when its visitor is forgotten.
  message_id uuid,
  created_at timestamptz not null default oneai.now(),
  primary key (chatbot_id, number)
);

-- Only functions read it.
alter table oneai.chatbot_reports enable row level security;
revoke all on oneai.chatbot_reports from anon, authenticated, service_role;

-- Stores a report of the chatbot, whose deadline is p_time from now, and returns {id, report_count, report_due_at}.
-- p_network: a salted hash of the client's network, which sends at most p_most in a day about a chatbot: ON429
-- `address_limit`. The text of later reports than the p_stored first is not stored. ON404 for the chatbot.
create function oneai.report_chatbot(
  p_public_id text, p_network bytea, p_kind text, p_message text, p_message_id uuid, p_time interval, p_most integer,
  p_stored integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  perform oneai.take_request_of_network(c.id, p_network, 'report', p_most);
  update oneai.chatbots
  set report_count = report_count + 1, last_reported_at = oneai.now(),
      report_due_at = least(report_due_at, oneai.now() + p_time)
  where id = c.id returning * into c;
  insert into oneai.chatbot_reports (chatbot_id, number, kind, message, message_id)
  select c.id, c.report_count, p_kind, p_message, (
    select m.id from oneai.chat_messages as m join oneai.conversations as t on t.id = m.conversation_id
    where m.id = p_message_id and t.chatbot_id = c.id and m.role = 'assistant')
  where c.report_count <= p_stored;
  return jsonb_build_object('id', c.id, 'report_count', c.report_count, 'report_due_at', c.report_due_at);
end
$$;
revoke execute on function oneai.report_chatbot from public;
grant execute on function oneai.report_chatbot to oneai_app;

-- The p_reports newest reports of a chatbot, and the answers that they are about.
create function oneai.newest_reports(p_chatbot uuid, p_reports integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('kind', r.kind, 'message', r.message, 'answer', m.content,
      'created_at', r.created_at) order by r.number desc), '[]')
    from (
      select * from oneai.chatbot_reports as all_of_it where all_of_it.chatbot_id = p_chatbot
      order by all_of_it.number desc limit p_reports) as r
    left join oneai.chat_messages as m on m.id = r.message_id);
end
$$;
revoke execute on function oneai.newest_reports from public;

-- The reported chatbots that operators have not decided about, by deadline: at most p_limit, after the one with the
-- deadline p_at and the id p_last. Each with its p_reports newest reports, and the answers that they are about.
create function oneai.reported_chatbots(p_at timestamptz, p_last uuid, p_limit integer, p_reports integer)
returns table (
  id uuid, public_id text, name text, workspace_id uuid, user_id uuid, email text, report_count integer,
  last_reported_at timestamptz, due_at timestamptz, overdue boolean, reports jsonb)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select c.id, c.public_id, c.name, c.workspace_id, u.id, u.email::text, c.report_count, c.last_reported_at,
    c.report_due_at, c.report_due_at < oneai.now(), oneai.newest_reports(c.id, p_reports)
  from oneai.chatbots as c left join oneai.users as u on u.id = oneai.owner_of(c.workspace_id)
  where c.report_due_at is not null and c.deletes_at is null
    and (p_at is null or (c.report_due_at, c.id) > (p_at, p_last))
  order by c.report_due_at, c.id limit p_limit;
end
$$;
revoke execute on function oneai.reported_chatbots from public;
grant execute on function oneai.reported_chatbots to oneai_admin;

-- The suspended chatbots, by themselves or with all of their workspace, the last one first: at most p_limit, after the one
-- that is suspended since p_at and has the id p_last. Each with its p_reports newest reports.
create function oneai.suspended_chatbots(p_at timestamptz, p_last uuid, p_limit integer, p_reports integer)
returns table (
  id uuid, public_id text, name text, workspace_id uuid, user_id uuid, email text, report_count integer,
  suspended_at timestamptz, all_suspended boolean, reports jsonb)
language plpgsql stable security definer set search_path = ''
as $$
begin
  return query
  select c.id, c.public_id, c.name, c.workspace_id, u.id, u.email::text, c.report_count, s.since,
    w.chatbots_suspended_at is not null, oneai.newest_reports(c.id, p_reports)
  from (
    select b.id from oneai.chatbots as b where b.suspended_at is not null
    union
    select b.id from oneai.workspaces as k join oneai.chatbots as b on b.workspace_id = k.id
    where k.chatbots_suspended_at is not null) as found
  join oneai.chatbots as c on c.id = found.id
  join oneai.workspaces as w on w.id = c.workspace_id
  cross join lateral (select greatest(c.suspended_at, w.chatbots_suspended_at) as since) as s
  left join oneai.users as u on u.id = oneai.owner_of(c.workspace_id)
  where c.deletes_at is null and (p_at is null or (s.since, c.id) < (p_at, p_last))
  order by s.since desc, c.id desc limit p_limit;
end
$$;
revoke execute on function oneai.suspended_chatbots from public;
grant execute on function oneai.suspended_chatbots to oneai_admin;

-- Suspends a chatbot, or ends that; p_all: all chatbots of its workspace, also where they are moved to, and later ones. A
-- suspended one is not found by visitors, and its running answers stop. Its reports are decided. {changed, suspended,
-- workspace_id, user_id, chatbots (whose reports are decided)}. ON404 `not_found`.
create function oneai.set_chatbot_suspended(p_chatbot uuid, p_suspended boolean, p_all boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  of_workspace uuid;
  concerned uuid[];
  changed boolean;
begin
  select c.workspace_id into of_workspace from oneai.chatbots as c where c.id = p_chatbot;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform 1 from oneai.workspaces as w where w.id = of_workspace for no key update;
  concerned := array(
    select c.id from oneai.chatbots as c where c.workspace_id = of_workspace and (p_all or c.id = p_chatbot) order by 1);
  with own as (
    update oneai.chatbots as c
    set suspended_at = case when p_suspended then oneai.now() end, updated_at = oneai.now()
    where c.id = any (concerned) and (c.suspended_at is not null) <> p_suspended
    returning c.id
  ), of_all as (
    update oneai.workspaces as w
    set chatbots_suspended_at = case when p_suspended then oneai.now() end, updated_at = oneai.now()
    where w.id = of_workspace and p_all and (w.chatbots_suspended_at is not null) <> p_suspended
    returning w.id
  )
  select exists (select from own) or exists (select from of_all) into changed;
  if p_suspended then
    update oneai.chatbots set report_due_at = null where id = any (concerned) and report_due_at is not null;
    update oneai.chat_messages set stop_requested_at = oneai.now()
    where state = 'streaming' and stop_requested_at is null and id in (
      select r.id from oneai.reservations as r
      where r.workspace_id = of_workspace and r.chatbot_id = any (concerned) and r.settled_at is null);
  end if;
  return jsonb_build_object('changed', changed, 'workspace_id', of_workspace, 'user_id', oneai.owner_of(of_workspace),
    'chatbots', to_jsonb(concerned), 'suspended', (
      select c.suspended_at is not null or w.chatbots_suspended_at is not null
      from oneai.chatbots as c join oneai.workspaces as w on w.id = c.workspace_id where c.id = p_chatbot));
end
$$;
revoke execute on function oneai.set_chatbot_suspended from public;
grant execute on function oneai.set_chatbot_suspended to oneai_admin;

-- Leaves a reported chatbot as it is until it is reported again; its deadline until now, null if none was open, and its
-- owner. ON404 `not_found` for one that was never reported.
create function oneai.dismiss_chatbot_reports(p_chatbot uuid, out due_at timestamptz, out user_id uuid)
language plpgsql security definer set search_path = ''
as $$
begin
  select c.report_due_at, oneai.owner_of(c.workspace_id) into due_at, user_id from oneai.chatbots as c
  where c.id = p_chatbot and c.report_count > 0 for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  update oneai.chatbots set report_due_at = null where id = p_chatbot;
end
$$;
revoke execute on function oneai.dismiss_chatbot_reports from public;
grant execute on function oneai.dismiss_chatbot_reports to oneai_admin;
