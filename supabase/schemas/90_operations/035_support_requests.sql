-- The support queue: what users ask operators for, each with the time by which it is to be answered.

create table oneai.support_requests (
  id uuid primary key default gen_random_uuid(),
  -- What is asked for; `sales`: a plan that is sold by the sales team.
  kind text not null check (kind in ('sales')),
  user_id uuid not null references oneai.users (id) on delete cascade,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The plan of the workspace at that time, from which the due time follows.
  tier text not null,
  plan_id text not null,
  seats integer check (seats between 1 and 100000),
  company text check (length(company) between 1 and 200),
  message text not null check (length(message) between 1 and 4000),
  created_at timestamptz not null default oneai.now(),
  due_at timestamptz not null,
  answered_at timestamptz,
  -- The admin who answered; null for one who is erased.
  answered_by uuid references oneai.users (id) on delete set null
);
create index support_requests_of_user on oneai.support_requests (user_id, created_at);
create index support_requests_of_workspace on oneai.support_requests (workspace_id);
create index support_requests_open on oneai.support_requests (due_at, id) where answered_at is null;
create index support_requests_answered on oneai.support_requests (answered_at, id) where answered_at is not null;
create index support_requests_answered_by on oneai.support_requests (answered_by) where answered_by is not null;

alter table oneai.support_requests enable row level security;
create policy "service" on oneai.support_requests to oneai_service using (true) with check (true);
create policy "admins" on oneai.support_requests to oneai_admin using (true) with check (true);
revoke all on oneai.support_requests from anon, authenticated, service_role;
grant select, update, delete on oneai.support_requests to oneai_service;
grant select, update (answered_at, answered_by) on oneai.support_requests to oneai_admin;

-- A user's requests, oldest first, for the export of their data.
create function oneai.support_requests_to_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(r) - 'user_id' - 'answered_by' order by r.created_at, r.id), '[]')
  from oneai.support_requests as r where r.user_id = p_user
$$;
revoke execute on function oneai.support_requests_to_export from public;
grant execute on function oneai.support_requests_to_export to oneai_app;

-- When a request of a workspace with this plan is to be answered, as docs/guide/support.md says: after three working days
-- without a paid plan, else after one. Working days are Monday to Friday, 10:00 to 18:00 in India.
create function oneai.support_due_at(p_at timestamptz, p_tier text) returns timestamptz
language plpgsql immutable
as $$
declare
  due timestamp := p_at at time zone 'Asia/Kolkata';
  days integer := case when p_tier in ('free', 'none') then 3 else 1 end;
begin
  if due::time >= '18:00' then
    due := due::date + 1 + time '10:00';
  elsif due::time < '10:00' then
    due := due::date + time '10:00';
  end if;
  while extract(isodow from due) > 5 loop
    due := due::date + 1 + time '10:00';
  end loop;
  while days > 0 loop
    due := due + interval '1 day';
    days := days - (extract(isodow from due) <= 5)::integer;
  end loop;
  return due at time zone 'Asia/Kolkata';
end
$$;
revoke execute on function oneai.support_due_at from public;

-- Adds a request of sales, and returns it. Raises ON429 after five of the user within a day.
create function oneai.ask_sales(
  p_user uuid, p_workspace uuid, p_plan text, p_seats integer, p_company text, p_message text
) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  payer oneai.workspaces;
  asked oneai.support_requests;
begin
  select * into payer from oneai.workspaces where id = p_workspace;
  perform 1 from oneai.users where id = p_user for no key update;
  if (select count(*) from oneai.support_requests
    where user_id = p_user and created_at > at - interval '1 day') >= 5
  then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 86400}';
  end if;
  insert into oneai.support_requests (kind, user_id, workspace_id, tier, plan_id, seats, company, message, created_at, due_at)
  values ('sales', p_user, p_workspace, payer.subscription_tier, p_plan, p_seats, p_company, p_message, at,
    oneai.support_due_at(at, payer.subscription_tier))
  returning * into asked;
  return jsonb_build_object('id', asked.id, 'created_at', asked.created_at, 'due_at', asked.due_at);
end
$$;
revoke execute on function oneai.ask_sales from public;
grant execute on function oneai.ask_sales to oneai_app;
