-- What changed in a workspace's inbox, for members who poll: numbers and kinds, never content.
--
-- The number is raised under a row lock, as the last thing that a transaction does. So the order of the numbers is that of the
-- commits, and a reader who has seen a number never misses a smaller one, however long another transaction took. Rows that
-- money locks are not touched.

create table oneai.inbox_counters (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  n bigint not null default 0,
  -- Changes up to this number are deleted.
  deleted_to bigint not null default 0
) with (fillfactor = 50);

create table oneai.inbox_changes (
  workspace_id uuid not null references oneai.inbox_counters (workspace_id) on delete cascade,
  -- The changes of one transaction share it.
  n bigint not null,
  conversation_id uuid not null,
  kind text not null check (kind in ('created', 'message', 'status', 'assignee', 'changed', 'deleted')),
  created_at timestamptz not null default oneai.now(),
  primary key (workspace_id, n, conversation_id, kind)
);
create index inbox_changes_by_time on oneai.inbox_changes (created_at);

alter table oneai.inbox_counters enable row level security;
create policy "service" on oneai.inbox_counters to oneai_service using (true) with check (true);
revoke all on oneai.inbox_counters from anon, authenticated, service_role;
alter table oneai.inbox_changes enable row level security;
create policy "service" on oneai.inbox_changes to oneai_service using (true) with check (true);
revoke all on oneai.inbox_changes from anon, authenticated, service_role;
grant select on oneai.inbox_counters, oneai.inbox_changes to oneai_service;

-- How long changes are kept. Who has not asked for as long reads the inbox again.
create function oneai.inbox_changes_lifetime() returns interval
language sql immutable
as $$ select interval '24 hours' $$;
revoke execute on function oneai.inbox_changes_lifetime from public;

-- Stores that something of a conversation changed, with the number of this transaction, which its first change takes.
create function oneai.add_inbox_change(p_workspace uuid, p_conversation uuid, p_kind text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  taken text := current_setting('oneai.inbox_change', true);
  number bigint;
begin
  if split_part(taken, ' ', 1) = p_workspace::text then
    number := nullif(split_part(taken, ' ', 2), '')::bigint;
  else
    -- Not for a workspace that is being deleted.
    insert into oneai.inbox_counters as s (workspace_id, n)
    select w.id, 1 from oneai.workspaces as w where w.id = p_workspace
    on conflict (workspace_id) do update set n = s.n + 1 returning s.n into number;
    taken := set_config('oneai.inbox_change', concat(p_workspace, ' ', number), true);
  end if;
  insert into oneai.inbox_changes (workspace_id, n, conversation_id, kind)
  select p_workspace, number, p_conversation, p_kind where number is not null
  on conflict do nothing;
end
$$;
revoke execute on function oneai.add_inbox_change from public;

create function oneai.on_inbox_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'DELETE' then
    perform oneai.add_inbox_change(old.workspace_id, old.conversation_id, 'deleted');
  elsif tg_op = 'INSERT' then
    perform oneai.add_inbox_change(new.workspace_id, new.conversation_id, 'created');
  else
    if new.workspace_id <> old.workspace_id then
      perform oneai.add_inbox_change(old.workspace_id, old.conversation_id, 'deleted');
    end if;
    perform oneai.add_inbox_change(new.workspace_id, new.conversation_id, case
      when new.workspace_id <> old.workspace_id then 'created'
      when new.status <> old.status then 'status'
      when new.assignee_id is distinct from old.assignee_id then 'assignee'
      when (new.messages, new.last_message_at, new.last_outcome) is distinct from
        (old.messages, old.last_message_at, old.last_outcome) then 'message'
      else 'changed' end);
  end if;
  return null;
end
$$;
revoke execute on function oneai.on_inbox_change from public;

-- Deferred, so that they run when everything else of the transaction is done.
create constraint trigger inbox_changes_of_new after insert or delete on oneai.inbox_conversations
  deferrable initially deferred for each row execute function oneai.on_inbox_change();
create constraint trigger inbox_changes_of_old after update on oneai.inbox_conversations
  deferrable initially deferred for each row when (
    (new.workspace_id, new.status, new.assignee_id, new.messages, new.last_message_at, new.last_outcome, new.tags, new.spam,
      new.snoozed_until, new.member_rating, new.csat) is distinct from
    (old.workspace_id, old.status, old.assignee_id, old.messages, old.last_message_at, old.last_outcome, old.tags, old.spam,
      old.snoozed_until, old.member_rating, old.csat)) execute function oneai.on_inbox_change();

-- What changed after the number p_after (null: nothing is known yet, so nothing is listed): {items [{n, kind,
-- conversation_id}], next: for the next request, present: oneai.present_members}. At most 500, and all of one number.
-- ON403, and ON410 `reload` where changes after p_after are deleted, or p_after never was.
create function oneai.inbox_changes_after(p_user uuid, p_workspace uuid, p_after bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  counter oneai.inbox_counters;
  items jsonb;
  last bigint;
begin
  perform oneai.require_right(p_user, p_workspace, 'write');
  select * into counter from oneai.inbox_counters as s where s.workspace_id = p_workspace;
  if p_after is null or p_after = coalesce(counter.n, 0) then
    return jsonb_build_object('items', '[]'::jsonb, 'next', coalesce(counter.n, 0),
      'present', oneai.present_members(p_user, p_workspace));
  end if;
  if p_after > coalesce(counter.n, 0) or p_after < counter.deleted_to or (
    select g.created_at <= oneai.now() - oneai.inbox_changes_lifetime() from oneai.inbox_changes as g
    where g.workspace_id = p_workspace and g.n > p_after order by g.n limit 1)
  then
    raise exception using errcode = 'ON410', message = 'reload';
  end if;
  select jsonb_agg(jsonb_build_object('n', g.n, 'kind', g.kind, 'conversation_id', g.conversation_id)
    order by g.n, g.conversation_id, g.kind), max(g.n) into items, last
  from (
    select * from oneai.inbox_changes as c
    where c.workspace_id = p_workspace and c.n > p_after and c.n <= counter.n
    order by c.n fetch first 500 rows with ties) as g;
  return jsonb_build_object('items', coalesce(items, '[]'), 'next',
    case when jsonb_array_length(items) >= 500 then last else counter.n end,
    'present', oneai.present_members(p_user, p_workspace));
end
$$;
revoke execute on function oneai.inbox_changes_after from public;
grant execute on function oneai.inbox_changes_after to oneai_app;

-- Deletes changes whose time is over, at most p_limit; returns their number.
create function oneai.delete_old_inbox_changes(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted integer;
begin
  with old as (
    select g.workspace_id, g.n, g.conversation_id, g.kind from oneai.inbox_changes as g
    where g.created_at <= oneai.now() - oneai.inbox_changes_lifetime() order by g.created_at limit p_limit
    for update skip locked
  ), removed as (
    delete from oneai.inbox_changes as g using old
    where (g.workspace_id, g.n, g.conversation_id, g.kind) = (old.workspace_id, old.n, old.conversation_id, old.kind)
    returning g.workspace_id, g.n
  ), marked as (
    update oneai.inbox_counters as s set deleted_to = greatest(s.deleted_to, r.n)
    from (select workspace_id, max(n) as n from removed group by 1) as r where s.workspace_id = r.workspace_id
  )
  select count(*) into deleted from removed;
  return deleted;
end
$$;
revoke execute on function oneai.delete_old_inbox_changes from public;
grant execute on function oneai.delete_old_inbox_changes to oneai_app;
