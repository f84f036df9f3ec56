-- Maintenance mode: while it is on, clients' requests are refused with a sentence of the operator who started it.

create table oneai.maintenance_mode (
  -- One row while it is on, and none otherwise.
  only_row boolean primary key default true check (only_row),
  -- The sentence that clients and the web app show.
  message text not null check (length(message) between 1 and 500),
  started_at timestamptz not null default oneai.now(),
  -- When it is expected to end; null: unknown.
  ends_at timestamptz
);

alter table oneai.maintenance_mode enable row level security;
create policy "service" on oneai.maintenance_mode for select to oneai_service using (true);
create policy "admins" on oneai.maintenance_mode to oneai_admin using (true) with check (true);
revoke all on oneai.maintenance_mode from anon, authenticated, service_role;
grant select on oneai.maintenance_mode to oneai_service;
grant select, insert, update, delete on oneai.maintenance_mode to oneai_admin;

-- Refuses with ON503 `maintenance` while it is on, unless `p_permits` contains it. Admins and support are always
-- served, so that their pages work and they can test the service before it opens.
create function oneai.require_open(p_user uuid, p_permits text[]) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  mode oneai.maintenance_mode;
begin
  if 'maintenance' = any (p_permits) then
    return;
  end if;
  select * into mode from oneai.maintenance_mode;
  if found and not exists (select from oneai.admins where user_id = p_user) then
    -- Without an expected end, or after it has passed, clients retry after a minute.
    raise exception using errcode = 'ON503', message = 'maintenance', detail = json_build_object(
      'message', mode.message,
      'ends_at', to_char(mode.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'retry_after', greatest(ceil(extract(epoch from mode.ends_at - oneai.now())), 60)::integer);
  end if;
end
$$;
revoke execute on function oneai.require_open from public;
grant execute on function oneai.require_open to oneai_app;
