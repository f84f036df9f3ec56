-- Finds the conversation of a question, and the answers to the same question when it is sent again.

-- The answers to the same question of the same user or visitor under this id, or null; ON409 for another question. A request with
-- `is_retry` has no id of its own: it finds the latest answer to the same request, running or complete, while its
-- temporary conversation exists. An answer that failed or was interrupted is generated again.
create function oneai.find_replay(p_user uuid, p_visitor uuid, p_message uuid, p_request jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  conversation uuid := (p_request ->> 'conversation_id')::uuid;
begin
  select * into answer from oneai.chat_messages where id = p_message;
  if not found and (p_request ->> 'is_retry')::boolean then
    -- No answer runs for longer than fifteen minutes, and its conversation expires soon after.
    select m.* into answer from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
    where m.user_id = p_user and m.created_at > oneai.now() - interval '20 minutes'
      and m.fingerprint = p_request ->> 'fingerprint' and m.state in ('streaming', 'complete', 'stopped')
      and c.temporary and coalesce(c.expires_at > oneai.now(), true)
    order by m.created_at desc limit 1;
  end if;
  if answer.id is null then
    return null;
  end if;
  if answer.user_id is distinct from p_user or answer.visitor_id is distinct from p_visitor or answer.fingerprint is distinct from p_request ->> 'fingerprint'
    or answer.conversation_id <> conversation
    -- A question without a conversation and without a branch starts one.
    or (coalesce(p_request ->> 'conversation_id', p_request ->> 'edit_of', p_request ->> 'regenerate_of') is null
        and answer.sequence_number <> 2)
  then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  return json_build_object('replay', true, 'conversation_id', answer.conversation_id,
    'user_message_id', answer.parent_message_id, 'message_ids', (
      select json_agg(m.id order by m.revision_number) from oneai.chat_messages as m
      where m.id = answer.id or m.turn_id = answer.id));
end
$$;
revoke execute on function oneai.find_replay from public;

-- The request of a prompt with its API key in its fingerprint: equal requests of two keys are different, and those of
-- one key are the same, whichever of its secrets was used.
create function oneai.add_api_key_to_fingerprint(p_request jsonb, p_api_key uuid) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_api_key is null or (p_request ->> 'has_prompt')::boolean is not true then p_request
    else jsonb_set(p_request, '{fingerprint}', to_jsonb(concat(p_request ->> 'fingerprint', ' ', p_api_key))) end;
end
$$;
revoke execute on function oneai.add_api_key_to_fingerprint from public;

-- The conversation of a question, locked: the named one, or that of the message from which it branches; null starts a
-- new one, which with `begins_conversation` gets the named id. `expired`: its last answer had expired and was settled.
-- A conversation with a chatbot is found for a question to this one alone (p_chatbot), and no other is found for it.
-- ON403 for one that another member shares, ON404, ON409, and ON422 for `temporary` if the conversation is not temporary.
create function oneai.find_conversation(
  p_user uuid, p_request jsonb, out conversation oneai.conversations, out expired boolean, p_visitor uuid default null,
  p_chatbot uuid default null)
language plpgsql security definer set search_path = ''
as $$
declare
  branch uuid := coalesce(p_request ->> 'edit_of', p_request ->> 'regenerate_of')::uuid;
  target uuid := (p_request ->> 'conversation_id')::uuid;
begin
  expired := false;
  if target is null and branch is null then
    return;
  end if;
  if target is null then
    target := (select m.conversation_id from oneai.chat_messages as m where m.id = branch);
  end if;
  select * into conversation from oneai.conversations
  where id = target and (user_id = p_user or visitor_id = p_visitor) and chatbot_id is not distinct from p_chatbot
    and coalesce(expires_at > oneai.now(), true) for update;
  if not found and branch is null and (p_request ->> 'begins_conversation')::boolean then
    return;
  end if;
  if conversation.id is null then
    if p_user is not null then
      perform oneai.require_author(p_user, target);
    end if;
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if conversation.answering_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'conversation_busy', detail = jsonb_build_object(
      'message_id', conversation.answering_message_id,
      'retry_after', ceil(extract(epoch from conversation.answering_until - oneai.now())))::text;
  end if;
  if (p_request ->> 'temporary')::boolean and not conversation.temporary then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'temporary', 'code', 'already_kept')))::text;
  end if;
  if conversation.answering_message_id is not null then
    -- In the order of their models, which is that of the alerts they raise: this prevents deadlocks.
    select coalesce(bool_or(oneai.expire_answer(open.id)), false) into expired from (
      select m.id from oneai.chat_messages as m
      where m.id = conversation.answering_message_id or m.turn_id = conversation.answering_message_id
      order by m.model_id
    ) as open;
  end if;
end
$$;
revoke execute on function oneai.find_conversation from public;
