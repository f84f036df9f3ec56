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

-- Whether the user reads what visitors of the workspace's chatbots asked.
create function oneai.may_read_conversations(p_user uuid, p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.workspace_members as m
    where m.user_id = p_user and m.workspace_id = p_workspace and oneai.role_has_right(m.role, 'write'))
$$;
revoke execute on function oneai.may_read_conversations from public;

-- Who a visitor is, for the team: as the website says, and in `introduction` {name, email, consent, consented_at} as the
-- visitor says; null: they said nothing.
create function oneai.visitor_json(v oneai.chatbot_visitors) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object('id', v.id, 'external_id', v.external_id, 'name', v.name, 'email', v.email,
    'introduction', case when num_nonnulls(v.introduced_name, v.introduced_email, v.consent) > 0 then jsonb_build_object(
      'name', v.introduced_name, 'email', v.introduced_email, 'consent', v.consent, 'consented_at', v.consented_at) end);
end
$$;
revoke execute on function oneai.visitor_json from public;

-- What a conversation's answers cost that units of the plan or keys of the workspace paid, with later corrections.
create function oneai.charged_in_conversation(p_conversation uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(e.cost_micro_usd + coalesce(n.cost, 0)), 0)::bigint
  from oneai.chat_messages as m
  join oneai.usage_events as e on e.message_id = m.id and e.purpose = 'answer' and e.charged > 0
  left join lateral (
    select sum(x.cost_micro_usd) as cost from oneai.usage_events as x
    where x.message_id = m.id and x.purpose = 'correction') as n on true
  where m.conversation_id = p_conversation and m.role = 'assistant'
$$;
revoke execute on function oneai.charged_in_conversation from public;

-- How many of the conversation's answers its visitor found good and bad: {good, bad}.
create function oneai.ratings_in_conversation(p_conversation uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('good', count(*) filter (where m.metadata ->> 'rating' = '1'),
    'bad', count(*) filter (where m.metadata ->> 'rating' = '-1'))
  from oneai.chat_messages as m where m.conversation_id = p_conversation and m.metadata ? 'rating'
$$;
revoke execute on function oneai.ratings_in_conversation from public;

-- What the visitor thinks of the conversation: {score, note}; null: not scored.
create function oneai.csat_of_conversation(p_conversation uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('score', i.csat, 'note', i.csat_note) from oneai.inbox_conversations as i
    where i.conversation_id = p_conversation and i.csat is not null);
end
$$;
revoke execute on function oneai.csat_of_conversation from public;

-- A page of the chatbot's conversations, newest first: at most p_limit, after the one that was last asked in at p_after with
-- p_after_id; with p_search those with this text in a message. [{id, title, visitor (oneai.visitor_json), messages,
-- last_outcome, csat ({score, note}; null: not scored), ratings, cost_micro_usd, charged_micro_usd, created_at,
-- last_message_at}]
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
      'csat', oneai.csat_of_conversation(t.id),
      'ratings', oneai.ratings_in_conversation(t.id), 'cost_micro_usd', t.total_cost_micro_usd,
      'charged_micro_usd', oneai.charged_in_conversation(t.id), 'created_at', t.created_at,
      'last_message_at', t.last_message_at)
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

-- A visitor's conversation with `items`, its messages in their order: [{id, role, author (oneai.message_author), content,
-- state, outcome, sources, rating (null: none), number, created_at}].
create function oneai.chatbot_conversation_json(talk oneai.conversations) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object(
    'id', talk.id, 'title', talk.title,
    'visitor', (select oneai.visitor_json(v) from oneai.chatbot_visitors as v where v.id = talk.visitor_id),
    'csat', oneai.csat_of_conversation(talk.id), 'ratings', oneai.ratings_in_conversation(talk.id),
    'cost_micro_usd', talk.total_cost_micro_usd, 'charged_micro_usd', oneai.charged_in_conversation(talk.id),
    'created_at', talk.created_at, 'last_message_at', talk.last_message_at,
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'role', m.role,
        'author', oneai.message_author(m, (select b.name from oneai.chatbots as b where b.id = talk.chatbot_id), (
          select v.name from oneai.chatbot_visitors as v where v.id = talk.visitor_id)),
        'content', m.content, 'state', m.state, 'outcome', m.metadata -> 'outcome', 'sources', coalesce(m.metadata -> 'sources', '[]'),
        'rating', m.metadata -> 'rating', 'number', m.sequence_number, 'created_at', m.created_at) order by m.sequence_number), '[]')
      from oneai.chat_messages as m where m.conversation_id = talk.id and m.is_latest));
end
$$;
revoke execute on function oneai.chatbot_conversation_json from public;

-- One of them for a member, as oneai.chatbot_conversation_json.
-- ON404 `chatbot_not_found`, and `not_found` for what is no conversation of a visitor with this chatbot; ON403.
create function oneai.read_chatbot_conversation(p_user uuid, p_chatbot uuid, p_conversation uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
  talk oneai.conversations;
begin
  select * into talk from oneai.conversations as t
  where t.id = p_conversation and t.chatbot_id = c.id and t.visitor_id is not null;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return oneai.chatbot_conversation_json(talk);
end
$$;
revoke execute on function oneai.read_chatbot_conversation from public;
grant execute on function oneai.read_chatbot_conversation to oneai_app;
