-- Each plan has room for so many bytes of text and files. What brings more of them at once (an upload, an import, a fork)
-- is refused where they do not fit; a question never is.

-- The same numbers as oneai/plans/catalog.py; a test holds the two together.
create table oneai.plan_storage (
  tier text primary key,
  limit_bytes bigint not null check (limit_bytes >= 0)
);
insert into oneai.plan_storage (tier, limit_bytes) values
  ('free', 200000000), ('pro', 5000000000), ('enterprise', 50000000000);

-- What a conversation takes, as it was last counted. Its row goes with the conversation: deleting frees at once.
create table oneai.conversation_sizes (
  conversation_id uuid primary key references oneai.conversations (id) on delete cascade,
  user_id uuid not null,
  bytes bigint not null check (bytes >= 0)
);
create index conversation_sizes_of_person on oneai.conversation_sizes (user_id) include (bytes);

-- When a person's conversations were last counted. This row is locked by whatever needs room, one after the other.
create table oneai.storage_counts (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  counted_at timestamptz not null default '-infinity'
);

-- Which of a person's conversations may have changed since.
create index conversations_changed on oneai.conversations (user_id, updated_at);

-- Bytes of a conversation: of its text, of its messages in all branches with the texts that were sent along, and of the
-- objects they show, each once. Only the person's own: metadata may name others.
create function oneai.conversation_bytes(p_conversation uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(octet_length(c.title), 0) + coalesce(octet_length(c.system_prompt), 0)
    + case when c.metadata = '{}' then 0 else octet_length(c.metadata::text) end + t.bytes + f.bytes
  from oneai.conversations as c
  cross join lateral (
    select coalesce(sum(octet_length(m.content) + case when m.metadata ?| array['attachments', 'images']
      then octet_length(m.metadata::text) else 0 end), 0)::bigint as bytes
    from oneai.chat_messages as m where m.conversation_id = c.id
  ) as t
  cross join lateral (
    select coalesce(sum(o.size), 0)::bigint as bytes from (
      select distinct on (o.object ->> 'key') case jsonb_typeof(o.object -> 'size')
        when 'number' then greatest((o.object ->> 'size')::numeric, 0) else 0 end as size
      from oneai.chat_messages as m cross join lateral jsonb_path_query(m.metadata, '$.*[*]') as o (object)
      where m.conversation_id = c.id and m.metadata ?| array['attachments', 'images']
        and jsonb_typeof(o.object) = 'object' and starts_with(o.object ->> 'key', 'users/' || c.user_id || '/')
    ) as o
  ) as f
  where c.id = p_conversation
$$;

-- Keeps what a conversation takes; how much that is.
create function oneai.keep_size(p_conversation uuid) returns bigint
language sql security definer set search_path = ''
as $$
  insert into oneai.conversation_sizes as s (conversation_id, user_id, bytes)
  select c.id, c.user_id, oneai.conversation_bytes(c.id) from oneai.conversations as c where c.id = p_conversation
  on conflict (conversation_id) do update set bytes = excluded.bytes
  returning s.bytes
$$;

-- Counts a person's conversations that changed since they were last counted; their storage_counts row is locked. An
-- answer may still be settled a quarter of an hour after its conversation last changed: so long they are counted again.
-- One that is just being asked in or deleted is locked, and passed over: waiting for it could be waiting in a circle.
create function oneai.count_storage(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.keep_size(c.id) from (
    select k.id from oneai.conversations as k
    where k.user_id = p_user and k.updated_at > (
      select s.counted_at - interval '20 minutes' from oneai.storage_counts as s where s.user_id = p_user)
    order by k.id for key share skip locked) as c;
  update oneai.storage_counts set counted_at = oneai.now() where user_id = p_user;
end
$$;

-- The next `p_most` people after `p_after` (null: the first), for the job; how many of them had something to count, and
-- the last of the people, null at the end. Who is just being counted is passed over.
create function oneai.count_storage_of_all(p_after uuid, p_most integer, out last uuid, out counted integer)
language plpgsql security definer set search_path = ''
as $$
declare
  person uuid;
  people integer := 0;
begin
  counted := 0;
  for person in
    select u.id from oneai.users as u where p_after is null or u.id > p_after order by u.id limit p_most
  loop
    people := people + 1;
    last := person;
    continue when not exists (
      select from oneai.conversations as c where c.user_id = person and c.updated_at > coalesce((
        select s.counted_at - interval '20 minutes' from oneai.storage_counts as s where s.user_id = person), '-infinity'));
    insert into oneai.storage_counts (user_id) values (person) on conflict do nothing;
    perform 1 from oneai.storage_counts where user_id = person for update skip locked;
    continue when not found;
    perform oneai.count_storage(person);
    counted := counted + 1;
  end loop;
  if people < p_most then
    last := null;
  end if;
end
$$;

-- Bytes a person has taken: conversations as they were last counted, uploads that wait to be used, sent or not, and what
-- imports under way have been promised. Asks under row-level security, or as our own functions.
create function oneai.storage_used(p_user uuid) returns bigint
language sql stable set search_path = ''
as $$
  select (
    coalesce((select sum(s.bytes) from oneai.conversation_sizes as s where s.user_id = p_user), 0)
    + coalesce((
      select sum(u.size) from oneai.uploads as u
      where u.user_id = p_user and u.used_at is null and u.expires_at > oneai.now()), 0)
    + coalesce((
      select sum(i.reserved_bytes) from oneai.imports as i
      where i.user_id = p_user and i.state in ('queued', 'running')), 0)
  )::bigint
$$;

-- What a person's plan has room for.
create function oneai.storage_limit(p_user uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(l.limit_bytes, (select f.limit_bytes from oneai.plan_storage as f where f.tier = 'free'))
  from oneai.users as u left join oneai.plan_storage as l on l.tier = u.subscription_tier
  where u.id = p_user
$$;

-- ON413 unless `p_bytes` fit. `p_written`: this transaction has written them, so that they are counted with the rest, and
-- nothing else of this person's is let in until it ends; otherwise a look, before something large is written.
create function oneai.require_storage(p_user uuid, p_bytes bigint, p_written boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  used bigint;
  most bigint := oneai.storage_limit(p_user);
begin
  if p_written then
    insert into oneai.storage_counts (user_id) values (p_user) on conflict do nothing;
    perform 1 from oneai.storage_counts where user_id = p_user for update;
    perform oneai.count_storage(p_user);
  end if;
  used := oneai.storage_used(p_user) - case when p_written then p_bytes else 0 end;
  if used + p_bytes > most then
    raise exception using errcode = 'ON413', message = 'storage_full', detail = jsonb_build_object(
      'used_bytes', used, 'limit_bytes', most, 'needed_bytes', p_bytes)::text;
  end if;
end
$$;

-- Promises an import this many bytes, in place of what it was promised before. ON413 where they do not fit; false where
-- another worker has it now.
create function oneai.reserve_for_import(p_import uuid, p_worker uuid, p_bytes bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  person uuid;
begin
  update oneai.imports set reserved_bytes = p_bytes
  where id = p_import and worker = p_worker and state = 'running' returning user_id into person;
  if not found then
    return false;
  end if;
  perform oneai.require_storage(person, p_bytes, true);
  return true;
end
$$;

-- Ends an import. With `p_keep_file` its file waits again to be imported: it found no room, or was not there yet. Otherwise
-- the file is not needed any more, and is removed.
create function oneai.end_import(p_import uuid, p_worker uuid, p_state text, p_error text, p_keep_file boolean) returns void
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

-- Copies what a link shows at this moment into a reader's account, whole or not at all: title, model and messages, none of
-- the cost, no system prompt. Nothing is told of a link that opens nothing. A copy that is there already is not made
-- again: another request may be making it at the same time. ON413 where it does not fit.
create function oneai.fork_share(
  p_user uuid, p_token_hash bytea, p_copy uuid, out allowed boolean, out known boolean, out suspended boolean)
returns setof record
language plpgsql security definer set search_path = ''
as $$
declare
  share oneai.shares;
  source oneai.conversations;
begin
  select * into share from oneai.open_share(p_token_hash);
  if not found then
    return;
  end if;
  select * into source from oneai.conversations where id = share.conversation_id;
  allowed := share.fork or share.user_id = p_user;
  select true, u.suspended_at is not null into known, suspended from oneai.users as u where u.id = p_user;
  known := coalesce(known, false);
  suspended := coalesce(suspended, false);
  if allowed and known and not suspended then
    perform oneai.copy_share(p_user, share.id, p_copy,
      case share.kind when 'live' then source.title else share.title end,
      case share.kind when 'live' then source.model else share.model end);
  end if;
  return next;
end
$$;

create function oneai.copy_share(p_user uuid, p_share uuid, p_copy uuid, p_title text, p_model text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.conversations (id, user_id, title, title_asked_at, model)
  values (p_copy, p_user, p_title, case when p_title is not null then oneai.now() end, p_model)
  on conflict do nothing;  -- of either unique key: another request may be copying with the same
  if not found then
    return;
  end if;
  perform oneai.require_storage(p_user, (
    select coalesce(sum(octet_length(m.content)), 0)::bigint
    from oneai.shared_messages(p_share, 0, 2147483647) as m where m.state <> 'streaming'), false);
  with seen as (
    select gen_random_uuid() as copy, row_number() over (order by m.sequence_number) as n, m.*
    from oneai.shared_messages(p_share, 0, 2147483647) as m where m.state <> 'streaming'
  )
  insert into oneai.chat_messages (id, conversation_id, user_id, role, content, state, model_id, model_served,
    finish_reason, sequence_number, parent_message_id, metadata, created_at, ended_at)
  select s.copy, p_copy, p_user, s.role, s.content, s.state, s.model_id, s.model_served, s.finish_reason, s.n,
    lag(s.copy) over (order by s.n), jsonb_strip_nulls(jsonb_build_object(
      'attachments', nullif(s.attachments, '[]'), 'images_left_out', nullif(s.images, 0))),
    s.created_at, s.ended_at
  from seen as s;
  perform oneai.require_storage(p_user, oneai.keep_size(p_copy), true);
end
$$;

alter table oneai.plan_storage enable row level security;
alter table oneai.conversation_sizes enable row level security;
alter table oneai.storage_counts enable row level security;

create policy "people see what their conversations take" on oneai.conversation_sizes
  for select to authenticated using ((select auth.uid()) = user_id);

revoke all on oneai.plan_storage, oneai.conversation_sizes, oneai.storage_counts from anon, authenticated, service_role;
grant select on oneai.conversation_sizes to authenticated;

revoke execute on function oneai.conversation_bytes, oneai.keep_size, oneai.count_storage, oneai.count_storage_of_all,
  oneai.storage_used, oneai.storage_limit, oneai.require_storage, oneai.reserve_for_import, oneai.end_import,
  oneai.fork_share, oneai.copy_share from public;
grant execute on function oneai.storage_used to authenticated;
grant execute on function oneai.count_storage_of_all, oneai.reserve_for_import, oneai.end_import, oneai.fork_share
  to oneai_app;
