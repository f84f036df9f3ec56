-- Everything of ours lives in schema `oneai`, which the Data API does not expose: its roles, and its one clock.

create schema if not exists oneai;

-- oneai_service owns no table and bypasses nothing: its policies say what it may do.
-- oneai_app is who the functions log in as; a deploy step gives it login and password.
do $$
begin
  if not exists (select from pg_roles where rolname = 'oneai_service') then
    create role oneai_service nologin noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'oneai_app') then
    create role oneai_app nologin noinherit;
    grant authenticated, oneai_service to oneai_app;
    alter role oneai_app set statement_timeout = '15s';
    alter role oneai_app set idle_in_transaction_session_timeout = '10s';
  end if;
end $$;

grant usage on schema oneai to authenticated, oneai_service, oneai_app;

-- The one clock every decision about time asks. The local stack replaces it to move through time.
create function oneai.now() returns timestamptz
language sql stable
as $$ select pg_catalog.now() $$;
revoke execute on function oneai.now from public;
grant execute on function oneai.now to authenticated, oneai_service, oneai_app;

create function oneai.today() returns date
language sql stable
as $$ select (oneai.now() at time zone 'UTC')::date $$;
revoke execute on function oneai.today from public;
grant execute on function oneai.today to authenticated, oneai_service;

-- How long an answer may be silent before it counts as dead: the meaning of busy, lapsed and stuck.
create function oneai.lease() returns interval
language sql immutable
as $$ select interval '30 seconds' $$;
revoke execute on function oneai.lease from public;
grant execute on function oneai.lease to authenticated, oneai_service, oneai_app;
