-- Quota overrides: extra units, or an own limit.

-- Overrides by operators: at most one in force per workspace and key; the others are history.
create table oneai.quota_overrides (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  quota_key text not null,
  -- Replaces the plan's limit; null keeps it.
  own_limit bigint check (own_limit between 0 and 1000000000000000),
  -- Added to the limit in every window. Both are bounded so that sums with usage cannot overflow.
  extra_units bigint not null default 0 check (extra_units between 0 and 1000000000000000),
  until timestamptz not null,
  reason text not null check (reason <> ''),
  created_at timestamptz not null default oneai.now(),
  revoked_at timestamptz,
  check (own_limit is not null or extra_units > 0)
);
create unique index quota_overrides_in_force on oneai.quota_overrides (workspace_id, quota_key)
  where revoked_at is null;

alter table oneai.quota_overrides enable row level security;
create policy "service" on oneai.quota_overrides to oneai_service using (true) with check (true);
revoke all on oneai.quota_overrides from anon, authenticated, service_role;
grant select on oneai.quota_overrides to oneai_service;

-- Creates an override, replacing the one in force for this key; returns its id. The workspace gets a quota that the
-- plan does not have while the override is in force.
create function oneai.override_quota(
  p_workspace uuid, p_key text, p_own bigint, p_extra bigint, p_until timestamptz, p_reason text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  frequency text;
  added bigint;
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  update oneai.quota_overrides set revoked_at = at
  where workspace_id = p_workspace and quota_key = p_key and revoked_at is null;
  insert into oneai.quota_overrides (workspace_id, quota_key, own_limit, extra_units, until, reason)
  values (p_workspace, p_key, p_own, coalesce(p_extra, 0), coalesce(p_until, 'infinity'), p_reason)
  returning id into added;
  frequency := coalesce((select p.reset_frequency from oneai.plan_quotas as p where p.quota_key = p_key limit 1), 'monthly');
  insert into oneai.usage_quotas (
    workspace_id, quota_key, subscription_tier, quota_limit, reset_frequency, window_start, next_reset_at)
  select id, p_key, subscription_tier, null, frequency, at, oneai.next_reset(frequency, at, at)
  from oneai.workspaces where id = p_workspace
  on conflict (workspace_id, quota_key) do nothing;
  update oneai.usage_quotas
  set own_limit = p_own, extra_units = coalesce(p_extra, 0), override_until = coalesce(p_until, 'infinity'),
      updated_at = at
  where workspace_id = p_workspace and quota_key = p_key;
  return added;
end
$$;
revoke execute on function oneai.override_quota from public;
grant execute on function oneai.override_quota to oneai_admin;

-- Ends an override that is in force, with its units, in a workspace that the caller has locked; false if it is not.
create function oneai.end_override(p_id bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  override oneai.quota_overrides;
begin
  update oneai.quota_overrides set revoked_at = oneai.now() where id = p_id and revoked_at is null returning * into override;
  if not found then
    return false;
  end if;
  update oneai.usage_quotas
  set own_limit = null, extra_units = 0, override_until = null, updated_at = oneai.now()
  where workspace_id = override.workspace_id and quota_key = override.quota_key;
  return true;
end
$$;
revoke execute on function oneai.end_override from public;

-- Revokes an override; false if it is not in force.
create function oneai.revoke_override(p_id bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces
  where id = (select o.workspace_id from oneai.quota_overrides as o where o.id = p_id) for no key update;
  return oneai.end_override(p_id);
end
$$;
revoke execute on function oneai.revoke_override from public;
grant execute on function oneai.revoke_override to oneai_admin;

-- Sets the usage of a quota in its current window to 0, of the workspace and of its members, and returns the old value. Units that answers hold
-- remain, and count once they settle. ON404 for a quota that it does not have.
create function oneai.reset_quota(p_workspace uuid, p_key text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  used_before bigint;
begin
  perform oneai.roll_windows(p_workspace);
  select used into used_before from oneai.usage_quotas
  where workspace_id = p_workspace and quota_key = p_key for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  update oneai.usage_quotas set used = 0, updated_at = oneai.now()
  where workspace_id = p_workspace and quota_key = p_key;
  update oneai.member_usage set used = 0 where workspace_id = p_workspace and quota_key = p_key;
  return used_before;
end
$$;
revoke execute on function oneai.reset_quota from public;
grant execute on function oneai.reset_quota to oneai_admin;
