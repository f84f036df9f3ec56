-- Uploads, which clients send to the storage at a presigned URL, and the removal of unreferenced files.

-- A file that the client may send to `uploads/{user_id}/{id}`. `used_at`: a message or an import has used it; from then
-- on it no longer counts as waiting.
create table oneai.uploads (
  id uuid primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  name text not null,
  media_type text not null,
  size bigint not null check (size > 0),
  created_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index uploads_of_user on oneai.uploads (user_id, created_at);
create index uploads_expired on oneai.uploads (expires_at);

alter table oneai.uploads enable row level security;
create policy "people see their uploads" on oneai.uploads
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.uploads to oneai_service using (true) with check (true);
revoke all on oneai.uploads from anon, authenticated, service_role;
grant select on oneai.uploads to authenticated;
grant select, update, delete on oneai.uploads to oneai_service;

-- Objects to delete from the storage, unless a message, such as a copy, still references them.
create table oneai.files_to_remove (
  key text primary key,
  requested_at timestamptz not null default oneai.now()
);
create index files_to_remove_oldest on oneai.files_to_remove (requested_at);

alter table oneai.files_to_remove enable row level security;
create policy "service" on oneai.files_to_remove to oneai_service using (true) with check (true);
revoke all on oneai.files_to_remove from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.files_to_remove to oneai_service;

-- ON429 with the seconds until the first unused upload expires, if the user has `p_max_waiting` of them, of every kind,
-- including those that are read like documents, which are stored for `p_keep`.
create function oneai.require_few_uploads(p_user uuid, p_keep interval, p_max_waiting integer) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  waiting integer;
  first timestamptz;
begin
  select count(*), min(w.expires_at) into waiting, first from (
    select u.expires_at from oneai.uploads as u where u.user_id = p_user and u.used_at is null
    union all
    select d.created_at + p_keep from oneai.documents as d
    where d.user_id = p_user and d.attached and d.conversation_id is null
  ) as w
  where w.expires_at > oneai.now();
  if waiting >= p_max_waiting then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'retry_after', ceil(extract(epoch from first - oneai.now())))::text;
  end if;
end
$$;
revoke execute on function oneai.require_few_uploads from public;

-- Creates an upload, serialized per user: at most `p_max_waiting` may be unused, and its size counts immediately. With
-- `p_read` it is read like a document: it belongs to the workspace, and until a question names it only its user reads it.
-- Other uploads are the user's own. Returns the time from which its URL is valid. ON429 as in oneai.require_few_uploads,
-- ON413 if it does not fit into the storage.
create function oneai.open_upload(
  p_user uuid, p_workspace uuid, p_id uuid, p_name text, p_media_type text, p_size bigint, p_send interval, p_keep interval,
  p_max_waiting integer, p_read boolean)
returns timestamptz
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_active_user(p_user, p_workspace, false);
  perform oneai.require_few_uploads(p_user, p_keep, p_max_waiting);
  if p_read then
    insert into oneai.documents (
      id, workspace_id, user_id, visibility, attached, name, media_type, size, upload_expires_at)
    values (p_id, p_workspace, p_user, 'private', true, p_name, p_media_type, p_size, oneai.now() + p_send);
    perform oneai.require_storage(p_workspace, p_size, true, p_user);
  else
    insert into oneai.uploads (id, user_id, name, media_type, size, expires_at)
    values (p_id, p_user, p_name, p_media_type, p_size, oneai.now() + p_keep);
    perform oneai.require_storage(p_user, p_size, true, p_user);
  end if;
  return oneai.now();
end
$$;
revoke execute on function oneai.open_upload from public;
grant execute on function oneai.open_upload to oneai_app;

-- The keys of the objects in a message's metadata.
create function oneai.file_keys(p_metadata jsonb) returns text[]
language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(distinct k.key #>> '{}'), '{}') from (
    select jsonb_path_query(p_metadata, '$.attachments[*].key') as key
    union all
    select jsonb_path_query(p_metadata, '$.images[*].key')
  ) as k
$$;
revoke execute on function oneai.file_keys from public;
-- Roles that write messages evaluate the index expression.
grant execute on function oneai.file_keys to oneai_service;

create index chat_messages_with_files on oneai.chat_messages using gin (oneai.file_keys(metadata))
  where metadata ?| array['attachments', 'images'];

-- The metadata with its files, but without their keys.
create function oneai.without_file_keys(p_metadata jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select p_metadata || coalesce((
    select jsonb_object_agg(name, (
      select jsonb_agg(case when jsonb_typeof(f.file) = 'object' then f.file - 'key' else f.file end order by f.place)
      from jsonb_array_elements(p_metadata -> name) with ordinality as f (file, place)))
    from unnest(array['attachments', 'images']) as name
    where jsonb_typeof(p_metadata -> name) = 'array' and p_metadata -> name <> '[]'), '{}')
$$;
revoke execute on function oneai.without_file_keys from public;

-- Only the user's own keys: imported metadata must not delete other users' files.
create function oneai.enqueue_message_files() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.files_to_remove (key)
  select key from unnest(oneai.file_keys(old.metadata)) as key
  where starts_with(key, 'users/' || old.user_id || '/')
  on conflict do nothing;
  return null;
end
$$;
revoke execute on function oneai.enqueue_message_files from public;

create trigger enqueue_message_files after delete on oneai.chat_messages
  for each row when (old.metadata ?| array['attachments', 'images']) execute function oneai.enqueue_message_files();

create function oneai.enqueue_upload_file() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.files_to_remove (key) values ('uploads/' || old.user_id || '/' || old.id) on conflict do nothing;
  return null;
end
$$;
revoke execute on function oneai.enqueue_upload_file from public;

create trigger enqueue_upload_file after delete on oneai.uploads
  for each row execute function oneai.enqueue_upload_file();

-- Whether a message of the file's owner still references it, or a document whose file it is.
create function oneai.file_is_referenced(p_key text) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from oneai.chat_messages as m
    where m.metadata ?| array['attachments', 'images'] and oneai.file_keys(m.metadata) @> array[p_key]
      and starts_with(p_key, 'users/' || m.user_id || '/'))
  or exists (
    select from oneai.documents as d
    where d.id = (oneai.uuids_of(to_jsonb(array[split_part(p_key, '/', 3)])))[1]
      and p_key = 'documents/' || coalesce(d.stored_in, d.workspace_id) || '/' || d.id);
end
$$;
revoke execute on function oneai.file_is_referenced from public;
grant execute on function oneai.file_is_referenced to oneai_service;
