-- Users: created at sign-up, or completed by the first question.

create table oneai.users (
  id uuid primary key references auth.users (id) on delete cascade,
  -- Neither required nor unique: phone sign-ups have none, and two identity providers may share an address.
  email text,
  name text,
  picture_url text,
  provider_type text,
  provider_id text,
  -- While set, the API refuses the user (oneai.check_account).
  suspended_at timestamptz,
  -- The end of the grace period of an account whose deletion was requested.
  deletes_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- When the user last set a name here. The identity provider's then no longer replaces it.
  name_edited_at timestamptz
) with (fillfactor = 70);
-- Sign-ups of a period, and the list of admins, newest first.
create index users_by_creation on oneai.users (created_at, id);
create index users_to_delete on oneai.users (deletes_at) where deletes_at is not null;

alter table oneai.users enable row level security;
create policy "people see themselves" on oneai.users
  for select to authenticated using ((select auth.uid()) = id);
create policy "people change themselves" on oneai.users
  for update to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
create policy "service" on oneai.users to oneai_service using (true) with check (true);
revoke all on oneai.users from anon, authenticated, service_role;
grant select, update (name, name_edited_at) on oneai.users to authenticated;
grant select, insert, update, delete on oneai.users to oneai_service;

-- A user's name and picture from the claims of any identity provider; only a picture with an https address.
create function oneai.provider_profile(p_claims jsonb, out name text, out picture_url text)
language sql immutable
as $$
  select left(coalesce(p_claims ->> 'full_name', p_claims ->> 'name'), 200),
    (select p.url from (select coalesce(p_claims ->> 'avatar_url', p_claims ->> 'picture') as url) as p
      where p.url like 'https://_%' and length(p.url) <= 2048)
$$;
revoke execute on function oneai.provider_profile from public;

-- The preferences of a new user, from the sign-up's metadata: Hindi, by the language that the page or the identity
-- provider names, and a theme other than the device's.
create function oneai.preferences_at_sign_up(p_metadata jsonb) returns jsonb
language sql immutable
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'language',
      case when coalesce(p_metadata ->> 'language', p_metadata ->> 'locale') ~* '^hi([-_]|$)' then 'hi' end,
    'theme', case when p_metadata ->> 'theme' in ('light', 'dark') then p_metadata ->> 'theme' end))
$$;
revoke execute on function oneai.preferences_at_sign_up from public;

-- Creates a user for a new auth user, records consents, and queues the welcome mail. The sign-up must never fail or
-- wait here (a migration may hold a lock): the first question creates missing rows, and operators are alerted. A failed
-- welcome mail does not roll back the quotas.
create function oneai.on_sign_up() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  perform oneai.ensure_user(new.id);
  if not exists (select from oneai.usage_quotas where workspace_id = new.id) then
    perform oneai.raise_alert('signup_incomplete', 'no_quotas', '{}');
  end if;
  begin
    perform oneai.grant_consents(new.id, new.raw_user_meta_data -> 'consents');
  exception when others then
    perform oneai.raise_alert('signup_incomplete', 'no_consents', jsonb_build_object('error', sqlerrm));
  end;
  begin
    perform oneai.update_preferences(new.id, chosen) from oneai.preferences_at_sign_up(new.raw_user_meta_data) as chosen
      where chosen <> '{}';
    if coalesce(new.email, '') <> '' then
      perform oneai.enqueue_mail(new.id, 'welcome', new.id::text, '{}');
    end if;
  exception when others then
    perform oneai.raise_alert('signup_incomplete', 'no_welcome', jsonb_build_object('error', sqlerrm));
  end;
  return new;
exception when others then
  begin
    perform oneai.raise_alert('signup_incomplete', sqlstate, jsonb_build_object('error', sqlerrm));
  exception when others then
    raise warning 'a sign-up stayed incomplete: %', sqlerrm;
  end;
  return new;
end
$$;
revoke execute on function oneai.on_sign_up from public;

create trigger oneai_on_sign_up after insert on auth.users
  for each row execute function oneai.on_sign_up();

-- Copies e-mail address, name and the address of a picture of the identity provider to the profile. A name that the user
-- set here, and values that the provider no longer has, remain.
create function oneai.sync_profile(p_user uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.users as u set email = a.email, updated_at = oneai.now(),
    name = case when u.name_edited_at is null then coalesce(p.name, u.name) else u.name end,
    picture_url = coalesce(p.picture_url, u.picture_url)
  from auth.users as a cross join lateral oneai.provider_profile(a.raw_user_meta_data) as p
  where u.id = p_user and a.id = p_user and (
    u.email is distinct from a.email
    or (u.name_edited_at is null and u.name is distinct from coalesce(p.name, u.name))
    or u.picture_url is distinct from coalesce(p.picture_url, u.picture_url))
$$;
revoke execute on function oneai.sync_profile from public;

-- Completes an incomplete sign-up, and updates the profile.
create function oneai.complete_sign_in(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.ensure_user(p_user);
  perform oneai.sync_profile(p_user);
end
$$;
revoke execute on function oneai.complete_sign_in from public;
grant execute on function oneai.complete_sign_in to oneai_app;

-- Applies changes at the identity provider. As with a sign-up, an error here must not fail the sign-in: operators are
-- alerted, and the next change or sign-in through the API updates the profile.
create function oneai.on_profile_change() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  perform oneai.sync_profile(new.id);
  return new;
exception when others then
  begin
    perform oneai.raise_alert('signup_incomplete', 'profile', jsonb_build_object('error', sqlerrm));
  exception when others then
    raise warning 'a profile was not brought up to date: %', sqlerrm;
  end;
  return new;
end
$$;
revoke execute on function oneai.on_profile_change from public;

create trigger oneai_on_profile_change after update of email, raw_user_meta_data on auth.users
  for each row
  when (old.email is distinct from new.email or old.raw_user_meta_data is distinct from new.raw_user_meta_data)
  execute function oneai.on_profile_change();
