-- Quota windows roll on use, by a scheduled job for unused quotas, and by payments.

-- Rolls the workspace's due quotas into the next window. Locks the workspace first and then quotas in key order, as all
-- functions that change quotas: admit, which settles and reserves, cannot rely on key order alone. The monthly window of a
-- prepaid period is followed only by what a payment bought, which the projection decides: until then its units last.
create function oneai.roll_windows(p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  select from oneai.workspaces where id = p_workspace for no key update;
  select from oneai.usage_quotas
  where workspace_id = p_workspace and next_reset_at <= oneai.now() order by quota_key for update;
  update oneai.usage_quotas as q
  set next_reset_at = oneai.now() + interval '5 minutes', updated_at = oneai.now()
  where q.workspace_id = p_workspace and q.next_reset_at <= oneai.now() and oneai.is_prepaid_window(q);
  update oneai.usage_quotas
  set used = 0,
      reserved = 0,
      next_reset_at = oneai.next_reset(reset_frequency, next_reset_at, oneai.now()),
      window_start = oneai.window_before(
        reset_frequency, oneai.next_reset(reset_frequency, next_reset_at, oneai.now())),
      updated_at = oneai.now()
  where workspace_id = p_workspace and next_reset_at <= oneai.now()
$$;
revoke execute on function oneai.roll_windows from public;
grant execute on function oneai.roll_windows to oneai_app;

-- Resets and refusals by day and tier.
create table oneai.quota_stats (
  day date not null,
  subscription_tier text not null,
  quota_key text not null,
  kind text not null check (kind in ('reset', 'refusal')),
  count bigint not null default 0,
  primary key (day, subscription_tier, quota_key, kind)
);

alter table oneai.quota_stats enable row level security;
create policy "service" on oneai.quota_stats to oneai_service using (true) with check (true);
revoke all on oneai.quota_stats from anon, authenticated, service_role;
grant select on oneai.quota_stats to oneai_service;

create function oneai.increment_quota_stats(p_tier text, p_key text, p_kind text, p_times bigint) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.quota_stats as counted (day, subscription_tier, quota_key, kind, count)
  values (oneai.today(), p_tier, p_key, p_kind, p_times)
  on conflict (day, subscription_tier, quota_key, kind) do update set count = counted.count + excluded.count
$$;
revoke execute on function oneai.increment_quota_stats from public;
grant execute on function oneai.increment_quota_stats to oneai_service;

-- Rolls at most p_rows due quotas of this frequency, and returns how many and the last key, from which the next call
-- continues; null: none were due. Locked rows are skipped, because use rolls windows too: the job never waits, and
-- requests wait for at most one call.
-- Sets the same columns as oneai.roll_windows, and counts its resets; resets on use are not counted.
create function oneai.reset_due_quotas(
  p_frequency text, p_rows integer, inout after_at timestamptz default null, inout after_workspace uuid default null,
  inout after_key text default null, out reset_count integer)
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
begin
  with due as (
    select q.ctid as row, q.next_reset_at, q.workspace_id, q.quota_key from oneai.usage_quotas as q
    where q.reset_frequency = p_frequency and q.next_reset_at <= at
      and (p_frequency <> 'monthly' or not exists (
        select from oneai.workspaces as w where w.id = q.workspace_id and w.quota_window_end is not null))
      and (q.next_reset_at, q.workspace_id, q.quota_key) > (coalesce(after_at, '-infinity'),
        coalesce(after_workspace, '00000000-0000-0000-0000-000000000000'), coalesce(after_key, ''))
    order by q.next_reset_at, q.workspace_id, q.quota_key limit p_rows for update skip locked
  ), changed as (
    update oneai.usage_quotas as q
    set used = 0, reserved = 0, next_reset_at = oneai.next_reset(q.reset_frequency, q.next_reset_at, at),
        window_start = oneai.window_before(
          q.reset_frequency, oneai.next_reset(q.reset_frequency, q.next_reset_at, at)),
        updated_at = at
    from due where q.ctid = due.row and q.next_reset_at <= at
    returning q.subscription_tier, q.quota_key
  ), counted as (
    insert into oneai.quota_stats as counts (day, subscription_tier, quota_key, kind, count)
    select oneai.today(), subscription_tier, quota_key, 'reset', count(*) from changed group by 2, 3 order by 2, 3
    on conflict (day, subscription_tier, quota_key, kind) do update set count = counts.count + excluded.count
  ), last as (
    select * from due order by next_reset_at desc, workspace_id desc, quota_key desc limit 1
  )
  select last.next_reset_at, last.workspace_id, last.quota_key, (select count(*) from changed)
  into after_at, after_workspace, after_key, reset_count from last;
  reset_count := coalesce(reset_count, 0);
end
$$;
revoke execute on function oneai.reset_due_quotas from public;
grant execute on function oneai.reset_due_quotas to oneai_app;

-- Moves one quota into the current window, if it is in another: the start of its month, day or three hours (on the grid
-- through `p_anchor`), or `p_since` if that is later. A monthly window that `p_ends` ends begins with `p_since`. Its counters are recomputed from the reservations made since
-- then, which settle into that window; older ones settle into none.
create function oneai.start_quota_window(
  quota oneai.usage_quotas, p_since timestamptz, p_anchor timestamptz, p_ends timestamptz default null) returns void
language plpgsql
as $$
declare
  -- A transaction that waited for the workspace's lock may have started before the current window.
  at timestamptz := greatest(oneai.now(), quota.window_start);
  ends timestamptz := coalesce(
    case when quota.reset_frequency = 'monthly' then p_ends end, oneai.next_reset(quota.reset_frequency, p_anchor, at));
  begins timestamptz := least(case when quota.reset_frequency = 'monthly' and p_ends is not null then p_since
    else greatest(oneai.window_before(quota.reset_frequency, ends), p_since) end, at);
begin
  if begins <> quota.window_start then
    update oneai.reservation_lines as l
    -- A unique value: no window starts there.
    set window_start = case when r.created_at >= begins then begins else r.created_at end
    from oneai.reservations as r
    where r.workspace_id = quota.workspace_id and l.reservation_id = r.id and l.quota_key = quota.quota_key
      and (r.created_at >= begins) <> (l.window_start = begins);
    select coalesce(sum(l.settled), 0), coalesce(sum(l.held) filter (where l.settled is null), 0)
    into quota.used, quota.reserved
    from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
    where r.workspace_id = quota.workspace_id and l.quota_key = quota.quota_key and r.created_at >= begins;
    if exists (select from oneai.workspaces where id = quota.workspace_id and personal_of is null) then
      perform oneai.recount_member_usage(quota.workspace_id, quota.quota_key, begins);
    end if;
  end if;
  update oneai.usage_quotas
  set used = quota.used, reserved = quota.reserved, window_start = begins, next_reset_at = ends,
      updated_at = oneai.now()
  where workspace_id = quota.workspace_id and quota_key = quota.quota_key
    and (window_start, next_reset_at) <> (begins, ends);
end
$$;
revoke execute on function oneai.start_quota_window from public;

-- Sets the workspace's quotas to a plan's, or to the workspace's own (p_limits by key, which oneai.workspaces keeps as
-- plan_limits; null: the plan's); overrides stay, but a
-- team's trial ends with a plan. Usage counts from `p_since`, or from the start of the
-- current window if that is null or earlier; three-hour windows start at `p_anchor`, null: at its creation. The window of
-- monthly quotas is from `p_since` to `p_ends`, null: the calendar's. Windows and
-- usage follow only from these and the time: setting the same plan again changes nothing, and usage under a previous
-- plan remains counted.
create function oneai.set_entitled_plan(
  p_workspace uuid, p_tier text, p_since timestamptz, p_anchor timestamptz, p_limits jsonb default null,
  p_ends timestamptz default null)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  anchor timestamptz;
  quota oneai.usage_quotas;
begin
  update oneai.workspaces
  set subscription_tier = p_tier, quota_since = p_since, quota_anchor = p_anchor, plan_limits = p_limits,
      quota_window_end = p_ends,
      updated_at = oneai.now()
  where id = p_workspace returning coalesce(p_anchor, created_at) into anchor;
  if not found then
    return;
  end if;
  if p_tier <> oneai.lowest_tier('team') then
    perform oneai.end_team_trial(p_workspace);
  end if;
  perform 1 from oneai.usage_quotas where workspace_id = p_workspace order by quota_key for update;
  update oneai.usage_quotas as q
  set subscription_tier = p_tier, quota_limit = null, grace_units = 0, updated_at = oneai.now()
  where q.workspace_id = p_workspace
    and not exists (select from oneai.plan_quotas as p where p.tier = p_tier and p.quota_key = q.quota_key);
  insert into oneai.usage_quotas as q (
    workspace_id, quota_key, subscription_tier, quota_limit, grace_units, reset_frequency, window_start, next_reset_at)
  select p_workspace, p.quota_key, p.tier, coalesce((p_limits ->> p.quota_key)::bigint, p.quota_limit), p.grace_units,
    p.reset_frequency, '-infinity', '-infinity'
  from oneai.plan_quotas as p where p.tier = p_tier order by p.quota_key
  on conflict (workspace_id, quota_key) do update
  set subscription_tier = excluded.subscription_tier, quota_limit = excluded.quota_limit,
      grace_units = excluded.grace_units, reset_frequency = excluded.reset_frequency, updated_at = oneai.now();
  for quota in select * from oneai.usage_quotas where workspace_id = p_workspace order by quota_key loop
    perform oneai.start_quota_window(quota, p_since, anchor, p_ends);
  end loop;
end
$$;
revoke execute on function oneai.set_entitled_plan from public;
