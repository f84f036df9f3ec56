-- Incidents, as `GET /api/status` shows them: problems and updates that operators post.

create table oneai.incidents (
  id bigint generated always as identity primary key,
  title text not null check (length(title) between 1 and 200),
  -- Minor: slow, or errors for some users; major: a part of the service does not work; critical: nothing works.
  impact text not null check (impact in ('minor', 'major', 'critical')),
  components text[] not null check (cardinality(components) > 0
    and components <@ array['api', 'chat', 'files', 'sign_in', 'payments', 'mail']),
  started_at timestamptz not null default oneai.now(),
  resolved_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  check (resolved_at >= started_at)
);
create index incidents_by_end on oneai.incidents (coalesce(resolved_at, 'infinity'::timestamptz));

alter table oneai.incidents enable row level security;
create policy "service" on oneai.incidents for select to oneai_service using (true);
create policy "admins" on oneai.incidents to oneai_admin using (true) with check (true);
revoke all on oneai.incidents from anon, authenticated, service_role;
grant select on oneai.incidents to oneai_service;
grant select, insert (title, impact, components, started_at), update (impact, resolved_at) on oneai.incidents
  to oneai_admin;

-- The updates of an incident, in order. The newest has its current state.
create table oneai.incident_updates (
  incident_id bigint not null references oneai.incidents (id),
  number integer not null,
  state text not null check (state in ('investigating', 'identified', 'monitoring', 'resolved')),
  message text not null check (length(message) between 1 and 2000),
  created_at timestamptz not null default oneai.now(),
  primary key (incident_id, number)
);

alter table oneai.incident_updates enable row level security;
create policy "service" on oneai.incident_updates for select to oneai_service using (true);
create policy "admins" on oneai.incident_updates to oneai_admin using (true) with check (true);
revoke all on oneai.incident_updates from anon, authenticated, service_role;
grant select on oneai.incident_updates to oneai_service;
grant select, insert on oneai.incident_updates to oneai_admin;
