-- Requests that a plan, a quota, a limit or a state refused, so that support can explain them. Stored for a month.

-- `asked`: model, conversation and answer of a question, never its text; `error`: the rest of the envelope; `quotas`:
-- the user's quotas at that time, with windows, holds and overrides.
create table oneai.refusals (
  request_id text primary key check (length(request_id) between 1 and 200),
  created_at timestamptz not null default oneai.now(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  api_key_id uuid,
  route text not null check (length(route) <= 200),
  status smallint not null,
  code text not null,
  message text not null,
  asked jsonb not null,
  error jsonb not null,
  quotas jsonb not null
);
create index refusals_of_user on oneai.refusals (user_id, created_at);
create index refusals_by_time on oneai.refusals (created_at);

alter table oneai.refusals enable row level security;
create policy "service" on oneai.refusals to oneai_service using (true) with check (true);
create policy "admins" on oneai.refusals for select to oneai_admin using (true);
revoke all on oneai.refusals from anon, authenticated, service_role;
grant select, update, delete on oneai.refusals to oneai_service;
grant select on oneai.refusals to oneai_admin;

-- The quotas of the user's personal workspace, each with its window, the units that running answers hold, and the
-- override in force.
create function oneai.explain_quotas(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'quota_key', q.quota_key, 'tier', q.subscription_tier, 'plan_limit', q.quota_limit, 'limit', now.most,
    'grace_units', q.grace_units, 'used', now.used, 'reserved', now.reserved, 'frequency', q.reset_frequency,
    'window_start', case when now.resets_at = q.next_reset_at then q.window_start
      else oneai.window_before(q.reset_frequency, now.resets_at) end,
    'resets_at', now.resets_at,
    'holds', (
      select coalesce(jsonb_agg(jsonb_build_object('message_id', h.id, 'model', h.model_asked, 'units', h.held,
        'created_at', h.created_at, 'held_until', h.held_until) order by h.created_at), '[]')
      from (
        select r.id, r.model_asked, l.held, r.created_at, r.held_until
        from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
        where r.workspace_id = p_user and r.user_id = p_user and r.settled_at is null and l.quota_key = q.quota_key
        order by r.created_at limit 50) as h),
    'exception', (
      select jsonb_build_object('id', o.id, 'own_limit', o.own_limit, 'extra_units', o.extra_units,
        'until', nullif(o.until, 'infinity'), 'reason', o.reason)
      from oneai.quota_overrides as o
      where o.workspace_id = p_user and o.quota_key = q.quota_key and o.revoked_at is null and o.until > oneai.now()))
    order by q.quota_key), '[]')
  from oneai.usage_quotas as q cross join lateral oneai.effective_quota(q, oneai.now()) as now
  where q.workspace_id = p_user
$$;
revoke execute on function oneai.explain_quotas from public;

-- Records a refused request of a user, or of the owner of the API key whose secret has this hash; at most two hundred
-- per user and hour, to limit the table's size.
create function oneai.record_refusal(
  p_request text, p_user uuid, p_key_hash bytea, p_route text, p_status integer, p_code text, p_message text,
  p_asked jsonb, p_error jsonb
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  key oneai.api_keys;
  subject uuid := p_user;
begin
  if p_key_hash is not null then
    select * into key from oneai.find_api_key(p_key_hash);
    subject := key.user_id;
  end if;
  if (select count(*) from (
      select from oneai.refusals where user_id = subject and created_at > oneai.now() - interval '1 hour' limit 200
    ) as recent) >= 200
  then
    return;
  end if;
  insert into oneai.refusals (
    request_id, user_id, api_key_id, route, status, code, message, asked, error, quotas)
  select left(p_request, 200), u.id, key.id, left(p_route, 200), p_status, p_code, left(p_message, 1000), p_asked,
    p_error, oneai.explain_quotas(u.id)
  from oneai.users as u where u.id = subject
  on conflict (request_id) do nothing;
end
$$;
revoke execute on function oneai.record_refusal from public;
grant execute on function oneai.record_refusal to oneai_app;
