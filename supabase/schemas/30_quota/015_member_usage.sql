-- What each member of a team has used of its pool, and the most that a member may use of it.
--
-- A member's line is a part of the same reservation as the pool's line, and is taken and settled after it, under the
-- lock of the workspace. It is counted for each member of a team, with a limit or without, so that a limit that is set
-- later counts what was used before it. A personal workspace has no rows here, and none are read for it
-- (oneai.reservations.counts_member).
--
-- The visitors of a workspace's chatbots are counted together as one member of any workspace, whose id is
-- oneai.all_visitors(), so that they never lock its members out.
--
-- No foreign key to members: a count survives leaving, so that joining again does not start it again. None to users
-- either: deleting a user would lock these rows in another order than settling does. oneai.erase deletes them.

-- In the unit of the quota (oneai.unit_of); `document_pages` counts pages that were read in a month.
create table oneai.member_usage (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid not null,
  quota_key text not null,
  -- The window of the pool's quota that this counts; in any other window the member has used nothing yet.
  window_start timestamptz not null,
  used oneai.non_negative not null default 0,
  reserved oneai.non_negative not null default 0,
  primary key (workspace_id, user_id, quota_key)
) with (fillfactor = 70);
create index member_usage_of_user on oneai.member_usage (user_id);

-- What a member's answers reserve and have cost on one UTC day, as in oneai.workspaces.
create table oneai.member_spend (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid not null,
  spend_day date not null,
  spend_micro_usd bigint not null default 0,
  primary key (workspace_id, user_id)
) with (fillfactor = 70);
create index member_spend_of_user on oneai.member_spend (user_id);

-- The limit of a member who has left, which counts again if they join again.
create table oneai.former_member_limits (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid not null,
  usage_limit_percent integer not null,
  primary key (workspace_id, user_id)
);
create index former_member_limits_of_user on oneai.former_member_limits (user_id);

alter table oneai.member_usage enable row level security;
alter table oneai.member_spend enable row level security;
alter table oneai.former_member_limits enable row level security;
create policy "service" on oneai.member_usage to oneai_service using (true) with check (true);
create policy "service" on oneai.member_spend to oneai_service using (true) with check (true);
revoke all on oneai.member_usage, oneai.member_spend, oneai.former_member_limits
  from anon, authenticated, service_role;
grant select on oneai.member_usage, oneai.member_spend to oneai_service;

-- The most that a member may use of a limit: p_percent of it, rounded down, but at least one unit of it unless it is 0
-- percent. Null: the member has no limit, or there is none to share.
create function oneai.member_limit(p_limit bigint, p_percent integer) returns bigint
language sql immutable
as $$
  select case when p_limit is not null and p_percent is not null
    then greatest(p_limit * p_percent / 100, least(p_limit, p_percent, 1)) end
$$;
revoke execute on function oneai.member_limit from public;

-- The id under which all visitors of a workspace's chatbots are counted; no user has it.
create function oneai.all_visitors() returns uuid
language sql immutable parallel safe
as $$ select '00000000-0000-0000-0000-000000000001'::uuid $$;
revoke execute on function oneai.all_visitors from public;

-- The member's limit in percent of each limit of the workspace; null: none.
create function oneai.usage_limit_percent(p_workspace uuid, p_user uuid) returns integer
language sql stable
as $$
  select m.usage_limit_percent from oneai.workspace_members as m
  where m.user_id = p_user and m.workspace_id = p_workspace
  union all
  select w.visitors_percent from oneai.workspaces as w where w.id = p_workspace and p_user = oneai.all_visitors()
$$;
revoke execute on function oneai.usage_limit_percent from public;

-- Who can raise what is exhausted, of a team: the pool grows with its plan, which is the owner's; a member's limit is
-- the admin's.
create function oneai.refused_share(p_of text, p_in_team boolean) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('of', p_of) || case when p_in_team
    then jsonb_build_object('raised_by', case p_of when 'member' then 'admin' else 'owner' end) else '{}' end
$$;
revoke execute on function oneai.refused_share from public;

-- The reason of the override that is a team trial.
create function oneai.team_trial_reason() returns text
language sql immutable
as $$ select 'Team trial' $$;
revoke execute on function oneai.team_trial_reason from public;

-- The most that a member may use of a quota; null: no limit of their own. The units of a team trial are those of the
-- user who made the team, and stay unused if that user is gone.
create function oneai.max_of_member(q oneai.usage_quotas, p_user uuid) returns bigint
language plpgsql stable set search_path = ''
as $$
begin
  if q.subscription_tier = 'none' and q.override_until > oneai.now() and exists (
      select from oneai.quota_overrides as o
      where o.workspace_id = q.workspace_id and o.quota_key = q.quota_key and o.revoked_at is null
        and o.reason = oneai.team_trial_reason())
    and not exists (select from oneai.team_trials as t where t.workspace_id = q.workspace_id and t.user_id = p_user)
  then
    return 0;
  end if;
  return oneai.member_limit(
    oneai.effective_limit(q, oneai.now()), oneai.usage_limit_percent(q.workspace_id, p_user));
end
$$;
revoke execute on function oneai.max_of_member from public;

-- What the member has used and reserved of a quota in its current window, and their limit.
create function oneai.member_share(q oneai.usage_quotas, p_user uuid, out used bigint, out reserved bigint, out most bigint)
language sql stable
as $$
  select coalesce(sum(u.used), 0)::bigint, coalesce(sum(u.reserved), 0)::bigint, oneai.max_of_member(q, p_user)
  from oneai.member_usage as u
  where u.workspace_id = q.workspace_id and u.user_id = p_user and u.quota_key = q.quota_key
    and u.window_start = q.window_start and q.next_reset_at > oneai.now()
$$;
revoke execute on function oneai.member_share from public;

-- The share of the current user, as oneai.member_share returns it.
create function oneai.my_share(q oneai.usage_quotas, out used bigint, out reserved bigint, out most bigint)
language sql stable security definer set search_path = ''
as $$ select s.used, s.reserved, s.most from oneai.member_share(q, (select auth.uid())) as s $$;
revoke execute on function oneai.my_share from public;
grant execute on function oneai.my_share to authenticated;

-- Adds p_held and p_used to the member's count of a window, if both are within p_most (null: no limit); returns whether
-- they are.
create function oneai.count_member_use(
  p_workspace uuid, p_user uuid, p_key text, p_window timestamptz, p_held bigint, p_used bigint, p_most bigint)
returns boolean
language plpgsql
as $$
begin
  insert into oneai.member_usage as m (workspace_id, user_id, quota_key, window_start, used, reserved)
  select p_workspace, p_user, p_key, p_window, p_used, p_held where (p_held + p_used <= p_most) is not false
  on conflict (workspace_id, user_id, quota_key) do update
  set used = case when m.window_start = p_window then m.used else 0 end + p_used,
      reserved = case when m.window_start = p_window then m.reserved else 0 end + p_held, window_start = p_window
  where (case when m.window_start = p_window then m.used + m.reserved else 0 end + p_held + p_used <= p_most)
    is not false;
  return found;
end
$$;
revoke execute on function oneai.count_member_use from public;

-- Adds p_held units of the pool's quota, whose line is taken, to the member's line; returns whether they are within the
-- member's limit.
create function oneai.hold_of_member(quota oneai.usage_quotas, p_user uuid, p_held bigint) returns boolean
language plpgsql
as $$
begin
  return oneai.count_member_use(quota.workspace_id, p_user, quota.quota_key, quota.window_start, p_held, 0,
    oneai.max_of_member(quota, p_user));
end
$$;
revoke execute on function oneai.hold_of_member from public;

-- Takes the member's line after that of the pool. ON429 if their limit is reached.
create function oneai.reserve_member_line(quota oneai.usage_quotas, p_user uuid, p_held bigint) returns void
language plpgsql
as $$
declare
  share record;
begin
  if oneai.hold_of_member(quota, p_user, p_held) then
    return;
  end if;
  share := oneai.member_share(quota, p_user);
  raise exception using errcode = 'ON429', message = 'quota_exceeded', detail = (jsonb_build_object(
    'quota_key', quota.quota_key, 'used', share.used, 'reserved', share.reserved, 'limit', share.most,
    'frequency', quota.reset_frequency, 'units', p_held, 'workspace_id', quota.workspace_id,
    'resets_at', to_char(quota.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'retry_after', ceil(extract(epoch from quota.next_reset_at - oneai.now())))
    || oneai.refused_share('member', true))::text;
end
$$;
revoke execute on function oneai.reserve_member_line from public;

-- Reserves p_held micro-dollars of the member's share of the daily ceiling (p_ceiling; null: none), after that of the
-- workspace; returns whether they are within it. As for the workspace, the first answer of a day is admitted at any
-- cost.
create function oneai.hold_member_spend(p_workspace uuid, p_user uuid, p_held bigint, p_ceiling bigint) returns boolean
language plpgsql
as $$
declare
  today constant date := oneai.today();
  most constant bigint := oneai.member_limit(p_ceiling, oneai.usage_limit_percent(p_workspace, p_user));
begin
  insert into oneai.member_spend as m (workspace_id, user_id, spend_day, spend_micro_usd)
  values (p_workspace, p_user, today, p_held)
  on conflict (workspace_id, user_id) do update
  set spend_micro_usd = case when m.spend_day > today then m.spend_micro_usd
        when m.spend_day = today then m.spend_micro_usd + p_held else p_held end,
      spend_day = greatest(m.spend_day, today)
  where (m.spend_day <> today or m.spend_micro_usd <= 0 or m.spend_micro_usd + p_held <= most) is not false;
  return found;
end
$$;
revoke execute on function oneai.hold_member_spend from public;

-- Adds to a member's spend as oneai.add_spend does to the workspace's. Adds nothing for a member whose rows were erased.
create function oneai.add_member_spend(p_workspace uuid, p_user uuid, p_added bigint) returns void
language plpgsql
as $$
declare
  today constant date := oneai.today();
begin
  update oneai.member_spend
  set spend_micro_usd = case when spend_day = today then spend_micro_usd else 0 end + p_added, spend_day = today
  where workspace_id = p_workspace and user_id = p_user and spend_day <= today;
end
$$;
revoke execute on function oneai.add_member_spend from public;

-- Counts the members' use of a quota again, from the reservations made since the start of its new window. The caller has
-- locked the workspace and moved their lines.
create function oneai.recount_member_usage(p_workspace uuid, p_key text, p_window timestamptz) returns void
language plpgsql
as $$
begin
  delete from oneai.member_usage where workspace_id = p_workspace and quota_key = p_key;
  insert into oneai.member_usage (workspace_id, user_id, quota_key, window_start, used, reserved)
  select p_workspace, oneai.member_of(r), p_key, p_window, coalesce(sum(l.settled), 0),
    coalesce(sum(l.held) filter (where l.settled is null), 0)
  from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
  where r.workspace_id = p_workspace and r.counts_member and l.quota_key = p_key and r.created_at >= p_window
    and (r.visitor_id is not null or exists (select from oneai.users as u where u.id = r.user_id))
  group by oneai.member_of(r);
end
$$;
revoke execute on function oneai.recount_member_usage from public;

-- Stores the limit of a member who leaves a team that remains, and gives it back to one who joins again.
create function oneai.on_member_changed() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  percent integer;
begin
  if tg_op = 'DELETE' then
    insert into oneai.former_member_limits (workspace_id, user_id, usage_limit_percent)
    select w.id, old.user_id, old.usage_limit_percent from oneai.workspaces as w
    where w.id = old.workspace_id and exists (select from oneai.users as u where u.id = old.user_id)
    on conflict (workspace_id, user_id) do update set usage_limit_percent = excluded.usage_limit_percent;
    return null;
  end if;
  delete from oneai.former_member_limits
  where workspace_id = new.workspace_id and user_id = new.user_id
  returning usage_limit_percent into percent;
  new.usage_limit_percent := percent;
  return new;
end
$$;
revoke execute on function oneai.on_member_changed from public;

create trigger on_member_left after delete on oneai.workspace_members
  for each row when (old.usage_limit_percent is not null) execute function oneai.on_member_changed();
create trigger on_member_joined before insert on oneai.workspace_members
  for each row when (new.role <> 'owner' and new.usage_limit_percent is null) execute function oneai.on_member_changed();
