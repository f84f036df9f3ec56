-- Admins, and suspensions of users.

create table oneai.admins (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  role text not null check (role in ('admin', 'support')),
  created_at timestamptz not null default oneai.now()
);

alter table oneai.admins enable row level security;
create policy "admins see their role" on oneai.admins
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.admins to oneai_service using (true) with check (true);
revoke all on oneai.admins from anon, authenticated, service_role;
grant select on oneai.admins to authenticated, oneai_service;

-- The role of an admin or of support (read-only). Everyone else is refused with ON404, as for a route that does not
-- exist.
create function oneai.require_staff(p_user uuid) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  staff_role text;
begin
  select a.role into staff_role from oneai.admins as a where a.user_id = p_user;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return staff_role;
end
$$;
revoke execute on function oneai.require_staff from public;
grant execute on function oneai.require_staff to oneai_app;

-- Refuses with ON409 `last_admin` if no admin would remain who can sign in; suspended admins, and those whose account
-- is being deleted, do not count. Roles are locked until the transaction ends, so that two concurrent changes cannot
-- remove the last admin.
create function oneai.require_other_admin(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from oneai.admins where user_id = p_user and role = 'admin') then
    return;
  end if;
  lock table oneai.admins in share row exclusive mode;
  if exists (select from oneai.admins where user_id = p_user and role = 'admin') and not exists (
    select from oneai.admins as a join oneai.users as u on u.id = a.user_id
    where a.role = 'admin' and a.user_id <> p_user and u.suspended_at is null and u.deletes_at is null)
  then
    raise exception using errcode = 'ON409', message = 'last_admin';
  end if;
end
$$;
revoke execute on function oneai.require_other_admin from public;
grant execute on function oneai.require_other_admin to oneai_app, oneai_admin;

-- Sets a user's role (`admin`, `support` or `user`), returns the previous one. ON404 for an unknown user, ON409 for the
-- last admin.
create function oneai.set_staff_role(p_user uuid, p_role text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  before text;
begin
  lock table oneai.admins in share row exclusive mode;
  if not exists (select from oneai.users where id = p_user) then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select role into before from oneai.admins where user_id = p_user;
  if p_role <> 'admin' then
    perform oneai.require_other_admin(p_user);
  end if;
  if p_role = 'user' then
    delete from oneai.admins where user_id = p_user;
  else
    insert into oneai.admins (user_id, role) values (p_user, p_role)
    on conflict (user_id) do update set role = excluded.role;
  end if;
  return coalesce(before, 'user');
end
$$;
revoke execute on function oneai.set_staff_role from public;
grant execute on function oneai.set_staff_role to oneai_admin;

-- The state of a verified token: active, suspended, deleting, session_ended, second_factor_required or user_not_found.
create function oneai.token_state(p_user uuid, p_session uuid, p_aal text, out state text, out role text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  account oneai.users;
begin
  select * into account from oneai.users where id = p_user;
  role := coalesce((select a.role from oneai.admins as a where a.user_id = p_user), 'user');
  state := case
    when not exists (select from auth.users where id = p_user) then 'user_not_found'
    when exists (select from oneai.ended_sessions where session_id = p_session) then 'session_ended'
    when oneai.lacks_second_factor(p_user, p_aal) then 'second_factor_required'
    when account.suspended_at is not null then 'suspended'
    when account.deletes_at is not null then 'deleting'
    else 'active' end;
end
$$;
revoke execute on function oneai.token_state from public;
grant execute on function oneai.token_state to oneai_app;

-- Every suspension with its reason. `suspended_by` and `ended_by` are admins; null for an operator's command.
create table oneai.suspensions (
  id bigint generated always as identity primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  reason text not null check (length(reason) between 1 and 1000),
  suspended_at timestamptz not null default oneai.now(),
  suspended_by uuid references oneai.users (id) on delete set null,
  end_reason text check (length(end_reason) between 1 and 1000),
  ended_at timestamptz,
  ended_by uuid references oneai.users (id) on delete set null
);
create index suspensions_of_user on oneai.suspensions (user_id, suspended_at);
create unique index suspensions_in_force on oneai.suspensions (user_id) where ended_at is null;

alter table oneai.suspensions enable row level security;
create policy "service" on oneai.suspensions to oneai_service using (true) with check (true);
revoke all on oneai.suspensions from anon, authenticated, service_role;
grant select on oneai.suspensions to oneai_service;

-- Suspends a user; false if the user is already suspended, whose reason remains. ON404 for an unknown user.
create function oneai.suspend_user(p_actor uuid, p_user uuid, p_reason text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  since timestamptz;
begin
  perform oneai.require_other_admin(p_user);
  select suspended_at into since from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  insert into oneai.suspensions (user_id, reason, suspended_by) values (p_user, p_reason, p_actor)
  on conflict (user_id) where ended_at is null do nothing;
  update oneai.users set suspended_at = oneai.now() where id = p_user and suspended_at is null;
  return since is null;
end
$$;
revoke execute on function oneai.suspend_user from public;
grant execute on function oneai.suspend_user to oneai_admin;

-- Ends a suspension; false if the user is not suspended. ON404 for an unknown user.
create function oneai.unsuspend_user(p_actor uuid, p_user uuid, p_reason text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  since timestamptz;
begin
  select suspended_at into since from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  update oneai.suspensions set end_reason = p_reason, ended_at = oneai.now(), ended_by = p_actor
  where user_id = p_user and ended_at is null;
  update oneai.users set suspended_at = null where id = p_user and suspended_at is not null;
  return since is not null;
end
$$;
revoke execute on function oneai.unsuspend_user from public;
grant execute on function oneai.unsuspend_user to oneai_admin;
