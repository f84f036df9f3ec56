-- Imports of conversations from files, read by a job under a lease: an interrupted import continues at its position,
-- and nothing is imported twice.

create table oneai.imports (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- What gets the conversations, and counts their storage.
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  upload_id uuid not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
  progress smallint not null default 0 check (progress between 0 and 100),
  -- How many conversations of the file are processed, in its order: imported, skipped or failed.
  position integer not null default 0,
  imported integer not null default 0,
  skipped integer not null default 0,
  failed integer not null default 0,
  -- The first hundred: [{"position", "title", "message"}].
  errors jsonb not null default '[]',
  -- Storage reserved for the rest of the import: first the file's size, then that of its conversations.
  reserved_bytes bigint not null default 0 check (reserved_bytes >= 0),
  error text,
  worker uuid,
  leased_until timestamptz,
  -- Claims since the position last moved.
  attempts smallint not null default 0,
  created_at timestamptz not null default oneai.now(),
  ended_at timestamptz,
  -- What was left out of the imported conversations, by kind: {"thoughts": 3}.
  left_out jsonb not null default '{}'
);
create unique index imports_open on oneai.imports (user_id, upload_id) where state in ('queued', 'running');
create index imports_waiting on oneai.imports (created_at) where state in ('queued', 'running');
create index imports_failed on oneai.imports (created_at, id) where state = 'failed';
create index imports_of_workspace on oneai.imports (workspace_id);
create index imports_of_user on oneai.imports (user_id, created_at);

alter table oneai.imports enable row level security;
create policy "people see their imports where they are members" on oneai.imports
  for select to authenticated using (
    workspace_id = any (array(select oneai.my_workspaces())) and user_id = (select auth.uid()));
create policy "service" on oneai.imports to oneai_service using (true) with check (true);
revoke all on oneai.imports from anon, authenticated, service_role;
grant select on oneai.imports to authenticated;
grant select, update, delete on oneai.imports to oneai_service;

-- Queues an upload for import into a workspace where the user may write; a repeated request returns the import in
-- progress. ON404, ON403 as oneai.require_active_user, ON429 for a fourth at once or a fifty-first within a day, and ON413
-- for a file larger than p_max_bytes or than the free storage of the workspace, or of the member in it.
create function oneai.request_import(p_user uuid, p_workspace uuid, p_upload uuid, p_max_bytes bigint) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  file oneai.uploads;
  import_id uuid;
begin
  perform oneai.require_active_user(p_user, p_workspace, false);
  select * into file from oneai.uploads
  where id = p_upload and user_id = p_user and expires_at > oneai.now() for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  elsif file.size > p_max_bytes then
    raise exception using errcode = 'ON413', message = 'body_too_large';
  end if;
  select id into import_id from oneai.imports
  where user_id = p_user and upload_id = p_upload and state in ('queued', 'running');
  if import_id is not null then
    return import_id;
  end if;
  if (select count(*) from oneai.imports where user_id = p_user and state in ('queued', 'running')) >= 3 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 60}';
  end if;
  if (select count(*) from oneai.imports
      where user_id = p_user and created_at > oneai.now() - interval '1 day') >= 50 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  -- Keeps the file while it is read.
  update oneai.uploads
  set used_at = oneai.now(), expires_at = greatest(expires_at, oneai.now() + interval '1 day') where id = p_upload;
  -- From now on the import counts instead of its file.
  insert into oneai.imports (user_id, workspace_id, upload_id, reserved_bytes)
  values (p_user, p_workspace, p_upload, file.size) returning id into import_id;
  perform oneai.require_storage(p_workspace, file.size, true, p_user);
  return import_id;
end
$$;
revoke execute on function oneai.request_import from public;
grant execute on function oneai.request_import to oneai_app;

-- Claims the oldest import without a valid lease, if fewer than p_max_running are running; it continues at its
-- position. The third claim at one position (attempts = 3) skips the conversation there, and after the fourth it fails with
-- p_problem.
create function oneai.claim_import(p_worker uuid, p_max_running integer, p_problem text) returns setof oneai.imports
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('oneai.claim_import'));
  update oneai.imports set state = 'failed', error = p_problem, ended_at = oneai.now()
  where state = 'running' and leased_until <= oneai.now() and attempts >= 4;
  if (select count(*) from oneai.imports where state = 'running' and leased_until > oneai.now()) >= p_max_running then
    return;
  end if;
  return query update oneai.imports as i
    set state = 'running', worker = p_worker, leased_until = oneai.now() + oneai.job_lease(), attempts = attempts + 1
    where i.id = (
      select w.id from oneai.imports as w
      where w.state = 'queued' or (w.state = 'running' and w.leased_until <= oneai.now())
      order by w.created_at limit 1)
    returning i.*;
end
$$;
revoke execute on function oneai.claim_import from public;
grant execute on function oneai.claim_import to oneai_app;

-- Reserves this many bytes for an import, replacing its reservation. ON413 if they do not fit; false if another
-- worker has claimed it.
create function oneai.reserve_import_storage(p_import uuid, p_worker uuid, p_bytes bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  run oneai.imports;
begin
  update oneai.imports set reserved_bytes = p_bytes
  where id = p_import and worker = p_worker and state = 'running' returning * into run;
  if not found then
    return false;
  end if;
  perform oneai.require_storage(run.workspace_id, p_bytes, true, run.user_id);
  return true;
end
$$;
revoke execute on function oneai.reserve_import_storage from public;
grant execute on function oneai.reserve_import_storage to oneai_app;

-- Stores one conversation of the user with its whole tree in a workspace, atomically; keys as in conversations and
-- chat_messages. False if it exists there already, under its derived id or the id it was exported with. It has no cost and gets no generated title.
-- Dates are at most now; missing ones are now.
create function oneai.import_conversation(p_user uuid, p_workspace uuid, p_conversation jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  conversation uuid := (p_conversation ->> 'id')::uuid;
begin
  if exists (
    select from oneai.conversations
    where id = (p_conversation ->> 'exported_id')::uuid and user_id = p_user and workspace_id = p_workspace and not temporary)
  then
    return false;
  end if;
  insert into oneai.conversations (
    id, user_id, workspace_id, title, title_source, title_requested_at, model, system_prompt, tags, folder, pinned,
    archived, metadata,
    created_at, updated_at, last_message_at)
  select conversation, p_user, p_workspace, t.title, coalesce(t.title_source, 'auto'), oneai.now(), t.model, t.system_prompt,
    coalesce(t.tags, '{}'), t.folder, coalesce(t.pinned, false), coalesce(t.archived, false),
    coalesce(t.metadata, '{}'), least(t.created_at, oneai.now()), least(t.updated_at, oneai.now()),
    least(t.last_message_at, oneai.now())
  from jsonb_to_record(p_conversation) as t (
    title text, title_source text, model text, system_prompt text, tags text[], folder text, pinned boolean,
    archived boolean, metadata jsonb, created_at timestamptz, updated_at timestamptz, last_message_at timestamptz)
  on conflict do nothing;  -- of any constraint: a concurrent import may store the same
  if not found then
    return false;
  end if;
  insert into oneai.chat_messages (
    id, conversation_id, user_id, role, content, state, model_id, model_served, provider, finish_reason, error_code,
    usage, sequence_number, parent_message_id, original_message_id, revision_number, revision_type, is_chosen,
    is_latest, turn_id, chosen_at, first_token_ms, reasoning, reasoning_length, metadata, created_at, ended_at)
  select m.id, conversation, p_user, m.role, m.content, m.state, m.model_id, m.model_served, m.provider, m.finish_reason,
    m.error_code, m.usage, m.sequence_number, m.parent_message_id, m.original_message_id, m.revision_number,
    m.revision_type, m.is_chosen, m.is_latest, m.turn_id,
    case when m.chosen_at is not null then least(m.chosen_at, oneai.now()) end, m.first_token_ms,
    m.reasoning, m.reasoning_length, coalesce(m.metadata, '{}'),
    least(m.created_at, oneai.now()), least(coalesce(m.ended_at, m.created_at), oneai.now())
  from jsonb_to_recordset(p_conversation -> 'messages') as m (
    id uuid, role text, content text, state text, model_id text, model_served text, provider text,
    finish_reason text, error_code text, usage jsonb, sequence_number integer, parent_message_id uuid,
    original_message_id uuid, revision_number integer, revision_type text, is_chosen boolean, is_latest boolean,
    turn_id uuid, chosen_at timestamptz, first_token_ms integer, reasoning text, reasoning_length integer, metadata jsonb,
    created_at timestamptz, ended_at timestamptz);
  insert into oneai.message_feedback (message_id, user_id, rating, note)
  select f.id, p_user, f.rating, f.note
  from jsonb_to_recordset(p_conversation -> 'messages') as f (id uuid, rating smallint, note text)
  where f.rating is not null;
  return true;
end
$$;
revoke execute on function oneai.import_conversation from public;

-- The sum of two objects of counts.
create function oneai.add_counts(p_one jsonb, p_other jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(c.kind, c.total), '{}') from (
    select each.key as kind, sum(each.value::bigint) as total
    from (select * from jsonb_each_text(p_one) union all select * from jsonb_each_text(coalesce(p_other, '{}'))) as each
    group by each.key) as c
$$;
revoke execute on function oneai.add_counts from public;

-- One step of an import: stores the conversation at this position, or its error ({"title", "message"}), and advances
-- the position, atomically. Idempotent. False if another worker has claimed it. ON413 if it exceeds the reservation
-- and the free storage. ON403 if the user may no longer write in the team.
create function oneai.save_import_step(
  p_import uuid, p_worker uuid, p_position integer, p_progress integer, p_conversation jsonb, p_error jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  run oneai.imports;
  stored boolean := false;
  size bigint := 0;
begin
  select * into run from oneai.imports where id = p_import for update;
  if not found or run.worker is distinct from p_worker or run.state <> 'running' then
    return false;
  elsif run.position <> p_position then
    return true;
  end if;
  if p_error is null then
    if run.workspace_id <> run.user_id and run.workspace_id not in (select oneai.writable_workspaces(run.user_id)) then
      perform oneai.require_role_right(null, 'write');
    end if;
    stored := oneai.import_conversation(run.user_id, run.workspace_id, p_conversation);
  end if;
  if stored then
    size := oneai.save_conversation_size((p_conversation ->> 'id')::uuid);
  end if;
  update oneai.imports
  set position = position + 1, attempts = 0, progress = greatest(progress, p_progress),
      leased_until = oneai.now() + oneai.job_lease(), reserved_bytes = greatest(reserved_bytes - size, 0),
      imported = imported + stored::integer,
      skipped = skipped + (p_error is null and not stored)::integer,
      failed = failed + (p_error is not null)::integer,
      left_out = case when stored then oneai.add_counts(left_out, p_conversation -> 'left_out') else left_out end,
      errors = case when p_error is null or jsonb_array_length(errors) >= 100 then errors
        else errors || jsonb_build_array(p_error || jsonb_build_object('position', p_position)) end
  where id = p_import;
  if size > run.reserved_bytes then
    perform oneai.require_storage(run.workspace_id, size - run.reserved_bytes, true, run.user_id);
  end if;
  return true;
end
$$;
revoke execute on function oneai.save_import_step from public;
grant execute on function oneai.save_import_step to oneai_app;

-- Ends an import. With `p_keep_file` the upload counts as unused again, because the storage was full or the file
-- missing; otherwise it expires now.
create function oneai.finish_import(p_import uuid, p_worker uuid, p_state text, p_error text, p_keep_file boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  run oneai.imports;
begin
  update oneai.imports
  set state = p_state, error = p_error, leased_until = null, worker = null,
    progress = case when p_state = 'done' then 100 else progress end,
    ended_at = case when p_state = 'queued' then null else oneai.now() end
  where id = p_import and worker = p_worker and state = 'running' returning * into run;
  if not found or p_state = 'queued' then
    return;
  end if;
  update oneai.uploads as u
  set used_at = case when p_keep_file then null else u.used_at end,
    expires_at = case when p_keep_file then u.expires_at else oneai.now() end
  where u.id = run.upload_id and u.user_id = run.user_id and not exists (
    select from oneai.imports as other where other.upload_id = u.id and other.state in ('queued', 'running'));
end
$$;
revoke execute on function oneai.finish_import from public;
grant execute on function oneai.finish_import to oneai_app;
