-- Rate limits: the generic cell rate algorithm (GCRA), a virtual queue that empties at a constant rate.

-- One row per subject and limit, on the database's clock. Unlogged: after a crash the table is empty and all limits are
-- reset, and no request waits for a write to disk. Free space in each page keeps updates on it (heap-only tuples).
create unlogged table oneai.rate_limits (
  -- The id of a user, a team or an API key, or the network of an address.
  subject oneai.rate_subject not null,
  limit_name oneai.rate_name not null,
  -- When the queue is empty ("theoretical arrival time"), in microseconds since 1970.
  empty_at bigint not null,
  primary key (subject, limit_name)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

alter table oneai.rate_limits enable row level security;
create policy "service" on oneai.rate_limits to oneai_service using (true) with check (true);
revoke all on oneai.rate_limits from anon, authenticated, service_role;
grant select, update, delete on oneai.rate_limits to oneai_service;

-- Consumes `p_cost` units of a limit of `p_per_minute` units with a burst of `p_burst`. Returns how many units remain;
-- refuses with ON429 `rate_limited` and consumes nothing if there are too few; of a team's limit, whose name starts with
-- `team_`, the refusal says that it is the workspace's. It is one statement on the row's newest
-- version, so that concurrent requests cannot pass together. The caller commits before its work, so that the row is
-- locked only briefly.
create function oneai.take_rate(
  p_subject text, p_limit_name text, p_per_minute integer, p_burst integer, p_cost integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  now_us constant bigint := (extract(epoch from oneai.now()) * 1000000)::bigint;
  unit_us constant bigint := 60000000 / p_per_minute;
  capacity_us constant bigint := unit_us * p_burst;
  -- No queue is longer, with a minute for transactions that overlap. One that is was written before the clock was set back.
  latest_us constant bigint := now_us + capacity_us + 60000000;
  reached bigint;
begin
  insert into oneai.rate_limits as r (subject, limit_name, empty_at)
  values (p_subject, p_limit_name, now_us + unit_us * p_cost)
  on conflict (subject, limit_name) do update
  set empty_at = case when r.empty_at > latest_us then now_us else greatest(r.empty_at, now_us) end + unit_us * p_cost
  where r.empty_at > latest_us or greatest(r.empty_at, now_us) + unit_us * p_cost - now_us <= capacity_us
  returning empty_at into reached;
  if not found then
    select r.empty_at into reached from oneai.rate_limits as r
    where r.subject = p_subject and r.limit_name = p_limit_name;
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = (jsonb_build_object(
      'limit_name', p_limit_name, 'limit', p_per_minute,
      'retry_after', greatest(ceil((reached + unit_us * p_cost - now_us - capacity_us) / 1000000.0), 1)::integer)
      || case when starts_with(p_limit_name, 'team_') then jsonb_build_object(
        'of', 'workspace', 'refusal', jsonb_build_object('code', 'team_requests')) else '{}' end)::text;
  end if;
  return (capacity_us - (reached - now_us)) / unit_us;
end
$$;
revoke execute on function oneai.take_rate from public;
grant execute on function oneai.take_rate to oneai_app;

-- Consumes one unit of the limit of a team that the user's request chooses by its id or slug, beside the user's own. Does
-- nothing in the user's own workspace, and for who is no member: strangers must not exhaust a team's limit. ON429.
create function oneai.take_team_rate(
  p_user uuid, p_workspace text, p_limit_name text, p_per_minute integer, p_burst integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team constant uuid := oneai.find_workspace(p_workspace);
begin
  if team <> p_user and exists (
    select from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id = team)
  then
    perform oneai.take_rate(team::text, 'team_' || p_limit_name, p_per_minute, p_burst, 1);
  end if;
end
$$;
revoke execute on function oneai.take_team_rate from public;
grant execute on function oneai.take_team_rate to oneai_app;
