-- One conversation of the inbox: reading, changing and deleting it.

-- The row of a conversation, for a user who reads visitors' conversations in its workspace, which is the one that the
-- request chose, if it chose one; p_lock: its conversation is locked, which says who speaks, and then the row. ON404, also for one of a deleted chatbot that did not keep them; ON403.
create function oneai.require_inbox_row(p_user uuid, p_conversation uuid, p_lock boolean default false)
returns oneai.inbox_conversations
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i oneai.inbox_conversations;
begin
  select n.* into i from oneai.inbox_conversations as n join oneai.chatbots as c on c.id = n.chatbot_id
  where n.conversation_id = p_conversation and (c.deletes_at is null or c.conversations_kept);
  perform oneai.require_named(p_user, i.workspace_id, 'write');
  if p_lock then
    perform 1 from oneai.conversations where id = p_conversation for update;
    select * into i from oneai.inbox_conversations where conversation_id = p_conversation for update;
    -- It may have moved or been deleted meanwhile.
    perform oneai.require_named(p_user, i.workspace_id, 'write');
  end if;
  return i;
end
$$;
revoke execute on function oneai.require_inbox_row from public;

-- Who asks in a conversation, for the team: what oneai.inbox_item has of them, with first_seen_at, last_seen_at, language,
-- device, referrer, pages (on which they asked in this conversation, at most twenty, the last first), and conversations (the
-- ten others that they wrote in last).
create function oneai.visitor_panel(i oneai.inbox_conversations) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('first_seen_at', v.created_at, 'last_seen_at', v.last_seen_at, 'language', i.language,
      'device', i.device, 'referrer', i.referrer,
      'pages', (
        select coalesce(jsonb_agg(p.page order by p.at desc), '[]') from (
          select m.metadata #>> '{visit,page}' as page, max(m.created_at) as at from oneai.chat_messages as m
          where m.conversation_id = i.conversation_id and m.metadata #> '{visit,page}' is not null
          group by 1 order by 2 desc limit 20) as p),
      'conversations', (
        select coalesce(jsonb_agg(jsonb_build_object('id', o.conversation_id, 'title', t.title, 'status', o.status,
          'messages', o.messages, 'last_message_at', o.last_message_at) order by o.last_message_at desc), '[]')
        from (
          select * from oneai.inbox_conversations as n
          where n.visitor_id = i.visitor_id and n.conversation_id <> i.conversation_id
          order by n.last_message_at desc limit 10) as o
        join oneai.conversations as t on t.id = o.conversation_id))
    from oneai.chatbot_visitors as v where v.id = i.visitor_id);
end
$$;
revoke execute on function oneai.visitor_panel from public;

-- A conversation with its messages (`items`, in their order), what happened between them (`events`), its visitor
-- (oneai.visitor_panel) and its notes.
create function oneai.inbox_thread(p_conversation uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  i oneai.inbox_conversations;
  item jsonb;
  bot text;
begin
  select * into i from oneai.inbox_conversations where conversation_id = p_conversation;
  select c.name into bot from oneai.chatbots as c where c.id = i.chatbot_id;
  select n.item::jsonb - 'found' into item from oneai.inbox_items(array[i]) as n;
  return item || jsonb_build_object(
    'visitor', (item -> 'visitor') || oneai.visitor_panel(i),
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'after_number', e.after_number,
        'member', oneai.inbox_member(e.member_id), 'cause', e.detail -> 'cause', 'created_at', e.created_at) order by e.id), '[]')
      from oneai.inbox_events as e where e.conversation_id = p_conversation),
    'handed_off_at', i.handed_off_at, 'claimed_at', i.claimed_at, 'resolved_at', i.resolved_at,
    'notes', (
      select coalesce(jsonb_agg(oneai.note_json(n) order by n.created_at, n.id), '[]')
      from oneai.inbox_notes as n where n.conversation_id = p_conversation),
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'role', m.role,
        'author', oneai.message_author(m, bot, item #>> '{visitor,name}'), 'content', m.content, 'state', m.state,
        'outcome', m.metadata -> 'outcome', 'sources', coalesce(m.metadata -> 'sources', '[]'),
        'rating', m.metadata -> 'rating', 'number', m.sequence_number, 'created_at', m.created_at)
        order by m.sequence_number), '[]')
      from oneai.chat_messages as m where m.conversation_id = p_conversation and m.is_latest));
end
$$;
revoke execute on function oneai.inbox_thread from public;

-- Records that the user reads this conversation, if its workspace wants it: once on each of its days.
create function oneai.audit_reading(p_user uuid, i oneai.inbox_conversations) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  today timestamptz;
begin
  select date_trunc('day', oneai.now(), w.time_zone) into today from oneai.workspaces as w
  where w.id = i.workspace_id and w.audit_reading;
  if not found then
    return;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('read ', i.conversation_id, p_user), 0));
  if not exists (
    select from oneai.audit_log as l
    where l.target_id = i.conversation_id::text and l.target_kind = 'conversation' and l.action = 'inbox.read'
      and l.actor = p_user::text and l.workspace_id = i.workspace_id and l.created_at >= today)
  then
    perform oneai.record_audit('user', p_user::text, 'inbox.read', p_user, 'conversation', i.conversation_id::text,
      p_workspace => i.workspace_id, p_detail => jsonb_build_object('chatbot_id', i.chatbot_id));
  end if;
end
$$;
revoke execute on function oneai.audit_reading from public;

-- One of them for a member, as oneai.inbox_thread; p_chatbot: it must be this chatbot's (null: any). ON404, ON403.
create function oneai.read_inbox_conversation(p_user uuid, p_conversation uuid, p_chatbot uuid default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i oneai.inbox_conversations;
begin
  if p_chatbot is not null then
    perform oneai.require_conversations_of(p_user, p_chatbot);
  end if;
  i := oneai.require_inbox_row(p_user, p_conversation);
  if i.chatbot_id <> coalesce(p_chatbot, i.chatbot_id) then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.wake_snoozed(i.workspace_id) where i.status = 'snoozed';
  perform oneai.audit_reading(p_user, i);
  return oneai.inbox_thread(p_conversation);
end
$$;
revoke execute on function oneai.read_inbox_conversation from public;
grant execute on function oneai.read_inbox_conversation to oneai_app;

-- The row with another status, which begins now; p_until: of a snoozed one, null: until the visitor writes. The same status
-- changes only that time. To open one is to ask for a person; what the chatbot has again, or is resolved, has no assignee. ON422
-- for a resolved one that is to rest.
create function oneai.with_inbox_status(i oneai.inbox_conversations, p_status text, p_until timestamptz)
returns oneai.inbox_conversations
language plpgsql stable security definer set search_path = ''
as $$
begin
  if i.status = 'resolved' and p_status = 'snoozed' then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'status', 'code', 'resolved')))::text;
  end if;
  i.status_before := case when p_status = 'snoozed' then case i.status when 'snoozed' then i.status_before else i.status end end;
  i.snoozed_until := case when p_status = 'snoozed' then p_until end;
  i.resolved_at := case when p_status = 'resolved' then coalesce(i.resolved_at, oneai.now()) end;
  i.handed_off_at := case when p_status = 'open' then coalesce(i.handed_off_at, oneai.now()) else i.handed_off_at end;
  i.assignee_id := case when p_status in ('open', 'snoozed') then i.assignee_id end;
  i.unanswered := case when p_status in ('open', 'bot') then 0 else i.unanswered end;
  i.status := p_status;
  return i;
end
$$;
revoke execute on function oneai.with_inbox_status from public;

-- The user, if they are a member of the workspace who answers visitors; null: no one. ON422 for anyone else.
create function oneai.require_assignee(p_assignee uuid, p_workspace uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_assignee is not null and not oneai.may_read_conversations(p_assignee, p_workspace) then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'assignee_id', 'code', 'not_a_member')))::text;
  end if;
  return p_assignee;
end
$$;
revoke execute on function oneai.require_assignee from public;

-- Sets what p_changes has: {status, snoozed_until, spam, assignee_id, tags, member_rating}. The row and its conversation are
-- locked. ON422.
create function oneai.set_inbox_state(i oneai.inbox_conversations, p_changes jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_changes ? 'status' then
    if p_changes ->> 'status' = 'open' then
      perform oneai.stop_answer_in(i.conversation_id);
    end if;
    i := oneai.with_inbox_status(i, p_changes ->> 'status', (p_changes ->> 'snoozed_until')::timestamptz);
  end if;
  if p_changes ? 'assignee_id' then
    i.assignee_id := oneai.require_assignee((p_changes ->> 'assignee_id')::uuid, i.workspace_id);
  end if;
  update oneai.inbox_conversations
  set status = i.status, status_before = i.status_before, snoozed_until = i.snoozed_until, resolved_at = i.resolved_at,
      handed_off_at = i.handed_off_at, assignee_id = i.assignee_id, unanswered = i.unanswered,
      spam = coalesce((p_changes ->> 'spam')::boolean, spam),
      tags = case when p_changes ? 'tags' then array(select jsonb_array_elements_text(p_changes -> 'tags')) else tags end,
      member_rating = case when p_changes ? 'member_rating' then (p_changes ->> 'member_rating')::smallint else member_rating end
  where conversation_id = i.conversation_id;
end
$$;
revoke execute on function oneai.set_inbox_state from public;

-- Changes a conversation as oneai.set_inbox_state, and adds p_changes.note as a note. Returns it as oneai.inbox_thread. ON404,
-- ON403, ON422.
create function oneai.change_inbox_conversation(p_user uuid, p_conversation uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation, true);
begin
  perform oneai.set_inbox_state(i, p_changes);
  if p_changes ->> 'note' is not null then
    perform oneai.add_note(p_user, p_conversation, p_changes ->> 'note');
  end if;
  return oneai.inbox_thread(p_conversation);
end
$$;
revoke execute on function oneai.change_inbox_conversation from public;
grant execute on function oneai.change_inbox_conversation to oneai_app;

-- Deletes a conversation with its messages. What its answers cost stays. ON404, ON403.
create function oneai.delete_inbox_conversation(p_user uuid, p_conversation uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation);
begin
  -- In the order of an answer that settles.
  perform 1 from oneai.workspaces where id = i.workspace_id for no key update;
  delete from oneai.conversations where id = p_conversation and workspace_id = i.workspace_id;
  perform oneai.record_audit('user', p_user::text, 'inbox.delete', p_user, 'conversation', p_conversation::text,
    p_workspace => i.workspace_id, p_detail => jsonb_build_object('chatbot_id', i.chatbot_id));
end
$$;
revoke execute on function oneai.delete_inbox_conversation from public;
grant execute on function oneai.delete_inbox_conversation to oneai_app;

-- The request of a visitor's question without its conversation, if that was resolved more than seven days ago: it begins another
-- one, because ratings and the model's context would mix two matters. A question that is sent again stays where it is.
create function oneai.without_ended_conversation(p_visitor uuid, p_message uuid, p_request jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return case when exists (
      select from oneai.inbox_conversations as i
      where i.conversation_id = (p_request ->> 'conversation_id')::uuid and i.visitor_id = p_visitor
        and i.resolved_at < oneai.now() - interval '7 days')
    and not exists (select from oneai.chat_messages as m where m.id = p_message and m.conversation_id::text = p_request ->> 'conversation_id')
    then p_request - 'conversation_id' else p_request end;
end
$$;
revoke execute on function oneai.without_ended_conversation from public;
