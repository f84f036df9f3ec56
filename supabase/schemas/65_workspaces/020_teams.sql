-- Teams: made by a user, shown to their members, and changed by owners and admins.

-- The team trial that a user had: once for each user, with the first team that they made. Only that user uses its
-- units. Deleting the team leaves the row.
create table oneai.team_trials (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  started_at timestamptz not null default oneai.now(),
  ends_at timestamptz not null
);
create unique index team_trials_of_workspace on oneai.team_trials (workspace_id);

alter table oneai.team_trials enable row level security;
revoke all on oneai.team_trials from anon, authenticated, service_role;

-- How many team trials started on a UTC day, so that their cost is bounded.
create table oneai.team_trial_days (
  day date primary key,
  started integer not null
);

alter table oneai.team_trial_days enable row level security;
revoke all on oneai.team_trial_days from anon, authenticated, service_role;

-- A name as it is compared: without differences of case, width and spaces.
create function oneai.folded_name(p_name text) returns text
language sql immutable set search_path = ''
as $$
  select pg_catalog.lower(pg_catalog.regexp_replace(pg_catalog.btrim(pg_catalog.normalize(p_name, 'NFKC')), '\s+', ' ', 'g'))
$$;
revoke execute on function oneai.folded_name from public;

-- ON409 if another workspace of one of these owners has the name. Their rows are locked, so that two requests of one
-- owner cannot take the same name.
create function oneai.require_own_name(p_owners uuid[], p_workspace uuid, p_name text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.users where id = any (p_owners) order by id for no key update;
  if exists (
    select from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
    where m.user_id = any (p_owners) and m.role = 'owner' and w.kind = 'team' and w.id is distinct from p_workspace
      and oneai.folded_name(w.name) = oneai.folded_name(p_name)
  ) then
    raise exception using errcode = 'ON409', message = 'name_taken';
  end if;
end
$$;
revoke execute on function oneai.require_own_name from public;

-- How many teams without a plan a user may own.
create function oneai.max_teams_without_plan() returns integer
language sql immutable
as $$ select 3 $$;
revoke execute on function oneai.max_teams_without_plan from public;

-- ON422 about `p_field` if the user may not own this team (null: a new one) too, because it has no plan and they own as
-- many of those as one may. Locks the user's row, so that two teams at once do not both pass. The caller has locked the team.
create function oneai.require_room_for_team(p_user uuid, p_team uuid, p_field text default 'workspaces') returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.users where id = p_user for no key update;
  if exists (select from oneai.workspaces as w where w.id = p_team and w.subscription_tier <> 'none') then
    return;
  end if;
  if (select count(*) from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
      where m.user_id = p_user and m.role = 'owner' and w.kind = 'team' and w.subscription_tier = 'none'
        and w.deletes_at is null and w.id is distinct from p_team) >= oneai.max_teams_without_plan() then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', p_field, 'code', 'too_many')));
  end if;
end
$$;
revoke execute on function oneai.require_room_for_team from public;

-- Starts the user's team trial: `p_units` small messages for `p_days`. Nothing if the user had one, or if `p_most` have
-- started today. The window of the quota ends with the trial, so that a new month brings no second allowance.
create function oneai.start_team_trial(
  p_user uuid, p_workspace uuid, p_units integer, p_days integer, p_most integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  trial_end constant timestamptz := oneai.now() + make_interval(days => p_days);
begin
  if p_most <= 0 or exists (select from oneai.team_trials where user_id = p_user) then
    return;
  end if;
  insert into oneai.team_trial_days as t (day, started) values (oneai.today(), 1)
  on conflict (day) do update set started = t.started + 1 where t.started < p_most;
  if not found then
    return;
  end if;
  insert into oneai.team_trials (user_id, workspace_id, ends_at) values (p_user, p_workspace, trial_end);
  perform oneai.override_quota(p_workspace, 'small_messages', null, p_units, trial_end, oneai.team_trial_reason());
  update oneai.usage_quotas set next_reset_at = trial_end
  where workspace_id = p_workspace and quota_key = 'small_messages';
end
$$;
revoke execute on function oneai.start_team_trial from public;

-- Makes a team without a plan, owned by the user, with its slug. `p_limits`: the most teams made in a day
-- (`a_day`), and of the trial its `trial_units`, `trial_days` and `trials_a_day` of all users.
-- ON401 for an unknown user, ON403 unless the address is confirmed, ON409 for a name that the user has already given,
-- ON422 and ON429 for too many teams.
create function oneai.create_workspace(p_user uuid, p_name text, p_industry text, p_limits jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  recent timestamptz[];
begin
  perform oneai.ensure_user(p_user);
  perform 1 from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON401', message = 'unauthenticated';
  end if;
  if not exists (
    select from auth.users as a
    where a.id = p_user and (a.email_confirmed_at is not null or a.phone_confirmed_at is not null)
  ) then
    raise exception using errcode = 'ON403', message = 'email_not_confirmed';
  end if;
  perform oneai.require_own_name(array[p_user], null, p_name);
  perform oneai.require_room_for_team(p_user, null);
  -- The audit log, because a team that is deleted still counts.
  recent := array(
    select l.created_at from oneai.audit_log as l
    where l.actor = p_user::text and l.action = 'workspace.create' and l.created_at > oneai.now() - interval '1 day'
    order by l.created_at desc limit (p_limits ->> 'a_day')::integer);
  if cardinality(recent) >= (p_limits ->> 'a_day')::integer then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = json_build_object(
      'limit_name', 'workspaces_a_day', 'limit', (p_limits ->> 'a_day')::integer, 'retry_after', greatest(ceil(
        extract(epoch from recent[cardinality(recent)] + interval '1 day' - oneai.now())), 1)::integer);
  end if;
  insert into oneai.workspaces (kind, name, industry, subscription_tier) values ('team', p_name, p_industry, oneai.lowest_tier('team'))
  returning * into team;
  team.slug := oneai.take_slug_of_name(team.id, p_name);
  insert into oneai.workspace_members (user_id, workspace_id, role) values (p_user, team.id, 'owner');
  insert into oneai.usage_quotas (
    workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, window_start, next_reset_at)
  select team.id, p.quota_key, p.tier, p.quota_limit, p.reset_frequency, oneai.now(),
    oneai.next_reset(p.reset_frequency, oneai.now(), oneai.now())
  from oneai.plan_quotas as p where p.tier = team.subscription_tier;
  perform oneai.start_team_trial(
    p_user, team.id, (p_limits ->> 'trial_units')::integer, (p_limits ->> 'trial_days')::integer,
    (p_limits ->> 'trials_a_day')::integer);
  perform oneai.record_audit(
    'user', p_user::text, 'workspace.create', p_user, 'workspace', team.id::text, p_detail => jsonb_build_object('slug', team.slug));
  return oneai.workspace_json(team, 'owner');
end
$$;
revoke execute on function oneai.create_workspace from public;
grant execute on function oneai.create_workspace to oneai_app;

-- A workspace as the API shows it to a user with this role. A personal one is shown under its user's name.
create function oneai.workspace_json(w oneai.workspaces, p_role text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'id', w.id,
    'name', coalesce(w.name, (
      select coalesce(u.name, u.email, '') from oneai.users as u where u.id = w.personal_of), ''),
    'slug', w.slug, 'kind', w.kind, 'role', p_role, 'plan', w.subscription_tier,
    'seats', case when w.kind = 'team' then w.seats end, 'industry', w.industry, 'time_zone', w.time_zone,
    'created_at', w.created_at, 'deletes_at', w.deletes_at)
$$;
revoke execute on function oneai.workspace_json from public;

-- The workspaces of a user with their role, independent of the one that the request names: the personal one first, then
-- teams by name. Suspended ones are left out, and those that are being deleted except for their owners.
create function oneai.workspaces_of(p_user uuid) returns table (workspace oneai.workspaces, role text, place bigint)
language sql stable security definer set search_path = ''
as $$
  select w, m.role, row_number() over (order by w.kind, lower(w.name), w.id)
  from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = p_user and w.suspended_at is null and (w.deletes_at is null or m.role = 'owner')
$$;
revoke execute on function oneai.workspaces_of from public;

-- The same for the current user, for the start of a page.
create function oneai.my_memberships() returns table (id uuid, name text, slug text, kind text, role text)
language sql stable security definer set search_path = ''
as $$
  select (j ->> 'id')::uuid, j ->> 'name', j ->> 'slug', j ->> 'kind', j ->> 'role'
  from oneai.workspaces_of((select auth.uid())) as o
  cross join lateral oneai.workspace_json(o.workspace, o.role) as j order by o.place
$$;
revoke execute on function oneai.my_memberships from public;
grant execute on function oneai.my_memberships to authenticated;
