-- What a Supabase project has before our migrations run: its roles and schemas. Run as superuser, again and again
-- without harm; roles belong to the whole server, the rest to this database.
do $$
begin
  if not exists (select from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
    create role authenticated nologin noinherit;
    create role service_role nologin noinherit bypassrls;
    create role migrator login noinherit createrole;
    grant anon, authenticated, service_role to migrator with admin option;
  end if;
end $$;

-- The migrator stands for Supabase's `postgres`: no superuser, so that a migration meets the same refusals here.
do $$ begin execute format('grant create on database %I to migrator', current_database()); end $$;
create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role, migrator with grant option;
-- Not a trusted extension; on Supabase `postgres` may create it anyway.
create extension if not exists vector with schema extensions;
create schema if not exists supabase_migrations authorization migrator;
