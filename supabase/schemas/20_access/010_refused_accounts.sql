-- Who may use the API: no suspended users, no accounts that are being deleted, no ended sessions, and no sessions that
-- lack the user's second factor.

-- Sessions that were ended here. Supabase stops refreshes at a sign-out, but an access token remains valid until it
-- expires; such a row refuses it immediately. Rows are removed when no token of the session can be valid any more.
create table oneai.ended_sessions (
  -- The claim `session_id`; its row in auth.sessions may already be deleted.
  session_id uuid primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  ended_at timestamptz not null default oneai.now()
);
create index ended_sessions_by_user on oneai.ended_sessions (user_id);
create index ended_sessions_by_age on oneai.ended_sessions (ended_at);

alter table oneai.ended_sessions enable row level security;
create policy "service" on oneai.ended_sessions to oneai_service using (true) with check (true);
revoke all on oneai.ended_sessions from anon, authenticated, service_role;
grant select, update, delete on oneai.ended_sessions to oneai_service;

-- Raises ON403 `account_suspended` or `account_deleting` for such users. Users without a row, whose sign-up is
-- incomplete, pass.
create function oneai.require_usable_account(p_user oneai.users, p_permits text[]) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_user.suspended_at is not null and not 'suspended' = any (p_permits) then
    raise exception using errcode = 'ON403', message = 'account_suspended';
  end if;
  if p_user.deletes_at is not null and not 'deleting' = any (p_permits) then
    raise exception using errcode = 'ON403', message = 'account_deleting',
      detail = json_build_object(
        'deletes_at', to_char(p_user.deletes_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
  end if;
end
$$;
revoke execute on function oneai.require_usable_account from public;

-- Whether the user has a verified second factor and this token was issued without it. `p_aal` is the token's claim
-- `aal`: `aal2` after a second factor, `aal1` or null without one.
create function oneai.lacks_second_factor(p_user uuid, p_aal text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select p_aal is distinct from 'aal2' and oneai.has_second_factor(p_user)
$$;
revoke execute on function oneai.lacks_second_factor from public;

-- The check of every request of a signed-in user, in the message of its first statement: the service is not in
-- maintenance, the session has not ended, and the account exists and is neither suspended nor being deleted, unless
-- `p_permits` has that state. The token of a user with a second factor is `aal2`, unless `p_permits` has `aal1`. Refuses
-- with ON503, ON401 and ON403, because row-level security alone would return empty lists.
create function oneai.check_account(p_user uuid, p_session uuid, p_aal text, p_permits text[]) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  account oneai.users;
begin
  perform oneai.require_open(p_user, p_permits);
  if exists (select from oneai.ended_sessions where session_id = p_session) then
    raise exception using errcode = 'ON401', message = 'unauthenticated', detail = '{"reason": "session_ended"}';
  end if;
  select * into account from oneai.users where id = p_user;
  if not found and not exists (select from auth.users as a where a.id = p_user) then
    raise exception using errcode = 'ON401', message = 'unauthenticated', detail = '{"reason": "token_invalid"}';
  end if;
  -- First, so that someone who has only the password learns nothing about the account.
  if not 'aal1' = any (p_permits) and oneai.lacks_second_factor(p_user, p_aal) then
    raise exception using errcode = 'ON403', message = 'second_factor_required';
  end if;
  perform oneai.require_usable_account(account, p_permits);
end
$$;
revoke execute on function oneai.check_account from public;
grant execute on function oneai.check_account to oneai_app;
