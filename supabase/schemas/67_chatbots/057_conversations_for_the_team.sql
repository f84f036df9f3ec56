-- Visitors' conversations as the team of their chatbot reads them. No policy shows them to members, so that what lists a
-- member's own conversations never meets one: these functions ask for the right in the chatbot's workspace instead. It is
-- the right to write, because viewers read what members share with them, and visitors share nothing.

-- The chatbot, for a user who reads its visitors' conversations: also a deleted one if they are kept. ON404, ON403.
create function oneai.require_conversations_of(p_user uuid, p_chatbot uuid) returns oneai.chatbots
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', p_deleted => true);
begin
  if c.deletes_at is not null and not c.conversations_kept then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  return c;
end
$$;
revoke execute on function oneai.require_conversations_of from public;

-- Who a visitor is, for the team.
create function oneai.visitor_json(v oneai.chatbot_visitors) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return jsonb_build_object('id', v.id, 'external_id', v.external_id, 'name', v.name, 'email', v.email);
end
$$;
revoke execute on function oneai.visitor_json from public;

-- A page of the chatbot's conversations, newest first: at most p_limit, after the one that was last asked in at p_after with
-- p_after_id; with p_search those with this text in a message. [{id, title, visitor (oneai.visitor_json), messages,
-- last_outcome, csat ({score, note}; null: not scored), cost_micro_usd, created_at, last_message_at}]
create function oneai.conversations_of_chatbot(
  p_chatbot uuid, p_search text, p_after timestamptz, p_after_id uuid, p_limit integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', t.id, 'title', t.title, 'visitor', oneai.visitor_json(v),
      'messages', (select count(*) from oneai.chat_messages as m where m.conversation_id = t.id and m.is_latest),
      'last_outcome', (
        select m.metadata ->> 'outcome' from oneai.chat_messages as m
        where m.conversation_id = t.id and m.is_latest and m.role = 'assistant'
        order by m.sequence_number desc limit 1),
      'csat', t.metadata -> 'csat',
      'cost_micro_usd', t.total_cost_micro_usd, 'created_at', t.created_at, 'last_message_at', t.last_message_at)
      order by t.last_message_at desc, t.id desc), '[]')
    from (
      select * from oneai.conversations as n
      where n.chatbot_id = p_chatbot and n.visitor_id is not null
        and (p_after is null or (n.last_message_at, n.id) < (p_after, p_after_id))
        and (p_search is null or exists (
          select from oneai.chat_messages as m
          where m.conversation_id = n.id and m.is_latest and strpos(lower(m.content), lower(p_search)) > 0))
      order by n.last_message_at desc, n.id desc limit p_limit) as t
    join oneai.chatbot_visitors as v on v.id = t.visitor_id);
end
$$;
revoke execute on function oneai.conversations_of_chatbot from public;

-- The same for a member. ON404, ON403.
create function oneai.list_chatbot_conversations(
  p_user uuid, p_chatbot uuid, p_search text, p_after timestamptz, p_after_id uuid, p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
begin
  return oneai.conversations_of_chatbot(c.id, p_search, p_after, p_after_id, p_limit);
end
$$;
revoke execute on function oneai.list_chatbot_conversations from public;
grant execute on function oneai.list_chatbot_conversations to oneai_app;

-- One of them with `items`, its messages in their order: [{id, role, content, state, outcome, sources, rating (null:
-- none), number, created_at}].
-- ON404 `chatbot_not_found`, and `not_found` for what is no conversation of a visitor with this chatbot; ON403.
create function oneai.read_chatbot_conversation(p_user uuid, p_chatbot uuid, p_conversation uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
  talk oneai.conversations;
  visitor oneai.chatbot_visitors;
begin
  select * into talk from oneai.conversations as t
  where t.id = p_conversation and t.chatbot_id = c.id and t.visitor_id is not null;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select * into visitor from oneai.chatbot_visitors as v where v.id = talk.visitor_id;
  return jsonb_build_object(
    'id', talk.id, 'title', talk.title,
    'visitor', oneai.visitor_json(visitor),
    'csat', talk.metadata -> 'csat', 'cost_micro_usd', talk.total_cost_micro_usd, 'created_at', talk.created_at, 'last_message_at', talk.last_message_at,
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'role', m.role, 'content', m.content, 'state', m.state,
        'outcome', m.metadata -> 'outcome', 'sources', coalesce(m.metadata -> 'sources', '[]'),
        'rating', m.metadata -> 'rating', 'number', m.sequence_number, 'created_at', m.created_at) order by m.sequence_number), '[]')
      from oneai.chat_messages as m where m.conversation_id = talk.id and m.is_latest));
end
$$;
revoke execute on function oneai.read_chatbot_conversation from public;
grant execute on function oneai.read_chatbot_conversation to oneai_app;
