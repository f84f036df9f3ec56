-- Exports of conversations, usage and whole accounts as files. A job writes them under a lease: an interrupted export
-- is claimed again, and none is written twice.

-- How long a claim is valid without renewal.
create function oneai.job_lease() returns interval
language sql immutable
as $$ select interval '2 minutes' $$;
revoke execute on function oneai.job_lease from public;
grant execute on function oneai.job_lease to oneai_service;

create table oneai.exports (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- Null: all conversations (`zip`), usage, all data of the account (`account`), what waits in a team that the user left
  -- (`departure`), the chatbots of a workspace (`chatbots`), or its visitors' conversations (`inbox`).
  conversation_id uuid,
  -- The workspace of the conversation or of the usage, and the right in it that the file needs when it is written and when
  -- it is downloaded: `manage` for the usage of all members, `write` for chatbots with what visitors wrote, else `read`.
  -- Null: the file is about the user alone.
  workspace_id uuid,
  needed_right text check (needed_right in ('read', 'write', 'manage') and (needed_right is null) = (workspace_id is null)),
  departure_id uuid check ((departure_id is not null) = (format = 'departure')),
  format text not null check (format in (
    'json', 'markdown', 'html', 'txt', 'zip', 'usage_csv', 'usage_jsonl', 'account', 'departure', 'chatbots',
    'inbox')),
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'expired')),
  progress smallint not null default 0 check (progress between 0 and 100),
  -- The name and type of the download; the object is at exports/{user_id}/{id}.
  name text,
  media_type text,
  error text,
  worker uuid,
  leased_until timestamptz,
  attempts smallint not null default 0,
  created_at timestamptz not null default oneai.now(),
  expires_at timestamptz,
  -- The date range of a usage export.
  since timestamptz,
  until timestamptz,
  -- Of `inbox`: {filter, kind}, which conversations and as what (oneai.request_inbox_export).
  asked jsonb check ((asked is not null) = (format = 'inbox'))
);
create index exports_waiting on oneai.exports (created_at) where state in ('queued', 'running');
create index exports_to_expire on oneai.exports (expires_at) where state = 'done';
create index exports_failed on oneai.exports (created_at, id) where state = 'failed';
create index exports_of_user on oneai.exports (user_id, created_at);
create unique index exports_open on oneai.exports (
  user_id, coalesce(conversation_id, departure_id, '00000000-0000-0000-0000-000000000000'),
  coalesce(workspace_id, '00000000-0000-0000-0000-000000000000'), coalesce(needed_right, ''), format,
  coalesce(since, '-infinity'), coalesce(until, 'infinity'), coalesce(md5(asked::text), ''))
  where state in ('queued', 'running');

alter table oneai.exports enable row level security;
-- The job that writes a file asks it too.
create policy "people see their exports of what they may still read" on oneai.exports
  for select to authenticated using (
    (select auth.uid()) = user_id and (
      workspace_id is null
      or needed_right = 'read' and workspace_id = any (array(select oneai.my_workspaces()))
      or needed_right = 'write' and workspace_id = any (array(select oneai.my_writable_workspaces()))
      or needed_right = 'manage' and workspace_id = any (array(select oneai.my_managed_workspaces()))));
create policy "service" on oneai.exports to oneai_service using (true) with check (true);
revoke all on oneai.exports from anon, authenticated, service_role;
grant select on oneai.exports to authenticated;
grant select, update, delete on oneai.exports to oneai_service;

-- Queues an export; a repeated request returns the one in progress. ON401 for an unknown user, and ON429 for a fourth
-- at once or a fifty-first within a day.
create function oneai.queue_export(
  p_user uuid, p_conversation uuid, p_format text, p_since timestamptz, p_until timestamptz,
  p_departure uuid default null, p_workspace uuid default null, p_right text default null, p_asked jsonb default null)
returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  export_id uuid;
begin
  perform oneai.ensure_user(p_user);
  perform 1 from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON401', message = 'unauthenticated';
  end if;
  select id into export_id from oneai.exports
  where user_id = p_user and conversation_id is not distinct from p_conversation and format = p_format
    and departure_id is not distinct from p_departure and workspace_id is not distinct from p_workspace
    and needed_right is not distinct from p_right and since is not distinct from p_since
    and until is not distinct from p_until and asked is not distinct from p_asked and state in ('queued', 'running');
  if export_id is not null then
    return export_id;
  end if;
  if (select count(*) from oneai.exports where user_id = p_user and state in ('queued', 'running')) >= 3 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 60}';
  end if;
  if (select count(*) from oneai.exports
      where user_id = p_user and created_at > oneai.now() - interval '1 day') >= 50 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  insert into oneai.exports (user_id, conversation_id, departure_id, workspace_id, needed_right, format, since, until, asked)
  values (p_user, p_conversation, p_departure, p_workspace, p_right, p_format, p_since, p_until, p_asked)
  returning id into export_id;
  perform oneai.record_audit('user', p_user::text, 'data_export.create', p_user, 'export', export_id::text,
    p_detail => jsonb_build_object('format', p_format));
  return export_id;
end
$$;
revoke execute on function oneai.queue_export from public;

-- Queues an export of one conversation or, with null, of all. As oneai.queue_export, and ON404.
create function oneai.request_export(p_user uuid, p_conversation uuid, p_format text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  payer uuid;
begin
  if p_conversation is not null then
    select workspace_id into payer from oneai.conversations
    where id = p_conversation and user_id = p_user and not temporary;
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  return oneai.queue_export(
    p_user, p_conversation, p_format, null, null, p_workspace => payer,
    p_right => case when payer is not null then 'read' end);
end
$$;
revoke execute on function oneai.request_export from public;
grant execute on function oneai.request_export to oneai_app;

-- Queues an export of the usage of a workspace: of all members for those who manage it, else the user's own. As
-- oneai.queue_export, and ON403 for an account that may not be used; without the right `read`, as oneai.require_right.
create function oneai.request_usage_export(
  p_user uuid, p_workspace uuid, p_format text, p_since timestamptz, p_until timestamptz
) returns uuid
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_active_user(p_user, p_workspace, false, 'read');
  return oneai.queue_export(p_user, null, p_format, p_since, p_until, p_workspace => p_workspace, p_right => (
    select case when oneai.role_has_right(m.role, 'manage') then 'manage' else 'read' end
    from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id = p_workspace));
end
$$;
revoke execute on function oneai.request_usage_export from public;
grant execute on function oneai.request_usage_export to oneai_app;

-- Queues an export of all the user's data, also of an account that is suspended or being deleted. As
-- oneai.queue_export.
create function oneai.request_data_export(p_user uuid) returns uuid
language sql security definer set search_path = ''
as $$ select oneai.queue_export(p_user, null, 'account', null, null) $$;
revoke execute on function oneai.request_data_export from public;
grant execute on function oneai.request_data_export to oneai_app;

-- Claims the oldest export without a valid lease, if fewer than p_max_running are running. After three attempts it
-- fails with p_problem.
create function oneai.claim_export(p_worker uuid, p_max_running integer, p_problem text) returns setof oneai.exports
language plpgsql security definer set search_path = ''
as $$
begin
  -- Serializes claims, or two could exceed the limit.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('oneai.claim_export'));
  update oneai.exports set state = 'failed', error = p_problem
  where state = 'running' and leased_until <= oneai.now() and attempts >= 3;
  if (select count(*) from oneai.exports where state = 'running' and leased_until > oneai.now()) >= p_max_running then
    return;
  end if;
  return query update oneai.exports as e
    set state = 'running', worker = p_worker, leased_until = oneai.now() + oneai.job_lease(), attempts = attempts + 1
    where e.id = (
      select w.id from oneai.exports as w
      where w.state = 'queued' or (w.state = 'running' and w.leased_until <= oneai.now())
      order by w.created_at limit 1)
    returning e.*;
end
$$;
revoke execute on function oneai.claim_export from public;
grant execute on function oneai.claim_export to oneai_app;

-- Ends an export as `done` or `failed` if the worker still holds the claim; returns whether it did. The file can be
-- downloaded for a day, but what waits in a team no longer than it waits, and not at all while the team is suspended; that of
-- an account, about which the user gets a mail, for a week.
create function oneai.finish_export(
  p_id uuid, p_worker uuid, p_state text, p_name text, p_media_type text, p_error text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  finished oneai.exports;
begin
  update oneai.exports
  set state = p_state, name = p_name, media_type = p_media_type, error = p_error, leased_until = null,
    progress = case p_state when 'done' then 100 else progress end,
    expires_at = least(
      oneai.now() + case format when 'account' then interval '7 days' else interval '1 day' end,
      (select case when w.suspended_at is null then d.expires_at else oneai.now() end
        from oneai.departures as d join oneai.workspaces as w on w.id = d.workspace_id
        where d.id = departure_id for share of w))
  where id = p_id and worker = p_worker and state = 'running'
  returning * into finished;
  if finished.format = 'account' and finished.state = 'done' then
    perform oneai.enqueue_mail(finished.user_id, 'data_export', p_id::text,
      jsonb_build_object('export_id', p_id, 'expires_at', finished.expires_at));
  end if;
  return finished.id is not null;
end
$$;
revoke execute on function oneai.finish_export from public;
grant execute on function oneai.finish_export to oneai_app;

-- When and from where the user signed in, oldest first: Supabase's data about the sessions, without their secrets.
create function oneai.sessions_to_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.row -> 'id', 'created_at', s.row -> 'created_at', 'refreshed_at', s.row -> 'refreshed_at',
    'not_after', s.row -> 'not_after', 'user_agent', s.row -> 'user_agent', 'ip', s.row -> 'ip')
    order by s.row ->> 'created_at'), '[]')
  from (select to_jsonb(o) as row from auth.sessions as o where o.user_id = p_user) as s
$$;
revoke execute on function oneai.sessions_to_export from public;
grant execute on function oneai.sessions_to_export to oneai_app;
