-- Who speaks in a visitor's conversation: the chatbot, or people. The row of oneai.inbox_conversations says it, and is read
-- and changed under the lock of the conversation's row alone, so that no answer starts after a person has taken over.

-- What happened in a conversation between its messages: `handed_off` (detail: {cause}), `claimed`, `unassigned`, `released`,
-- `returned` (no member took it for long, so the chatbot answers again), `resolved`. Written where status or assignee change.
create table oneai.inbox_events (
  id bigint generated always as identity primary key,
  conversation_id uuid not null references oneai.inbox_conversations (conversation_id) on delete cascade,
  -- The number of the last message before it.
  after_number integer not null,
  kind text not null check (kind in ('handed_off', 'claimed', 'unassigned', 'released', 'returned', 'resolved')),
  -- The member who did it, or who is assigned now; null: the visitor, a rule or the service did.
  member_id uuid references oneai.users (id) on delete set null,
  detail jsonb not null default '{}',
  created_at timestamptz not null default oneai.now()
);
create index inbox_events_of_conversation on oneai.inbox_events (conversation_id, id);
create index inbox_events_of_member on oneai.inbox_events (member_id) where member_id is not null;

alter table oneai.inbox_events enable row level security;
create policy "service" on oneai.inbox_events to oneai_service using (true) with check (true);
revoke all on oneai.inbox_events from anon, authenticated, service_role;
grant select on oneai.inbox_events to oneai_service;

-- Stores what a change of status or assignee means, and makes events of the workspace of it. `oneai.handoff_cause` is set by
-- oneai.hand_off, and is `nobody` where oneai.return_untaken_conversations ends the wait.
create function oneai.note_inbox_event() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  handoff_cause constant text := coalesce(nullif(current_setting('oneai.handoff_cause', true), ''),
    case old.status when 'resolved' then 'reopened' else 'member' end);
  event constant text := case
    when new.status = 'open' and old.status in ('bot', 'resolved') and new.assignee_id is null then 'handed_off'
    when new.status = 'resolved' and old.status <> 'resolved' then 'resolved'
    when new.status = 'bot' and old.status <> 'bot' then case
      when current_setting('oneai.handoff_cause', true) = 'nobody' then 'returned' when old.status <> 'resolved' then 'released' end
    when new.assignee_id is not null and new.assignee_id is distinct from old.assignee_id then 'claimed'
    when new.assignee_id is null and old.assignee_id is not null then 'unassigned' end;
begin
  if event is not null then
    insert into oneai.inbox_events (conversation_id, after_number, kind, member_id, detail)
    select new.conversation_id, coalesce((
        select max(m.sequence_number) from oneai.chat_messages as m
        where m.conversation_id = new.conversation_id and m.is_latest), 0),
      event, case when event in ('claimed', 'released', 'resolved') then coalesce(new.assignee_id, old.assignee_id) end,
      case when event = 'handed_off' then jsonb_build_object('cause', handoff_cause) else '{}' end
    -- The members of a workspace that is deleted leave it too.
    where exists (select from oneai.inbox_conversations as i where i.conversation_id = new.conversation_id);
    if event in ('handed_off', 'resolved') then
      perform oneai.add_event(new.workspace_id, 'conversation.' || event, new.conversation_id, jsonb_strip_nulls(
        jsonb_build_object('chatbot_id', new.chatbot_id, 'cause', case event when 'handed_off' then handoff_cause end)));
    end if;
  end if;
  return null;
end
$$;
revoke execute on function oneai.note_inbox_event from public;

create trigger note_inbox_event after update of status, assignee_id on oneai.inbox_conversations
  for each row when (new.status <> old.status or new.assignee_id is distinct from old.assignee_id)
  execute function oneai.note_inbox_event();

-- Requests that the answer which is being written in this conversation stops. The conversation is locked.
create function oneai.stop_answer_in(p_conversation uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where conversation_id = p_conversation and state = 'streaming' and stop_requested_at is null;
end
$$;
revoke execute on function oneai.stop_answer_in from public;

-- Asks people to answer in this conversation, which is locked: it is `open`. Nothing if it is already, or is snoozed.
create function oneai.hand_off(p_conversation uuid, p_cause text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  setting text := set_config('oneai.handoff_cause', p_cause, true);
begin
  update oneai.inbox_conversations
  set status = 'open', handed_off_at = coalesce(handed_off_at, oneai.now()), assignee_id = null, unanswered = 0,
      resolved_at = null
  where conversation_id = p_conversation and status in ('bot', 'resolved');
  setting := set_config('oneai.handoff_cause', '', true);
end
$$;
revoke execute on function oneai.hand_off from public;

-- The visitor asks for a person: {status}. The answer that is being written stops. Nothing if that was asked before, or
-- the chatbot's rules offer no people. ON404.
create function oneai.ask_for_person(p_public_id text, p_visitor uuid, p_conversation uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  perform from oneai.conversations as t
  where t.id = p_conversation and t.visitor_id = p_visitor and t.chatbot_id = c.id for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if oneai.offers_people(oneai.handoff_rules(c.id)) then
    perform oneai.stop_answer_in(p_conversation), oneai.hand_off(p_conversation, 'visitor');
  end if;
  return (
    select jsonb_build_object('status', i.status) from oneai.inbox_conversations as i
    where i.conversation_id = p_conversation);
end
$$;
revoke execute on function oneai.ask_for_person from public;
grant execute on function oneai.ask_for_person to oneai_app;

-- Locks the conversation for a member who answers its visitor. The membership is locked too, so that no one is assigned
-- who is being removed. ON404 `not_found`, ON403.
create function oneai.lock_answered_conversation(p_user uuid, p_conversation uuid) returns oneai.conversations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  workspace constant uuid := (
    select t.workspace_id from oneai.conversations as t where t.id = p_conversation and t.visitor_id is not null
      and t.workspace_id = coalesce(oneai.chosen_workspace(), t.workspace_id));
  talk oneai.conversations;
begin
  perform from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id = workspace for key share;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_right(p_user, workspace, 'write');
  select * into talk from oneai.conversations as t where t.id = p_conversation for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return oneai.require_unmoved(talk, workspace);
end
$$;
revoke execute on function oneai.lock_answered_conversation from public;

-- What a member sees of the state of a conversation: {id, status, assignee ({user_id, name}; null: no one)}.
create function oneai.handoff_json(p_conversation uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', i.conversation_id, 'status', i.status,
    'assignee', case when i.assignee_id is not null then oneai.author_of(i.assignee_id, i.workspace_id) end)
  from oneai.inbox_conversations as i where i.conversation_id = p_conversation
$$;
revoke execute on function oneai.handoff_json from public;

-- Assigns the conversation, which is locked, to the user: ON409 `claimed` with the `assignee` if another member has it.
create function oneai.assign_unclaimed(p_conversation uuid, p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.inbox_conversations
  set status = 'open', assignee_id = p_user, status_before = null, snoozed_until = null, unanswered = 0, resolved_at = null,
      handed_off_at = coalesce(handed_off_at, oneai.now()), claimed_at = coalesce(claimed_at, oneai.now())
  where conversation_id = p_conversation and coalesce(assignee_id, p_user) = p_user;
  if not found then
    raise exception using errcode = 'ON409', message = 'claimed',
      detail = jsonb_build_object('assignee', oneai.handoff_json(p_conversation) -> 'assignee')::text;
  end if;
end
$$;
revoke execute on function oneai.assign_unclaimed from public;

-- The member takes over: from here on people answer. One of those who claim together wins. ON404, ON403, ON409 `claimed`.
create function oneai.claim_conversation(p_user uuid, p_conversation uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  talk constant oneai.conversations := oneai.lock_answered_conversation(p_user, p_conversation);
begin
  perform oneai.stop_answer_in(talk.id), oneai.assign_unclaimed(talk.id, p_user);
  return oneai.handoff_json(talk.id);
end
$$;
revoke execute on function oneai.claim_conversation from public;
grant execute on function oneai.claim_conversation to oneai_app;

-- Gives the conversation back to the chatbot, or resolves it (p_status). Again: nothing. ON404, ON403.
create function oneai.end_handoff(p_user uuid, p_conversation uuid, p_status oneai.inbox_status) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  talk constant oneai.conversations := oneai.lock_answered_conversation(p_user, p_conversation);
begin
  update oneai.inbox_conversations
  set status = p_status, assignee_id = null, status_before = null, snoozed_until = null, unanswered = 0,
      resolved_at = case when p_status = 'resolved' then oneai.now() end
  where conversation_id = talk.id and status <> p_status;
  return oneai.handoff_json(talk.id);
end
$$;
revoke execute on function oneai.end_handoff from public;
grant execute on function oneai.end_handoff to oneai_app;
