-- Messages that people write to each other in a visitor's conversation. No model reads them when they are sent: nothing is
-- held or charged.

-- Adds a message at the end of the conversation, which is locked; its number. p_member: the member who writes; null: the
-- visitor. It may stand after an answer that is still being written.
create function oneai.add_persons_message(
  talk oneai.conversations, p_message uuid, p_member uuid, p_content text, p_fingerprint text) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  place constant oneai.turn_position := oneai.resolve_branch(talk.id, '{}');
begin
  insert into oneai.chat_messages (
    id, conversation_id, visitor_id, workspace_id, visibility, role, content, model_id, sequence_number,
    parent_message_id, fingerprint, ended_at)
  values (
    p_message, talk.id, talk.visitor_id, talk.workspace_id, talk.visibility,
    case when p_member is null then 'user' else 'assistant' end, p_content, 'member', place.sequence,
    place.parent, p_fingerprint, oneai.now());
  if p_member is not null then
    insert into oneai.member_messages (message_id, conversation_id, member_id) values (p_message, talk.id, p_member);
  end if;
  update oneai.conversations set last_message_at = oneai.now(), updated_at = oneai.now() where id = talk.id;
  return place.sequence;
end
$$;
revoke execute on function oneai.add_persons_message from public;

-- What a member writes to the visitor, who has the conversation from then on unless another member has it. The answer that
-- is being written stops, and is settled as it stands. Returns {id, number, created_at}; the same message again: the same.
-- ON404, ON403, ON409 `claimed`, and `idempotency_conflict` if the id is that of another message.
create function oneai.write_to_visitor(p_user uuid, p_conversation uuid, p_message uuid, p_content text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  talk constant oneai.conversations := oneai.lock_answered_conversation(p_user, p_conversation);
  written oneai.chat_messages;
begin
  select * into written from oneai.chat_messages as m where m.id = p_message;
  if not found then
    perform oneai.stop_answer_in(talk.id), oneai.assign_unclaimed(talk.id, p_user);
    perform oneai.add_persons_message(talk, p_message, p_user, p_content, null), oneai.mail_later_to_visitor(talk.id);
    select * into written from oneai.chat_messages as m where m.id = p_message;
  elsif written.conversation_id <> talk.id or written.content <> p_content or not exists (
    select from oneai.member_messages as w where w.message_id = p_message and w.member_id = p_user)
  then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  return jsonb_build_object('id', written.id, 'number', written.sequence_number, 'created_at', written.created_at);
end
$$;
revoke execute on function oneai.write_to_visitor from public;
grant execute on function oneai.write_to_visitor to oneai_app;

-- Stores a visitor's message where people answer: {waiting: {message_id, status}}. Null where the chatbot answers, which the
-- caller admits then: the conversation is locked until the end of the transaction, so that no one takes over between.
-- The visitor's message ends a rest (oneai.count_message_in_inbox), so what a rest returns to decides. ON409
-- `idempotency_conflict`.
create function oneai.message_to_people(c oneai.chatbots, p_visitor uuid, p_message uuid, p_request jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  talk oneai.conversations;
  said oneai.chat_messages;
  entry oneai.inbox_conversations;
begin
  if p_request ->> 'conversation_id' is null then
    return null;
  end if;
  select * into talk from oneai.conversations as t
  where t.id = (p_request ->> 'conversation_id')::uuid and t.visitor_id = p_visitor and t.chatbot_id = c.id for update;
  select * into said from oneai.chat_messages as m where m.id = p_message;
  if talk.id is null or said.role = 'assistant' then
    return null;
  end if;
  select * into entry from oneai.inbox_conversations as i where i.conversation_id = talk.id;
  if said.id is null and (entry.status = 'open' or entry.status_before = 'open'
    or entry.status = 'resolved' and entry.handed_off_at is not null and entry.resolved_at > oneai.now() - interval '7 days')
  then
    perform oneai.add_persons_message(talk, p_message, null, p_request ->> 'message', p_request ->> 'fingerprint');
  elsif said.id is null then
    return null;
  elsif said.conversation_id <> talk.id or said.fingerprint is distinct from p_request ->> 'fingerprint' then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  return json_build_object('waiting', json_build_object('message_id', p_message, 'status', (
    select i.status from oneai.inbox_conversations as i where i.conversation_id = talk.id)));
end
$$;
revoke execute on function oneai.message_to_people from public;

-- The same where no model can be asked, behind the limits of address and visitor. ON404 `chatbot_not_found`, ON429.
create function oneai.write_to_people(
  p_public_id text, p_visitor uuid, p_network bytea, p_message uuid, p_request oneai.question_request) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  if not exists (select from oneai.chat_messages as m where m.id = p_message and m.visitor_id = p_visitor) then
    perform oneai.take_visitor_request(c, p_visitor, p_network);
  end if;
  return oneai.message_to_people(
    c, p_visitor, p_message, oneai.without_ended_conversation(p_visitor, p_message, p_request));
end
$$;
revoke execute on function oneai.write_to_people from public;
grant execute on function oneai.write_to_people to oneai_app;

-- The history of a conversation, as oneai.history returns it. What a visitor and people wrote to each other is marked at its
-- start and its end, so that the model does not take a person's words and promises for its own.
create function oneai.history_with_people(talk oneai.conversations, p_bytes bigint, p_before integer) returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
  if talk.visitor_id is null or not exists (
    select from oneai.chat_messages as m
    where m.conversation_id = talk.id and m.is_latest and m.model_id = 'member')
  then
    return oneai.history(talk.id, p_bytes, p_before);
  end if;
  return (
    with marked as (
      select m.sequence_number, m.role, m.state, m.usage, m.metadata, concat(
        case when m.model_id = 'member' and lag(m.model_id) over w is distinct from 'member'
          then E'[From here, a person of the team answers the visitor.]\n' end,
        m.content,
        case when m.model_id = 'member' and lead(m.model_id) over w is distinct from 'member'
          then E'\n[The person has left. From here, you answer again.]' end) as content
      from oneai.chat_messages as m
      where m.conversation_id = talk.id and m.is_latest and m.sequence_number < p_before
      window w as (order by m.sequence_number)
    ), newest as (
      select m.*, sum(octet_length(m.content)) over (order by m.sequence_number desc) - octet_length(m.content) as newer_bytes
      from marked as m
    )
    select coalesce(json_agg(json_build_object('role', m.role, 'content', m.content, 'state', m.state, 'usage', m.usage,
      'attachments', m.metadata -> 'attachments') order by m.sequence_number), '[]')
    from newest as m where m.newer_bytes <= p_bytes);
end
$$;
revoke execute on function oneai.history_with_people from public;
