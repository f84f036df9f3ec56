-- The schema `oneai`, which the Data API does not expose, its roles, and its clock.

create schema if not exists oneai;

-- oneai_service owns no tables and does not bypass row-level security: policies grant its access.
-- oneai_app is the functions' login role; a deploy step sets its password.
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
  -- What admins and support read, and what admins change: supabase/schemas/63_admin_access.sql.
  if not exists (select from pg_roles where rolname = 'oneai_admin') then
    create role oneai_admin nologin noinherit;
    -- Operators' commands act as it too, signed in as the owner of the schema.
    grant oneai_admin to oneai_app, current_user;
  end if;
end $$;

grant usage on schema oneai to authenticated, oneai_service, oneai_app, oneai_admin;

-- The clock of every decision about time. The local stack replaces it by a movable one.
create function oneai.now() returns timestamptz
language sql stable
as $$ select pg_catalog.now() $$;
revoke execute on function oneai.now from public;
grant execute on function oneai.now to authenticated, oneai_service, oneai_app, oneai_admin;

create function oneai.today() returns date
language sql stable
as $$ select (oneai.now() at time zone 'UTC')::date $$;
revoke execute on function oneai.today from public;
grant execute on function oneai.today to authenticated, oneai_service, oneai_admin;

-- How long an answer's process may be silent before the answer counts as expired.
create function oneai.lease() returns interval
language sql immutable
as $$ select interval '30 seconds' $$;
revoke execute on function oneai.lease from public;
grant execute on function oneai.lease to authenticated, oneai_service, oneai_app;
