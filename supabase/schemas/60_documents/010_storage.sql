-- Storage limits of text and files per plan. Uploads, imports and forks beyond them are refused; questions never are.

-- 90_operations/100_plan_numbers.sql has the numbers.
create table oneai.plan_storage (
  tier text primary key,
  limit_bytes bigint not null check (limit_bytes >= 0)
);

alter table oneai.plan_storage enable row level security;
revoke all on oneai.plan_storage from anon, authenticated, service_role;

-- A conversation's size when it was last counted. Deleting the conversation frees it immediately.
create table oneai.conversation_sizes (
  conversation_id uuid primary key references oneai.conversations (id) on delete cascade,
  workspace_id uuid not null,
  bytes bigint not null check (bytes >= 0)
);
create index conversation_sizes_of_workspace on oneai.conversation_sizes (workspace_id) include (bytes);

alter table oneai.conversation_sizes enable row level security;
create policy "members see what conversations take" on oneai.conversation_sizes
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.conversation_sizes from anon, authenticated, service_role;
grant select on oneai.conversation_sizes to authenticated;

-- The size of a conversation that moves counts for its new workspace from then on.
create function oneai.move_conversation_size() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.conversation_sizes set workspace_id = new.workspace_id where conversation_id = new.id;
  return null;
end
$$;
revoke execute on function oneai.move_conversation_size from public;

create trigger move_conversation_size after update of workspace_id on oneai.conversations
  for each row when (old.workspace_id <> new.workspace_id) execute function oneai.move_conversation_size();

-- When a workspace's conversations were last counted. Functions that need storage lock this row.
create table oneai.storage_counts (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  counted_at timestamptz not null default '-infinity'
);

alter table oneai.storage_counts enable row level security;
revoke all on oneai.storage_counts from anon, authenticated, service_role;

-- Bytes of a conversation: its texts, the messages of all branches with thoughts and attached texts, and referenced objects, each
-- once. Only the user's own objects: imported metadata may name others.
create function oneai.conversation_bytes(p_conversation uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(octet_length(c.title), 0) + coalesce(octet_length(c.system_prompt), 0)
    + case when c.metadata = '{}' then 0 else octet_length(c.metadata::text) end + t.bytes + f.bytes
  from oneai.conversations as c
  cross join lateral (
    select coalesce(sum(octet_length(m.content) + coalesce(octet_length(m.reasoning), 0) + case when m.metadata ?| array['attachments', 'images']
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
revoke execute on function oneai.conversation_bytes from public;

-- Stores and returns a conversation's size.
create function oneai.save_conversation_size(p_conversation uuid) returns bigint
language sql security definer set search_path = ''
as $$
  insert into oneai.conversation_sizes as s (conversation_id, workspace_id, bytes)
  select c.id, c.workspace_id, oneai.conversation_bytes(c.id) from oneai.conversations as c where c.id = p_conversation
  on conflict (conversation_id) do update set bytes = excluded.bytes, workspace_id = excluded.workspace_id
  returning s.bytes
$$;
revoke execute on function oneai.save_conversation_size from public;

-- Recounts the workspace's conversations that changed since the last count; the caller has locked the storage_counts
-- row. An answer may be settled a quarter of an hour after its conversation last changed, so changes of the last 20
-- minutes are counted again. Locked conversations are skipped: waiting could deadlock.
create function oneai.count_storage(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.save_conversation_size(c.id) from (
    select k.id from oneai.conversations as k
    where k.workspace_id = p_workspace and k.updated_at > (
      select s.counted_at - interval '20 minutes' from oneai.storage_counts as s where s.workspace_id = p_workspace)
    order by k.id for key share skip locked) as c;
  update oneai.storage_counts set counted_at = oneai.now() where workspace_id = p_workspace;
end
$$;
revoke execute on function oneai.count_storage from public;

-- Counts the next `p_limit` workspaces after `p_after` (null: the first), for the job; returns how many had changes,
-- and the last workspace, null at the end. Those that are being counted are skipped.
create function oneai.count_storage_batch(p_after uuid, p_limit integer, out last uuid, out counted integer)
language plpgsql security definer set search_path = ''
as $$
declare
  payer uuid;
  seen integer := 0;
begin
  counted := 0;
  for payer in
    select w.id from oneai.workspaces as w where p_after is null or w.id > p_after order by w.id limit p_limit
  loop
    seen := seen + 1;
    last := payer;
    continue when not exists (
      select from oneai.conversations as c where c.workspace_id = payer and c.updated_at > coalesce((
        select s.counted_at - interval '20 minutes' from oneai.storage_counts as s
        where s.workspace_id = payer), '-infinity'));
    insert into oneai.storage_counts (workspace_id) values (payer) on conflict do nothing;
    perform 1 from oneai.storage_counts where workspace_id = payer for update skip locked;
    continue when not found;
    perform oneai.count_storage(payer);
    counted := counted + 1;
  end loop;
  if seen < p_limit then
    last := null;
  end if;
end
$$;
revoke execute on function oneai.count_storage_batch from public;
grant execute on function oneai.count_storage_batch to oneai_app;

-- The storage limit of the workspace's plan.
create function oneai.storage_limit(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce((w.plan_limits ->> 'storage_bytes')::bigint, l.limit_bytes, (
    select f.limit_bytes from oneai.plan_storage as f where f.tier = oneai.lowest_tier(w.kind)))
  from oneai.workspaces as w left join oneai.plan_storage as l on l.tier = w.subscription_tier
  where w.id = p_workspace
$$;
revoke execute on function oneai.storage_limit from public;

-- ON413 unless `p_bytes` fit. `p_written`: this transaction has already written them; the workspace's other checks wait
-- until it ends. Otherwise an early check before a large write. p_user: who writes them, whose share of a team's storage
-- they must fit too; null: no user's.
create function oneai.require_storage(
  p_workspace uuid, p_bytes bigint, p_written boolean, p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  used bigint;
  most bigint := oneai.storage_limit(p_workspace);
  in_team constant boolean := coalesce(p_user <> p_workspace, false);
  refused text;
begin
  if p_written then
    insert into oneai.storage_counts (workspace_id) values (p_workspace) on conflict do nothing;
    perform 1 from oneai.storage_counts where workspace_id = p_workspace for update;
    perform oneai.count_storage(p_workspace);
  end if;
  used := oneai.storage_of(p_workspace) - case when p_written then p_bytes else 0 end;
  if used + p_bytes > most then
    refused := 'workspace';
  elsif in_team then
    most := oneai.member_limit(most, oneai.usage_limit_percent(p_workspace, p_user));
    -- What the member has made is added up only if they have a limit.
    if most is not null then
      used := oneai.member_storage_used(p_workspace, p_user) - case when p_written then p_bytes else 0 end;
      refused := case when used + p_bytes > most then 'member' end;
    end if;
  end if;
  if refused is not null then
    raise exception using errcode = 'ON413', message = 'storage_full', detail = (jsonb_build_object(
      'used_bytes', used, 'limit_bytes', most, 'needed_bytes', p_bytes)
      || oneai.refused_share(refused, in_team))::text;
  end if;
end
$$;
revoke execute on function oneai.require_storage from public;
