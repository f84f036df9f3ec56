-- What visitors read of their conversations, and change in them. Another visitor's are not found.

-- An answer to this visitor of the chatbot, with its pieces after the number p_after, as oneai/chat/stream/resume.py reads
-- it; p_follower's lease begins (p_first) or is renewed. ON404.
create function oneai.visitor_answer(
  p_public_id text, p_visitor uuid, p_message uuid, p_after bigint, p_follower uuid, p_first boolean) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  answer json;
begin
  select json_build_object('id', m.id, 'conversation_id', m.conversation_id, 'parent_message_id', m.parent_message_id,
    'model_id', m.model_id, 'created', floor(extract(epoch from m.created_at))::bigint, 'content', m.content,
    'reasoning', null, 'has_images', false,
    'structured', jsonb_strip_nulls(jsonb_build_object('outcome', m.metadata -> 'outcome', 'refusal', m.metadata -> 'refusal')),
    'sources', m.metadata -> 'sources', 'state', m.state, 'finish_reason', m.finish_reason, 'model_served', null,
    'provider', null, 'usage', null, 'error_code', m.error_code, 'first_token_ms', m.first_token_ms,
    'alive', coalesce(t.answering_until > oneai.now() and t.answering_message_id = m.id, false),
    'pieces', (
      select coalesce(json_agg(json_build_object('n', p.n, 'kind', p.kind, 'at', p.at, 'text', p.text) order by p.n), '[]')
      from oneai.answer_pieces as p where p.message_id = m.id and p.n > p_after),
    'quota', null,
    'ended_followers', case m.state when 'streaming'
      then to_json(oneai.follow_as_visitor(p_visitor, m.id, p_follower, p_first)) end) into answer
  from oneai.chat_messages as m join oneai.conversations as t on t.id = m.conversation_id
  where m.id = p_message and m.visitor_id = p_visitor and t.chatbot_id = c.id and m.role = 'assistant';
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return answer;
end
$$;
revoke execute on function oneai.visitor_answer from public;
grant execute on function oneai.visitor_answer to oneai_app;

-- The visitor's conversations with the chatbot, newest first, at most fifty: [{id, title, created_at, last_message_at}].
-- ON404 for the chatbot.
create function oneai.visitor_conversations(p_public_id text, p_visitor uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'title', t.title, 'created_at', t.created_at,
      'last_message_at', t.last_message_at) order by t.last_message_at desc, t.id), '[]')
    from (
      select * from oneai.conversations as v where v.visitor_id = p_visitor and v.chatbot_id = c.id
      order by v.last_message_at desc, v.id limit 50) as t);
end
$$;
revoke execute on function oneai.visitor_conversations from public;
grant execute on function oneai.visitor_conversations to oneai_app;

-- A member's name for visitors. One without a name, or who was erased, has that of the team, because an address is theirs
-- alone. Null: neither has one.
create function oneai.member_name(p_user uuid, p_workspace uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select coalesce((select nullif(btrim(u.name), '') from oneai.users as u where u.id = p_user),
    (select w.name from oneai.workspaces as w where w.id = p_workspace))
$$;
revoke execute on function oneai.member_name from public;

-- One of the visitor's conversations, with its messages after the number p_after, in their order: {items [{id, role, author
-- (oneai.message_author), content, state, outcome, sources, rating (null: none), number, created_at}], status, typing (a
-- member writes now), person (the
-- name of the member who answers, by oneai.member_name; null: no one, or one without a name), back_at (when people answer
-- again, if they do not now and are asked for; oneai.people_back_at), events [{kind, name, after (the number of the
-- message before it), created_at}], mail (oneai.visitor_mail_state)}. The visitor has read them, unless the page that asks
-- is hidden. ON404.
create function oneai.visitor_messages(
  p_public_id text, p_visitor uuid, p_conversation uuid, p_after integer, p_hidden boolean default false) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  read jsonb;
begin
  if not exists (
    select from oneai.conversations as t
    where t.id = p_conversation and t.visitor_id = p_visitor and t.chatbot_id = c.id)
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  read := (
    select jsonb_build_object('mail', oneai.visitor_mail_state(i), 'status', i.status,
      'typing', oneai.member_types(i.conversation_id), 'person',
      case when i.assignee_id is not null then oneai.member_name(i.assignee_id, i.workspace_id) end, 'back_at',
      case when i.status = 'open' then oneai.people_back_at(oneai.handoff_rules(c.id), (
        select w.time_zone from oneai.workspaces as w where w.id = c.workspace_id)) end, 'items', (
      select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'role', m.role,
        'author', oneai.message_author(m, c.name, v.name), 'content', m.content, 'state', m.state,
        'outcome', m.metadata -> 'outcome', 'sources', coalesce(m.metadata -> 'sources', '[]'),
        'rating', m.metadata -> 'rating', 'number', m.sequence_number, 'created_at', m.created_at)
        order by m.sequence_number), '[]')
      from oneai.chat_messages as m join oneai.chatbot_visitors as v on v.id = m.visitor_id
      where m.conversation_id = p_conversation and m.is_latest and m.sequence_number > p_after), 'events', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'name',
        case when e.member_id is not null then oneai.member_name(e.member_id, i.workspace_id) end, 'after', e.after_number,
        'created_at', e.created_at) order by e.id), '[]')
      from oneai.inbox_events as e
      where e.conversation_id = p_conversation and e.after_number >= p_after))
    from oneai.inbox_conversations as i where i.conversation_id = p_conversation);
  if not p_hidden and read ->> 'mail' in ('unconfirmed', 'confirmed') then
    perform oneai.read_by_visitor(p_conversation, (read #>> '{items,-1,number}')::integer);
  end if;
  return read;
end
$$;
revoke execute on function oneai.visitor_messages from public;
grant execute on function oneai.visitor_messages to oneai_app;

-- Forgets the visitor with their conversations. What their questions cost stays. Again, or for a visitor who asked
-- nothing: nothing. ON404 for the chatbot.
create function oneai.forget_visitor(p_public_id text, p_visitor uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  perform 1 from oneai.workspaces where id = c.workspace_id for no key update;
  delete from oneai.chatbot_visitors where id = p_visitor and chatbot_id = c.id;
end
$$;
revoke execute on function oneai.forget_visitor from public;
grant execute on function oneai.forget_visitor to oneai_app;
