-- All that a workspace stores about one visitor, for a member who passes it on or erases it.

-- A visitor of the workspace, for a user who reads visitors' conversations in it. ON404, also at a deleted chatbot that did not
-- keep them; ON403.
create function oneai.require_visitor(p_user uuid, p_visitor uuid) returns oneai.chatbot_visitors
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v oneai.chatbot_visitors;
begin
  select n.* into v from oneai.chatbot_visitors as n join oneai.chatbots as c on c.id = n.chatbot_id
  where n.id = p_visitor and (c.deletes_at is null or c.conversations_kept);
  perform oneai.require_named(p_user, v.workspace_id, 'write');
  return v;
end
$$;
revoke execute on function oneai.require_visitor from public;

-- The same person at all chatbots of the workspace: whom a website calls by the same id and the same address. Who is not
-- identified is another visitor for each chatbot.
create function oneai.same_visitors(v oneai.chatbot_visitors) returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select n.id from oneai.chatbot_visitors as n
    where n.id = v.id or (
      n.workspace_id = v.workspace_id and n.external_id = v.external_id and lower(n.email) is not distinct from lower(v.email))
    order by n.id)
$$;
revoke execute on function oneai.same_visitors from public;

-- What is stored about a visitor: {workspace_id, visitors [oneai.visitor_json with chatbot_id, first_seen_at, last_seen_at],
-- leads, mail_addresses [{conversation_id, email, asked_at, confirmed_at}], conversation_ids, conversations
-- [oneai.inbox_thread]}; `conversations` is null if they have more than p_bytes of text. ON404, ON403.
create function oneai.visitor_to_export(p_user uuid, p_visitor uuid, p_bytes bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v constant oneai.chatbot_visitors := oneai.require_visitor(p_user, p_visitor);
  persons constant uuid[] := oneai.same_visitors(v);
  talks constant uuid[] := array(
    select i.conversation_id from oneai.inbox_conversations as i
    where i.visitor_id = any (persons) order by i.created_at, i.conversation_id);
begin
  return jsonb_build_object(
    'workspace_id', v.workspace_id,
    'visitors', (
      select jsonb_agg(oneai.visitor_json(n) || jsonb_build_object('chatbot_id', n.chatbot_id, 'first_seen_at', n.created_at,
        'last_seen_at', n.last_seen_at) order by n.created_at, n.id)
      from oneai.chatbot_visitors as n where n.id = any (persons)),
    'leads', (
      select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'chatbot_id', l.chatbot_id, 'name', l.name, 'email', l.email,
        'message', l.message, 'created_at', l.created_at) order by l.created_at, l.id), '[]')
      from oneai.chatbot_leads as l where l.visitor_id = any (persons)),
    'mail_addresses', (
      select coalesce(jsonb_agg(jsonb_build_object('conversation_id', a.conversation_id, 'email', a.email,
        'asked_at', a.asked_at, 'confirmed_at', a.confirmed_at) order by a.asked_at, a.conversation_id), '[]')
      from oneai.visitor_mail_addresses as a where a.conversation_id = any (talks)),
    'conversation_ids', to_jsonb(talks),
    'conversations', case when (
        select coalesce(sum(s.bytes), 0) from oneai.conversation_sizes as s where s.conversation_id = any (talks)) <= p_bytes
      then (
        select coalesce(jsonb_agg(oneai.inbox_thread(t.id) order by t.place), '[]')
        from unnest(talks) with ordinality as t (id, place)) end);
end
$$;
revoke execute on function oneai.visitor_to_export from public;
grant execute on function oneai.visitor_to_export to oneai_app;

-- Queues an export of what is stored about a visitor. As oneai.queue_export; ON404, ON403.
create function oneai.request_visitor_export(p_user uuid, p_visitor uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  v constant oneai.chatbot_visitors := oneai.require_visitor(p_user, p_visitor);
begin
  return oneai.queue_export(p_user, null, 'inbox', null, null, p_workspace => v.workspace_id, p_right => 'write',
    p_asked => jsonb_build_object('visitor', v.id, 'kind', 'json'));
end
$$;
revoke execute on function oneai.request_visitor_export from public;
grant execute on function oneai.request_visitor_export to oneai_app;

-- Erases a visitor at all chatbots of the workspace, with their conversations and leads; returns how many conversations. What
-- was counted stays counted, without them. Files of visitors' conversations that were exported before expire now. ON404, ON403.
create function oneai.erase_visitor(p_user uuid, p_visitor uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  v constant oneai.chatbot_visitors := oneai.require_visitor(p_user, p_visitor);
  persons uuid[];
  talks integer;
begin
  -- In the order of an answer that settles.
  perform 1 from oneai.workspaces where id = v.workspace_id for no key update;
  persons := oneai.same_visitors(v);
  select count(*) into talks from oneai.inbox_conversations as i where i.visitor_id = any (persons);
  delete from oneai.chatbot_visitors where id = any (persons) and workspace_id = v.workspace_id;
  update oneai.exports set expires_at = oneai.now()
  where workspace_id = v.workspace_id and format in ('inbox', 'chatbots') and state = 'done' and expires_at > oneai.now();
  perform oneai.record_audit('user', p_user::text, 'visitor.erase', p_user, 'visitor', p_visitor::text,
    p_workspace => v.workspace_id, p_detail => jsonb_build_object('conversations', talks));
  return talks;
end
$$;
revoke execute on function oneai.erase_visitor from public;
grant execute on function oneai.erase_visitor to oneai_app;
