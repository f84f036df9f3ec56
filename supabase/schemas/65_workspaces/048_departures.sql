-- What a former member owns alone in a team: their private conversations, and private documents without an heir, wait there
-- for some days. They return with a new membership, and are erased then (oneai/accounts/departure_job.py). The conversations
-- can be downloaded through the link in a mail.

create table oneai.departures (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- As the membership had it: what the team said when its member joined.
  may_download boolean not null,
  -- SHA-256 of the token in the mail, which is made when the mail is sent, and is not stored. Null before that, and for
  -- members who may not download.
  token_hash bytea unique check (octet_length(token_hash) = 32),
  left_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null,
  -- The end of the worker's lease, and of the pause after a failed attempt.
  next_attempt_at timestamptz not null default oneai.now(),
  unique (workspace_id, user_id)
);
create index departures_of_user on oneai.departures (user_id);
create index departures_to_erase on oneai.departures (expires_at);

alter table oneai.departures enable row level security;
create policy "service" on oneai.departures to oneai_service using (true) with check (true);
revoke all on oneai.departures from anon, authenticated, service_role;
grant select on oneai.departures to oneai_service;

-- The private conversations that wait, oldest first; none of one that has ended.
create function oneai.conversations_of_departure(p_departure uuid) returns setof oneai.conversations
language sql stable security definer set search_path = ''
as $$
  select c.* from oneai.departures as d
  join oneai.conversations as c on c.workspace_id = d.workspace_id and c.user_id = d.user_id
  where d.id = p_departure and c.visibility = 'private' and not c.temporary
  order by c.created_at, c.id
$$;
revoke execute on function oneai.conversations_of_departure from public;
grant execute on function oneai.conversations_of_departure to oneai_service;

-- A file of all conversations, or of all data of an account, has what its user read in a team that they can no longer
-- read: it can no longer be downloaded, and one that is being written starts again, without the team. The next run of the
-- job deletes it.
create function oneai.end_exports(p_users uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.exports set expires_at = oneai.now()
  where user_id = any (p_users) and format in ('zip', 'account') and state = 'done' and expires_at > oneai.now();
  update oneai.exports set state = 'queued', worker = null, leased_until = null
  where user_id = any (p_users) and format in ('zip', 'account') and state = 'running';
end
$$;
revoke execute on function oneai.end_exports from public;

create function oneai.on_exports_outdated() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.end_exports(array[old.user_id]);
  return null;
end
$$;
revoke execute on function oneai.on_exports_outdated from public;

create trigger oneai_on_exports_outdated after delete on oneai.workspace_members
  for each row when (old.workspace_id <> old.user_id) execute function oneai.on_exports_outdated();

-- Queues an export of what waits for the user in a team that they left, by the token in their mail. ON404 for another
-- user's token and for one that has ended; ON403 while the team is suspended; else as oneai.queue_export.
create function oneai.request_departure_export(p_user uuid, p_token_hash bytea) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  d oneai.departures;
begin
  select * into d from oneai.departures
  where token_hash = p_token_hash and user_id = p_user and may_download and expires_at > oneai.now();
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if exists (select from oneai.workspaces where id = d.workspace_id and suspended_at is not null) then
    raise exception using errcode = 'ON403', message = 'workspace_suspended';
  end if;
  return oneai.queue_export(p_user, null, 'departure', null, null, d.id);
end
$$;
revoke execute on function oneai.request_departure_export from public;
grant execute on function oneai.request_departure_export to oneai_app;

-- The next departure to erase, oldest first, or null. It is claimed again after half an hour unless it is erased by then.
create function oneai.claim_departure() returns uuid
language sql security definer set search_path = ''
as $$
  update oneai.departures set next_attempt_at = oneai.now() + interval '30 minutes'
  where id = (
    select d.id from oneai.departures as d where d.expires_at <= oneai.now() and d.next_attempt_at <= oneai.now()
    order by d.expires_at, d.id limit 1 for update skip locked)
  returning id
$$;
revoke execute on function oneai.claim_departure from public;
grant execute on function oneai.claim_departure to oneai_app;

-- Deletes at most `p_limit` conversations, and as many private documents, of a departure whose days are over; returns
-- `p_limit` if there may be more. Otherwise the departure has ended. Nothing is deleted for a user who joined again.
create function oneai.erase_departure(p_departure uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  d oneai.departures;
  deleted_count integer;
  deleted_documents integer;
begin
  -- A user who joins again waits here, and keeps what is left.
  select * into d from oneai.departures where id = p_departure and expires_at <= oneai.now() for update;
  if not found then
    return 0;
  end if;
  delete from oneai.conversations where id in (
    select c.id from oneai.conversations_of_departure(p_departure) as c limit p_limit);
  get diagnostics deleted_count = row_count;
  delete from oneai.documents where id in (
    select o.id from oneai.documents as o
    where o.workspace_id = d.workspace_id and o.user_id = d.user_id and o.visibility = 'private' and not o.attached
    limit p_limit);
  get diagnostics deleted_documents = row_count;
  deleted_count := greatest(deleted_count, deleted_documents);
  if deleted_count < p_limit then
    delete from oneai.collections
    where workspace_id = d.workspace_id and user_id = d.user_id and visibility = 'private';
    delete from oneai.departures where id = p_departure;
  end if;
  return deleted_count;
end
$$;
revoke execute on function oneai.erase_departure from public;
grant execute on function oneai.erase_departure to oneai_app;
