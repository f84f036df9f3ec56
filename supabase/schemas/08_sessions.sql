-- Sessions of Supabase Auth: read from its tables, ended with rows of oneai.ended_sessions.

-- A user's sessions, most recently used first. `refreshed_at` is a timestamp without time zone in Supabase's table.
create function oneai.list_sessions(p_user uuid)
returns table (id uuid, created_at timestamptz, last_used_at timestamptz, user_agent text, ip text)
language sql stable security definer set search_path = '' set timezone = 'UTC'
as $$
  select s.id, s.created_at, greatest(s.created_at, s.refreshed_at::timestamp at time zone 'UTC'),
    left(s.user_agent, 500), host(s.ip)
  from auth.sessions as s
  where s.user_id = p_user and coalesce(s.not_after > oneai.now(), true)
    and not exists (select from oneai.ended_sessions as e where e.session_id = s.id)
  order by 3 desc, 1 limit 200
$$;
revoke execute on function oneai.list_sessions from public;
grant execute on function oneai.list_sessions to oneai_app, oneai_admin;

-- Whether Supabase can still refresh this session.
create function oneai.session_exists(p_session uuid) returns boolean
language sql stable security definer set search_path = ''
as $$ select exists (select from auth.sessions where id = p_session) $$;
revoke execute on function oneai.session_exists from public;
grant execute on function oneai.session_exists to oneai_service;

-- Ends a session of the user. Idempotent. False if the user has no session with this id.
create function oneai.end_session(p_user uuid, p_session uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.ensure_user(p_user);
  insert into oneai.ended_sessions (session_id, user_id)
  select s.id, s.user_id from auth.sessions as s where s.id = p_session and s.user_id = p_user
  on conflict (session_id) do nothing;
  if found then
    perform oneai.record_audit('user', p_user::text, 'session.revoke', p_user, 'session', p_session::text);
  end if;
  return exists (select from oneai.ended_sessions where session_id = p_session and user_id = p_user);
end
$$;
revoke execute on function oneai.end_session from public;
grant execute on function oneai.end_session to oneai_app;

-- Ends the session of a verified token, whose row Supabase may already have removed, and with `p_all` all other
-- sessions of the user.
create function oneai.sign_out(p_user uuid, p_session uuid, p_all boolean) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.ensure_user(p_user);
  insert into oneai.ended_sessions (session_id, user_id)
  select id, p_user from (
    select p_session as id where p_session is not null
    union
    select s.id from auth.sessions as s where p_all and s.user_id = p_user) as s
  on conflict (session_id) do nothing;
  if found then
    perform oneai.record_audit('user', p_user::text, 'session.revoke', p_user, 'session', p_session::text,
      p_detail => jsonb_build_object('all', p_all));
  end if;
end
$$;
revoke execute on function oneai.sign_out from public;
grant execute on function oneai.sign_out to oneai_app;

-- Ends all sessions of a user and returns their number.
create function oneai.end_all_sessions(p_user uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  ended integer;
begin
  insert into oneai.ended_sessions (session_id, user_id)
  select s.id, s.user_id from auth.sessions as s join oneai.users as u on u.id = s.user_id where s.user_id = p_user
  on conflict (session_id) do nothing;
  get diagnostics ended = row_count;
  return ended;
end
$$;
revoke execute on function oneai.end_all_sessions from public;
grant execute on function oneai.end_all_sessions to oneai_admin;
