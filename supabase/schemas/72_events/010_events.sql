-- What happened in a workspace, for others than the request that caused it. The transaction of the cause writes it, readers take
-- it afterwards. Mail is a reader.

create table oneai.workspace_events (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  kind text not null check (kind in (
    'message.arrived', 'conversation.handed_off', 'conversation.resolved', 'lead.left', 'document.ready', 'document.failed',
    'budget.spent', 'credits.low')),
  -- The conversation, lead, document or chatbot, or the workspace itself.
  subject_id uuid not null,
  -- Ids, numbers and words of the service: nothing that people wrote, and no user.
  payload jsonb not null default '{}',
  -- An event of this kind happens once with it; null: each time.
  once_key text,
  -- The readers that have not taken it.
  unread_by text[] not null default '{}',
  at timestamptz not null default oneai.now(),
  unique (workspace_id, kind, once_key)
);
-- A reader has an index of its own.
create index workspace_events_for_mail on oneai.workspace_events (id) where 'mail' = any (unread_by);

alter table oneai.workspace_events enable row level security;
create policy "service" on oneai.workspace_events to oneai_service using (true) with check (true);
revoke all on oneai.workspace_events from anon, authenticated, service_role;
grant select on oneai.workspace_events to oneai_service;

-- Who reads events of this kind.
create function oneai.readers_of_event(p_kind text) returns text[]
language sql immutable
as $$ select case when p_kind in ('conversation.handed_off', 'budget.spent', 'credits.low') then array['mail'] else '{}' end $$;
revoke execute on function oneai.readers_of_event from public;

-- Stores an event in the transaction of its cause. Nothing, if one with this key exists or the workspace is being deleted.
create function oneai.add_event(
  p_workspace uuid, p_kind text, p_subject uuid, p_payload jsonb, p_once_key text default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.workspace_events (workspace_id, kind, subject_id, payload, once_key, unread_by)
  select w.id, p_kind, p_subject, p_payload, p_once_key, oneai.readers_of_event(p_kind)
  from oneai.workspaces as w where w.id = p_workspace
  on conflict (workspace_id, kind, once_key) do nothing;
end
$$;
revoke execute on function oneai.add_event from public;

-- A visitor's message, to people or to the chatbot.
create function oneai.note_arrived_message(message oneai.chat_messages) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.add_event(t.workspace_id, 'message.arrived', t.id, jsonb_build_object('chatbot_id', t.chatbot_id,
    'message_id', message.id, 'to', case message.model_id when 'member' then 'people' else 'chatbot' end))
  from oneai.conversations as t where t.id = message.conversation_id;
end
$$;
revoke execute on function oneai.note_arrived_message from public;

create function oneai.note_lead() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.add_event(new.workspace_id, 'lead.left', new.id, jsonb_build_object('chatbot_id', new.chatbot_id));
  return null;
end
$$;
revoke execute on function oneai.note_lead from public;

create trigger note_lead after insert on oneai.chatbot_leads for each row execute function oneai.note_lead();

-- What was asked of a document is done, or cannot be. An attached file is a part of a question and has no event.
create function oneai.note_processed_document() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.add_event(new.workspace_id, 'document.' || new.status, new.id, jsonb_build_object('visibility', new.visibility));
  return null;
end
$$;
revoke execute on function oneai.note_processed_document from public;

create trigger note_processed_document after update of status on oneai.documents
  for each row when (new.status in ('ready', 'failed') and new.status <> old.status and not new.attached)
  execute function oneai.note_processed_document();

-- Deletes events of more than p_days days, the oldest first, at most p_limit; returns their number. A reader that was down
-- for as long has lost them.
create function oneai.delete_old_events(p_days integer, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted integer;
begin
  delete from oneai.workspace_events where id in (
    select e.id from (select o.id, o.at from oneai.workspace_events as o order by o.id limit p_limit) as e
    where e.at <= oneai.now() - make_interval(days => p_days));
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
revoke execute on function oneai.delete_old_events from public;
grant execute on function oneai.delete_old_events to oneai_app;
