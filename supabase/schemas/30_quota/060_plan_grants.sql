-- Plans that operators grant without payment.

create table oneai.plan_grants (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  tier text not null,
  granted_at timestamptz not null default oneai.now(),
  until timestamptz not null default 'infinity',
  revoked_at timestamptz,
  reason text not null check (reason <> ''),
  -- When it was last projected: started, ended, or revoked. Null before its start is projected.
  settled_at timestamptz
);
create index plan_grants_of_workspace on oneai.plan_grants (workspace_id);
create index plan_grants_to_settle on oneai.plan_grants (until)
  where settled_at is null or settled_at < least(until, revoked_at);

alter table oneai.plan_grants enable row level security;
revoke all on oneai.plan_grants from anon, authenticated, service_role;

-- Up to `p_limit` workspaces whose grants or paid offers started or ended since their last projection, or whose purchases of
-- credits wait for one, and the current time.
create function oneai.grants_to_project(p_limit integer, p_except uuid[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object('at', oneai.now(), 'workspaces', (
    select coalesce(jsonb_agg(g.workspace_id), '[]') from (
      select o.workspace_id from oneai.plan_grants as o
      where (o.settled_at is null or o.settled_at < least(o.until, o.revoked_at))
        and (o.settled_at is null or least(o.until, o.revoked_at) <= oneai.now()) and o.workspace_id <> all (p_except)
      union select o.workspace_id from oneai.offers as o
      where o.project_at <= oneai.now() and o.workspace_id <> all (p_except)
      union select o.workspace_id from oneai.credit_orders as o
      where o.project_at <= oneai.now() and o.workspace_id <> all (p_except)
      limit p_limit) as g));
end
$$;
revoke execute on function oneai.grants_to_project from public;
grant execute on function oneai.grants_to_project to oneai_app;

-- Marks a workspace's grants as projected as of `p_at`.
create function oneai.mark_grants_projected(p_workspace uuid, p_at timestamptz) returns void
language sql security definer set search_path = ''
as $$ update oneai.plan_grants set settled_at = p_at where workspace_id = p_workspace and granted_at <= p_at $$;
revoke execute on function oneai.mark_grants_projected from public;
grant execute on function oneai.mark_grants_projected to oneai_app;
