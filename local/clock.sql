-- The local stack's one clock: oneai.now() runs ahead of real time by an offset that /local/clock moves.
-- Run as superuser after the migrations; only the local stack ever has this schema.
create schema if not exists local;

create table if not exists local.clock (
  only_row boolean primary key default true check (only_row),
  ahead interval not null default '0'
);
insert into local.clock default values on conflict do nothing;

-- When each schedule last ran, so that the gateway's restart neither repeats nor forgets one.
create table if not exists local.schedule_runs (
  schedule text primary key,
  ran_at timestamptz not null
);

grant usage on schema local to migrator, oneai_app, supabase_auth_admin;
grant select on local.clock to migrator, oneai_app, supabase_auth_admin;
grant update (ahead) on local.clock to oneai_app;
grant select, insert, update on local.schedule_runs to oneai_app;

-- Security definer, so that no role of the product needs to know the schema `local`. As now() does, it stands still within
-- a transaction, also when the clock is moved meanwhile.
create or replace function oneai.now() returns timestamptz
language plpgsql stable security definer set search_path = ''
as $$
declare
  ahead text := current_setting('local.ahead', true);
begin
  if coalesce(ahead, '') = '' then
    select set_config('local.ahead', c.ahead::text, true) into ahead from local.clock as c;
  end if;
  return pg_catalog.now() + ahead::interval;
end
$$;
